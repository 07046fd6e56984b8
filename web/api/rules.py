"""Rules, and what they would have raised."""

from dataclasses import asdict, fields
from operator import attrgetter
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain import rules as domain
from appliance.domain.access import EditRules, ViewNetwork
from appliance.domain.ids import RuleId, SensorId
from appliance.domain.rules import Condition, Rule, Severity
from appliance.domain.titles import name_code
from appliance.services.rules import NewRule
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of_all
from web.routes import PREFIX, Route
from web.shapes import Id, SearchQuery, Time, given, time

Name = Annotated[str, Meta(min_length=1, max_length=128)]


class _Condition(Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """A condition; `type` says which. A misspelt field is refused, not ignored."""


class ThresholdShape(_Condition, frozen=True, tag="threshold"):
    """The value compared with a limit, for at least `for_seconds`."""

    operator: Literal[">", ">=", "<", "<="]
    value: float
    unit: str | None = None
    for_seconds: float = 0.0


class RateOfChangeShape(_Condition, frozen=True, tag="rate_of_change"):
    """The value changes by more than `change` within `within_seconds`."""

    change: float
    unit: str | None = None
    within_seconds: float = 300.0
    direction: Literal["rise", "fall", "either"] = "either"


class NoDataShape(_Condition, frozen=True, tag="no_data"):
    """Nothing has arrived for `for_seconds`; null means 4 usual intervals."""

    for_seconds: float | None = None


class FlatlineShape(_Condition, frozen=True, tag="flatline"):
    """The value has stayed within `tolerance` for `for_seconds`."""

    for_seconds: float = 21_600.0
    tolerance: float = 0.0
    unit: str | None = None


class OutOfRangeShape(_Condition, frozen=True, tag="out_of_range"):
    """The value is outside the operating limits of the sensor or its type."""

    for_seconds: float = 0.0


class AnomalousShape(_Condition, frozen=True, tag="anomaly"):
    """The value deviates from the sensor's own pattern."""

    deviations: float = 6.0
    for_readings: int = 3


ConditionShape = (
    ThresholdShape
    | RateOfChangeShape
    | NoDataShape
    | FlatlineShape
    | OutOfRangeShape
    | AnomalousShape
)

SHAPES: Final[tuple[tuple[type[_Condition], type[Any]], ...]] = (
    (ThresholdShape, domain.Threshold),
    (RateOfChangeShape, domain.RateOfChange),
    (NoDataShape, domain.NoData),
    (FlatlineShape, domain.Flatline),
    (OutOfRangeShape, domain.OutOfRange),
    (AnomalousShape, domain.Anomalous),
)


class RuleIn(Struct, frozen=True):
    """A rule on one sensor, on all of a type, or (neither) on all sensors."""

    name: Name
    condition: ConditionShape
    sensor_id: Id | None = None
    sensor_type: Name | None = None
    severity: Severity = Severity.MEDIUM
    alert_type: Name | None = None
    enabled: bool = True
    resolve_when_cleared: bool = False
    municipality_id: Id | None = None


class RulePatch(Struct, frozen=True):
    """What to change."""

    name: Name | UnsetType = UNSET
    condition: ConditionShape | UnsetType = UNSET
    sensor_id: Id | UnsetType | None = UNSET
    sensor_type: Name | UnsetType | None = UNSET
    severity: Severity | UnsetType = UNSET
    alert_type: Name | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    resolve_when_cleared: bool | UnsetType = UNSET


class RuleOut(Struct, frozen=True):
    """A rule."""

    id: int
    name: str
    name_code: str | None
    """Of a built-in rule that nobody has named otherwise; screens say it in their language."""
    sensor_id: int | None
    sensor_type: str | None
    condition: ConditionShape
    severity: Severity
    alert_type: str
    enabled: bool
    resolve_when_cleared: bool
    built_in: bool
    municipality_id: int
    created_at: Time
    updated_at: Time


async def list_rules(ask: Ask[ViewNetwork]) -> Reply:
    """Give a page of rules."""
    return (await page_of_all(ask, ask.services.rules.all)).written(ask, rule_out)


async def get_rule(ask: Ask[ViewNetwork]) -> RuleOut:
    """Give one rule."""
    rule = RuleId(ask.path["rule"])
    return rule_out(await ask.found(lambda grant: ask.services.rules.get(grant, rule)))


async def add_rule(ask: Ask[EditRules]) -> RuleOut:
    """Add a rule."""
    said: RuleIn = ask.body
    grant = await ask.one(said.municipality_id)
    return rule_out(await ask.services.rules.add(grant, new_rule(said)))


async def change_rule(ask: Ask[EditRules]) -> RuleOut:
    """Change a rule."""
    changes = given(ask.body)
    if "condition" in changes:
        changes["condition"] = condition_of(changes["condition"])
    if "sensor_id" in changes:
        changes["sensor"] = changes.pop("sensor_id")
    rule = RuleId(ask.path["rule"])
    return rule_out(await ask.found(lambda grant: ask.services.rules.change(grant, rule, changes)))


async def remove_rule(ask: Ask[EditRules]) -> Reply:
    """Remove a rule."""
    rule = RuleId(ask.path["rule"])
    await ask.found(lambda grant: ask.services.rules.remove(grant, rule))
    return Reply(status=204)


def new_rule(said: RuleIn) -> NewRule:
    """Read a rule that shall hold."""
    condition = condition_of(said.condition)
    return NewRule(
        name=said.name,
        condition=condition,
        severity=said.severity,
        alert_type=said.alert_type or condition.type,
        sensor=None if said.sensor_id is None else SensorId(said.sensor_id),
        sensor_type=said.sensor_type,
        enabled=said.enabled,
        resolve_when_cleared=said.resolve_when_cleared,
    )


def condition_of(shape: _Condition) -> Condition:
    """Read a condition."""
    kind = dict(SHAPES)[type(shape)]
    said = {name: getattr(shape, name) for name in shape.__struct_fields__}
    found: Condition = kind(**said)
    return found


def shape_of(condition: Condition) -> ConditionShape:
    """Write a condition."""
    shapes = {kind: shape for shape, kind in SHAPES}
    names = {field.name for field in fields(condition)} - {"type"}
    said = {name: value for name, value in asdict(condition).items() if name in names}
    found: ConditionShape = shapes[type(condition)](**said)  # type: ignore[assignment]
    return found


def rule_out(rule: Rule) -> RuleOut:
    """Write a rule."""
    return RuleOut(
        id=rule.id,
        name=rule.name,
        name_code=name_code(rule.name) if rule.built_in else None,
        sensor_id=rule.sensor,
        sensor_type=rule.sensor_type,
        condition=shape_of(rule.condition),
        severity=rule.severity,
        alert_type=rule.alert_type,
        enabled=rule.enabled,
        resolve_when_cleared=rule.resolve_when_cleared,
        built_in=rule.built_in,
        municipality_id=rule.municipality,
        created_at=time(rule.created_at),
        updated_at=time(rule.updated_at),
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/rules",
        access=ViewNetwork,
        handler=list_rules,
        query=SearchQuery,
        answer=list[RuleOut],
        listing=Listing(
            ("name",),
            {
                "name": attrgetter("name"),
                "severity": lambda rule: rule.severity.rank,
                "created_at": attrgetter("created_at"),
                "updated_at": attrgetter("updated_at"),
            },
        ),
        summary="Rules by name",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/rules",
        access=EditRules,
        handler=add_rule,
        body=RuleIn,
        answer=RuleOut,
        status=201,
        summary="Add a rule; it holds at once",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/rules/{{rule}}",
        access=ViewNetwork,
        handler=get_rule,
        answer=RuleOut,
        summary="One rule",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/rules/{{rule}}",
        access=EditRules,
        handler=change_rule,
        body=RulePatch,
        answer=RuleOut,
        summary="Change a rule; the change holds at once",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/rules/{{rule}}",
        access=EditRules,
        handler=remove_rule,
        status=204,
        summary="Remove a rule; its alerts stay",
    ),
)
