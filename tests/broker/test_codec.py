"""The codec: whatever portions a stream comes in, the packets are the same; nothing else gets out."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.codec.encode import encode
from broker.codec.packets import Connect, Packet, Publish
from broker.codec.reader import PacketReader
from broker.codec.violation import PacketTooLarge, ProtocolViolation
from tests.broker.packets import packets


def drained(reader: PacketReader) -> list[Packet]:
    found = []
    while (packet := reader.next()) is not None:
        found.append(packet)
    return found


def portions(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(places)]


@given(st.lists(packets, max_size=8), st.lists(st.integers(0, 5_000), max_size=12))
def test_a_stream_gives_the_same_packets_however_it_is_portioned(
    sent: list[Packet], cuts: list[int]
):
    reader, found = PacketReader(), []
    for portion in portions(b"".join(encode(packet) for packet in sent), cuts):
        reader.feed(portion)
        found += drained(reader)
    assert found == sent


@given(packets)
def test_a_packet_that_comes_byte_by_byte_is_complete_at_its_last_byte_only(sent: Packet):
    reader, stream = PacketReader(), encode(sent)
    for at in range(len(stream) - 1):
        reader.feed(stream[at : at + 1])
        assert reader.next() is None
    reader.feed(stream[-1:])
    assert reader.next() == sent


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=5))
def test_random_bytes_raise_nothing_but_a_protocol_violation(noise: bytes, cuts: list[int]):
    reader = PacketReader()
    with contextlib.suppress(ProtocolViolation):
        for portion in portions(noise, cuts):
            reader.feed(portion)
            drained(reader)


@given(packets, st.integers(0, 10_000), st.integers(0, 255))
def test_a_packet_with_one_byte_changed_raises_nothing_but_a_protocol_violation(
    sent: Packet, place: int, byte: int
):
    stream = bytearray(encode(sent))
    stream[place % len(stream)] = byte
    reader = PacketReader()
    with contextlib.suppress(ProtocolViolation):
        reader.feed(bytes(stream))
        drained(reader)


@pytest.mark.parametrize(
    ("stream", "clause"),
    [
        ("00 00", "MQTT-2.2.1"),
        ("f0 00", "MQTT-2.2.1"),
        ("c1 00", "MQTT-2.2.2-2"),
        ("60 02 0001", "MQTT-2.2.2-2"),
        ("80 06 0001 000161 00", "MQTT-2.2.2-2"),
        ("30 80 80 80 80 01", "MQTT-2.2.3"),
        ("c0 01 00", "MQTT-2.2.3"),
        ("30 03 000561", "MQTT-2.2.3"),
        ("36 05 0001610001", "MQTT-3.3.1-4"),
        ("38 03 000161", "MQTT-3.3.1-2"),
        ("32 05 0001610000", "MQTT-2.3.1-1"),
        ("30 02 0000", "MQTT-4.7.3-1"),
        ("30 03 000123", "MQTT-3.3.2-2"),
        ("30 03 00012b", "MQTT-3.3.2-2"),
        ("30 03 000100", "MQTT-1.5.3-2"),
        ("30 05 0003eda080", "MQTT-1.5.3-1"),
        ("40 02 0000", "MQTT-2.3.1-1"),
        ("82 02 0001", "MQTT-3.8.3-3"),
        ("82 06 0001 000161 03", "MQTT-3-8.3-4"),
        ("82 07 0001 00022361 00", "MQTT-4.7.1-2"),
        ("82 07 0001 00026123 00", "MQTT-4.7.1-2"),
        ("82 07 0001 0002612b 00", "MQTT-4.7.1-3"),
        ("a2 02 0001", "MQTT-3.10.3-2"),
        ("10 0c 00044d515458 04 02 000a 0000", "MQTT-3.1.2-1"),
        ("10 0c 00044d515454 04 03 000a 0000", "MQTT-3.1.2-3"),
        ("10 0c 00044d515454 04 42 000a 0000", "MQTT-3.1.2-22"),
        ("10 0c 00044d515454 04 1e 000a 0000", "MQTT-3.1.2-14"),
        ("10 0c 00044d515454 04 0a 000a 0000", "MQTT-3.1.2-13"),
        ("10 0c 00044d515454 04 22 000a 0000", "MQTT-3.1.2-15"),
    ],
)
def test_a_violation_names_the_clause_that_it_breaks(stream: str, clause: str):
    reader = PacketReader()
    reader.feed(bytes.fromhex(stream))
    with pytest.raises(ProtocolViolation) as raised:
        reader.next()
    assert raised.value.clause == clause


@pytest.mark.parametrize(
    "stream", ["10 09 00064d514973647003", "10 0d 00044d515454 05 02 000a 00 0000"]
)
def test_another_version_of_mqtt_is_recognised_by_its_level_alone(stream: str):
    reader = PacketReader()
    reader.feed(bytes.fromhex(stream))
    found = reader.next()
    assert isinstance(found, Connect)
    assert found.level in {3, 5}


def test_a_packet_beyond_the_bound_is_refused_before_its_body_has_come():
    reader = PacketReader(largest=1_000)
    reader.feed(encode(Publish("a", b"x" * 1_000))[:3])
    with pytest.raises(PacketTooLarge):
        reader.next()


def test_packets_before_a_violation_are_given_first():
    reader = PacketReader()
    reader.feed(encode(Publish("a", b"1")) + b"\xff\x00")
    assert reader.next() == Publish("a", b"1")
    with pytest.raises(ProtocolViolation):
        reader.next()
