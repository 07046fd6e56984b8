"""Zones: what lies in them, and that who is limited to some sees nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from appliance.domain.enclave import Enclave, ZoneId
from appliance.domain.errors import Conflict, Invalid, NotAllowed
from appliance.domain.ids import AlertId, IncidentId, MunicipalityId, SensorId, UserId
from appliance.domain.sensors import Position
from appliance.domain.zones import Area, Zone, ZoneKind, ZonePart
from appliance.ports.operations import SystemTables
from appliance.ports.pages import AlertFilter, IncidentFilter, Page, SensorFilter
from appliance.ports.tables import Tables
from storage.operations.database import SqliteOperations
from storage.operations.limited import FREE, SEEN
from storage.operations.statements import Statements
from tests.builders import HERE, NOON, THERE
from tests.contract.operations.things import (
    a_caused_alert,
    a_pipeline,
    a_real_sensor,
    an_incident,
)
from tests.outbound.parcels import a_change

WEST, EAST = ZoneId(0x2001), ZoneId(0x2002)
IN_WEST, IN_EAST, NOWHERE = SensorId(0x31), SensorId(0x32), SensorId(0x33)
ME = UserId(0x77)
ALL = Page()


def square(west: float, south: float = 52.0, size: float = 1.0) -> Area:
    corners = [(0, 0), (size, 0), (size, size), (0, size), (0, 0)]
    return ((tuple(Position(west + x, south + y) for x, y in corners),),)


def a_zone(**overrides: Any) -> Zone:
    fields = {
        "id": WEST,
        "municipality": HERE,
        "name": "West",
        "kind": ZoneKind.DMA,
        "area": square(13.0),
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Zone(**fields | overrides)


def a_sensor_at(identity: SensorId, longitude: float | None, **overrides: Any) -> Any:
    place = None if longitude is None else Position(longitude, 52.5)
    name = f"S{identity}"
    return a_real_sensor(id=identity, device_id=name, name=name, position=place, **overrides)


def two_zones(tables: Tables) -> None:
    """A sensor in each, with an alert, and one that has no place."""
    tables.zones.put(a_zone())
    tables.zones.put(a_zone(id=EAST, name="East", area=square(14.0)))
    places = ((IN_WEST, 13.5), (IN_EAST, 14.5), (NOWHERE, None))
    tables.sensors.add((a_sensor_at(i, x), bytes([i])) for i, x in places)
    for number, sensor in enumerate((IN_WEST, IN_EAST, NOWHERE)):
        alert = a_caused_alert(id=AlertId(0xA10 + number), sensor=sensor)
        tables.alerts.add(alert, replace(a_change(), alert=alert.id, municipality=HERE))


@pytest.fixture
async def zoned(operations: SqliteOperations) -> SqliteOperations:
    await operations.write(HERE, two_zones)
    return operations


def only(*zones: ZoneId, town: MunicipalityId = HERE) -> MunicipalityId:
    return MunicipalityId(Enclave(town, frozenset(zones), ME))


def sensors_of(tables: Tables) -> list[SensorId]:
    return [sensor.id for sensor in tables.sensors.everything()]


async def test_a_zone_has_what_lies_in_it_and_follows_what_is_moved(zoned: SqliteOperations):
    assert await zoned.read(HERE, lambda t: t.zones.members(WEST, ZonePart.SENSOR)) == [IN_WEST]
    moved = a_sensor_at(IN_EAST, 13.2)
    await zoned.write(HERE, lambda t: t.sensors.change(moved))
    assert await zoned.read(HERE, lambda t: t.zones.members(WEST, ZonePart.SENSOR)) == [
        IN_WEST,
        IN_EAST,
    ]
    assert await zoned.read(HERE, lambda t: t.zones.members(EAST, ZonePart.SENSOR)) == []
    await zoned.write(HERE, lambda t: t.sensors.remove(IN_EAST))
    assert await zoned.read(HERE, lambda t: t.zones.members(WEST, ZonePart.SENSOR)) == [IN_WEST]


async def test_a_sensor_without_a_place_is_where_its_pipeline_is(zoned: SqliteOperations):
    pipe = a_pipeline()
    path = (Position(12.5, 52.5), Position(13.5, 52.5))  # crosses into the west
    pipe = replace(pipe, link=replace(pipe.link, path=path))

    def lay(tables: Tables) -> None:
        tables.network.add_pipeline(pipe)
        tables.sensors.change(a_sensor_at(NOWHERE, None, pipeline=pipe.id))

    await zoned.write(HERE, lay)
    found = await zoned.read(HERE, lambda t: t.zones.members(WEST, ZonePart.SENSOR))
    assert found == [IN_WEST, NOWHERE]
    assert await zoned.read(HERE, lambda t: t.zones.members(WEST, ZonePart.LINK)) == [pipe.id]


async def test_a_person_may_say_otherwise_than_geometry_and_take_it_back(zoned: SqliteOperations):
    async def west_after(thing: int, inside: bool | None) -> list[int]:
        def change(tables: Tables) -> list[int]:
            tables.zones.override(WEST, ZonePart.SENSOR, thing, inside=inside)
            return tables.zones.members(WEST, ZonePart.SENSOR)

        return await zoned.write(HERE, change)

    assert await west_after(NOWHERE, inside=True) == [IN_WEST, NOWHERE]
    assert await west_after(IN_WEST, inside=False) == [NOWHERE]
    await zoned.write(HERE, lambda t: t.zones.put(a_zone(name="Wild West")))
    assert await zoned.read(HERE, lambda t: t.zones.members(WEST, ZonePart.SENSOR)) == [NOWHERE]
    assert await west_after(IN_WEST, inside=None) == [IN_WEST, NOWHERE]


@pytest.mark.parametrize(
    ("outline", "says"),
    [
        ([(13, 52), (14, 53), (14, 52), (13, 53), (13, 52)], "not valid"),
    ],
)
async def test_an_outline_that_crosses_itself_is_refused_with_where(
    operations: SqliteOperations, outline: list[tuple[float, float]], says: str
):
    crossing: Area = ((tuple(Position(x, y) for x, y in outline),),)
    with pytest.raises(Invalid, match=f"{says}.*13.5, 52.5"):
        await operations.write(HERE, lambda t: t.zones.put(a_zone(area=crossing)))
    assert await operations.read(HERE, lambda t: t.zones.all()) == []


async def test_two_zones_of_a_town_have_two_names(zoned: SqliteOperations):
    with pytest.raises(Conflict, match="there is a zone 'WEST' already"):
        await zoned.write(HERE, lambda t: t.zones.put(a_zone(id=ZoneId(9), name="WEST")))


async def test_who_is_limited_sees_the_zones_alone(zoned: SqliteOperations):
    assert await zoned.read(only(WEST), sensors_of) == [IN_WEST]
    assert await zoned.read(only(WEST, EAST), sensors_of) == [IN_WEST, IN_EAST]
    assert await zoned.read(only(), sensors_of) == []
    assert await zoned.read(HERE, sensors_of) == [IN_WEST, IN_EAST, NOWHERE]
    page, total = await zoned.read(only(WEST), lambda t: t.sensors.page(SensorFilter(), ALL))
    assert ([s.id for s in page], total) == ([IN_WEST], 1)
    alerts, total = await zoned.read(only(WEST), lambda t: t.alerts.page(AlertFilter(), ALL))
    assert ([a.sensor for a in alerts], total) == ([IN_WEST], 1)
    assert await zoned.read(only(WEST), lambda t: t.alerts.get(AlertId(0xA11))) is None
    assert (await zoned.read(only(WEST), lambda t: t.alerts.summary()))["total"] == 1
    assert await zoned.read(only(WEST), lambda t: t.alerts.changes(AlertId(0xA11))) == []
    assert [z.id for z in await zoned.read(only(WEST), lambda t: t.zones.all())] == [WEST]


async def test_a_zone_of_another_municipality_opens_nothing(zoned: SqliteOperations):
    assert await zoned.read(only(WEST, town=THERE), sensors_of) == []


async def test_who_is_limited_changes_nothing_else(zoned: SqliteOperations):
    async def acknowledge(number: int) -> bool:
        def change(tables: Tables) -> bool:
            alert = a_caused_alert(id=AlertId(number), title="mine", version=2)
            told = replace(a_change(), alert=alert.id, municipality=HERE, number=2)
            return tables.alerts.apply(alert, told, was=1)

        return await zoned.write(only(WEST), change)

    assert await acknowledge(0xA10)
    assert not await acknowledge(0xA11)
    untouched = await zoned.read(HERE, lambda t: t.alerts.get(AlertId(0xA11)))
    assert untouched is not None
    assert (untouched.title == "mine", untouched.version) == (False, 1)

    def remove(tables: Tables) -> None:
        tables.sensors.remove(IN_EAST)

    with pytest.raises(NotAllowed):  # what has its keys is closed to who is limited
        await zoned.write(only(WEST), remove)
    assert IN_EAST in await zoned.read(HERE, sensors_of)


async def test_an_incident_is_seen_where_it_is_and_by_who_reported_it(zoned: SqliteOperations):
    fields = {"sensor": None, "alert": None}
    away = {"position": Position(14.5, 52.5)}
    there = an_incident(id=IncidentId(1), position=Position(13.5, 52.5), **fields)
    mine = an_incident(id=IncidentId(2), reported_by=ME, **fields | away)
    others = an_incident(id=IncidentId(3), reported_by=UserId(1), **fields | away)

    def report(tables: Tables) -> None:
        for incident in (there, mine, others):
            tables.incidents.put(incident, was=None)

    await zoned.write(HERE, report)
    seen, total = await zoned.read(only(WEST), lambda t: t.incidents.page(IncidentFilter(), ALL))
    assert ({incident.id for incident in seen}, total) == ({1, 2}, 2)


async def test_what_nobody_has_thought_of_is_closed(zoned: SqliteOperations):
    with pytest.raises(NotAllowed):
        await zoned.read(only(WEST), lambda t: t.users.tokens())
    with pytest.raises(NotAllowed):
        await zoned.read(only(WEST), lambda t: t.ledger.rejections(None, ALL))


async def test_a_limit_ends_with_its_transaction_and_there_is_one_in_each(zoned: SqliteOperations):
    def both(system: SystemTables) -> tuple[list[SensorId], list[SensorId]]:
        return sensors_of(system.of(only(WEST))), sensors_of(system.of(HERE))

    for run in (zoned.read_system, zoned.write_system):
        assert await run(both) == ([IN_WEST], [IN_WEST, IN_EAST, NOWHERE])
        with pytest.raises(NotAllowed):
            await run(lambda s: (sensors_of(s.of(only(WEST))), sensors_of(s.of(only(EAST)))))
    moved = a_sensor_at(IN_EAST, 14.6)
    await zoned.write(HERE, lambda t: t.sensors.change(moved))
    assert await zoned.read(HERE, lambda t: t.sensors.get(IN_EAST)) == moved


async def test_every_table_of_places_is_limited_or_closed(zoned: SqliteOperations):
    def tables(connection: Any) -> set[str]:
        rows = Statements(connection).rows(
            "SELECT name FROM pragma_table_list WHERE schema = 'main'"
        )
        return {name for (name,) in rows}

    known = await zoned._threads().readers.run(tables)
    assert (set(SEEN) | FREE) - {"json_each"} <= known
    assert not set(SEEN) & FREE
