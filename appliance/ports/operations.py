"""The operations database as a whole: who opens what, and what belongs to no municipality."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from appliance.domain.enclave import ZoneId
from appliance.domain.ids import (
    ChannelId,
    MunicipalityId,
    SensorId,
    SensorTypeId,
    Sequence,
    SessionId,
    TokenId,
    UserId,
)
from appliance.domain.instant import Instant
from appliance.domain.pace import DeviceLimits
from appliance.domain.people import ApiToken, Municipality, Session, User
from appliance.domain.sensors import LastContact, Sensor, SensorType
from appliance.domain.telling import Parcel
from appliance.domain.zones import KnownZone
from appliance.ports.accounts import PlaceTable, SecondFactorTable, SessionTable
from appliance.ports.answers import AnswerTable
from appliance.ports.tables import Tables

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """One valid key of one device; `until` is set for the old one during a rotation."""

    sensor: Sensor
    digest: bytes
    until: Instant | None


@dataclass(frozen=True, slots=True)
class WatchMark:
    """How far detection and alerts have come.

    Alert changes of batches up to `sequence`, and of timers up to `watched_until`, are in the
    database. `snapshot` is the (earlier) batch after which the saved state was taken: what lies
    between is watched again without effects, which gives the same state, since watching is pure.
    """

    sequence: Sequence
    watched_until: Instant
    snapshot: Sequence
    snapshot_until: Instant


class WatchTable(Protocol):
    """State of the view that detects and alerts."""

    def mark(self) -> WatchMark:
        """Give the mark; zeros at first."""
        ...

    def move(self, sequence: Sequence, watched_until: Instant) -> None:
        """Move the mark, in the transaction that writes what was found."""
        ...

    def save(self, states: dict[str, bytes], sequence: Sequence, until: Instant) -> None:
        """Replace the saved state by one taken after this batch."""
        ...

    def load(self) -> dict[str, bytes]:
        """Give the saved state; empty at first."""
        ...

    def save_contacts(self, contacts: list[LastContact]) -> None:
        """Replace what is known of these sensors' devices."""
        ...

    def contacts(self) -> list[LastContact]:
        """Give what is known of all devices."""
        ...

    def add_pass(self, first: Sequence, last: Sequence, times: dict[str, Instant]) -> None:
        """Remember when these batches went through which step; the newest 10,000 rows stay."""
        ...

    def passes(self, sequence: Sequence) -> dict[str, Instant]:
        """Give when a batch went through which step; empty when it is no longer known."""
        ...

    def add_gap(self, stopped: Instant, resumed: Instant) -> None:
        """Remember that nobody was watching between these."""
        ...

    def gaps(self) -> list[tuple[Instant, Instant]]:
        """Give the times in which nobody was watching, oldest first."""
        ...


class SystemTables(Protocol):
    """What belongs to no municipality, within one transaction."""

    def of(self, municipality: MunicipalityId) -> Tables:
        """Open one municipality in this transaction; NotFound when there is none."""
        ...

    def nobody(self) -> "Tables":
        """Open what concerns no municipality: refusals (`ledger`), and the system's `audit`."""
        ...

    def attempt(self, part: Callable[[], T]) -> T:
        """Do a part of the transaction; when it raises, nothing of this part stays, the rest does.

        Raises StorageFailed where the whole transaction can't go on.
        """
        ...

    @property
    def watch(self) -> WatchTable:
        """State of the watch."""
        ...

    @property
    def answers(self) -> AnswerTable:
        """Answers kept for requests that come again."""
        ...

    def municipalities(self) -> list[Municipality]:
        """Give all, by name."""
        ...

    def put_municipality(self, municipality: Municipality) -> None:
        """Add or replace; Conflict when the name is taken."""
        ...

    def device_keys(self, now: Instant) -> list[DeviceKey]:
        """Give every key that is valid now, of every device: what admission keeps in memory."""
        ...

    def spent_keys(self, now: Instant) -> list[DeviceKey]:
        """Give every key that is kept and no longer valid: it still tells whose a device was."""
        ...

    def note_key_use(self, uses: Iterable[tuple[SensorId, bytes, Instant]]) -> None:
        """Remember when keys (by sensor and digest) were used last."""
        ...

    def rate_limits(self) -> dict[MunicipalityId, DeviceLimits]:
        """Give what devices may send, for each municipality that has changed it."""
        ...

    def api_tokens(self) -> list[ApiToken]:
        """Give every API token."""
        ...

    def note_token_use(self, uses: Mapping[TokenId, Instant]) -> None:
        """Keep when tokens were last used."""
        ...

    def known_zones(self) -> dict[ZoneId, KnownZone]:
        """Give every municipality's zones with their sensors."""
        ...

    def user_named(self, username: str) -> User | None:
        """Give the user with this name, case ignored."""
        ...

    def user(self, user: UserId) -> User | None:
        """Give one user."""
        ...

    def users(self) -> list[User]:
        """Give all users, super admins included."""
        ...

    def put_user(self, user: User) -> None:
        """Add or replace any user; Conflict when the username is taken."""
        ...

    def session(self, session: SessionId) -> Session | None:
        """Give a session."""
        ...

    def put_session(self, session: Session, *, was: bytes | None) -> bool:
        """Add (was None) or replace if its refresh hash still is `was`; say whether."""
        ...

    def end_session(self, session: SessionId) -> None:
        """End a session and its tokens."""
        ...

    @property
    def sessions(self) -> SessionTable:
        """Everybody's sessions."""
        ...

    @property
    def second_factors(self) -> SecondFactorTable:
        """Everybody's second factors."""
        ...

    @property
    def places(self) -> PlaceTable:
        """From where everybody signs in."""
        ...

    def put_sensor_type(self, sensor_type: SensorType) -> None:
        """Add or replace a type; Conflict when the code is taken."""
        ...

    def sensor_type(self, sensor_type: SensorTypeId) -> SensorType | None:
        """Give one type."""
        ...

    def lease_deliveries(self, now: Instant, until: Instant, limit: int) -> list[Parcel]:
        """Take deliveries that are due, and keep others from taking them until then."""
        ...

    def delivered(self, key: str, at: Instant) -> None:
        """Mark a delivery sent."""
        ...

    def not_delivered(self, key: str, problem: str, again_at: Instant | None) -> None:
        """Mark a failed attempt; None gives up."""
        ...

    def note_channel(
        self, channel: ChannelId, at: Instant, problem: str, stop_since: Instant
    ) -> None:
        """Keep that something reached it (no problem), or that it did not.

        A webhook that nothing has reached since `stop_since` or longer is switched off.
        """
        ...

    def recall(self, key: str) -> bytes | None:
        """Give a system-wide value (signing key, instance id)."""
        ...

    def remember(self, key: str, value: bytes) -> None:
        """Keep a system-wide value."""
        ...

    def prune(self, now: Instant, before: Instant, most: int) -> int:
        """Delete sessions that have ended by now, and old gaps and refusals of nobody's devices.

        At most so many rows of each sort; gives how many.
        """
        ...

    def counts(self) -> dict[str, int]:
        """Count `municipalities`, `users`, `sensors` and `open_alerts` over all."""
        ...


class Operations(Protocol):
    """The database. Transactions are functions: they run in a database thread, all or nothing.

    With an `Enclave` for a municipality, `read` and `write` see nothing but its zones.

    A `write` has been synced to disk when it returns. There is one writer; readers see the last
    commit and never wait for the writer. Raises StorageFailed.
    """

    async def read(self, municipality: MunicipalityId, query: Callable[[Tables], T]) -> T:
        """Run a query for one municipality; NotFound when there is none."""
        ...

    async def write(self, municipality: MunicipalityId, change: Callable[[Tables], T]) -> T:
        """Run a change for one municipality in one transaction."""
        ...

    async def read_system(self, query: Callable[[SystemTables], T]) -> T:
        """Run a query beyond municipalities."""
        ...

    async def write_system(self, change: Callable[[SystemTables], T]) -> T:
        """Run a change beyond municipalities in one transaction."""
        ...

    async def version(self) -> int:
        """Give a number that differs after any commit, also one by another process."""
        ...

    async def setup_version(self) -> int:
        """Give a number that differs after any commit, also one by another process, that changed
        what is set up: municipalities, people, tokens, sensors and their types and keys, rules,
        channels. What merely happens (alerts, counts, deliveries) leaves it as it is.
        """
        ...
