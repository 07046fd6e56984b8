"""amqtt as the engine for sessions and connections. It listens nowhere.

What is replaced, and why (amqtt 0.12.1):
- sign-in: the front door has done it before a byte comes here;
- fan-out: a copy goes out with the lower of both QoS [MQTT-3.8.4-6], once for each subscriber
  [MQTT-3.3.5-1], with RETAIN=0 [MQTT-3.3.1-9]; amqtt raises the QoS and sets RETAIN on queued ones;
- retained copies go to whoever subscribes [MQTT-3.3.1-6]; amqtt gives every client that connects
  those of everybody's filters, another municipality's too;
- subscriptions: subscribing again replaces the QoS [MQTT-3.8.4-3]; those without subscribers vanish;
- lasting sessions and retained copies outlive the program [MQTT-4.1.0-1]; amqtt has them in memory.
"""

import asyncio
from asyncio import Future
from collections import Counter
from typing import Any, Final

from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import Session

from appliance.ports.clock import Clock
from appliance.ports.sessions import Kept, NotRetained, Retained
from broker.codec.packets import REFUSED_FILTER, Publish
from broker.engine.delivery import Delivery
from broker.engine.filters import FilterTree
from broker.engine.member import Member, Members
from broker.engine.outgoing import Losses, Outgoing
from broker.engine.pipes import Mouth, Receiver
from broker.engine.record import Record, Ticket
from broker.engine.retained import RetainedCopies
from broker.options import DoorOptions
from broker.topics import municipality_of

LISTENER: Final = "default"
_OFFERED_AT_ONCE: Final = 500


class Hub(Broker):
    """The engine. Everything in here runs on one event loop."""

    def __init__(self, options: DoorOptions, record: Record, clock: Clock) -> None:
        nowhere = ListenerConfig(type=ListenerType.EXTERNAL, bind="nowhere")
        super().__init__(
            BrokerConfig(
                listeners={LISTENER: nowhere},
                plugins={},
                session_expiry_interval=None,  # `expire` does it
            )
        )
        self._options = options
        self.record = record
        self.losses = Losses()
        self._members = Members(record, self.losses, options, clock)
        self._filters = FilterTree()
        self._kept_copies = RetainedCopies()
        self._hearers: Counter[str] = Counter()
        """Filters by municipality: who is not in here hears nothing."""
        self._is_closing = False

    def restore(self, kept: Kept) -> None:
        """Go on from what was kept; called once, after `start`."""
        for session in kept.sessions:
            member = self._members.restore(session)
            handler = Delivery(self.plugins_manager, member.session)
            self._sessions[session.name] = (member.session, handler)
            for topic_filter, qos in session.filters.items():
                self._hear(member, topic_filter, qos)
        for copy in kept.retained:
            self._kept_copies.put(copy)

    @property
    def somebody_listens(self) -> bool:
        """Say whether there is any subscription at all."""
        return bool(self._hearers)

    def is_heard(self, prefix: str) -> bool:
        """Say whether anybody subscribed within these walls."""
        return self._hearers[prefix] > 0 if prefix in self._hearers else False

    def count_sessions(self, beginning: str) -> int:
        """Count the sessions whose client id begins so."""
        return sum(client_id.startswith(beginning) for client_id in self._sessions)

    def has_session(self, client_id: str) -> bool:
        """Say whether there is a session of this client id."""
        return client_id in self._sessions

    def member(self, client_id: str) -> Member | None:
        """Give what belongs to a session here."""
        return self._members.get(client_id)

    def outgoing(self, client_id: str) -> Outgoing | None:
        """Give what a session is owed."""
        member = self._members.get(client_id)
        return None if member is None else member.outgoing

    def left(self, client_id: str, receiver: Receiver) -> None:
        """Note that a session's client has left."""
        self._members.left(client_id, receiver)

    async def forget(self, client_id: str) -> None:
        """Drop a session whose connection has ended."""
        await self._delete_session(client_id)

    async def expire(self) -> None:
        """Forget the sessions whose clients have been away for too long."""
        for client_id in self._members.expired():
            await self._delete_session(client_id)

    def say(self, topic: str, payload: bytes, qos: int, *, retain: bool) -> Ticket:
        """Retain and fan out; the ticket says when all that lasts of it is on disk."""
        before = self.record.noted
        if retain:
            self.retain(topic, payload, qos)
        self.fan_out(topic, payload, qos)
        return self.record.since(before)

    def fan_out(self, topic: str, payload: bytes, qos: int) -> None:
        """Offer a copy to everybody who subscribed to it, present or to come back."""
        if not self.is_heard(municipality_of(topic)):
            return
        copy, queues = Publish(topic, payload), self._members.queues
        for client_id, granted in self._filters.matching(topic).items():
            sent = min(granted, qos)
            outgoing = queues[client_id]
            if outgoing.is_here or (sent and outgoing.is_lasting):
                outgoing.offer(copy, sent)

    def retained(self, topic: str) -> bytes | None:
        """Give what is retained on a topic."""
        copy = self._kept_copies.get(topic)
        return None if copy is None else copy.payload

    def retained_topics(self, topic_filter: str) -> list[str]:
        """Name the topics that have a retained copy."""
        return [copy.topic for copy in self._kept_copies.matching(topic_filter)]

    def retain(self, topic: str, payload: bytes, qos: int) -> None:
        """Keep a copy for those who subscribe later; an empty one removes it [MQTT-3.3.1-10]."""
        copies, options = self._kept_copies, self._options
        if not payload:
            if copies.remove(topic):
                self.record.note(NotRetained(topic))
            return
        copy = Retained(topic, payload, qos)
        copies.put(copy)
        self.record.note(copy)
        while len(copies) > options.most_retained or (
            copies.bytes > options.most_retained_bytes and len(copies) > 1
        ):
            gone = copies.first_to_go(for_bytes=copies.bytes > options.most_retained_bytes)
            copies.remove(gone)
            self.record.note(NotRetained(gone))
            self.losses.retained_full += 1

    async def shutdown(self) -> None:
        """Stop; what is kept stays kept."""
        self._is_closing = True
        await super().shutdown()

    # In place of amqtt's own

    async def _authenticate(self, session: Session, _: ListenerConfig) -> bool:
        session.is_anonymous = False
        return True

    async def _initialize_client_session(
        self,
        reader: ReaderAdapter,
        writer: WriterAdapter,
        remote_address: str,  # noqa: ARG002
        remote_port: int,  # noqa: ARG002
    ) -> tuple[BrokerProtocolHandler, Session]:
        """Resume the session or begin a new one [MQTT-3.1.2-4, MQTT-3.1.2-6]."""
        handler, incoming = await Delivery.init_from_connect(reader, writer, self.plugins_manager)
        client_id = incoming.client_id or ""
        member = self._members.get(client_id)
        is_resumed = member is not None and member.is_lasting and not incoming.clean_session
        if member is None or not is_resumed:
            before = self.record.noted
            await self._delete_session(client_id)
            member = self._members.begin(client_id, incoming)
            await self.record.kept(self.record.since(before))  # the old one must not come back
        member.session.parent = int(is_resumed)
        if isinstance(handler, Delivery) and isinstance(writer, Mouth):
            handler.outgoing = member.outgoing
            self._members.arrived(member, writer.open_receiver)
        return handler, member.session

    async def _handle_subscription(
        self,
        client_session: Session,
        handler: BrokerProtocolHandler,
        subscribe_waiter: Future[Any],
    ) -> None:
        asked = subscribe_waiter.result()
        before = self.record.noted
        codes = [await self.add_subscription(each, client_session) for each in asked.topics]
        await self.record.kept(self.record.since(before))
        await handler.mqtt_acknowledge_subscription(asked.packet_id, codes)
        outgoing = self.outgoing(client_session.client_id or "")
        if outgoing is None:
            return
        for (topic_filter, _), code in zip(asked.topics, codes, strict=True):
            if code != REFUSED_FILTER:
                await self._offer_retained(topic_filter, code, outgoing)
        outgoing.pump()

    async def _offer_retained(self, topic_filter: str, granted: int, outgoing: Outgoing) -> None:
        for number, kept in enumerate(self._kept_copies.matching(topic_filter), 1):
            outgoing.offer_retained(kept.topic, kept.payload, min(kept.qos, granted))
            if number % _OFFERED_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _handle_unsubscription(
        self,
        client_session: Session,
        handler: BrokerProtocolHandler,
        unsubscribe_waiter: Future[Any],
    ) -> None:
        before = self.record.noted
        for topic_filter in unsubscribe_waiter.result().topics:
            self._del_subscription(topic_filter, client_session)
        await self.record.kept(self.record.since(before))
        await handler.mqtt_acknowledge_unsubscription(unsubscribe_waiter.result().packet_id)

    async def _publish_session_retained_messages(self, session: Session) -> None:
        """Nothing: the session's own queue sends what waited as soon as it begins."""

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Nothing: amqtt calls this for every filter of everybody when somebody connects."""

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """Subscribe, or subscribe again with another QoS; a session's filters are bounded."""
        topic_filter, qos = subscription
        member = self._members.get(session.client_id or "")
        if member is None or topic_filter.count("/") > self._options.most_levels:
            return REFUSED_FILTER
        if topic_filter not in member.filters and len(member.filters) >= self._options.most_filters:
            return REFUSED_FILTER
        self._hear(member, topic_filter, qos)
        self._members.note_filter(member, topic_filter, qos)
        return qos

    def _hear(self, member: Member, topic_filter: str, qos: int) -> None:
        if topic_filter not in member.filters:
            member.filters.add(topic_filter)
            self._hearers[municipality_of(topic_filter)] += 1
        self._filters.add(topic_filter, member.name, qos)

    def _del_subscription(self, a_filter: str, session: Session) -> int:
        member = self._members.get(session.client_id or "")
        if member is None or a_filter not in member.filters:
            return 0
        self._hear_no_more(member, a_filter)
        self._members.note_filter(member, a_filter, None)
        return 1

    def _hear_no_more(self, member: Member, topic_filter: str) -> None:
        member.filters.discard(topic_filter)
        walls = municipality_of(topic_filter)
        self._hearers[walls] -= 1
        if not self._hearers[walls]:
            del self._hearers[walls]
        self._filters.remove(topic_filter, member.name)

    async def _del_all_subscriptions(self, session: Session) -> None:
        """End a session here: amqtt calls this whenever it drops one."""
        member = self._members.end(session.client_id or "", forget=not self._is_closing)
        if member is not None:
            for topic_filter in tuple(member.filters):
                self._hear_no_more(member, topic_filter)
