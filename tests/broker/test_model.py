"""Sessions, retained copies and QoS 2 against a model that is a few dictionaries, through power cuts.

A listener comes and goes, says nothing to some of what it gets, and changes its filters; a speaker
publishes; a device reports with QoS 2. In between the machine stops or loses its power. What was
acknowledged must be there afterwards: QoS 2 once, QoS 1 at least once and marked as a duplicate,
both in their order, and nothing else; and another municipality heard none of it.
"""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from broker.codec.packets import Packet, Pubcomp, Publish, Pubrec, Pubrel
from broker.topics import whose
from tests.broker.doors import (
    HERE_DEVICE,
    OTHER_OPERATOR_TOKEN,
    THERE_OPERATOR_TOKEN,
    Client,
    until,
)
from tests.broker.power import Power
from tests.broker.programs import Program
from tests.builders import HERE

LONG = "MODEL_EXAMPLES" in os.environ
"""A long run seeks new ways every time (`scripts/faults/model`); a short one repeats its own."""
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "40"))
TOPICS = ("notes/a", "notes/b", "notes/a/b")
FILTERS = ("notes/#", "notes/+", "notes/a", "notes/a/#")
REPORT = "sensors/PS-001/data"
LASTING = {"clean_session": False}
WITHOUT_LISTENER = 3
"""Connections: the speaker, the device, and somebody of another municipality."""

topics, filters = st.sampled_from(TOPICS), st.sampled_from(FILTERS)

levels, hows = st.integers(0, 2), st.sampled_from(["restart", "cut"])
several = st.lists(st.tuples(topics, levels, st.booleans()), min_size=1, max_size=4)


def matches(topic_filter: str, topic: str) -> bool:
    """MQTT 3.1.1 section 4.7, written once more and in another way."""
    levels, names = topic_filter.split("/"), topic.split("/")
    if levels[-1] == "#":
        levels = levels[:-1]
        names = names[: len(levels)]
    return len(levels) == len(names) and all(
        level in ("+", name) for level, name in zip(levels, names, strict=True)
    )


Said = tuple[str, int, bool]


@dataclass(frozen=True)
class Message:
    topic: str
    payload: bytes
    qos: int
    retain: bool


class Listener(Program):
    """Knows what it heard before, so that it recognises a repetition that is marked as one."""

    known: set[tuple[str, bytes]]
    released: set[int]
    is_half_deaf = False
    """It answers PUBLISH, and PUBREL gets lost."""

    def _answer(self, packet: Packet) -> None:
        if isinstance(packet, Publish) and packet.qos == 2:
            # Once PUBREL was sent, PUBLISH may not come again [MQTT-4.3.3-1].
            assert packet.packet_id not in self.released
        if isinstance(packet, Pubrel):
            self.released.add(packet.packet_id)
            if self.is_half_deaf:
                return
            self.released.discard(packet.packet_id)
        super()._answer(packet)

    async def next(self, count: int) -> list[Publish]:
        """So many copies that are no repetitions, and whatever else is already there."""
        while len(self.fresh()) < count:
            await self._step()
        await self.ping()
        heard = self.fresh()
        self.known.update((each.topic, each.payload) for each in heard)
        self.heard = []
        return heard

    def fresh(self) -> list[Publish]:
        return [
            each
            for each in self.heard
            if not (each.dup and each.qos == 1 and (each.topic, each.payload) in self.known)
        ]


class Sessions(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.power = Power()
        self.run(self.power.on())
        self.filters: dict[str, int] = {}
        self.owed: list[Message] = []
        self.retained: dict[str, Message] = {}
        self.taken: set[int] = set()
        self.reports = 0
        self.count = 0
        self.is_here = False
        self.has_session = False
        self.is_sure = True

    def run(self, work):  # type: ignore[no-untyped-def]
        async def in_time() -> object:
            async with asyncio.timeout(20):
                return await work

        return self.runner.run(in_time())

    def teardown(self) -> None:
        self.run(self.power.__aexit__())
        self.runner.close()

    @initialize(topic_filter=filters, qos=levels)
    def come_in(self, topic_filter: str, qos: int) -> None:
        self.new_listener()
        self.connect_everybody()
        self.arrive()
        self.subscribe(topic_filter, qos)

    def new_listener(self) -> None:
        self.listener = Listener(self.power.doors, "listener")
        self.listener.known, self.listener.released = set(), set()

    def connect_everybody(self) -> None:
        async def connect() -> None:
            self.speaker = Program(self.power.doors, "speaker", OTHER_OPERATOR_TOKEN)
            await self.speaker.connect(clean_session=True)
            self.device: Client = await self.power.doors.client()
            answer = await self.device.sign_in_as(HERE_DEVICE, client_id="d", clean_session=False)
            assert answer.session_present == (self.count > 0)
            self.stranger = Program(self.power.doors, "listener", THERE_OPERATOR_TOKEN)
            await self.stranger.connect()
            await self.stranger.subscribe(("#", 2))

        self.run(connect())
        self.count += 1
        self.listener.doors = self.power.doors

    # The listener

    @precondition(lambda self: not self.is_here)
    @rule()
    def arrive(self) -> None:
        answer = self.run(self.listener.connect(**LASTING))
        assert answer.session_present == self.has_session
        self.is_here = self.has_session = True
        self.listener.is_paused = False

    @rule(messages=several)
    def listen(self, messages: list[Said]) -> None:
        self.publish(messages)
        self.hear()

    @precondition(lambda self: self.is_here)
    @rule(politely=st.booleans())
    def leave(self, politely: bool) -> None:
        async def leave() -> None:
            if politely:
                await self.listener.disconnect()
            else:
                await self.listener.vanish()
            await until(lambda: len(self.power.doors.door._lobby) == WITHOUT_LISTENER)

        if not self.listener.is_paused:
            self.hear()
        self.run(leave())
        self.is_here = False

    @precondition(lambda self: self.is_here)
    @rule()
    def begin_anew(self) -> None:
        """A clean session ends the lasting one and itself leaves nothing [MQTT-3.1.2-6]."""

        async def clean() -> None:
            await self.listener.disconnect()
            await self.listener.connect(clean_session=True)
            await self.listener.disconnect()
            await until(
                lambda: (
                    len(self.power.doors.door._lobby) == WITHOUT_LISTENER and self.power.is_written
                )
            )

        self.run(clean())
        self.new_listener()
        self.filters, self.owed = {}, []
        self.is_here = self.has_session = False

    @precondition(lambda self: self.is_here and not self.listener.is_paused)
    @rule(topic_filter=filters, qos=levels)
    def subscribe(self, topic_filter: str, qos: int) -> None:
        self.hear()
        assert self.run(self.listener.subscribe((topic_filter, qos))) == (qos,)
        self.filters[topic_filter] = qos
        for topic, kept in self.retained.items():
            if matches(topic_filter, topic):
                self.owed.append(Message(topic, kept.payload, min(qos, kept.qos), True))
        self.hear()

    @precondition(lambda self: self.is_here and not self.listener.is_paused)
    @rule(topic_filter=filters)
    def unsubscribe(self, topic_filter: str) -> None:
        self.run(self.listener.unsubscribe(topic_filter))
        self.filters.pop(topic_filter, None)

    @precondition(lambda self: self.is_here and not self.listener.is_paused)
    @rule(messages=several)
    def stop_answering(self, messages: list[Said]) -> None:
        """From now on it takes what comes, and acknowledges nothing until it connects again."""
        self.hear()
        self.listener.is_paused = True
        self.publish(messages)

    @precondition(lambda self: self.is_here and not self.listener.is_paused)
    @rule(how=hows, returns=st.booleans(), messages=several)
    def go_off_before_pubrel_is_answered(
        self, how: str, returns: bool, messages: list[Said]
    ) -> None:
        async def take_what_comes() -> None:
            self.listener.is_half_deaf = True
            await self.listener.ping()
            await self.listener.ping()
            self.listener.is_half_deaf = False

        self.publish(messages)
        self.run(take_what_comes())
        heard = {(m.topic, m.payload) for m in self.listener.fresh()}
        self.listener.known |= heard
        self.listener.heard.clear()
        self.owed = [m for m in self.owed if m.qos and (m.topic, m.payload) not in heard]
        self.off_and_on(how, returns=returns)

    @precondition(lambda self: self.is_here)
    @rule(messages=several)
    def lose_power_before_answers_are_written(self, messages: list[Said]) -> None:
        """It hears what came to it while it was silent; of that, the machine remembers nothing."""

        async def answer() -> None:
            await until(lambda: self.power.is_written)
            self.power.store.may_write.clear()
            self.listener.is_paused = False
            self.listener.is_half_deaf = True
            await self.listener.ping()
            assert not self.listener.released
            self.listener.is_half_deaf = False

        if not self.listener.is_paused:
            self.stop_answering(messages)
        self.run(answer())
        self.listener.known |= {(m.topic, m.payload) for m in self.listener.fresh()}
        self.listener.heard.clear()
        self.owed = [
            m for m in self.owed if m.qos == 2 or (m.topic, m.payload) not in self.listener.known
        ]
        self.off_and_on("cut", returns=True, is_sure=True)

    @rule(topic=topics, qos=levels, retain=st.booleans())
    def lose_power_before_a_message_is_written(self, topic: str, qos: int, retain: bool) -> None:
        """Nobody hears of it, and it leaves nothing."""

        async def say() -> None:
            await until(lambda: self.power.is_written)
            self.power.store.may_write.clear()
            packet_id = self.speaker.send(topic, b"lost", qos, retain=retain)
            await self.speaker.ping()
            granted = [asked for each, asked in self.filters.items() if matches(each, topic)]
            if retain or min(qos, max(granted, default=0)):
                assert packet_id == 0 or packet_id not in self.speaker.done
            if self.is_here:
                await self.listener.ping()
                assert [m for m in self.listener.heard if m.payload == b"lost" and m.qos] == []

        self.hear()
        self.run(say())
        self.listener.heard.clear()
        self.owed = [each for each in self.owed if each.qos]
        self.off_and_on("cut", returns=True, is_sure=True)

    # The speaker

    @rule(messages=several)
    def publish(self, messages: list[Said]) -> None:
        for topic, qos, retain in messages:
            self.count += 1
            self.say(topic, b"%d" % self.count, qos, retain)

    @precondition(lambda self: not self.is_here)
    @rule(topic=topics, qos=levels)
    def clear(self, topic: str, qos: int) -> None:
        """Take away what is retained; an empty message is one like others for who listens."""
        self.say(topic, b"", qos, retain=True)

    def say(self, topic: str, payload: bytes, qos: int, retain: bool) -> None:
        self.is_sure = qos > 0 or not retain
        self.run(self.speaker.publish(topic, payload, qos, retain=retain))
        if retain:
            self.retained.pop(topic, None)
            if payload:
                self.retained[topic] = Message(topic, payload, qos, True)
        granted = [asked for each, asked in self.filters.items() if matches(each, topic)]
        if not granted:
            return
        sent = min(qos, max(granted))
        if self.is_here and self.listener.is_paused and not sent:
            return  # it may have come; nobody says so
        if self.is_here or sent:
            self.owed.append(Message(topic, payload, sent, False))

    # The device

    @rule(packet_id=st.integers(1, 3), payload=st.binary(max_size=3))
    def report(self, packet_id: int, payload: bytes) -> None:
        """A message under a known identifier is one that came twice [MQTT-4.3.3-2]."""
        dup = packet_id in self.taken
        self.device.send(Publish(REPORT, payload, 2, dup=dup, packet_id=packet_id))
        assert self.run(self.device.receive()) == Pubrec(packet_id)
        self.reports += not dup
        self.taken.add(packet_id)

    @rule(packet_id=st.integers(1, 3))
    def release(self, packet_id: int) -> None:
        self.device.send(Pubrel(packet_id))
        assert self.run(self.device.receive()) == Pubcomp(packet_id)
        self.taken.discard(packet_id)

    # The machine

    @rule(how=hows, returns=st.booleans(), messages=several)
    def go_off_and_on(self, how: str, returns: bool, messages: list[Said]) -> None:
        self.hear()
        if self.is_here:
            self.listener.is_paused = True
        self.publish(messages)
        self.owed = [each for each in self.owed if each.qos]
        self.off_and_on(how, returns=returns)

    def off_and_on(self, how: str, *, returns: bool, is_sure: bool = False) -> None:
        async def off_and_on() -> None:
            if not (self.is_sure or is_sure):  # QoS 0: nobody says when it is on disk
                await until(lambda: self.power.is_written)
            await getattr(self.power, how)()

        self.run(off_and_on())
        self.is_here = False
        self.connect_everybody()
        hub = self.power.doors.door._inside.hub
        copies = hub._kept_copies._copies.values()
        assert {whose(each.topic)[1]: (each.payload, each.qos) for each in copies} == {
            topic: (each.payload, each.qos) for topic, each in self.retained.items()
        }
        names = [name for name in hub.sessions if name.startswith(f"m{HERE}/")]
        filters = [{whose(each)[1] for each in hub.member(name).filters} for name in names]
        assert [each for each in filters if each] == ([set(self.filters)] if self.filters else [])
        if returns:
            self.arrive()

    # What must hold

    @invariant()
    def every_report_was_taken_once(self) -> None:
        assert len(self.power.intake.taken) == self.reports

    def hear(self) -> None:
        """What the listener gets is what it is owed."""
        if not self.is_here or self.listener.is_paused:
            return
        expected, self.owed = self.owed, []
        heard = self.run(self.listener.next(len(expected)))
        self.run(until(self.is_nothing_owed))
        self.run(self.stranger.ping())
        assert self.stranger.heard == []
        for qos in (0, 1, 2):
            said = [m for m in expected if m.qos == qos and not m.retain]
            came = [m for m in heard if m.qos == qos and not m.retain]
            assert [(m.topic, m.payload) for m in came] == [(m.topic, m.payload) for m in said]
        assert Counter((m.topic, m.payload, m.qos) for m in heard if m.retain) == Counter(
            (m.topic, m.payload, m.qos) for m in expected if m.retain
        )

    def is_nothing_owed(self) -> bool:
        return self.power.is_written and not self.power.store._copies


def test_what_was_acknowledged_outlives_every_restart_and_power_cut():
    run_state_machine_as_test(
        Sessions,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            derandomize=not LONG,
            suppress_health_check=list(HealthCheck),
        ),
    )
