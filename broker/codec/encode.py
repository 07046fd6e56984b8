"""From a packet's value to its bytes."""

import struct
from collections.abc import Callable
from typing import Any, Final

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
)

_ACK: Final = struct.Struct(">BBH")


def encode(packet: Packet) -> bytes:
    """Give the bytes of a packet; decoding them gives the packet again."""
    return _ENCODERS[type(packet)](packet)


def puback(packet_id: int) -> bytes:
    """Encode PUBACK."""
    return _ACK.pack(0x40, 2, packet_id)


def pubrec(packet_id: int) -> bytes:
    """Encode PUBREC."""
    return _ACK.pack(0x50, 2, packet_id)


def pubrel(packet_id: int) -> bytes:
    """Encode PUBREL, with the flags that [MQTT-3.6.1-1] asks for."""
    return _ACK.pack(0x62, 2, packet_id)


def pubcomp(packet_id: int) -> bytes:
    """Encode PUBCOMP."""
    return _ACK.pack(0x70, 2, packet_id)


def publish(packet: Publish) -> bytes:
    """Encode PUBLISH; no packet identifier for QoS 0 [MQTT-2.3.1-5]."""
    topic = packet.topic.encode()
    body = len(topic).to_bytes(2, "big") + topic
    if packet.qos:
        body += packet.packet_id.to_bytes(2, "big")
    first = 0x30 | (packet.dup << 3) | (packet.qos << 1) | packet.retain
    return _framed(first, body + packet.payload)


def _framed(first: int, body: bytes) -> bytes:
    return bytes((first,)) + _length(len(body)) + body


def _length(length: int) -> bytes:
    """Encode a remaining length (section 2.2.3)."""
    encoded = bytearray()
    while True:
        length, low = divmod(length, 128)
        encoded.append(low | (0x80 if length else 0))
        if not length:
            return bytes(encoded)


def _data(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _connect(packet: Connect) -> bytes:
    flags, payload = packet.clean_session << 1, _data(packet.client_id.encode())
    if packet.will is not None:
        flags |= 0x04 | (packet.will.qos << 3) | (packet.will.retain << 5)
        payload += _data(packet.will.topic.encode()) + _data(packet.will.payload)
    if packet.username is not None:
        flags |= 0x80
        payload += _data(packet.username.encode())
    if packet.password is not None:
        flags |= 0x40
        payload += _data(packet.password)
    head = _data(b"MQTT") + struct.pack(">BBH", packet.level, flags, packet.keep_alive)
    return _framed(0x10, head if packet.level != LEVEL else head + payload)


def _subscribe(packet: Subscribe) -> bytes:
    filters = (_data(name.encode()) + bytes((qos,)) for name, qos in packet.filters)
    return _framed(0x82, packet.packet_id.to_bytes(2, "big") + b"".join(filters))


def _unsubscribe(packet: Unsubscribe) -> bytes:
    filters = (_data(name.encode()) for name in packet.filters)
    return _framed(0xA2, packet.packet_id.to_bytes(2, "big") + b"".join(filters))


_ENCODERS: Final[dict[type, Callable[[Any], bytes]]] = {
    Connect: _connect,
    Connack: lambda packet: bytes((0x20, 2, packet.session_present, packet.code)),
    Publish: publish,
    Puback: lambda packet: puback(packet.packet_id),
    Pubrec: lambda packet: pubrec(packet.packet_id),
    Pubrel: lambda packet: pubrel(packet.packet_id),
    Pubcomp: lambda packet: pubcomp(packet.packet_id),
    Subscribe: _subscribe,
    Suback: lambda packet: _framed(0x90, packet.packet_id.to_bytes(2, "big") + bytes(packet.codes)),
    Unsubscribe: _unsubscribe,
    Unsuback: lambda packet: _ACK.pack(0xB0, 2, packet.packet_id),
    Pingreq: lambda _: b"\xc0\0",
    Pingresp: lambda _: b"\xd0\0",
    Disconnect: lambda _: b"\xe0\0",
}
