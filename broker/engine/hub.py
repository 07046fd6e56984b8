"""amqtt as the engine for sessions, subscriptions and retained copies. It listens nowhere.

What is replaced, and why (amqtt 0.12.1):
- sign-in: the front door has done it before a byte comes here;
- fan-out: a copy goes out with the lower of both QoS [MQTT-3.8.4-6], once for each subscriber
  [MQTT-3.3.5-1], with RETAIN=0 [MQTT-3.3.1-9]; amqtt raises the QoS and sets RETAIN on queued ones;
- retained copies go to whoever subscribes [MQTT-3.3.1-6]; amqtt gives every client that connects
  those of everybody's filters, another municipality's too;
- subscriptions: subscribing again replaces the QoS [MQTT-3.8.4-3]; those without subscribers vanish.
"""

from asyncio import Future
from collections import Counter
from typing import Any, Final

from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.broker import Broker, RetainedApplicationMessage
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import Session

from broker.codec.packets import REFUSED_FILTER
from broker.engine.delivery import Delivery, Losses
from broker.options import DoorOptions
from broker.topics import municipality_of

LISTENER: Final = "default"
_FILTERS: Final = "weir.filters"


class Hub(Broker):
    """The engine. Everything in here runs on one event loop."""

    def __init__(self, options: DoorOptions) -> None:
        nowhere = ListenerConfig(type=ListenerType.EXTERNAL, bind="nowhere")
        super().__init__(
            BrokerConfig(
                listeners={LISTENER: nowhere},
                plugins={},
                session_expiry_interval=options.session_expiry,
            )
        )
        self._options = options
        self.losses = Losses()
        self._hearers: Counter[str] = Counter()
        """Filters by municipality: who is not in here hears nothing."""

    @property
    def somebody_listens(self) -> bool:
        """Say whether there is any subscription at all."""
        return bool(self._subscriptions)

    def is_heard(self, prefix: str) -> bool:
        """Say whether anybody subscribed within these walls."""
        return self._hearers[prefix] > 0

    def count_sessions(self, beginning: str) -> int:
        """Count the sessions whose client id begins so."""
        return sum(client_id.startswith(beginning) for client_id in self._sessions)

    def has_session(self, client_id: str) -> bool:
        """Say whether there is a session of this client id."""
        return client_id in self._sessions

    def delivery(self, client_id: str) -> Delivery | None:
        """Give the delivery of a session."""
        handler = self._sessions.get(client_id, (None, None))[1]
        return handler if isinstance(handler, Delivery) else None

    async def forget(self, client_id: str) -> None:
        """Drop a session whose connection has ended."""
        await self._delete_session(client_id)

    def fan_out(self, topic: str, payload: bytes, qos: int) -> None:
        """Offer a copy to everybody who subscribed to it, present or to come back."""
        if not self.is_heard(municipality_of(topic)):
            return
        for session, granted in self._subscribers(topic):
            sent = min(qos, granted)
            present = session.transitions.state == "connected"
            if not present and (session.clean_session or sent == 0):
                continue
            delivery = self.delivery(session.client_id or "")
            if delivery is not None:
                delivery.offer(topic, payload, sent)

    def retain(self, topic: str, payload: bytes, qos: int) -> None:
        """Keep a copy for those who subscribe later; an empty one removes it [MQTT-3.3.1-10]."""
        self._retained_messages.pop(topic, None)
        if not payload:
            return
        if len(self._retained_messages) >= self._options.most_retained:
            del self._retained_messages[next(iter(self._retained_messages))]
            self.losses.retained_full += 1
        self._retained_messages[topic] = RetainedApplicationMessage(None, topic, payload, qos)

    def _subscribers(self, topic: str) -> list[tuple[Session, int]]:
        found: dict[str, tuple[Session, int]] = {}
        for topic_filter, entries in self._subscriptions.items():
            if not self._matches(topic, topic_filter):
                continue
            for session, granted in entries:
                known = found.get(session.client_id or "")
                if known is None or known[1] < granted:
                    found[session.client_id or ""] = (session, granted)
        return list(found.values())

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
        if isinstance(handler, Delivery):
            handler.options, handler.losses = self._options, self.losses
        client_id = incoming.client_id or ""
        known = self._sessions.get(client_id, (None, None))[0]
        if known is not None and not known.clean_session and not incoming.clean_session:
            known.parent = 1
            return handler, known
        await self._delete_session(client_id)
        incoming.parent = 0
        return handler, incoming

    async def _handle_subscription(
        self,
        client_session: Session,
        handler: BrokerProtocolHandler,
        subscribe_waiter: Future[Any],
    ) -> None:
        asked = subscribe_waiter.result()
        codes = [await self.add_subscription(each, client_session) for each in asked.topics]
        await handler.mqtt_acknowledge_subscription(asked.packet_id, codes)
        if not isinstance(handler, Delivery):
            return
        for (topic_filter, _), code in zip(asked.topics, codes, strict=True):
            if code != REFUSED_FILTER:
                self._offer_retained(topic_filter, code, handler)
        handler.pump()

    def _offer_retained(self, topic_filter: str, granted: int, delivery: Delivery) -> None:
        walls = municipality_of(topic_filter)
        for topic, kept in self._retained_messages.items():
            if topic.startswith(walls) and self._matches(topic, topic_filter):
                delivery.offer_retained(topic, bytes(kept.data), min(kept.qos or 0, granted))

    async def _publish_session_retained_messages(self, session: Session) -> None:
        """Nothing: the delivery sends what waited as soon as it begins."""

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Nothing: amqtt calls this for every filter of everybody when somebody connects."""

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """Subscribe, or subscribe again with another QoS; a session's filters are bounded."""
        topic_filter, qos = subscription
        filters: set[str] = session.attributes.setdefault(_FILTERS, set())
        if topic_filter not in filters:
            if len(filters) >= self._options.most_filters:
                return REFUSED_FILTER
            filters.add(topic_filter)
            self._hearers[municipality_of(topic_filter)] += 1
        entries = self._subscriptions.setdefault(topic_filter, [])
        entries[:] = [entry for entry in entries if entry[0] is not session]
        entries.append((session, qos))
        return qos

    def _del_subscription(self, a_filter: str, session: Session) -> int:
        filters: set[str] = session.attributes.get(_FILTERS, set())
        if a_filter not in filters:
            return 0
        filters.discard(a_filter)
        self._hearers[municipality_of(a_filter)] -= 1
        remaining = [entry for entry in self._subscriptions[a_filter] if entry[0] is not session]
        if remaining:
            self._subscriptions[a_filter] = remaining
        else:
            del self._subscriptions[a_filter]
        return 1

    async def _del_all_subscriptions(self, session: Session) -> None:
        for topic_filter in list(session.attributes.get(_FILTERS, ())):
            self._del_subscription(topic_filter, session)
