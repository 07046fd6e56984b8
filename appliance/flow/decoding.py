"""From a device's bytes to what it said. Nothing is judged here but whether it can be read."""

import json
from typing import Final

import msgspec

from appliance.domain.readings import Reason

MOST_READINGS: Final = 1_000


class Said(msgspec.Struct, gc=False):
    """One reading in a device's own words (`clients.md`, "What devices in the field send")."""

    device_id: str | None = None
    sensor_id: str | int | None = None
    timestamp: str | float | None = None
    value: float | str | bool | None = None
    unit: str | None = None
    quality: float | str | None = None
    quality_score: float | str | None = None
    battery_level: float | str | None = None
    signal_strength: float | str | None = None


_DECODER: Final = msgspec.json.Decoder(list[Said] | Said)


class Unreadable(Exception):
    """The message, or one of its readings, can't be read."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def decode(payload: bytes) -> list[Said | Unreadable]:
    """Read one object or an array of up to 1,000; a bad one does not spoil the others.

    Raises Unreadable when the message as a whole says nothing.
    """
    try:
        said = _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_leniently(payload)
    except RecursionError:  # msgspec goes into what it skips, too
        raise Unreadable(Reason.MALFORMED, "nested too deeply") from None
    if type(said) is Said:
        return [said]
    return _bounded(list(said))


def _bounded(several: list[Said | Unreadable]) -> list[Said | Unreadable]:
    if len(several) > MOST_READINGS:
        raise Unreadable(Reason.TOO_LARGE, f"{len(several)} readings in one message")
    if not several:
        raise Unreadable(Reason.MALFORMED, "an empty array")
    return several


def _decode_leniently(payload: bytes) -> list[Said | Unreadable]:
    """Read what the strict decoder refused: NaN and Infinity, and arrays with one bad element."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Unreadable(Reason.MALFORMED, f"not JSON: {error}") from None
    return _bounded(
        [_convert(one) for one in value] if isinstance(value, list) else [_convert(value)]
    )


def _convert(value: object) -> Said | Unreadable:
    try:
        return msgspec.convert(value, Said)
    except msgspec.ValidationError as error:
        return Unreadable(Reason.MALFORMED, str(error))
