"""What LoRaWAN network servers post: ChirpStack v4, The Things Stack v3, and Weir's own plain form. No I/O."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Final

from appliance.domain.errors import Invalid
from appliance.domain.hardware import Hardware, dev_eui
from appliance.domain.uplinks import Measured, Uplink, UplinkKind
from appliance.ports.gateways import Unclear
from broker.gateways.lpp import MOST_VALUES, NotLpp, decode, named
from broker.gateways.reading import measured_number, object_in, text_or_none, time_or_none

_DEEPEST: Final = 5
_BATTERY: Final = ("battery_level", "batteryLevel", "battery_percent")
_LONGEST_NAME: Final = 64


def read(payload: bytes, event: str = "") -> Uplink:
    """Read a frame in whichever of the formats it is; raises Unclear."""
    said = object_in(payload)
    if isinstance(said.get("deviceInfo"), dict):
        return _chirpstack(said, event)
    if isinstance(said.get("end_device_ids"), dict):
        return _things_stack(said)
    return _plain(said)


def _chirpstack(said: Mapping[str, Any], event: str) -> Uplink:
    """Read ChirpStack v4's JSON (Protobuf's mapping: what is zero or empty is left out)."""
    device = _eui(said["deviceInfo"].get("devEui"))
    time = time_or_none(said.get("time"))
    frame = text_or_none(said.get("deduplicationId")) or ""
    if event == "status" or (not event and "batteryLevel" in said):
        battery = measured_number(said.get("batteryLevel"))
        return Uplink(hardware=device, kind=UplinkKind.STATUS, time=time, battery=battery)
    if event not in {"", "up"} or not ("data" in said or "object" in said):
        return Uplink(hardware=device, kind=UplinkKind.OTHER)
    values, problem = _values(said.get("object"), said.get("data"))
    return Uplink(
        hardware=device,
        values=values,
        problem=problem,
        time=time,
        frame=frame,
        battery=_battery(said.get("object")),
        signal=_best(said.get("rxInfo")),
    )


def _things_stack(said: Mapping[str, Any]) -> Uplink:
    """Read The Things Stack v3's JSON (what is zero or empty is left out)."""
    device = _eui(said["end_device_ids"].get("dev_eui"))
    frame = said.get("uplink_message")
    if not isinstance(frame, dict):
        return Uplink(hardware=device, kind=UplinkKind.OTHER)
    values, problem = _values(frame.get("decoded_payload"), frame.get("frm_payload"))
    last = frame.get("last_battery_percentage")
    battery = measured_number(last.get("value")) if isinstance(last, dict) else None
    session, number = text_or_none(frame.get("session_key_id")), frame.get("f_cnt", 0)
    return Uplink(
        hardware=device,
        values=values,
        problem=problem,
        time=time_or_none(frame.get("received_at")) or time_or_none(said.get("received_at")),
        frame=f"{session}/{number}" if session and isinstance(number, int) else "",
        battery=_battery(frame.get("decoded_payload")) if battery is None else battery,
        signal=_best(frame.get("rx_metadata")),
    )


def _plain(said: Mapping[str, Any]) -> Uplink:
    """Read Weir's own form: what is not told at the top may be told under `metadata`."""
    under = said.get("metadata")
    about = {**(under if isinstance(under, dict) else {}), **said}
    device = _eui(about.get("device_eui", about.get("dev_eui")))
    number = next(
        (about[n] for n in ("f_cnt", "fCnt", "fcnt") if isinstance(about.get(n), int)), None
    )
    values, problem = _from_hex(about.get("payload"))
    return Uplink(
        hardware=device,
        values=values,
        problem=problem,
        time=time_or_none(about.get("timestamp")),
        frame="" if number is None else f"{number}",
        battery=_battery(about),
        signal=measured_number(about.get("rssi")),
    )


def _eui(text: object) -> Hardware:
    try:
        return dev_eui(text if isinstance(text, str) else "")
    except Invalid as error:
        raise Unclear(f"no device EUI: {error.fields.get('problem')}") from None


def _values(decoded: object, raw: object) -> tuple[tuple[Measured, ...], str]:
    """Take what the network server has decoded, else decode the payload itself as Cayenne LPP."""
    if isinstance(decoded, dict) and decoded:
        found = tuple(named(path, value) for path, value in _numbers(decoded))
        return found[:MOST_VALUES], "" if found else "there is no number in what was decoded"
    if not isinstance(raw, str):
        return (), "no payload"
    try:
        return decode(base64.b64decode(raw, validate=True)), ""
    except (binascii.Error, ValueError):
        return (), "the payload is not base 64"
    except NotLpp as problem:
        return (), f"not Cayenne LPP: {problem}"


def _from_hex(raw: object) -> tuple[tuple[Measured, ...], str]:
    if not isinstance(raw, str):
        return (), "no payload"
    try:
        return decode(bytes.fromhex(raw.removeprefix("0x"))), ""
    except ValueError:
        return (), "the payload is not hexadecimal"
    except NotLpp as problem:
        return (), f"not Cayenne LPP: {problem}"


def _numbers(said: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, float]]:
    """Give every number in what a codec made, with its way from the top: `soil.moisture`."""
    if isinstance(said, bool | int | float):
        number = measured_number(float(said) if isinstance(said, bool) else said)
        if number is not None and path:
            yield path, number
    elif depth < _DEEPEST and isinstance(said, dict | list):
        pairs = said.items() if isinstance(said, dict) else enumerate(said)
        for name, inner in pairs:
            further = f"{path}.{name}" if path else str(name)
            if len(further) <= _LONGEST_NAME:
                yield from _numbers(inner, further, depth + 1)


def _battery(said: object) -> float | None:
    if not isinstance(said, dict):
        return None
    found = (measured_number(said.get(name)) for name in _BATTERY)
    return next((level for level in found if level is not None and 0 <= level <= 100), None)  # noqa: PLR2004


def _best(receptions: object) -> float | None:
    """Give the RSSI of the gateway that heard the frame best, by signal-to-noise ratio, then RSSI."""
    heard = []
    for one in receptions if isinstance(receptions, list) else ():
        rssi = measured_number(one.get("rssi")) if isinstance(one, dict) else None
        if rssi is not None:
            snr = measured_number(one.get("snr"))
            heard.append((-1e9 if snr is None else snr, rssi))
    return max(heard)[1] if heard else None
