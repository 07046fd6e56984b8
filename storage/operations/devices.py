"""The keys of devices, when they were used, and how much devices may send."""

from collections.abc import Iterable
from typing import Final

from appliance.domain.devices import KeptKey
from appliance.domain.ids import MunicipalityId, SensorId
from appliance.domain.instant import Instant
from appliance.domain.pace import DeviceLimits, Pace
from storage.operations.statements import OwnStatements, Row, Statements

_OWN: Final = "(SELECT id FROM sensor WHERE municipality = :mine AND id = :id)"
_KEYS: Final = (
    "SELECT device_key.digest, device_key.until, key_use.at FROM device_key"  # noqa: S608
    " LEFT JOIN key_use USING (sensor, digest)"
    f" WHERE device_key.sensor = {_OWN} ORDER BY device_key.until IS NOT NULL"
)
_REVOKE: Final = (
    f"UPDATE device_key SET until = :now WHERE sensor = {_OWN}"  # noqa: S608
    " AND (until IS NULL OR until > :now)"
)
_PUT_LIMITS: Final = (
    "INSERT INTO rate_limit VALUES (:mine, :device_rate, :device_burst, :total_rate, :total_burst)"
    " ON CONFLICT DO UPDATE SET device_rate = :device_rate, device_burst = :device_burst,"
    " total_rate = :total_rate, total_burst = :total_burst"
)
_NOTE: Final = (
    "INSERT INTO key_use SELECT sensor, digest, :at FROM device_key"
    " WHERE sensor = :sensor AND digest = :digest ON CONFLICT DO UPDATE SET at = max(at, :at)"
)
_FORGET: Final = (
    "DELETE FROM key_use WHERE NOT EXISTS (SELECT 1 FROM device_key"
    " WHERE device_key.sensor = key_use.sensor AND device_key.digest = key_use.digest)"
)


class DeviceRows:
    """The port's DeviceTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def keys(self, sensor: SensorId) -> list[KeptKey]:
        return [KeptKey(*row) for row in self._run.rows(_KEYS, id=sensor)]

    def revoke_keys(self, sensor: SensorId, now: Instant) -> int:
        return self._run.change(_REVOKE, id=sensor, now=now)

    def limits(self) -> DeviceLimits:
        row = self._run.row("SELECT * FROM rate_limit WHERE municipality = :mine")
        return DeviceLimits() if row is None else _limits(row)

    def put_limits(self, limits: DeviceLimits) -> None:
        self._run.change(
            _PUT_LIMITS,
            device_rate=limits.device.rate,
            device_burst=limits.device.burst,
            total_rate=limits.total.rate,
            total_burst=limits.total.burst,
        )


def all_limits(statements: Statements) -> dict[MunicipalityId, DeviceLimits]:
    """Give the limits of every municipality that has some of its own."""
    return {row[0]: _limits(row) for row in statements.rows("SELECT * FROM rate_limit")}


def note_key_use(statements: Statements, uses: Iterable[tuple[SensorId, bytes, Instant]]) -> None:
    """Remember when keys were last used; of keys that are no longer there, forget it."""
    for sensor, digest, at in uses:
        statements.change(_NOTE, sensor=sensor, digest=digest, at=at)
    statements.change(_FORGET)


def _limits(row: Row) -> DeviceLimits:
    _, device_rate, device_burst, total_rate, total_burst = row
    return DeviceLimits(Pace(device_rate, device_burst), Pace(total_rate, total_burst))
