"""The codecs of gateways: whatever comes, they give an uplink or refuse it."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.hardware import Hardware, HardwareKind, hardware_from, phone
from appliance.domain.quantities import UNITS
from appliance.domain.uplinks import Measured, Sms, Uplink, UplinkKind
from appliance.ports.gateways import Unclear
from broker.gateways.codecs import GatewayCodecs
from broker.gateways.lpp import KINDS, NotLpp, decode

CODECS = GatewayCodecs()
EUI = "0004A30B001C0530"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "deviceInfo",
        "devEui",
        "end_device_ids",
        "dev_eui",
        "uplink_message",
        "frm_payload",
        "decoded_payload",
        "object",
        "data",
        "rxInfo",
        "rx_metadata",
        "rssi",
        "snr",
        "time",
        "received_at",
        "batteryLevel",
        "last_battery_percentage",
        "value",
        "device_eui",
        "payload",
        "metadata",
        "f_cnt",
        "timestamp",
        "imei",
        "api_key",
        "phone_number",
        "message",
        "unit",
    ]
)
VALUES = JSON | st.sampled_from(
    [EUI, "03670110", "A2cBEA==", "490154203237518", "+49171", "P-1:3:bar"]
)
LIKELY = st.recursive(
    st.dictionaries(NAMES, VALUES, max_size=6),
    lambda inner: st.dictionaries(NAMES, inner | VALUES | st.lists(inner, max_size=2), max_size=6),
    max_leaves=6,
)


def taken(payload: bytes, event: str) -> list[Uplink | Sms]:
    found: list[Uplink | Sms] = []
    for read in (lambda p: CODECS.lorawan(p, event), CODECS.nbiot, CODECS.sms):
        with contextlib.suppress(Unclear):
            found.append(read(payload))
    return found


@given(st.binary(max_size=300), st.text(max_size=8))
def test_any_bytes_are_read_or_refused(payload: bytes, event: str):
    taken(payload, event)


@given(LIKELY | JSON, st.sampled_from(["", "up", "status", "join"]))
def test_anything_that_looks_like_a_message_is_read_or_refused(said: Any, event: str):
    for one in taken(json.dumps(said).encode(errors="surrogatepass"), event):
        json.dumps(str(one)).encode()
        if isinstance(one, Uplink):
            assert len(one.values) <= 255
            assert all(isinstance(v.value, float | str | bool | None) for v in one.values)


@given(st.binary(max_size=260))
def test_any_payload_is_cayenne_lpp_or_none(data: bytes):
    try:
        found = decode(data)
    except NotLpp:
        return
    assert found
    assert all(v.unit is None or (v.quantity, v.unit.lower()) in UNITS for v in found)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 255), st.sampled_from(sorted(KINDS)), st.binary(min_size=12, max_size=12)
        ),
        min_size=1,
        max_size=15,
    )
)
def test_every_type_is_read_to_its_end(values: list[tuple[int, int, bytes]]):
    payload, parts = b"", 0
    for channel, kind, noise in values:
        size = sum(part.size for part in KINDS[kind].parts)
        payload += bytes([channel, kind]) + noise[:size]
        parts += len(KINDS[kind].parts)
    assert len(decode(payload)) == parts
    with pytest.raises(NotLpp):
        decode(payload[:-1])


@pytest.mark.parametrize(
    ("payload", "expected"),
    [  # examples of myDevices' documentation of Cayenne LPP
        ("03670110056700FF", [("3", 27.2), ("5", 25.5)]),
        ("0167FFD7", [("1", -4.1)]),
        ("067104D2FB2E0000", [("6.x", 1.234), ("6.y", -1.234), ("6.z", 0.0)]),
        (
            "018806765FF2960A0003E8",
            [("1.latitude", 42.3519), ("1.longitude", -87.9094), ("1.altitude", 10.0)],
        ),
        ("007327BF006700DE", [("0", 1017.5), ("0", 22.2)]),  # The Things Stack's
    ],
)
def test_documented_payloads_mean_what_their_documents_say(
    payload: str, expected: list[tuple[str, float]]
):
    found = decode(bytes.fromhex(payload))
    assert [(v.channel, v.value) for v in found] == expected


def test_what_a_network_server_decoded_goes_before_the_payload():
    raw = base64.b64encode(b"\xaa").decode()
    said = {
        "deviceInfo": {"devEui": EUI},
        "data": raw,
        "object": {"tank": {"level": 2.5}, "ok": True},
    }
    uplink = CODECS.lorawan(json.dumps(said).encode(), "up")
    assert uplink.values == (Measured("tank.level", 2.5), Measured("ok", 1.0))
    undecoded = CODECS.lorawan(json.dumps(said | {"object": None}).encode(), "up")
    assert (undecoded.values, undecoded.problem) == (
        (),
        "not Cayenne LPP: it ends within a channel",
    )
    assert CODECS.lorawan(json.dumps(said).encode(), "ack").kind is UplinkKind.OTHER


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("P-1:3.2:bar", ("P-1", "3.2", "bar")),
        (" P-1 : 3,2 : bar ", ("P-1", "3.2", "bar")),
        ("P-1:3.2", ("P-1", "3.2", None)),
        ("a:b:c:-3:m", ("a:b:c", "-3", "m")),
        ("a:b:7", ("a:b", "7", None)),
        ("P-1:n/a:bar", ("P-1", "n/a", "bar")),
    ],
)
def test_a_text_message_is_taken_apart(message: str, expected: tuple[str, str, str | None]):
    said = CODECS.sms(json.dumps({"phone_number": "+491715550100", "message": message}).encode())
    assert (said.device_id, said.value, said.unit) == expected


def test_phone_numbers_are_one_however_they_are_spelt():
    spellings = ("+49 171 555-0100", "0049/171 5550100", "(+49)1715550100")
    assert {phone(text) for text in spellings} == {Hardware(HardwareKind.PHONE, "+491715550100")}
    assert hardware_from(str(phone(spellings[0]))) == phone(spellings[1])
