"""A reading's way: RawBatch → CheckedBatch → StoredBatch. Each type is made by one step only."""

from collections.abc import Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from enum import IntFlag, StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from appliance.domain.hardware import Hardware
from appliance.domain.ids import DeviceId, MunicipalityId, SensorId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.pace import Allowance, no_limits
from appliance.domain.sensors import Sensor

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.uint8]


class Door(StrEnum):
    """Where a message came in."""

    MQTT = "mqtt"
    HTTP = "http"
    TCP = "tcp"
    IMPORT = "import"


class Reason(StrEnum):
    """Why a message, a reading or a sign-in was rejected. The ledger counts by these."""

    UNKNOWN_DEVICE = "unknown_device"
    """Nobody here has a device of this name."""
    WRONG_KEY = "wrong_key"
    """The device is known, its key is another."""
    DISABLED = "disabled"
    """The sensor is switched off (`inactive`)."""
    NOT_WHITELISTED = "not_whitelisted"
    """The municipality demands a whitelist, and the device is not on it."""
    NOT_ITS_TOPIC = "not_its_topic"
    """A device published where it has no business."""
    MALFORMED = "malformed"
    """The message can't be read."""
    TOO_LARGE = "too_large"
    """More readings or bytes in one message than are taken."""
    DEVICE_MISMATCH = "device_mismatch"
    """The payload names another device than the one that signed in."""
    VALUE_MISSING = "value_missing"
    """There is no number in `value`."""
    NOT_FINITE = "not_finite"
    """The value is NaN or infinite, or becomes so in SI units."""
    UNKNOWN_UNIT = "unknown_unit"
    """The unit is not one of the sensor's quantity."""
    BAD_TIMESTAMP = "bad_timestamp"
    """The time can't be read, or lies before the year 2000."""
    IN_THE_FUTURE = "in_the_future"
    """The time is more than 5 minutes ahead of this computer's clock."""
    DISK_FULL = "disk_full"
    """The disk is nearly full, and the device asked for no ack (QoS 0)."""
    RATE_LIMITED = "rate_limited"
    """The device, or all devices of its municipality together, sent more than they may. Over MQTT they
    are held back instead, and nothing is refused."""
    WRONG_NUMBER = "wrong_number"
    """The SMS came from another phone number than the one noted for the device."""
    UNKNOWN_CHANNEL = "unknown_channel"
    """No sensor is set up for any of the values that a device on another network sent."""


REMEDIES: Final[Mapping[Reason, str]] = {
    Reason.UNKNOWN_DEVICE: "add the device under Sensors, or correct the device id it is set up with",
    Reason.WRONG_KEY: "set the device up with its key again, or rotate the key and use the new one",
    Reason.DISABLED: "set the sensor's status to active if it should report",
    Reason.NOT_WHITELISTED: "put the device on the whitelist if it is yours",
    Reason.NOT_ITS_TOPIC: "publish under sensors/<own device id>/data, status or heartbeat",
    Reason.MALFORMED: 'send JSON: {"timestamp": "…Z", "value": 3.2, "unit": "bar"} or an array of them',
    Reason.TOO_LARGE: "send at most 1,000 readings and 256 KiB in one message",
    Reason.DEVICE_MISMATCH: "the device id in the payload must be that of the key",
    Reason.VALUE_MISSING: 'send a number as "value"',
    Reason.NOT_FINITE: "the device sent NaN or infinity: check its sensor and its wiring",
    Reason.UNKNOWN_UNIT: "send a unit of the sensor's quantity, or none to mean the sensor's own",
    Reason.BAD_TIMESTAMP: "send ISO 8601, for example 2026-05-01T03:00:00Z",
    Reason.IN_THE_FUTURE: "the device's clock is more than 5 minutes ahead: set it, or send no timestamp",
    Reason.DISK_FULL: "make room on the disk with the data folder; have the device report with QoS 1",
    Reason.RATE_LIMITED: "send less often, or several readings in one message; an admin can allow more",
    Reason.WRONG_NUMBER: "note the phone number of the device's SIM with its sensor",
    Reason.UNKNOWN_CHANNEL: "set the channel of a sensor of this device to one of those it sends",
}


class Mark(IntFlag):
    """What validation found about a reading that is kept."""

    NONE = 0
    LATE = 1
    IMPLAUSIBLE = 2
    """Outside what such an instrument can report: quarantined, not shown to detection."""
    IMPORTED = 4


_IMPLAUSIBLE: Final = int(Mark.IMPLAUSIBLE)


def all_clear(flags: Flags | NDArray[np.bool_]) -> bool:
    """Say whether no flag is set: for the few rows of most rounds ten times as fast as `any`."""
    return not flags.tobytes().strip(b"\0")


@dataclass(frozen=True, slots=True)
class AdmittedDevice:
    """A device that has shown who it is. Only admission makes one; it carries the municipality."""

    municipality: MunicipalityId
    device_id: DeviceId
    sensors: Mapping[DeviceId, Sensor]
    """The sensors it may report for: its own, and for a gateway those assigned to it."""
    refused: Mapping[DeviceId, Reason] = field(default_factory=dict)
    """Devices assigned to a gateway that must not report now, and why."""
    allowance: Allowance = field(default_factory=no_limits, compare=False, repr=False)
    """What it may still send; the same one however often it is admitted."""

    def knows(self, device_id: DeviceId) -> bool:
        """Say whether it has anything to do with this device: itself, or one assigned to it."""
        return device_id in self.sensors or device_id in self.refused


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a device was not admitted, and whose device it claimed to be (those that own one)."""

    reason: Reason
    device_id: DeviceId
    municipalities: tuple[MunicipalityId, ...] = ()
    """In whose ledger it is counted; none: in nobody's."""
    address: str = ""
    """The host it came from, if that is known."""
    relayed_by: DeviceId | None = None
    """The gateway, signed in to the one municipality, that brought a device which nobody knows."""
    hardware: Hardware | None = None
    """What the device is called on its own network."""
    retry_after: float = 0.0
    """Seconds after which it would be taken, if that is what is missing."""


@dataclass(frozen=True, slots=True)
class AdmittedHardware:
    """A device on another network, and who speaks for it: itself with its key, or its gateway."""

    device: AdmittedDevice
    sensors: tuple[Sensor, ...]
    """Its sensors, by id; at least one."""
    by_gateway: bool


class Report(NamedTuple):
    """What a message speaks of, as its topic or path says."""

    about: DeviceId
    """The sender, or a device behind the gateway."""
    stream: str = "data"
    """`data`, `status` or `heartbeat`."""


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message as it came through a door; nothing in it is believed yet."""

    device: AdmittedDevice
    about: DeviceId
    """The device the topic or path names: the sender, or one behind the gateway."""
    payload: bytes
    door: Door
    arrived: Instant
    stream: str = "data"
    """What the payload is: `data`, `status` or `heartbeat`, as the topic says."""

    def alone(self) -> "RawMessages":
        """Give it as all that came."""
        report = Report(self.about, self.stream)
        return RawMessages(self.device, self.door, self.arrived, (report,), (self.payload,))


@dataclass(frozen=True, slots=True)
class RawMessages:
    """What one device sent in one go, oldest first; nothing in it is believed yet."""

    device: AdmittedDevice
    door: Door
    arrived: Instant
    reports: Several[Report]
    payloads: Several[bytes]
    """As many as reports."""

    def __len__(self) -> int:
        """Count the messages."""
        return len(self.payloads)

    def __getitem__(self, place: int) -> RawMessage:
        """Give one of the messages."""
        about, stream = self.reports[place]
        return RawMessage(self.device, about, self.payloads[place], self.door, self.arrived, stream)


@dataclass(frozen=True, slots=True)
class RawBatch:
    """The messages of one municipality that waited together, oldest first."""

    municipality: MunicipalityId
    parts: tuple[RawMessages, ...]

    def __len__(self) -> int:
        """Count the messages."""
        return sum(map(len, self.parts))


@dataclass(frozen=True, slots=True)
class Rejection:
    """One message or reading that was not taken, so that somebody can look at it."""

    municipality: MunicipalityId | None
    """None when nobody here owns a device of that name."""
    device_id: DeviceId
    at: Instant
    door: Door
    reason: Reason
    detail: str
    excerpt: str
    """The beginning of what was sent, at most 200 characters, never a key."""
    number: int = field(default=0, compare=False)
    """In the order in which they were kept; 0 before that."""


@dataclass(slots=True)
class Counts:
    """What became of the readings of one message, batch or period: the ledger's columns."""

    stored: int = 0
    duplicate: int = 0
    late: int = 0
    quarantined: int = 0
    rejected: dict[str, int] = field(default_factory=dict)

    @property
    def received(self) -> int:
        """All that came, by definition the sum of the columns."""
        return (
            self.stored
            + self.duplicate
            + self.late
            + self.quarantined
            + sum(self.rejected.values())
        )

    def add(self, other: "Counts") -> None:
        """Count another's readings too."""
        self.stored += other.stored
        self.duplicate += other.duplicate
        self.late += other.late
        self.quarantined += other.quarantined
        for reason, n in other.rejected.items():
            self.rejected[reason] = self.rejected.get(reason, 0) + n


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Readings of one municipality as columns of equal length n, in the order in which they came.

    Several sensors and quantities may be mixed: `values` are in the SI unit of each sensor's
    quantity. (sensor, time) occurs once.
    """

    sensors: Ints
    """SensorId, shape (n,)."""
    times: Ints
    """The device's time, Instant, shape (n,)."""
    arrived: Ints
    """When it came in, Instant, shape (n,); for imported history equal to `times`."""
    values: Floats
    """SI, finite, shape (n,)."""
    quality: Floats
    """As the device gave it, NaN where it gave none, shape (n,)."""
    marks: Flags
    """Mark, shape (n,)."""

    def __len__(self) -> int:
        """Count the readings."""
        return len(self.sensors)

    def take(self, chosen: NDArray[np.bool_] | Ints) -> "Readings":
        """Give the chosen rows, by mask or by index, in that order."""
        return Readings(
            self.sensors[chosen],
            self.times[chosen],
            self.arrived[chosen],
            self.values[chosen],
            self.quality[chosen],
            self.marks[chosen],
        )

    @staticmethod
    def joined(several: Several["Readings"]) -> "Readings":
        """Give all rows of several tables under each other."""
        if len(several) == 1:
            return several[0]
        if not several:
            return Readings.none()
        return Readings(
            np.concatenate([part.sensors for part in several]),
            np.concatenate([part.times for part in several]),
            np.concatenate([part.arrived for part in several]),
            np.concatenate([part.values for part in several]),
            np.concatenate([part.quality for part in several]),
            np.concatenate([part.marks for part in several]),
        )

    @staticmethod
    def none() -> "Readings":
        """Give a table of no rows."""
        ints, floats = np.empty(0, np.int64), np.empty(0, np.float64)
        return Readings(ints, ints, ints, floats, floats, np.empty(0, np.uint8))


@dataclass(frozen=True, slots=True)
class Contact:
    """What a message said of the device itself."""

    sensor: SensorId
    arrived: Instant
    battery_percent: float | None
    signal_dbm: float | None


@dataclass(frozen=True, slots=True, eq=False)
class CheckedBatch:
    """Readings that have been believed, and an account of those that were not.

    The sum of `per_message` is what the ledger gets; it need not have one entry for each message.
    """

    municipality: MunicipalityId
    door: Door
    readings: Readings
    contacts: tuple[Contact, ...]
    rejections: tuple[Rejection, ...]
    per_message: tuple[Counts, ...]
    checked_at: Instant

    def counts(self) -> Counts:
        """Sum over the messages."""
        total = Counts()
        for counts in self.per_message:
            total.add(counts)
        return total


@dataclass(frozen=True, slots=True, eq=False)
class StoredBatch:
    """Readings that are on disk, at their place in the journal. Only the journal makes one."""

    sequence: Sequence
    municipality: MunicipalityId
    door: Door
    readings: Readings
    contacts: tuple[Contact, ...]
    rejections: tuple[Rejection, ...]
    counts: Counts
    checked_at: Instant
    stored_at: Instant

    def trusted(self) -> Readings:
        """The readings that history and detection see: all but the quarantined."""
        if all_clear(self.readings.marks):
            return self.readings
        good = (self.readings.marks & _IMPLAUSIBLE) == 0
        return self.readings if good.all() else self.readings.take(good)
