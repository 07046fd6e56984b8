"""The overview: is everything all right?"""

from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta, Struct

from appliance.domain.access import AdministerSystem, ViewNetwork
from appliance.domain.alerts import AlertStatus
from appliance.domain.quantities import Quantity, Unit, unit_of
from appliance.domain.rules import Severity
from appliance.services.diagnosis import SHARED, Trouble
from appliance.services.overview.overview import (
    NAMED,
    Figure,
    Overview,
    Spread,
    Tank,
    Unknown,
    ZoneNow,
)
from appliance.services.overview.plan import Band
from web.asking import Ask
from web.routes import PREFIX, Route
from web.shapes import Time, time, time_or_none

_USUAL_UNITS: Final = {Quantity.FLOW: "m³/h", Quantity.PRESSURE: "bar", Quantity.LEVEL: "m"}


class BandOut(Struct, frozen=True):
    """What is usual: 19 of 20 readings lie between `low` and `high`."""

    low: float
    median: float
    high: float


class FigureOut(Struct, frozen=True):
    """A value beside what is usual; what is not known is null, and `why` says why."""

    value: float | None
    at: Time | None
    """When it was measured; of several, the one longest ago."""
    usual: BandOut | None
    why: Unknown | None


class SpreadOut(Struct, frozen=True):
    """What several sensors say now."""

    min: float | None
    min_sensor_id: int | None
    mean: float | None
    reporting: int
    """Of so many sensors there is a value of now."""
    sensors: int


class AlarmCount(Struct, frozen=True):
    """Alarms of one severity that are not resolved."""

    severity: Severity
    unacknowledged: int
    acknowledged: int
    """Or already worked on."""
    shelved: int


class ZoneGlance(Struct, frozen=True):
    """How a zone is. Its inflow is the sum of the flow sensors that lie in it."""

    id: int
    name: str
    kind: str
    inflow: FigureOut
    night_flow: FigureOut
    """Mean of the last night from 02:00 to 04:00."""
    pressure: SpreadOut
    flow_sensor_ids: list[int]


class TankGlance(Struct, frozen=True):
    """A level, and the range in which it should be."""

    sensor_id: int
    name: str
    level: FigureOut
    low: float | None
    high: float | None


class SilentSensor(Struct, frozen=True):
    """One that does not report as often as it uses to."""

    sensor_id: int
    device_id: str
    name: str
    last_heard_at: Time | None


class Silent(Struct, frozen=True):
    """Those who don't report as often as they use to."""

    count: int
    of: int
    longest: Annotated[list[SilentSensor], Meta(max_length=NAMED)]


class TroubleOut(Struct, frozen=True):
    """Something that is wrong with Weir itself; what exactly is for who administers it."""

    code: str
    severity: str
    what: str | None
    hint: str | None


class SystemGlance(Struct, frozen=True):
    """How Weir itself is."""

    status: str
    database: str
    cpu_percent: float
    memory_percent: float
    disk_free_bytes: int
    issues: list[TroubleOut]


class Units(Struct, frozen=True):
    """In what the figures are: as the person prefers, else as is usual."""

    flow: str
    pressure: str
    level: str


class OverviewOut(Struct, frozen=True):
    """How a municipality is."""

    at: Time
    municipality_id: int
    municipality: str
    time_zone: str
    units: Units
    alarms: list[AlarmCount]
    """The most severe first; every severity is there."""
    zones: list[ZoneGlance]
    pressure: SpreadOut
    tanks: list[TankGlance]
    silent: Silent
    newest_reading_at: Time | None
    data_age_seconds: float | None
    """Since the newest reading came; null before the first."""
    system: SystemGlance


async def get_overview(ask: Ask[ViewNetwork]) -> OverviewOut:
    """Say how a municipality is."""
    grant = await ask.one()
    found = await ask.services.overviews.of(grant)
    preferred = (await ask.services.preferences.get(ask.signed_in)).units
    units = {
        quantity: unit_of(quantity, preferred.get(quantity.value, usual))
        for quantity, usual in _USUAL_UNITS.items()
    }
    health = await ask.services.monitoring.health()
    troubles = await ask.services.diagnosis.troubles(ask.services.clock.monotonic())
    holds = AdministerSystem in ask.signed_in.permissions
    system = SystemGlance(
        status=health.status,
        database=health.database,
        cpu_percent=health.cpu_percent,
        memory_percent=health.memory_percent,
        disk_free_bytes=ask.services.disk.usage.free,
        issues=_issues(troubles, in_full=holds),
    )
    return _Writer(units).overview(found, system)


def _issues(troubles: list[Trouble], *, in_full: bool) -> list[TroubleOut]:
    """Write what is wrong: in full it may name the devices of any municipality."""
    if in_full:
        return [TroubleOut(t.code, t.severity, t.what, t.hint) for t in troubles]
    return [TroubleOut(t.code, t.severity, None, None) for t in troubles if t.code in SHARED]


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes figures in a person's units."""

    units: dict[Quantity, Unit]

    def overview(self, found: Overview, system: SystemGlance) -> OverviewOut:
        newest = found.newest
        town = found.plan.municipality
        return OverviewOut(
            at=time(found.at),
            municipality_id=town.id,
            municipality=town.name,
            time_zone=town.time_zone,
            units=Units(**{quantity.value: unit.symbol for quantity, unit in self.units.items()}),
            alarms=_alarms(found),
            zones=[self._zone(zone) for zone in found.zones],
            pressure=self._spread(found.pressure),
            tanks=[self._tank(tank) for tank in found.tanks],
            silent=_silent(found),
            newest_reading_at=time_or_none(newest),
            data_age_seconds=None if newest is None else max(0, found.at - newest) / 1_000_000,
            system=system,
        )

    def _zone(self, now: ZoneNow) -> ZoneGlance:
        zone = now.plan.zone
        return ZoneGlance(
            id=zone.id,
            name=zone.name,
            kind=zone.kind.value,
            inflow=self._figure(now.inflow, Quantity.FLOW),
            night_flow=self._figure(now.night, Quantity.FLOW),
            pressure=self._spread(now.pressure),
            flow_sensor_ids=list(now.plan.flows),
        )

    def _tank(self, tank: Tank) -> TankGlance:
        limits, unit = tank.sensor.limits, self.units[Quantity.LEVEL]
        return TankGlance(
            sensor_id=tank.sensor.id,
            name=tank.sensor.name,
            level=self._figure(tank.level, Quantity.LEVEL),
            low=None if limits.low is None else unit.from_si(limits.low),
            high=None if limits.high is None else unit.from_si(limits.high),
        )

    def _spread(self, found: Spread) -> SpreadOut:
        unit = self.units[Quantity.PRESSURE]
        return SpreadOut(
            min=None if found.least is None else unit.from_si(found.least),
            min_sensor_id=found.lowest,
            mean=None if found.mean is None else unit.from_si(found.mean),
            reporting=found.reporting,
            sensors=found.sensors,
        )

    def _figure(self, figure: Figure, quantity: Quantity) -> FigureOut:
        unit = self.units[quantity]
        return FigureOut(
            value=None if figure.value is None else unit.from_si(figure.value),
            at=time_or_none(figure.at),
            usual=None if figure.usual is None else band_out(figure.usual, unit),
            why=figure.why,
        )


def band_out(band: Band, unit: Unit) -> BandOut:
    """Write what is usual."""
    return BandOut(unit.from_si(band.low), unit.from_si(band.median), unit.from_si(band.high))


def _alarms(found: Overview) -> list[AlarmCount]:
    def count(severity: Severity, *, is_open: bool | None, shelved: bool) -> int:
        return sum(
            number
            for of, status, aside, number in found.alarms
            if of is severity
            and aside is shelved
            and (is_open is None or (status is AlertStatus.OPEN) is is_open)
        )

    return [
        AlarmCount(
            severity=severity,
            unacknowledged=count(severity, is_open=True, shelved=False),
            acknowledged=count(severity, is_open=False, shelved=False),
            shelved=count(severity, is_open=None, shelved=True),
        )
        for severity in sorted(Severity, key=lambda one: -one.rank)
    ]


def _silent(found: Overview) -> Silent:
    longest = [
        SilentSensor(sensor.id, sensor.device_id, sensor.name, time_or_none(heard))
        for sensor, heard in found.silent[:NAMED]
    ]
    return Silent(len(found.silent), len(found.plan.sensors), longest)


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/overview",
        access=ViewNetwork,
        handler=get_overview,
        answer=OverviewOut,
        summary="Is everything all right? Alarms, zones, pressure, tanks, who is silent, Weir itself",
    ),
)
