"""How long readings, roll-ups and records are kept."""

from dataclasses import asdict
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from appliance.domain.access import ManageSettings
from appliance.domain.retention import LONGEST_DAYS, Retention, Spans
from web.asking import Ask
from web.routes import PREFIX, Route
from web.shapes import Id

Days = Annotated[int, Meta(ge=1, le=LONGEST_DAYS)]
Code = Annotated[str, Meta(min_length=1, max_length=128)]
_USUAL = Spans()


class SpansBody(Struct, frozen=True):
    """Whole days; what is coarser is kept at least as long as what is finer."""

    readings_days: Days = _USUAL.readings_days
    minutes_days: Days = _USUAL.minutes_days
    hours_days: Days = _USUAL.hours_days
    days_days: Days = _USUAL.days_days


class RetentionBody(Struct, frozen=True):
    """What holds for all sensors, and instead of it for those of some types."""

    default: SpansBody = field(default_factory=SpansBody)
    by_sensor_type: dict[Code, SpansBody] = field(default_factory=dict)
    records_days: Days = Retention().records_days
    """Anomalies, the ledger, and deliveries that are done."""


class RetentionIn(RetentionBody, frozen=True, kw_only=True):
    """All of the settings; what is left out becomes as usual."""

    municipality_id: Id | None = None


class RetentionOut(RetentionBody, frozen=True, kw_only=True):
    """The settings of one municipality."""

    municipality_id: int


async def get(ask: Ask[ManageSettings]) -> RetentionOut:
    """Give the settings."""
    grant = await ask.one()
    return _out(grant.municipality, await ask.services.retention.get(grant))


async def replace(ask: Ask[ManageSettings]) -> RetentionOut:
    """Replace the settings."""
    said: RetentionIn = ask.body
    grant = await ask.one(said.municipality_id)
    retention = retention_of(said)
    return _out(grant.municipality, await ask.services.retention.replace(grant, retention))


def retention_of(said: RetentionBody) -> Retention:
    """Read the settings."""
    return Retention(
        _spans(said.default),
        {code: _spans(spans) for code, spans in said.by_sensor_type.items()},
        said.records_days,
    )


def _spans(body: SpansBody) -> Spans:
    return Spans(body.readings_days, body.minutes_days, body.hours_days, body.days_days)


def retention_body(retention: Retention) -> RetentionBody:
    """Write the settings."""
    return RetentionBody(**_fields(retention))


def _out(municipality: int, retention: Retention) -> RetentionOut:
    return RetentionOut(**_fields(retention), municipality_id=municipality)


def _fields(retention: Retention) -> dict[str, Any]:
    return {
        "default": SpansBody(**asdict(retention.default)),
        "by_sensor_type": {
            code: SpansBody(**asdict(spans)) for code, spans in retention.by_sensor_type.items()
        },
        "records_days": retention.records_days,
    }


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/retention",
        access=ManageSettings,
        handler=get,
        answer=RetentionOut,
        summary="How long readings, roll-ups and records are kept",
    ),
    Route(
        method="PUT",
        path=f"{PREFIX}/retention",
        access=ManageSettings,
        handler=replace,
        body=RetentionIn,
        answer=RetentionOut,
        summary="Change how long they are kept",
    ),
)
