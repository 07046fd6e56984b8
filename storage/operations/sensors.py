"""Sensors and the keys of their devices."""

from collections.abc import Iterable, Mapping
from typing import Final

from appliance.domain.errors import NotFound
from appliance.domain.hardware import Hardware, hardware_from
from appliance.domain.ids import DeviceId, SensorId
from appliance.domain.instant import Instant
from appliance.domain.quantities import unit_of
from appliance.domain.sensors import Limits, Sensor, SensorStatus, SensorType
from appliance.ports.operations import DeviceKey
from appliance.ports.pages import Page, SensorFilter
from storage.operations.columns import place, position
from storage.operations.ordering import Order
from storage.operations.sensor_types import SensorTypeRows
from storage.operations.statements import OwnStatements, Row, Statements, sql, unique

_COLUMNS = (
    "sensor.id, municipality, device_id, name, type, unit, status, whitelisted, protocol,"
    " ST_X(place), ST_Y(place), pipeline, operating_low, operating_high, created_at, updated_at,"
    " gateway, hardware, channel"
)
_SELECT = sql("SELECT", _COLUMNS, "FROM sensor WHERE municipality = :mine")
_CHOSEN = (
    "AND (:zone IS NULL OR sensor.id IN (SELECT thing FROM zone_member WHERE zone = :zone"
    " AND kind = 'sensor')) "
    "AND (:status IS NULL OR status = :status)"
    " AND (:search IS NULL OR instr(search_key, :search) > 0)"
    " AND (:device IS NULL OR device_id = :device)"
    " AND (:type IS NULL OR type IN (SELECT id FROM sensor_type WHERE code = :type))"
)
_ORDER = Order(
    ("name",),
    {
        "name": "search_key",
        "device_id": "device_id",
        "status": "status",
        "created_at": "created_at",
        "updated_at": "updated_at",
    },
    key="sensor.id",
)
_ADD = (
    "INSERT INTO sensor (id, municipality, device_id, name, search_key, type, unit, status,"
    " whitelisted, protocol, place, pipeline, operating_low, operating_high, created_at,"
    " updated_at, gateway, hardware, channel) VALUES (:id, :mine, :device, :name, :search_key, :type, :unit, :status,"
    " :whitelisted, :protocol, MakePoint(:longitude, :latitude, 4326), :pipeline, :low, :high,"
    " :created_at, :updated_at, :gateway, :hardware, :channel)"
)
_CHANGE = (
    "UPDATE sensor SET device_id = :device, name = :name, search_key = :search_key, type = :type,"
    " unit = :unit, status = :status, whitelisted = :whitelisted, protocol = :protocol,"
    " place = MakePoint(:longitude, :latitude, 4326), pipeline = :pipeline,"
    " operating_low = :low, operating_high = :high, created_at = :created_at,"
    " updated_at = :updated_at, gateway = :gateway, hardware = :hardware, channel = :channel"
    " WHERE municipality = :mine AND id = :id"
)
_INDEX = (
    "INSERT OR REPLACE INTO idx_sensor_place SELECT id, ST_X(place), ST_X(place), ST_Y(place),"
    " ST_Y(place) FROM sensor WHERE municipality = :mine AND id = :id AND place IS NOT NULL"
)
_UNINDEX = (
    "DELETE FROM idx_sensor_place WHERE pkid ="
    " (SELECT id FROM sensor WHERE municipality = :mine AND id = :id)"
)
_LEAVE_GATEWAY = (
    "UPDATE sensor SET gateway = NULL WHERE municipality = :mine AND gateway ="
    " (SELECT device_id FROM sensor WHERE municipality = :mine AND id = :id)"
)
_ADD_KEY = (
    "INSERT INTO device_key SELECT id, :digest, NULL FROM sensor"
    " WHERE municipality = :mine AND id = :id"
)
_OF_SENSOR = "sensor = (SELECT id FROM sensor WHERE municipality = :mine AND id = :id)"


class SensorRows:
    """The port's SensorTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements
        self._types = SensorTypeRows(Statements(statements.connection))

    def page(self, chosen: SensorFilter, page: Page) -> tuple[list[Sensor], int]:
        values = {
            "zone": chosen.zone,
            "status": chosen.status,
            "type": chosen.sensor_type,
            "device": chosen.device,
            "search": None if chosen.search is None else chosen.search.casefold(),
        }
        window, place_of_page = _ORDER.window(page)
        rows = self._run.rows(sql(_SELECT, _CHOSEN, window), **values, **place_of_page)
        count = sql("SELECT count(*) FROM sensor WHERE municipality = :mine", _CHOSEN)
        types = self._types.all()
        return [_sensor(row, types) for row in rows], self._run.number(count, **values)

    def everything(self) -> list[Sensor]:
        types = self._types.all()
        return [_sensor(row, types) for row in self._run.rows(sql(_SELECT, "ORDER BY sensor.id"))]

    def get(self, sensor: SensorId) -> Sensor | None:
        return self._one(self._run.row(sql(_SELECT, "AND sensor.id = :id"), id=sensor))

    def by_device(self, device: DeviceId) -> Sensor | None:
        return self._one(self._run.row(sql(_SELECT, "AND device_id = :device"), device=device))

    def of_hardware(self, hardware: Hardware) -> list[Sensor]:
        types = self._types.all()
        wanted = sql(_SELECT, "AND hardware = :hardware ORDER BY sensor.id")
        return [_sensor(row, types) for row in self._run.rows(wanted, hardware=str(hardware))]

    def add(self, sensors: Iterable[tuple[Sensor, bytes]]) -> None:
        for sensor, digest in sensors:
            values = self._values(sensor)
            with unique(f"there is a device {sensor.device_id!r} already"):
                self._run.change(_ADD, **values)
            self._run.change(_INDEX, id=sensor.id)
            self._run.change(_ADD_KEY, id=sensor.id, digest=digest)

    def change(self, sensor: Sensor) -> None:
        with unique(f"there is a device {sensor.device_id!r} already"):
            if not self._run.change(_CHANGE, **self._values(sensor)):
                raise NotFound(kind="sensor", name=sensor.id)
        self._run.change(_UNINDEX, id=sensor.id)
        self._run.change(_INDEX, id=sensor.id)

    def remove(self, sensor: SensorId) -> None:
        # The triggers and cascades of the schema take the index entry and the keys with it.
        self._run.change(sql("DELETE FROM contact WHERE", _OF_SENSOR), id=sensor)
        self._run.change(_LEAVE_GATEWAY, id=sensor)
        self._run.change("DELETE FROM sensor WHERE municipality = :mine AND id = :id", id=sensor)

    def rotate_key(self, sensor: SensorId, digest: bytes, *, old_until: Instant) -> None:
        # One old key at a time: what an earlier rotation left ends now.
        self._run.change(
            sql("DELETE FROM device_key WHERE until IS NOT NULL AND", _OF_SENSOR), id=sensor
        )
        self._run.change(
            sql("UPDATE device_key SET until = :until WHERE", _OF_SENSOR),
            id=sensor,
            until=old_until,
        )
        with unique("this key is in use already"):
            if not self._run.change(_ADD_KEY, id=sensor, digest=digest):
                raise NotFound(kind="sensor", name=sensor)

    def types(self) -> list[SensorType]:
        mine = self._run.municipality
        usable = [t for t in self._types.all().values() if t.municipality in {None, mine}]
        return sorted(usable, key=lambda t: t.name.casefold())

    def _one(self, row: Row | None) -> Sensor | None:
        found = None if row is None else self._types.get(row[4])
        return None if row is None or found is None else _sensor(row, {row[4]: found})

    def _values(self, sensor: Sensor) -> dict[str, object]:
        self._run.must_own(sensor.municipality)
        return {
            "id": sensor.id,
            "device": sensor.device_id,
            "name": sensor.name,
            "search_key": f"{sensor.name.casefold()}\n{sensor.device_id.casefold()}",
            "type": sensor.type.id,
            "unit": sensor.unit.symbol,
            "status": sensor.status,
            "whitelisted": sensor.whitelisted,
            "protocol": sensor.protocol,
            **place(sensor.position),
            "pipeline": sensor.pipeline,
            "low": sensor.operating.low,
            "high": sensor.operating.high,
            "created_at": sensor.created_at,
            "updated_at": sensor.updated_at,
            "gateway": sensor.gateway,
            "hardware": None if sensor.hardware is None else str(sensor.hardware),
            "channel": sensor.channel,
        }


def device_keys(statements: Statements, now: Instant) -> list[DeviceKey]:
    """Give every key that is valid now, of every municipality's devices."""
    return _keys(statements, "until IS NULL OR until > :now", now)


def spent_keys(statements: Statements, now: Instant) -> list[DeviceKey]:
    """Give every key that is kept and no longer valid."""
    return _keys(statements, "until <= :now", now)


def _keys(statements: Statements, which: str, now: Instant) -> list[DeviceKey]:
    types = SensorTypeRows(statements).all()
    chosen = ", digest, until FROM device_key JOIN sensor ON sensor.id = device_key.sensor WHERE"
    rows = statements.rows(sql("SELECT", _COLUMNS, chosen, which, "ORDER BY sensor.id"), now=now)
    return [DeviceKey(_sensor(row[:-2], types), row[-2], row[-1]) for row in rows]


MOST_READ: Final = 50_000
"""Rows that are remembered as what they were read as; full forgets all, which costs time only."""
_READ: Final[dict[Row, Sensor]] = {}


def _sensor(row: Row, types: Mapping[int, SensorType]) -> Sensor:
    """Read a row; the same row (all of its columns) of the same type is the same Sensor."""
    known = _READ.get(row)
    if known is not None and known.type == types[row[4]]:
        return known
    if len(_READ) >= MOST_READ:
        _READ.clear()
    _READ[row] = made = _made(row, types)
    return made


def _made(row: Row, types: Mapping[int, SensorType]) -> Sensor:
    (key, municipality, device, name, type_id, unit, status, whitelisted, protocol) = row[:9]
    (longitude, latitude, pipeline, low, high, created_at, updated_at) = row[9:16]
    (gateway, hardware, channel) = row[16:]
    sensor_type = types[type_id]
    return Sensor(
        key,
        municipality,
        device,
        name,
        sensor_type,
        unit_of(sensor_type.quantity, unit),
        SensorStatus(status),
        bool(whitelisted),
        protocol,
        position(longitude, latitude),
        pipeline,
        Limits(low, high),
        created_at,
        updated_at,
        gateway,
        None if hardware is None else hardware_from(hardware),
        channel,
    )
