"""The operations database: everything but readings. One small Protocol per noun.

The methods are plain calls inside a transaction function that runs in a database thread
(`Operations.read`/`write`); they never await. `Tables` are open for one municipality: whatever is
asked through them, another municipality's rows are not there.
"""

from collections.abc import Iterable
from collections.abc import Sequence as Several
from typing import Protocol

from appliance.domain.alerts import Alert, AlertChange, AlertStatus
from appliance.domain.devices import KeptKey
from appliance.domain.findings import Anomaly
from appliance.domain.hardware import Hardware
from appliance.domain.ids import (
    AlertId,
    AssetId,
    ChannelId,
    DeviceId,
    RuleId,
    SensorId,
    UserId,
)
from appliance.domain.instant import Instant
from appliance.domain.network import NetworkModel, NetworkNode, Pipeline
from appliance.domain.pace import DeviceLimits
from appliance.domain.people import ApiToken, Municipality, User
from appliance.domain.readings import Counts, Door, Rejection
from appliance.domain.rules import Rule, Severity
from appliance.domain.sensors import Sensor, SensorType
from appliance.domain.telling import Channel, Delivery, LiveEvent
from appliance.ports.audit import AuditTable
from appliance.ports.belonging import PreferenceTable, RoleTable, ZoneTable
from appliance.ports.map import BaseMapTable, EditTable, MapTable
from appliance.ports.pages import AlertFilter, Page, SensorFilter
from appliance.ports.records import (
    AssetTable,
    AttachmentTable,
    ChecklistTable,
    IncidentTable,
    MaintenanceTable,
)


class SensorTable(Protocol):
    """Sensors with their device keys (kept as BLAKE2b-256 digests)."""

    def page(self, chosen: SensorFilter, page: Page) -> tuple[list[Sensor], int]:
        """Give one page by name, and how many there are in all."""
        ...

    def everything(self) -> list[Sensor]:
        """Give all, by id: what detection and admission keep in memory."""
        ...

    def get(self, sensor: SensorId) -> Sensor | None:
        """Give one."""
        ...

    def by_device(self, device: DeviceId) -> Sensor | None:
        """Give the one that reports under this device id."""
        ...

    def of_hardware(self, hardware: Hardware) -> list[Sensor]:
        """Give those of this device on its own network."""
        ...

    def add(self, sensors: Iterable[tuple[Sensor, bytes]]) -> None:
        """Add sensors with the digests of their keys; Conflict when a device id is taken."""
        ...

    def change(self, sensor: Sensor) -> None:
        """Replace one that is there."""
        ...

    def remove(self, sensor: SensorId) -> None:
        """Remove one with its keys; its readings stay in the journal."""
        ...

    def rotate_key(self, sensor: SensorId, digest: bytes, *, old_until: Instant) -> None:
        """Make this the key; the one before stays valid until then."""
        ...

    def types(self) -> list[SensorType]:
        """Give the types this municipality may use: the common ones and its own."""
        ...


class DeviceTable(Protocol):
    """The keys of devices, and how much devices may send."""

    def keys(self, sensor: SensorId) -> list[KeptKey]:
        """Give what is kept of a sensor's keys, the present one first."""
        ...

    def revoke_keys(self, sensor: SensorId, now: Instant) -> int:
        """End all keys that are valid; give how many."""
        ...

    def limits(self) -> DeviceLimits:
        """Give what devices may send."""
        ...

    def put_limits(self, limits: DeviceLimits) -> None:
        """Change what devices may send."""
        ...


class RuleTable(Protocol):
    """Rules."""

    def all(self) -> list[Rule]:
        """Give all, by name."""
        ...

    def count(self) -> int:
        """Say how many there are."""
        ...

    def get(self, rule: RuleId) -> Rule | None:
        """Give one."""
        ...

    def put(self, rule: Rule) -> None:
        """Add one, or replace the one with this id."""
        ...

    def remove(self, rule: RuleId) -> None:
        """Remove one; its alerts stay."""
        ...


class AlertTable(Protocol):
    """Alerts and their changes."""

    def page(self, chosen: AlertFilter, page: Page) -> tuple[list[Alert], int]:
        """Give one page, newest first, and how many there are in all."""
        ...

    def get(self, alert: AlertId) -> Alert | None:
        """Give one."""
        ...

    def latest_of_cause(self, rule: RuleId, sensor: SensorId) -> Alert | None:
        """Give the alert of a cause that is being dealt with, else the newest of its alerts."""
        ...

    def add(self, alert: Alert, change: AlertChange) -> None:
        """Add an alert with its first change."""
        ...

    def apply(self, alert: Alert, change: AlertChange, *, was: int) -> bool:
        """Replace the alert and add the change if its version still is `was`; say whether."""
        ...

    def shelved(self, until: Instant) -> list[AlertId]:
        """Give those that are shelved until then or earlier."""
        ...

    def count_repeats(self, alert: AlertId, times: int, last_seen: Instant) -> None:
        """Count further occurrences without making a change of them."""
        ...

    def changes(self, alert: AlertId) -> list[AlertChange]:
        """Give its changes, oldest first."""
        ...

    def summary(self) -> dict[str, int]:
        """Count `total`, `open`, and among the not yet resolved `critical` and `high`."""
        ...

    def tally(self) -> list[tuple[Severity, AlertStatus, bool, int]]:
        """Count those not yet resolved by severity, status and whether they are shelved."""
        ...

    def daily_counts(self, *, since: Instant, until: Instant) -> dict[Instant, int]:
        """Count alerts made on each UTC day (its first instant)."""
        ...

    def top(self, limit: int) -> list[tuple[str, int]]:
        """Give the sensors' names with the most alerts, most first."""
        ...


class NetworkTable(Protocol):
    """The pipe network, in SpatiaLite."""

    def pipelines(self, page: Page) -> tuple[list[Pipeline], int]:
        """Give one page of links by code, and how many there are in all."""
        ...

    def pipeline(self, asset: AssetId) -> Pipeline | None:
        """Give one link."""
        ...

    def nodes(self, page: Page) -> tuple[list[NetworkNode], int]:
        """Give one page of nodes by code, and how many there are in all."""
        ...

    def add_pipeline(self, pipeline: Pipeline) -> None:
        """Add one link; Conflict when its code is taken."""
        ...

    def merge(self, model: NetworkModel, new_id: "NewId") -> tuple[int, int]:
        """Add what is new and replace what has the same code; give (added, replaced)."""
        ...

    def nearest_pipeline(self, longitude: float, latitude: float) -> Pipeline | None:
        """Give the link nearest to a point, if one is within 500 m."""
        ...


class NewId(Protocol):
    """Makes ids, inside a transaction function."""

    def __call__(self) -> int:
        """Give a new id."""
        ...


class ChannelTable(Protocol):
    """Notification channels."""

    def all(self) -> list[Channel]:
        """Give all, by name."""
        ...

    def put(self, channel: Channel) -> None:
        """Add one, or replace the one with this id."""
        ...

    def remove(self, channel: ChannelId) -> None:
        """Remove one; what it is still owed is dropped and said in the outbox."""
        ...


class OutboxTable(Protocol):
    """What is owed to the channels of one municipality."""

    def owe(self, deliveries: Several[Delivery]) -> None:
        """Add deliveries; one that is already there (same key) stays as it is."""
        ...

    def page(self, page: Page, channel: ChannelId | None = None) -> tuple[list[Delivery], int]:
        """Give one page, of all channels or of one, newest first, and how many there are."""
        ...

    def again(self, key: str, channel: ChannelId, at: Instant) -> Delivery | None:
        """Have it sent once more, as if it had never been tried; None: there is none."""
        ...


class LedgerTable(Protocol):
    """What became of every message: a view of the journal, counted by minute of arrival."""

    def count(self, minute: Instant, door: Door, counts: Counts) -> None:
        """Add to a minute's counts."""
        ...

    def sum(self, *, since: Instant, until: Instant) -> Counts:
        """Add up the minutes that begin in since ≤ t < until."""
        ...

    def reject(self, rejections: Several[Rejection]) -> None:
        """Keep rejections to look at; the newest 50 of each device stay."""
        ...

    def rejections(
        self, device: DeviceId | None, page: Page, search: str | None = None
    ) -> tuple[list[Rejection], int]:
        """Give one page, newest first, and how many are kept."""
        ...


class AnomalyTable(Protocol):
    """Readings that a method called unusual."""

    def add(self, anomalies: Several[Anomaly]) -> None:
        """Keep them; the same (sensor, time, method) stays as it is."""
        ...

    def between(self, sensor: SensorId, *, since: Instant, until: Instant) -> list[Anomaly]:
        """Give those with since ≤ time < until, oldest first."""
        ...


class EventTable(Protocol):
    """The event log behind live resume: alerts and incidents, never readings."""

    def add(self, event: LiveEvent) -> LiveEvent:
        """Add an event and give it back with its own number in its cursor."""
        ...

    def after(self, number: int, limit: int) -> list[LiveEvent]:
        """Give events after this number, oldest first."""
        ...

    def newest(self, limit: int) -> list[LiveEvent]:
        """Give the newest events, oldest first."""
        ...

    def last_number(self) -> int:
        """Give the number of this municipality's newest event, 0 when there is none."""
        ...


class UserTable(Protocol):
    """The people and tokens of one municipality."""

    def page(self, page: Page, search: str | None = None) -> tuple[list[User], int]:
        """Give one page by username, and how many have the text in name or address."""
        ...

    def get(self, user: UserId) -> User | None:
        """Give one."""
        ...

    def put(self, user: User) -> None:
        """Add or replace; Conflict when the username is taken (by anybody)."""
        ...

    def add_token(self, token: ApiToken) -> None:
        """Add an API token."""
        ...

    def tokens(self) -> list[ApiToken]:
        """Give all tokens."""
        ...

    def remove_token(self, token: int) -> None:
        """Revoke a token."""
        ...


class Tables(Protocol):
    """Everything of one municipality, within one transaction."""

    @property
    def municipality(self) -> Municipality:
        """Whose these are."""
        ...

    @property
    def sensors(self) -> SensorTable: ...
    @property
    def devices(self) -> DeviceTable: ...
    @property
    def rules(self) -> RuleTable: ...
    @property
    def alerts(self) -> AlertTable: ...
    @property
    def incidents(self) -> IncidentTable: ...
    @property
    def attachments(self) -> AttachmentTable: ...
    @property
    def checklists(self) -> ChecklistTable: ...
    @property
    def assets(self) -> AssetTable: ...
    @property
    def maintenance(self) -> MaintenanceTable: ...
    @property
    def network(self) -> NetworkTable: ...
    @property
    def channels(self) -> ChannelTable: ...
    @property
    def outbox(self) -> OutboxTable: ...
    @property
    def ledger(self) -> LedgerTable: ...
    @property
    def anomalies(self) -> AnomalyTable: ...
    @property
    def events(self) -> EventTable: ...
    @property
    def users(self) -> UserTable: ...
    @property
    def preferences(self) -> PreferenceTable: ...
    @property
    def roles(self) -> RoleTable: ...
    @property
    def zones(self) -> ZoneTable: ...
    @property
    def audit(self) -> AuditTable: ...
    @property
    def map(self) -> MapTable: ...
    @property
    def edits(self) -> EditTable: ...
    @property
    def base_maps(self) -> BaseMapTable: ...

    def prune(self, before: Instant, most: int) -> int:
        """Delete what was noted before, at most so many rows of each sort; give how many.

        The ledger, anomalies, deliveries that are done or given up, and answers kept for repeated
        requests. Alerts, incidents and what people wrote stay.
        """
        ...
