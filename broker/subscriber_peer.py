"""A person or program at the front door: hears copies of its own municipality.

It says something only on free topics, where the town has any and its role may.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from appliance.domain.access import Actor
from appliance.domain.ids import DeviceId, MunicipalityId
from appliance.domain.readings import Door, Reason, Refusal
from broker.answers import Answers
from broker.codec.encode import encode, pubrel
from broker.codec.packets import (
    REFUSED_FILTER,
    Connack,
    Packet,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    ReturnCode,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)
from broker.codec.reader import PacketReader
from broker.codec.violation import ProtocolViolation
from broker.connection import UNEXPECTED, Connection, Farewell, Hold
from broker.device_peer import DeviceServices
from broker.engine.link import Link, Links
from broker.engine.record import Ticket
from broker.errands import Errands
from broker.free_topics import FreeTopics
from broker.topics import Walls, whose
from broker.wording import Wording

_log: Final = logging.getLogger(__name__)
_AT_ONCE: Final = 32 * 1024
"""Bytes after which a write waits for no more."""

TOKEN: Final = "token"  # noqa: S105 - the user name under which API tokens sign in


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who subscribes: an actor, its secret and the municipality it was granted."""

    actor: Actor
    municipality: MunicipalityId
    topics: FreeTopics
    """What it may use beside hearing readings and alerts."""
    now: Callable[[], tuple[Actor, FreeTopics] | None]
    """Asks again who has the token and what it may use; None when it is no longer good."""
    lets_hear: Callable[[MunicipalityId, str, bytes], bool] | None = None
    """Where it is limited to zones: whether it may hear a copy."""

    def may_hear(self, inside: str, payload: bytes) -> bool:
        """Say whether a copy within its walls is also within its zones."""
        if self.lets_hear is None:
            return True
        return self.lets_hear(self.municipality, whose(inside)[1], payload)

    @property
    def beginning(self) -> str:
        """What its client ids begin with in the engine: private to this identity."""
        actor = self.actor
        identity = f"t{actor.token}" if actor.token is not None else f"u{actor.user}"
        return f"m{self.municipality}/{identity}/"


class SubscriberPeer:
    """Translates between the connection and the engine: topics lose and get their walls here."""

    def __init__(
        self,
        connection: Connection,
        subscriber: Subscriber,
        will: Will | None,
        services: DeviceServices,
    ) -> None:
        self._connection = connection
        self._subscriber = subscriber
        self._will = will
        self._walls = Walls(subscriber.municipality)
        self._prefix = self._walls.prefix
        self._services = services
        self._link: Link
        self._answers: Answers
        """There from CONNACK on."""
        self._has_joined = False
        self._loop = asyncio.get_running_loop()
        self._wording: Wording
        self._told: list[bytes] = []
        self._told_bytes = 0
        self._looks_again = False
        """In the next turn: more was unsent than it is given at once."""
        self._refused: list[bool] = []
        """Of the SUBSCRIBE that is under way: which filters were refused."""

    def enter(self, links: Links, errands: Errands, client_id: str, *, clean: bool) -> None:
        """Join the engine; CONNACK follows when it has answered."""
        self._connection.hold(Hold.ENGINE)
        self._hub, self._wording = links.hub, links.wording
        self._link = links.link(client_id, self, clean=clean)
        if self._will is not None and not self._subscriber.topics.may_say(self._will.topic):
            self._refuse("asks for a will on", self._will.topic, self._will.payload)
        errands.start(self._stay())

    async def _stay(self) -> None:
        try:
            await self._link.run()
        finally:
            self._connection.close(Farewell.LOST)

    # From the connection

    def handle(self, packet: Packet) -> None:
        match packet:
            case Publish():
                self._publish(packet)
            case Subscribe():
                self._subscribe(packet)
            case Unsubscribe():
                self._unsubscribe(packet)
            case Puback(packet_id):
                self._link.acknowledge(packet_id)
            case Pubrec(packet_id):
                self._link.receive(packet_id)
            case Pubcomp(packet_id):
                self._link.complete(packet_id)
            case Pubrel(packet_id):
                self._answers.release(packet_id)
            case _:
                sent = type(packet).__name__
                raise ProtocolViolation("MQTT-4.8.0-1", f"a client sent {sent}")

    def take_run(self, reader: PacketReader) -> bool:  # noqa: ARG002
        """Take packets one by one."""
        return False

    def is_still_welcome(self) -> bool:
        now, before = self._subscriber.now(), self._subscriber
        return now is not None and now[1] is before.topics and _is_as(now[0], before.actor)

    def reads_again(self) -> None:
        self._link.pump()

    def violated(self, violation: ProtocolViolation) -> None:
        """Nothing is lost: no reading comes from here."""

    def left(self, farewell: Farewell) -> None:
        self._link.leave()
        if self._has_joined:
            self._answers.end()
        if self._will is not None and farewell in UNEXPECTED:  # [MQTT-3.1.2-8]
            self._publish_will(self._will)

    # From the engine

    @property
    def ready(self) -> bool:
        """Say whether it takes more; event loops may tell only in their next turn who is behind."""
        connection = self._connection
        if connection.is_reading and connection.is_full and not self._looks_again:
            self._looks_again = True
            self._loop.call_soon(self._look_again)
        return connection.is_reading and not self._looks_again

    def joined(self, *, session_present: bool) -> None:
        member = self._hub.member(self._link.client_id)
        if member is not None:
            limited = self._subscriber.lets_hear is not None
            member.outgoing.may_hear = self._subscriber.may_hear if limited else None
            self._has_joined = True
            services = self._services
            self._answers = Answers(
                self._connection,
                member.unfinished,
                services.record,
                services.outstanding,
                services.unfinished_messages,
            )
        accepted = Connack(session_present, ReturnCode.ACCEPTED)  # [MQTT-3.2.2-2]
        self._connection.send(encode(accepted))
        self._connection.release(Hold.ENGINE)

    def answered(self, answer: Suback | Unsuback) -> None:
        if isinstance(answer, Suback):
            codes = iter(answer.codes)
            merged = (REFUSED_FILTER if no else next(codes) for no in self._refused)
            answer = Suback(answer.packet_id, tuple(merged))
        self._connection.send(encode(answer))
        self._connection.release(Hold.ENGINE)

    def give(self, copy: Publish) -> None:
        if not copy.topic.startswith(
            self._prefix
        ):  # can't be: a second check, so that a fault in the engine tells nobody
            _log.error("a copy of %r came to %s", copy.topic, self._walls)
            self._connection.close(Farewell.LOST)
            return
        if not self._subscriber.may_hear(copy.topic, copy.payload):
            self._pass_over(copy)
            return
        self._tell(self._wording.of(copy, self._prefix))

    def release(self, packet_id: int) -> None:
        self._tell(pubrel(packet_id))

    # Within

    def _pass_over(self, copy: Publish) -> None:
        """Be done with a copy that waited here since before the zones were others."""
        if copy.qos == 1:
            self._loop.call_soon(self._link.acknowledge, copy.packet_id)
        elif copy.qos:
            self._loop.call_soon(self._link.receive, copy.packet_id)
            self._loop.call_soon(self._link.complete, copy.packet_id)

    def _look_again(self) -> None:
        self._looks_again = False
        self._link.pump()

    def _tell(self, packet: bytes) -> None:
        """Send with all else of this turn of the loop, in one write: that is what costs."""
        if not self._told:
            self._loop.call_soon(self._send_what_was_told)
        self._told.append(packet)
        self._told_bytes += len(packet)
        if self._told_bytes > _AT_ONCE:
            self._send_what_was_told()

    def _send_what_was_told(self) -> None:
        told, self._told, self._told_bytes = self._told, [], 0
        if told:
            self._connection.send(b"".join(told))

    def _subscribe(self, packet: Subscribe) -> None:
        may_hear = self._subscriber.topics.may_hear
        self._refused = [not may_hear(topic_filter) for topic_filter, _ in packet.filters]
        allowed = tuple(
            (self._walls.inside(topic_filter), qos)
            for topic_filter, qos in packet.filters
            if may_hear(topic_filter)
        )
        if not allowed:
            no = Suback(packet.packet_id, (REFUSED_FILTER,) * len(packet.filters))
            self._connection.send(encode(no))
            return
        self._connection.hold(Hold.ENGINE)
        self._link.ask(Subscribe(packet.packet_id, allowed))

    def _unsubscribe(self, packet: Unsubscribe) -> None:
        """Answer also where nothing was subscribed [MQTT-3.10.4-5]."""
        may_hear = self._subscriber.topics.may_hear
        inside = tuple(self._walls.inside(each) for each in packet.filters if may_hear(each))
        if inside:
            self._connection.hold(Hold.ENGINE)
            self._link.ask(Unsubscribe(packet.packet_id, inside))
        else:
            self._connection.send(encode(Unsuback(packet.packet_id)))

    def _publish(self, packet: Publish) -> None:
        if not self._subscriber.topics.may_say(packet.topic):
            self._refuse("published to", packet.topic, packet.payload)
            self._answers.refused(packet)
        elif self._answers.is_new(packet):
            slot = self._answers.expect(packet)
            self._answers.done(packet, slot, self._say(packet))
            self._wait_for_the_disk()

    def _wait_for_the_disk(self) -> None:
        """Read no more while the disk is far behind."""
        record = self._services.record
        if record.is_full:
            self._connection.hold(Hold.DISK)
            record.after(record.noted, lambda: self._connection.release(Hold.DISK))

    def _say(self, packet: Publish) -> Ticket:
        inside = self._walls.inside(packet.topic)
        return self._hub.say(inside, packet.payload, packet.qos, retain=packet.retain)

    def _publish_will(self, will: Will) -> None:
        if self._subscriber.topics.may_say(will.topic):
            self._say(Publish(will.topic, will.payload, will.qos, will.retain))

    def _refuse(self, what: str, topic: str, payload: bytes) -> None:
        self._services.intake.refuse(
            Door.MQTT,
            Refusal(Reason.NOT_ITS_TOPIC, DeviceId(TOKEN), (self._subscriber.municipality,)),
            at=self._services.clock.now(),
            detail=f"token {self._subscriber.actor.name!r} {what} {topic[:200]!r}",
            excerpt=payload[:200].decode(errors="replace"),
        )


def _is_as(now: Actor, before: Actor) -> bool:
    """Whether somebody may hear what they could hear; who may not comes back as who they are now."""
    return (now.municipality, now.own, now.zones) == (
        before.municipality,
        before.own,
        before.zones,
    )
