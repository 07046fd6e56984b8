"""What belongs to no municipality, within one transaction."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

import apsw

from appliance.domain.enclave import ZoneId, enclave_of
from appliance.domain.errors import NotFound
from appliance.domain.ids import (
    ChannelId,
    MunicipalityId,
    SensorId,
    SensorTypeId,
    SessionId,
    TokenId,
    UserId,
)
from appliance.domain.instant import Instant
from appliance.domain.pace import DeviceLimits
from appliance.domain.people import ApiToken, Municipality, Session, User
from appliance.domain.sensors import SensorType
from appliance.domain.telling import Parcel
from appliance.domain.zones import KnownZone
from appliance.ports.accounts import PlaceTable, SecondFactorTable, SessionTable
from appliance.ports.answers import AnswerTable
from appliance.ports.operations import DeviceKey, WatchTable
from appliance.ports.tables import Tables
from storage.operations.accounts import AccountRows
from storage.operations.answers import AnswerRows
from storage.operations.channels import note_of_channel
from storage.operations.devices import all_limits, note_key_use
from storage.operations.limited import Limit, LimitedStatements
from storage.operations.municipal import MunicipalTables
from storage.operations.municipalities import NOBODYS, MunicipalityRows
from storage.operations.outbox import Leases
from storage.operations.pruning import prune_system
from storage.operations.roles import TokenUses
from storage.operations.second_factors import PlaceRows, SecondFactorRows, SessionRows
from storage.operations.sensor_types import SensorTypeRows
from storage.operations.sensors import device_keys, spent_keys
from storage.operations.statements import Statements
from storage.operations.transactions import within_savepoint
from storage.operations.watch import WatchRows
from storage.operations.zones import find_zones_of_what_moved, known_zones

T = TypeVar("T")

_COUNTS: Final = {
    "municipalities": "SELECT count(*) FROM municipality",
    "users": "SELECT count(*) FROM person",
    "sensors": "SELECT count(*) FROM sensor",
    "open_alerts": "SELECT count(*) FROM alert WHERE status = 'open'",
}


class SystemRows:
    """The port's SystemTables."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._run = Statements(connection)
        self._municipalities = MunicipalityRows(self._run)
        self._accounts = AccountRows(self._run)
        self._types = SensorTypeRows(self._run)
        self._leases = Leases(self._run)
        self._limit = Limit(connection)
        self.answers: AnswerTable = AnswerRows(self._run)
        self.watch: WatchTable = WatchRows(self._run)

    def of(self, municipality: MunicipalityId) -> Tables:
        found = self._found(municipality)
        enclave = enclave_of(municipality)
        if enclave is None:
            return MunicipalTables(self._connection, found)
        self._limit.to(enclave)
        return MunicipalTables(self._connection, found, LimitedStatements)

    def end(self) -> None:
        """Leave the connection as it was; at the end of a transaction that is to be committed."""
        self._limit.end()

    def _found(self, municipality: MunicipalityId) -> Municipality:
        found = self._municipalities.get(municipality)
        if found is None:
            raise NotFound(kind="municipality", name=municipality)
        return found

    def nobody(self) -> Tables:
        return MunicipalTables(self._connection, NOBODYS)

    def attempt(self, part: Callable[[], T]) -> T:
        return within_savepoint(self._connection, part)

    def municipalities(self) -> list[Municipality]:
        return self._municipalities.all()

    def put_municipality(self, municipality: Municipality) -> None:
        self._municipalities.put(municipality)

    def device_keys(self, now: Instant) -> list[DeviceKey]:
        return device_keys(self._run, now)

    def spent_keys(self, now: Instant) -> list[DeviceKey]:
        return spent_keys(self._run, now)

    def note_key_use(self, uses: Iterable[tuple[SensorId, bytes, Instant]]) -> None:
        note_key_use(self._run, uses)

    def rate_limits(self) -> dict[MunicipalityId, DeviceLimits]:
        return all_limits(self._run)

    def api_tokens(self) -> list[ApiToken]:
        return self._accounts.tokens()

    def note_token_use(self, uses: Mapping[TokenId, Instant]) -> None:
        TokenUses(self._run).note(uses)

    def known_zones(self) -> dict[ZoneId, KnownZone]:
        return known_zones(self._run)

    def find_zones_of_what_moved(self) -> None:
        """Bring zones in line with what this transaction has moved; for the end of each."""
        find_zones_of_what_moved(self._run)

    def user_named(self, username: str) -> User | None:
        return self._accounts.named(username)

    def user(self, user: UserId) -> User | None:
        return self._accounts.user(user)

    def users(self) -> list[User]:
        return self._accounts.users()

    def put_user(self, user: User) -> None:
        self._accounts.put(user)

    def session(self, session: SessionId) -> Session | None:
        return self._accounts.session(session)

    def put_session(self, session: Session, *, was: bytes | None) -> bool:
        return self._accounts.put_session(session, was=was)

    def end_session(self, session: SessionId) -> None:
        self._accounts.end_session(session)

    @property
    def sessions(self) -> SessionTable:
        return SessionRows(self._run)

    @property
    def second_factors(self) -> SecondFactorTable:
        return SecondFactorRows(self._run)

    @property
    def places(self) -> PlaceTable:
        return PlaceRows(self._run)

    def lacks_common_types(self) -> bool:
        """Say whether a sensor type that comes with Weir is not there."""
        return bool(self._types.missing())

    def put_common_types(self) -> None:
        """Add the sensor types that come with Weir and are not there yet."""
        self._types.add_common()

    def put_sensor_type(self, sensor_type: SensorType) -> None:
        self._types.put(sensor_type)

    def sensor_type(self, sensor_type: SensorTypeId) -> SensorType | None:
        return self._types.get(sensor_type)

    def lease_deliveries(self, now: Instant, until: Instant, limit: int) -> list[Parcel]:
        return self._leases.take(now, until, limit)

    def note_channel(
        self, channel: ChannelId, at: Instant, problem: str, stop_since: Instant
    ) -> None:
        note_of_channel(self._run, channel, at, problem, stop_since)

    def delivered(self, key: str, at: Instant) -> None:
        self._leases.delivered(key, at)

    def not_delivered(self, key: str, problem: str, again_at: Instant | None) -> None:
        self._leases.not_delivered(key, problem, again_at)

    def recall(self, key: str) -> bytes | None:
        row = self._run.row("SELECT value FROM setting WHERE key = :key", key=key)
        return None if row is None else bytes(row[0])

    def remember(self, key: str, value: bytes) -> None:
        self._run.change(
            "INSERT INTO setting VALUES (:key, :value)"
            " ON CONFLICT (key) DO UPDATE SET value = :value",
            key=key,
            value=value,
        )

    def prune(self, now: Instant, before: Instant, most: int) -> int:
        return prune_system(self._run, now, before, most)

    def counts(self) -> dict[str, int]:
        return {name: self._run.number(count) for name, count in _COUNTS.items()}
