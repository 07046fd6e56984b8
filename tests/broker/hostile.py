"""Streams that a hostile peer might send: valid ones, mutated; and a connection without a network."""

import asyncio
import random
from typing import Final

from appliance.domain.readings import RawMessage
from broker.codec.encode import encode
from broker.codec.packets import (
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Subscribe,
    Unsubscribe,
    Will,
)
from broker.connection import Connection
from tests.broker.doors import HERE_TOKEN, OPERATOR_TOKEN, Doors

DEVICE: Final = {"username": "PS-001", "password": b"key-of-PS-001"}
_TOPICS: Final = ("sensors/PS-001/data", "sensors/PS-002/data", "notes/a", "$SYS/x", "a" * 65_535)
_FILTERS: Final = ("#", "sensors/#", "+/+", "alerts/#", "notes/#", "a/" * 300 + "#", "$share/g/#")


class Wire(asyncio.Transport):
    """A transport that leads nowhere; it takes what is said and notes the end."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__({"peername": ("192.0.2.1", 40_000)})
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self.said = 0
        self.is_paused = self.is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.said += len(data)

    def close(self) -> None:
        if not self.is_over:
            self.is_over = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self.is_over

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is buffered."""


class Attacker:
    """Makes streams by a seed: most begin with a CONNECT that is let in, and then go wrong."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def stream(self) -> tuple[bytes, int]:
        """Give the bytes of one connection, and how many frames they were made of."""
        chance = self._chance
        frames = [encode(self._hello())] if chance.random() < 0.95 else []
        frames += [encode(self._packet()) for _ in range(chance.randint(0, 12))]
        mutated = [self._mutated(each) if chance.random() < 0.2 else each for each in frames]
        return b"".join(mutated), len(frames)

    def portions(self, stream: bytes) -> list[bytes]:
        """Cut a stream as a network might."""
        found, at = [], 0
        while at < len(stream):
            size = self._chance.choice((1, 2, 7, 100, 70_000))
            found.append(stream[at : at + size])
            at += size
        return found

    def _hello(self) -> Connect:
        chance = self._chance
        token = {
            "username": "token",
            "password": chance.choice((HERE_TOKEN, OPERATOR_TOKEN)).encode(),
        }
        who = chance.choice(
            (DEVICE, DEVICE, token, token, {"username": "PS-001", "password": b"no"})
        )
        clean = chance.random() < 0.5
        will = Will(chance.choice(_TOPICS[:4]), b"w", chance.randint(0, 2), chance.random() < 0.5)
        return Connect(
            client_id=chance.choice(("one", "two")) if not clean else "",
            clean_session=clean,
            keep_alive=chance.randint(0, 65_535),
            will=will if chance.random() < 0.3 else None,
            **who,  # type: ignore[arg-type]
        )

    def _packet(self) -> Packet:
        chance = self._chance
        number = chance.choice((1, 2, 3, 65_535))
        qos = chance.randint(0, 2)
        topic, payload = chance.choice(_TOPICS), chance.randbytes(chance.choice((0, 3, 50, 5_000)))
        return chance.choice(
            (
                Publish(topic, payload, qos, chance.random() < 0.3, packet_id=number if qos else 0),
                Publish(_TOPICS[0], b'{"value": 1}', qos, packet_id=number if qos else 0),
                Subscribe(number, ((chance.choice(_FILTERS), qos),) * chance.choice((1, 200))),
                Unsubscribe(number, (chance.choice(_FILTERS),)),
                *(kind(number) for kind in (Puback, Pubrec, Pubrel, Pubcomp)),
                Pingreq(),
                Disconnect(),
                self._hello(),
            )
        )

    def _mutated(self, frame: bytes) -> bytes:
        chance, changed = self._chance, bytearray(frame)
        way, at = chance.randrange(6), chance.randrange(len(frame))
        if way == 0:
            changed[at] = chance.randrange(256)
        elif way == 1:
            changed[at] ^= 1 << chance.randrange(8)
        elif way == 2:
            del changed[at:]
        elif way == 3:
            changed[at:at] = chance.randbytes(chance.randint(1, 9))
        elif way == 4:
            del changed[at : at + chance.randint(1, 9)]
        else:
            changed[1:2] = chance.randbytes(chance.randint(1, 5))
        return bytes(changed)


def settled(message: RawMessage) -> None:
    """Forget what was taken: a fuzzer sends millions."""


async def attack(doors: Doors, attacker: Attacker) -> int:
    """Play one connection to its end, and give how many frames it had."""
    inside = doors.door._inside
    assert inside is not None
    connection: Connection = inside.connection()
    wire = Wire(connection)
    connection.connection_made(wire)
    stream, frames = attacker.stream()
    for portion in attacker.portions(stream):
        for _ in range(50):
            if not wire.is_paused or wire.is_over:
                break
            await asyncio.sleep(0)
        if wire.is_over:
            break
        connection.data_received(portion)
    await asyncio.sleep(0)
    if not wire.is_over:
        connection.eof_received()
        wire.close()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not connection.is_open
    return frames
