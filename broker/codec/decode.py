"""From a packet's first byte and body to its value. Every check names the clause it keeps."""

from collections.abc import Callable
from typing import Final

from broker.codec.fields import Fields, checked_filter, checked_topic, text_of
from broker.codec.packets import (
    LEVEL,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)
from broker.codec.violation import ProtocolViolation

HIGHEST_QOS: Final = 2
_PUBLISH: Final = 3
_FLAGS_OF_2: Final = frozenset({6, 8, 10})
"""PUBREL [MQTT-3.6.1-1], SUBSCRIBE [MQTT-3.8.1-1], UNSUBSCRIBE [MQTT-3.10.1-1]."""
_OLD_LEVEL: Final = 3


def decode(first: int, body: bytes) -> Packet:
    """Give the packet, or raise ProtocolViolation."""
    kind, flags = first >> 4, first & 0x0F
    if kind == _PUBLISH:
        return _publish(flags, body)
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise ProtocolViolation("MQTT-2.2.1", f"packet type {kind} is reserved")
    if flags != (2 if kind in _FLAGS_OF_2 else 0):
        raise ProtocolViolation("MQTT-2.2.2-2", f"flags {flags:#x} on packet type {kind}")
    fields = Fields(body)
    packet = decoder(fields)
    fields.end()
    return packet


def _publish(flags: int, body: bytes) -> Publish:
    """Read PUBLISH, the packet that matters for speed: by hand, in one go."""
    qos = (flags >> 1) & 3
    if qos > HIGHEST_QOS:
        raise ProtocolViolation("MQTT-3.3.1-4", "QoS 3")
    dup = flags & 8 != 0
    if dup and qos == 0:
        raise ProtocolViolation("MQTT-3.3.1-2", "DUP on a message of QoS 0")
    topic_end = 2 + int.from_bytes(body[:2], "big")
    payload_at = topic_end + 2 if qos else topic_end
    if payload_at > len(body):
        raise ProtocolViolation("MQTT-2.2.3", "a packet is shorter than its fields")
    packet_id = int.from_bytes(body[topic_end:payload_at], "big")
    if qos and packet_id == 0:
        raise ProtocolViolation("MQTT-2.3.1-1", "a packet identifier is 0")
    topic = checked_topic(text_of(body[2:topic_end]))
    return Publish(topic, body[payload_at:], qos, flags & 1 != 0, dup, packet_id)


def _connect(fields: Fields) -> Connect:
    name, level = fields.text(), fields.byte()
    if name not in {"MQTT", "MQIsdp"}:
        raise ProtocolViolation("MQTT-3.1.2-1", "the protocol is not named MQTT")
    if name == "MQIsdp" or level != LEVEL:
        fields.skip()  # another version's layout: nothing in it can be relied on
        return Connect(level=_OLD_LEVEL if level == LEVEL else level)
    flags, keep_alive = fields.byte(), fields.word()
    _check_connect_flags(flags)
    client_id = fields.text()
    will = _will(fields, flags) if flags & 0x04 else None
    username = fields.text() if flags & 0x80 else None
    password = fields.data() if flags & 0x40 else None
    return Connect(
        client_id=client_id,
        clean_session=flags & 0x02 != 0,
        keep_alive=keep_alive,
        username=username,
        password=password,
        will=will,
    )


def _check_connect_flags(flags: int) -> None:
    if flags & 0x01:
        raise ProtocolViolation("MQTT-3.1.2-3", "the reserved flag of CONNECT is set")
    if flags & 0x40 and not flags & 0x80:
        raise ProtocolViolation("MQTT-3.1.2-22", "a password without a user name")
    if flags & 0x04:
        if (flags >> 3) & 3 > HIGHEST_QOS:
            raise ProtocolViolation("MQTT-3.1.2-14", "a will of QoS 3")
    elif flags & 0x38:
        clause = "MQTT-3.1.2-15" if flags & 0x20 else "MQTT-3.1.2-13"
        raise ProtocolViolation(clause, "flags of a will without a will")


def _will(fields: Fields, flags: int) -> Will:
    topic = checked_topic(fields.text())
    return Will(topic, fields.data(), (flags >> 3) & 3, flags & 0x20 != 0)


def _connack(fields: Fields) -> Connack:
    acknowledge, code = fields.byte(), fields.byte()
    if acknowledge > 1:
        raise ProtocolViolation("MQTT-3.2.2.1", "reserved flags of CONNACK are set")
    return Connack(session_present=acknowledge == 1, code=code)


def _subscribe(fields: Fields) -> Subscribe:
    packet_id = fields.packet_id()
    filters: list[tuple[str, int]] = []
    while fields.more():
        topic_filter, qos = checked_filter(fields.text()), fields.byte()
        if qos > HIGHEST_QOS:
            raise ProtocolViolation("MQTT-3-8.3-4", f"a filter asks for QoS byte {qos:#x}")
        filters.append((topic_filter, qos))
    if not filters:
        raise ProtocolViolation("MQTT-3.8.3-3", "SUBSCRIBE without a filter")
    return Subscribe(packet_id, tuple(filters))


def _suback(fields: Fields) -> Suback:
    packet_id = fields.packet_id()
    codes: list[int] = []
    while fields.more():
        code = fields.byte()
        if code not in {0, 1, 2, 0x80}:
            raise ProtocolViolation("MQTT-3.9.3-2", f"SUBACK answers {code:#x}")
        codes.append(code)
    return Suback(packet_id, tuple(codes))


def _unsubscribe(fields: Fields) -> Unsubscribe:
    packet_id = fields.packet_id()
    filters: list[str] = []
    while fields.more():
        filters.append(checked_filter(fields.text()))
    if not filters:
        raise ProtocolViolation("MQTT-3.10.3-2", "UNSUBSCRIBE without a filter")
    return Unsubscribe(packet_id, tuple(filters))


_DECODERS: Final[dict[int, Callable[[Fields], Packet]]] = {
    1: _connect,
    2: _connack,
    4: lambda fields: Puback(fields.packet_id()),
    5: lambda fields: Pubrec(fields.packet_id()),
    6: lambda fields: Pubrel(fields.packet_id()),
    7: lambda fields: Pubcomp(fields.packet_id()),
    8: _subscribe,
    9: _suback,
    10: _unsubscribe,
    11: lambda fields: Unsuback(fields.packet_id()),
    12: lambda _: Pingreq(),
    13: lambda _: Pingresp(),
    14: lambda _: Disconnect(),
}
