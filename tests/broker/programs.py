"""Programs that use free topics, and do the handshakes of all three QoS as the standard says."""

from typing import Any

from broker.codec.packets import (
    Connack,
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
from tests.broker.doors import OPERATOR_TOKEN, Client, Doors


class Program:
    """One client id; `connect` as often as wanted. Answers what comes unless `is_paused`."""

    def __init__(self, doors: Doors, client_id: str, token: str = OPERATOR_TOKEN) -> None:
        self.doors, self.client_id, self.token = doors, client_id, token
        self.heard: list[Publish] = []
        self.done: set[int] = set()
        """Packet identifiers of its own messages that are finished."""
        self.is_paused = False
        self.client: Client
        self._last_id = 0
        self._half: dict[int, Publish] = {}

    async def connect(self, **fields: Any) -> Connack:
        self.client = await self.doors.client()
        return await self.client.sign_in_with(self.token, client_id=self.client_id, **fields)

    async def disconnect(self) -> None:
        self.client.send(Disconnect())
        assert await self._until_closed() is None

    async def vanish(self) -> None:
        self.client.writer.transport.abort()
        await self.client.close()

    async def subscribe(self, *filters: tuple[str, int]) -> tuple[int, ...]:
        asked = Subscribe(self._next_id(), filters)
        self.client.send(asked)
        answer = await self._until(lambda packet: isinstance(packet, Suback))
        assert isinstance(answer, Suback)
        assert answer.packet_id == asked.packet_id
        return answer.codes

    async def unsubscribe(self, *filters: str) -> None:
        asked = Unsubscribe(self._next_id(), filters)
        self.client.send(asked)
        answer = await self._until(lambda packet: isinstance(packet, Unsuback))
        assert answer == Unsuback(asked.packet_id)

    def send(self, topic: str, payload: bytes, qos: int = 0, *, retain: bool = False) -> int:
        packet_id = self._next_id() if qos else 0
        self.client.send(Publish(topic, payload, qos, retain, packet_id=packet_id))
        return packet_id

    async def publish(self, topic: str, payload: bytes, qos: int, *, retain: bool = False) -> None:
        """Publish, and wait until it is finished on this side."""
        packet_id = self.send(topic, payload, qos, retain=retain)
        while qos and packet_id not in self.done:
            await self._step()
        await self.ping()

    async def hears(self, count: int) -> list[tuple[str, bytes, int]]:
        """Wait for so many messages in all, and give what came, each taken exactly once."""
        while len(self.heard) < count:
            await self._step()
        await self.ping()
        heard, self.heard = self.heard, []
        return [(each.topic, each.payload, each.qos) for each in heard]

    async def ping(self) -> None:
        self.client.send(Pingreq())
        await self._until(lambda packet: packet == Pingresp())

    async def _until(self, wanted: Any) -> Packet:
        while not wanted(packet := await self._step()):
            pass
        return packet

    async def _until_closed(self) -> None:
        """Say nothing more, whatever still comes [MQTT-3.14.4-2]."""
        while await self.client.receive() is not None:
            pass

    async def _step(self) -> Packet:
        packet = await self.client.receive()
        assert packet is not None, "the connection was closed"
        self._answer(packet)
        return packet

    def _answer(self, packet: Packet) -> None:
        match packet:
            case Publish() if not self.is_paused:
                self._take(packet)
            case Pubrel(packet_id) if not self.is_paused:
                if packet_id in self._half:
                    self.heard.append(self._half.pop(packet_id))
                self.client.send(Pubcomp(packet_id))
            case Pubrec(packet_id):
                self.client.send(Pubrel(packet_id))
            case Puback(packet_id) | Pubcomp(packet_id):
                self.done.add(packet_id)

    def _take(self, packet: Publish) -> None:
        if packet.qos == 2:
            self._half[packet.packet_id] = packet
            self.client.send(Pubrec(packet.packet_id))
            return
        self.heard.append(packet)
        if packet.qos:
            self.client.send(Puback(packet.packet_id))

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id
