"""What devices and network servers post, as the OpenAPI document shows it; their doors read it leniently."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

Key = Annotated[str, Meta(max_length=256)]
Moment = str | float
"""ISO 8601, as UTC where it names no zone; or seconds or milliseconds since 1970."""


class ReadingIn(Struct, frozen=True):
    """One reading, and what else the device says of itself."""

    value: float
    unit: str | None = None
    """The sensor's own unit if none is said."""
    timestamp: Moment | None = None
    device_id: str | None = None
    """Which of a gateway's devices it is."""
    sensor_id: str | int | None = None
    """The same as `device_id`."""
    quality: float | None = None
    quality_score: float | None = None
    battery_level: float | None = None
    signal_strength: float | None = None


Readings = ReadingIn | Annotated[list[ReadingIn], Meta(min_length=1, max_length=1_000)]


class PlainFrame(Struct, frozen=True):
    """A LoRaWAN frame in Weir's plain form; `payload` is Cayenne LPP in hexadecimal."""

    device_eui: str
    payload: str
    f_cnt: int | None = None
    rssi: float | None = None
    snr: float | None = None
    frequency: float | None = None
    timestamp: Moment | None = None
    metadata: dict[str, Any] | None = None
    """May have any of the others, too."""


class ChirpStackDevice(Struct, frozen=True, rename="camel"):
    """Which device ChirpStack means."""

    dev_eui: str


class ChirpStackEvent(Struct, frozen=True, rename="camel"):
    """What ChirpStack v4's HTTP integration posts; `event` in the query says what it is."""

    device_info: ChirpStackDevice
    deduplication_id: str | None = None
    time: str | None = None
    data: str | None = None
    """The payload in base 64, read as Cayenne LPP where `object` is missing."""
    object: dict[str, Any] | None = None
    """What a codec made of it: its numbers are readings, each named by its way from the top."""
    rx_info: list[dict[str, Any]] | None = None


class ThingsStackIds(Struct, frozen=True):
    """Which device The Things Stack means."""

    dev_eui: str


class ThingsStackFrame(Struct, frozen=True):
    """The frame; `frm_payload` is in base 64, read as Cayenne LPP where it is not decoded."""

    f_cnt: int | None = None
    frm_payload: str | None = None
    decoded_payload: dict[str, Any] | None = None
    rx_metadata: list[dict[str, Any]] | None = None


class ThingsStackEvent(Struct, frozen=True):
    """What The Things Stack v3's webhook posts."""

    end_device_ids: ThingsStackIds
    uplink_message: ThingsStackFrame | None = None
    received_at: str | None = None


FRAMES: Final = (PlainFrame, ChirpStackEvent, ThingsStackEvent)


class NbiotIn(Struct, frozen=True):
    """A reading of an NB-IoT device."""

    imei: Annotated[str, Meta(max_length=32)]
    value: float
    unit: str | None = None
    timestamp: Moment | None = None
    signal_strength: float | None = None
    battery_level: float | None = None
    api_key: Key | None = None
    """Where the module can send no headers."""


class SmsIn(Struct, frozen=True):
    """A text message; `message` is `<device_id>:<value>:<unit>`, the unit may be missing."""

    phone_number: str
    message: str
    timestamp: Moment | None = None
    api_key: Key | None = None
