"""CONNECT: who comes in, and as what. Nothing exists for a peer before this has let it in."""

from dataclasses import replace
from itertools import count

from appliance.domain.access import Actor, PublishTopics, ViewNetwork, authorise
from appliance.domain.enclave import enclave_of
from appliance.domain.errors import Refused
from appliance.domain.ids import DeviceId
from appliance.domain.readings import AdmittedDevice, Door, Reason, Refusal
from appliance.ports.doors import Subscribers
from appliance.ports.sessions import Kept
from broker.codec.encode import encode
from broker.codec.packets import LEVEL, Connack, Connect, ReturnCode
from broker.connection import Connection, Farewell, Peer
from broker.device_peer import DevicePeer, DeviceServices
from broker.device_session import DeviceSessions, SessionKey, is_of_a_device
from broker.engine.link import Links
from broker.errands import Errands
from broker.free_topics import FreeTopics
from broker.options import DoorOptions
from broker.subscriber_peer import TOKEN, Subscriber, SubscriberPeer
from broker.topics import own_report

_ANSWERS = {
    Reason.UNKNOWN_DEVICE: ReturnCode.BAD_CREDENTIALS,
    Reason.WRONG_KEY: ReturnCode.BAD_CREDENTIALS,
}
_LONGEST_NAME = 128
NO_TOPICS = FreeTopics()


class _Turned(Exception):
    """Not let in; the code is what CONNACK says [MQTT-3.1.4-5]."""

    def __init__(self, code: ReturnCode) -> None:
        super().__init__(code.name)
        self.code = code


class Reception:
    """Authenticates, then opens or takes over the session."""

    def __init__(
        self,
        services: DeviceServices,
        subscribers: Subscribers,
        links: Links,
        errands: Errands,
        options: DoorOptions,
    ) -> None:
        self._services = services
        self._subscribers = subscribers
        self._links = links
        self._errands = errands
        self._options = options
        self._free_topics = FreeTopics(options.free_topics)
        self._sessions = DeviceSessions(options.device_sessions, services.record)
        self._here: dict[object, Connection] = {}
        """Who is connected under which identity and client id; only closed ones linger."""
        self._unnamed = count(1)

    def restore(self, kept: Kept) -> None:
        """Know devices' sessions again."""
        self._sessions.restore(each for each in kept.sessions if is_of_a_device(each.name))

    def welcome(self, connection: Connection, connect: Connect) -> Peer | None:
        """Let a peer in, or send the refusal and close."""
        try:
            return self._admit(connection, connect)
        except _Turned as turned:
            connection.send(encode(Connack(session_present=False, code=turned.code)))
            connection.close(Farewell.REFUSED)  # [MQTT-3.2.2-5]
            return None

    def _admit(self, connection: Connection, connect: Connect) -> Peer:
        if connect.level != LEVEL:
            raise _Turned(ReturnCode.UNACCEPTABLE_LEVEL)  # [MQTT-3.1.2-2]
        if connect.username == TOKEN:
            return self._admit_subscriber(connection, connect)
        return self._admit_device(connection, connect)

    # Devices

    def _admit_device(self, connection: Connection, connect: Connect) -> Peer:
        name, key = connect.username or "", _text(connect.password)
        if not name:
            raise self._refused(
                Refusal(Reason.UNKNOWN_DEVICE, DeviceId("")), connection, "no user name"
            )
        device = self._services.admission.admit(name, key)
        if isinstance(device, Refusal):
            raise self._refused(device, connection, "signing in")
        _insist_on_client_id(connect)
        key_of_session = SessionKey(device.municipality, device.device_id, connect.client_id)
        if connect.client_id:
            self._take_over(key_of_session, connection)
        session, present = self._sessions.open(key_of_session, clean=connect.clean_session)
        peer = DevicePeer(connection, device, key, session, connect.will, self._services)
        self._note_will(device, connect)
        accepted = Connack(present, ReturnCode.ACCEPTED)
        connection.send(encode(accepted))
        return peer

    def _note_will(self, device: AdmittedDevice, connect: Connect) -> None:
        """Count a will that will never be published, now that its device can be told."""
        will = connect.will
        if will is not None and own_report(device, will.topic) is None:
            detail = f"its will is for {will.topic[:200]!r} and is not going to be published"
            self._services.refuse(device, Reason.NOT_ITS_TOPIC, detail, will.payload)

    # Subscribers

    def _admit_subscriber(self, connection: Connection, connect: Connect) -> Peer:
        token = _text(connect.password)
        actor = self._subscribers.authenticate(token)
        if actor is None:
            raise self._refused(
                Refusal(Reason.WRONG_KEY, DeviceId(TOKEN)),
                connection,
                "an API token that is not valid",
            )
        try:
            municipality = authorise(actor, ViewNetwork, None).municipality
        except Refused as refused:
            raise _Turned(ReturnCode.NOT_AUTHORISED) from refused
        _insist_on_client_id(connect)
        subscriber = Subscriber(
            actor,
            municipality,
            self._topics_of(actor),
            lambda: self._now_with(token),
            None if enclave_of(municipality) is None else self._subscribers.lets_hear,
        )
        name = self._name_in_engine(subscriber, connect)
        self._take_over(name, connection)
        peer = SubscriberPeer(connection, subscriber, connect.will, self._services)
        peer.enter(self._links, self._errands, name, clean=connect.clean_session)
        return peer

    def _now_with(self, token: str) -> tuple[Actor, FreeTopics] | None:
        """Ask again who has this token, and what it may do now."""
        actor = self._subscribers.authenticate(token)
        return None if actor is None else (actor, self._topics_of(actor))

    def _topics_of(self, actor: Actor) -> FreeTopics:
        try:
            authorise(actor, PublishTopics, None)
        except Refused:
            return NO_TOPICS
        return self._free_topics

    def _name_in_engine(self, subscriber: Subscriber, connect: Connect) -> str:
        """Give the client id in the engine; one of our own making can't be anybody's [MQTT-3.1.3-6]."""
        beginning = subscriber.beginning
        kind = "free" if subscriber.topics else "named"  # who loses a right leaves what it brought
        if not connect.client_id:
            return f"{beginning}unnamed/{next(self._unnamed)}"
        name, hub = f"{beginning}{kind}/{connect.client_id}", self._links.hub
        most = self._options.sessions_per_identity
        if not hub.has_session(name) and hub.count_sessions(beginning) >= most:
            raise _Turned(ReturnCode.UNAVAILABLE)
        return name

    # Both

    def _take_over(self, key: object, connection: Connection) -> None:
        """Close the connection that has this identity's client id until now [MQTT-3.1.4-2]."""
        before = self._here.get(key)
        if before is not None:
            before.close(Farewell.TAKEN_OVER)
        self._here[key] = connection
        connection.when_over(lambda: self._gone(key, connection))

    def _gone(self, key: object, connection: Connection) -> None:
        if self._here.get(key) is connection:
            del self._here[key]

    def _refused(self, refusal: Refusal, connection: Connection, detail: str) -> _Turned:
        name = DeviceId(refusal.device_id[:_LONGEST_NAME])
        self._services.intake.refuse(
            Door.MQTT,
            replace(refusal, device_id=name, address=connection.host),
            at=self._services.clock.now(),
            detail=f"{detail}, from {connection.address}",
        )
        return _Turned(_ANSWERS.get(refusal.reason, ReturnCode.NOT_AUTHORISED))


def _insist_on_client_id(connect: Connect) -> None:
    """An empty client id is for clean sessions only [MQTT-3.1.3-8]."""
    if not connect.client_id and not connect.clean_session:
        raise _Turned(ReturnCode.IDENTIFIER_REJECTED)


def _text(password: bytes | None) -> str:
    return "" if password is None else password.decode(errors="replace")
