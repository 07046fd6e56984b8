"""What devices on mobile networks send: NB-IoT by IMEI, and text messages. No I/O."""

from collections.abc import Mapping
from typing import Any, Final

from appliance.domain.errors import Invalid
from appliance.domain.hardware import imei, phone
from appliance.domain.uplinks import Measured, Sms, Uplink, Word
from appliance.ports.gateways import Unclear
from broker.gateways.reading import (
    LONGEST_TEXT,
    measured_number,
    object_in,
    text_or_none,
    time_or_none,
)

_PARTS: Final = 3


def nbiot(payload: bytes) -> Uplink:
    """Read `{imei, value, unit?, timestamp?, signal_strength?, battery_level?, api_key?}`."""
    said = object_in(payload)
    number = said.get("imei")
    if isinstance(number, int) and not isinstance(number, bool):
        number = f"{number:015d}" if 0 <= number < 10**16 else ""
    try:
        device = imei(number if isinstance(number, str) else "")
    except Invalid as error:
        raise Unclear(f"no IMEI: {error.fields.get('problem')}") from None
    return Uplink(
        hardware=device,
        values=(Measured("", _word(said.get("value")), unit=text_or_none(said.get("unit"))),),
        time=time_or_none(said.get("timestamp")),
        battery=measured_number(said.get("battery_level")),
        signal=measured_number(said.get("signal_strength")),
        key=_key(said),
    )


def sms(payload: bytes) -> Sms:
    """Read `{phone_number, message: "<device_id>:<value>:<unit>", timestamp?}`; the unit may be missing."""
    said = object_in(payload)
    number, message = said.get("phone_number"), said.get("message")
    try:
        sender = phone(number if isinstance(number, str) else "")
    except Invalid as error:
        raise Unclear(f"no sender: {error.fields.get('problem')}") from None
    text = text_or_none(message.strip()) if isinstance(message, str) else None
    device, value, unit = _parts(text or "")
    return Sms(
        sender=sender,
        device_id=device,
        value=value,
        unit=unit,
        time=time_or_none(said.get("timestamp")),
        key=_key(said),
    )


def _parts(message: str) -> tuple[str, str, str | None]:
    """Take a message apart from its end: a device id may have colons of its own."""
    parts = [part.strip() for part in message.rsplit(":", _PARTS - 1)]
    if len(parts) == _PARTS and not _is_number(parts[1]) and _is_number(parts[2]):
        parts = [part.strip() for part in message.rsplit(":", 1)]
    if len(parts) < _PARTS - 1 or not parts[0]:
        raise Unclear('the message is not "<device_id>:<value>:<unit>"')
    unit = parts[2] if len(parts) == _PARTS else None
    return parts[0], parts[1].replace(",", "."), unit or None


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _word(said: object) -> Word:
    """Give a value as it was said; what is neither number nor text is none."""
    if isinstance(said, bool):
        return said
    if isinstance(said, int | float):
        return measured_number(said)
    return text_or_none(said)


def _key(said: Mapping[str, Any]) -> str:
    key = said.get("api_key")
    return key if isinstance(key, str) and len(key) <= LONGEST_TEXT else ""
