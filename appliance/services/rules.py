"""Rules: which condition on which sensors raises which alert."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from appliance.domain.access import EditRules, Grant, ViewNetwork
from appliance.domain.errors import Conflict, Invalid, NotFound, UnitUnknown
from appliance.domain.ids import MunicipalityId, RuleId, SensorId
from appliance.domain.instant import Instant
from appliance.domain.quantities import Quantity, unit_of
from appliance.domain.rules import (
    Anomalous,
    Condition,
    Flatline,
    NoData,
    OutOfRange,
    RateOfChange,
    Rule,
    Severity,
    Threshold,
)
from appliance.domain.sayings import saying
from appliance.ports.tables import Tables
from appliance.services.names import must_be_named
from appliance.services.sensors import found, type_coded
from appliance.services.world import World

LONGEST: Final = 31 * 86_400.0
MOST_READINGS: Final = 100
MOST_RULES: Final = 20_000
"""Of a municipality, two for each of 10,000 sensors: the watch keeps them all. The next is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule that shall hold."""

    name: str
    condition: Condition
    severity: Severity
    alert_type: str
    sensor: SensorId | None = None
    sensor_type: str | None = None
    enabled: bool = True
    resolve_when_cleared: bool = False

    def made(self, rule: RuleId, municipality: MunicipalityId, now: Instant) -> Rule:
        """Give the rule that this becomes."""
        return Rule(
            id=rule,
            municipality=municipality,
            name=self.name.strip(),
            sensor=self.sensor,
            sensor_type=self.sensor_type,
            condition=self.condition,
            severity=self.severity,
            alert_type=self.alert_type,
            enabled=self.enabled,
            resolve_when_cleared=self.resolve_when_cleared,
            created_at=now,
            updated_at=now,
        )


class Rules:
    """Adds, changes and lists rules; the watch takes notice at once."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def all(self, grant: Grant[ViewNetwork]) -> list[Rule]:
        """Give all, by name."""
        return await self._world.operations.read(grant.municipality, lambda t: t.rules.all())

    async def get(self, grant: Grant[ViewNetwork], rule: RuleId) -> Rule:
        """Give one."""
        return await self._world.operations.read(grant.municipality, lambda t: found_rule(t, rule))

    async def add(self, grant: Grant[EditRules], new: NewRule) -> Rule:
        """Add one."""
        rule = new.made(
            RuleId(self._world.ids.new_id()), grant.municipality, self._world.clock.now()
        )

        def change(tables: Tables) -> Rule:
            if tables.rules.count() >= MOST_RULES:
                raise Conflict(
                    what=saying(
                        "too_many_rules",
                        "there are {most:,} rules already; remove some",
                        most=MOST_RULES,
                    )
                )
            return _put(tables, rule)

        return await self._write(grant, change)

    async def change(
        self, grant: Grant[EditRules], rule: RuleId, fields: dict[str, object]
    ) -> Rule:
        """Change the named fields of NewRule."""
        now = self._world.clock.now()

        def change(tables: Tables) -> Rule:
            changed = replace(found_rule(tables, rule), **fields)  # type: ignore[arg-type]
            return _put(tables, replace(changed, updated_at=now))

        return await self._write(grant, change)

    async def remove(self, grant: Grant[EditRules], rule: RuleId) -> None:
        """Remove one; its alerts stay."""

        def change(tables: Tables) -> Rule:
            gone = found_rule(tables, rule)
            tables.rules.remove(rule)
            return gone

        await self._write(grant, change)

    async def _write(self, grant: Grant[EditRules], change: Callable[[Tables], Rule]) -> Rule:
        rule = await self._world.operations.write(grant.municipality, change)
        self._world.watching.poke()
        return rule


def _put(tables: Tables, rule: Rule) -> Rule:
    must_hold(tables, rule)
    tables.rules.put(rule)
    return rule


def must_hold(tables: Tables, rule: Rule) -> None:
    """Raise Invalid for a rule that can't be meant, or not for these sensors."""
    must_be_named(rule.name, "name")
    must_be_named(rule.alert_type, "alert_type")
    must_make_sense(rule.condition)
    _must_fit(rule.condition, _quantity(tables, rule))


def found_rule(tables: Tables, rule: RuleId) -> Rule:
    """Give a rule, or raise NotFound."""
    there = tables.rules.get(rule)
    if there is None:
        raise NotFound(kind="rule", name=rule)
    return there


def _quantity(tables: Tables, rule: Rule) -> Quantity | None:
    """Give the quantity that the rule is about; None where it is about all sensors."""
    if rule.sensor is not None and rule.sensor_type is not None:
        raise Invalid(
            field="sensor_type",
            problem=saying("sensor_or_type", "name a sensor or a type, not both"),
        )
    if rule.sensor is not None:
        try:
            return found(tables, rule.sensor).type.quantity
        except NotFound:
            problem = saying("no_sensor", "there is no sensor {name}", name=rule.sensor)
            raise Invalid(field="sensor_id", problem=problem) from None
    if rule.sensor_type is not None:
        return type_coded(tables, rule.sensor_type).quantity
    return None


def _must_fit(condition: Condition, quantity: Quantity | None) -> None:
    """Raise Invalid where the condition's unit or value means nothing for these sensors."""
    unit = getattr(condition, "unit", None)
    if quantity is not None and unit is not None:
        try:
            unit_of(quantity, unit)
        except UnitUnknown as problem:
            said = f"{problem} {problem.advice}"
            raise Invalid(field="condition.unit", problem=said) from None
    needs_quantity = unit is not None or isinstance(condition, Threshold | RateOfChange)
    if quantity is None and needs_quantity:
        raise Invalid(
            field="sensor_id",
            problem=saying(
                "needs_sensor_or_type", "this condition needs a sensor or a sensor type"
            ),
        )


def must_make_sense(condition: Condition) -> None:
    """Raise Invalid for a duration, change or count that can't be meant."""
    match condition:
        case Threshold() | OutOfRange():
            _must_be(0 <= condition.for_seconds <= LONGEST, "for_seconds", "0 s to 31 days")
        case RateOfChange():
            _must_be(condition.change > 0, "change", "greater than 0")
            _must_be(0 < condition.within_seconds <= LONGEST, "within_seconds", "up to 31 days")
        case NoData():
            seconds = condition.for_seconds
            _must_be(seconds is None or 0 < seconds <= LONGEST, "for_seconds", "up to 31 days")
        case Flatline():
            _must_be(0 < condition.for_seconds <= LONGEST, "for_seconds", "up to 31 days")
            _must_be(condition.tolerance >= 0, "tolerance", "not negative")
        case Anomalous():
            _must_be(condition.deviations > 0, "deviations", "greater than 0")
            _must_be(1 <= condition.for_readings <= MOST_READINGS, "for_readings", "1 to 100")


def _must_be(holds: bool, field: str, allowed: str) -> None:  # noqa: FBT001
    if not holds:
        raise Invalid(
            field=f"condition.{field}",
            problem=saying("must_be", "must be {allowed}", allowed=allowed),
        )
