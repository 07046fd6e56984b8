"""How the appliance is, what has come in, and what shall be measured."""

from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import AdministerSystem, Grant, Permission, ViewNetwork
from appliance.domain.instant import Instant, to_datetime
from appliance.domain.quantities import Quantity, unit_of
from appliance.domain.sensors import SensorType
from appliance.services.sensor_types import NewSensorType
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of_all
from web.routes import PREFIX, Open, Route
from web.shapes import Done, Limits, WholeListQuery

Name = Annotated[str, Meta(min_length=1, max_length=128)]


class DatabaseHealth(Struct, frozen=True):
    """Whether the operations database answers."""

    status: str


class SystemHealth(Struct, frozen=True):
    """How busy the machine is."""

    cpu_percent: float
    memory_percent: float


class SensorHealth(Struct, frozen=True):
    """How many sensors report as often as they use to."""

    health_score: float
    total: int
    reporting: int


class Components(Struct, frozen=True):
    """The parts of the appliance."""

    database: DatabaseHealth
    system: SystemHealth
    sensors: SensorHealth


class HealthOut(Struct, frozen=True):
    """`healthy`, `warning` or `critical`, and why."""

    status: str
    components: Components


class DaysQuery(Struct, frozen=True):
    """How many days back, today included."""

    days: Annotated[int, Meta(ge=1, le=366)] = 7


class LimitQuery(Struct, frozen=True):
    """How many."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 5


class DayCount(Struct, frozen=True):
    """How many on one UTC day."""

    date: str
    count: int


class Trends(Struct, frozen=True):
    """What came in, day by day, oldest first."""

    readings: list[DayCount]
    alerts: list[DayCount]


class TopAlert(Struct, frozen=True):
    """A sensor and how many alerts it has had."""

    name: str
    alert_count: int


class SensorCount(Struct, frozen=True):
    """How many sensors."""

    total: int


class Stats(Struct, frozen=True):
    """Counts over all municipalities."""

    municipalities: int
    users: int
    sensors: SensorCount
    open_alerts: int


class SensorTypeIn(Struct, frozen=True):
    """A kind of sensor; limits are in its unit. Without a quantity, the unit's is meant."""

    name: Name
    code: Name
    unit: Name
    quantity: Quantity | None = None
    threshold_config: Limits | None = None
    plausible: Limits | None = None


class SensorTypeOut(Struct, frozen=True):
    """A kind of sensor."""

    id: int
    name: str
    code: str
    unit: str
    quantity: Quantity
    threshold_config: Limits
    plausible: Limits


class PushDevice(Struct, frozen=True):
    """A phone."""

    push_token: Annotated[str, Meta(min_length=1, max_length=4_096)]
    platform: Annotated[str, Meta(max_length=32)] = ""


async def health(ask: Ask[Permission]) -> HealthOut:
    """Say how the appliance is."""
    now = await ask.services.monitoring.health()
    components = Components(
        database=DatabaseHealth(now.database),
        system=SystemHealth(now.cpu_percent, now.memory_percent),
        sensors=SensorHealth(now.health_score, now.sensors, now.reporting),
    )
    return HealthOut(now.status, components)


async def trends(ask: Ask[ViewNetwork]) -> Trends:
    """Count by day."""
    days = ask.services.analytics.days(ask.query.days)
    readings = dict.fromkeys(days, 0)
    alerts = dict.fromkeys(days, 0)
    for grant in await ask.every():
        seen, raised = await ask.services.analytics.trends(grant, days)
        for day in days:
            readings[day] += seen.get(day, 0)
            alerts[day] += raised.get(day, 0)
    return Trends(_by_day(readings), _by_day(alerts))


def _by_day(counts: dict[Instant, int]) -> list[DayCount]:
    return [DayCount(_date(to_datetime(day)), count) for day, count in counts.items()]


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


async def top_alerts(ask: Ask[ViewNetwork]) -> list[TopAlert]:
    """Name the sensors with the most alerts."""
    limit: int = ask.query.limit
    found = [
        pair
        for grant in await ask.every()
        for pair in await ask.services.analytics.top_alerts(grant, limit)
    ]
    found.sort(key=lambda pair: -pair[1])
    return [TopAlert(name, count) for name, count in found[:limit]]


async def stats(ask: Ask[AdministerSystem]) -> Stats:
    """Count over all municipalities."""
    counts = await ask.services.monitoring.stats(ask.system())
    return Stats(
        municipalities=counts["municipalities"],
        users=counts["users"],
        sensors=SensorCount(counts["sensors"]),
        open_alerts=counts["open_alerts"],
    )


async def add_sensor_type(ask: Ask[AdministerSystem]) -> SensorTypeOut:
    """Add a kind of sensor."""
    said: SensorTypeIn = ask.body
    operating, plausible = said.threshold_config or Limits(), said.plausible or Limits()
    new = NewSensorType(
        name=said.name,
        code=said.code,
        unit=said.unit,
        quantity=said.quantity,
        low=operating.min,
        high=operating.max,
        plausible_low=plausible.min,
        plausible_high=plausible.max,
    )
    return sensor_type_out(await ask.services.sensor_types.add(ask.system(), new))


async def list_sensor_types(ask: Ask[ViewNetwork]) -> Reply:
    """Give the kinds of sensors."""
    seen: set[int] = set()

    async def unseen(grant: Grant[ViewNetwork]) -> list[SensorType]:
        types = [one for one in await ask.services.sensor_types.all(grant) if one.id not in seen]
        seen.update(one.id for one in types)
        return types

    return (await page_of_all(ask, unseen)).written(ask, sensor_type_out)


async def register_device(ask: Ask[Permission]) -> Done:
    """Register a phone."""
    said: PushDevice = ask.body
    await ask.services.push.register(ask.signed_in, said.push_token, said.platform)
    return Done()


def sensor_type_out(one: SensorType) -> SensorTypeOut:
    """Write a kind of sensor."""
    unit = unit_of(one.quantity, one.unit)

    def written(low: float | None, high: float | None) -> Limits:
        return Limits(
            None if low is None else unit.from_si(low),
            None if high is None else unit.from_si(high),
        )

    return SensorTypeOut(
        id=one.id,
        name=one.name,
        code=one.code,
        unit=one.unit,
        quantity=one.quantity,
        threshold_config=written(one.operating.low, one.operating.high),
        plausible=written(one.plausible.low, one.plausible.high),
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/monitoring/health",
        access=Open.PUBLIC,
        handler=health,
        answer=HealthOut,
        summary="How the appliance is",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/analytics/trends",
        access=ViewNetwork,
        handler=trends,
        query=DaysQuery,
        answer=Trends,
        summary="Readings and alerts by UTC day, oldest first",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/analytics/top-alerts",
        access=ViewNetwork,
        handler=top_alerts,
        query=LimitQuery,
        answer=list[TopAlert],
        summary="The sensors with the most alerts",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/admin/system/stats",
        access=AdministerSystem,
        handler=stats,
        answer=Stats,
        summary="Counts over all municipalities",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/admin/sensor-types",
        access=AdministerSystem,
        handler=add_sensor_type,
        body=SensorTypeIn,
        answer=SensorTypeOut,
        status=201,
        summary="Add a kind of sensor for all municipalities",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/sensor-types",
        access=ViewNetwork,
        handler=list_sensor_types,
        query=WholeListQuery,
        answer=list[SensorTypeOut],
        listing=Listing(("name",), {"name": attrgetter("name"), "code": attrgetter("code")}),
        summary="The kinds of sensors by name",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/notifications/register-device",
        access=Open.SIGNED_IN,
        handler=register_device,
        body=PushDevice,
        answer=Done,
        summary="Remember a phone that wants to be told",
    ),
)
