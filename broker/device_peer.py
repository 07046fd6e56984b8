"""A device or gateway at the front door: its readings go to the intake, its acks come from there."""

import asyncio
from collections.abc import Iterator
from collections.abc import Sequence as Several
from functools import partial
from typing import Final, NamedTuple

from appliance.domain.readings import (
    AdmittedDevice,
    Door,
    RawMessage,
    RawMessages,
    Reason,
    Refusal,
    Report,
)
from appliance.ports.clock import Clock
from appliance.ports.doors import Admission, Intake, Settled
from broker.answers import Answers, Slot
from broker.codec.encode import encode
from broker.codec.packets import (
    REFUSED_FILTER,
    Packet,
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
from broker.codec.reader import PacketReader, Run, is_repeated, is_retained, qos_of
from broker.codec.violation import PacketTooLarge, ProtocolViolation
from broker.connection import UNEXPECTED, Connection, Farewell, Hold
from broker.copies import Copies, Copy
from broker.engine.record import Record
from broker.engine.unfinished import Unfinished
from broker.lobby import Outstanding
from broker.topics import own_report

MOST_IN_A_RUN: Final = 2_000
"""Messages that are taken at once, in some 3 ms."""
_LONGEST_PAUSE: Final = 5.0
"""Seconds without reading from a device that sent too much; then it is looked at again."""
_EXCERPT: Final = 200


class Topic(NamedTuple):
    """A topic that a device has used, and what it reports there."""

    name: str
    report: Report


class DeviceServices:
    """What all peers share."""

    def __init__(
        self,
        admission: Admission,
        intake: Intake,
        clock: Clock,
        copies: Copies,
        record: Record,
        *,
        unfinished_messages: int,
    ) -> None:
        self.admission = admission
        self.intake = intake
        self.clock = clock
        self.copies = copies
        self.record = record
        self.unfinished_messages = unfinished_messages
        self.outstanding = Outstanding()
        self.waiting_for_room: set[Connection] = set()
        self.someone_waits = asyncio.Event()

    def hold_up(self, connection: Connection) -> None:
        """Read nothing from a device until the intake has room."""
        if connection.is_open:
            connection.hold(Hold.INTAKE)
            self.waiting_for_room.add(connection)
            self.someone_waits.set()

    def refuse(
        self, device: AdmittedDevice, reason: Reason, detail: str, sent: bytes = b""
    ) -> None:
        """Have a refusal of an admitted device counted for its municipality."""
        self.intake.refuse(
            Door.MQTT,
            Refusal(reason, device.device_id, (device.municipality,)),
            at=self.clock.now(),
            detail=detail,
            excerpt=sent[:_EXCERPT].decode(errors="replace"),
        )


class DevicePeer:
    """Acks in the order in which messages came [MQTT-4.6.0-2], and only what is on disk."""

    def __init__(
        self,
        connection: Connection,
        device: AdmittedDevice,
        key: str,
        session: Unfinished,
        will: Will | None,
        services: DeviceServices,
    ) -> None:
        self._connection = connection
        self._device = device
        self._key = key
        self._answers = Answers(
            connection,
            session,
            services.record,
            services.outstanding,
            services.unfinished_messages,
        )
        self._will = will
        self._services = services
        self._edition = services.admission.edition
        self._topics: dict[bytes, Topic] = {}
        """The topics it has used: bounded by its sensors and their streams."""

    def handle(self, packet: Packet) -> None:
        if isinstance(packet, Publish):
            self._publish(packet)
        elif isinstance(packet, Pubrel):
            self._answers.release(packet.packet_id)
        elif isinstance(packet, Subscribe):
            no = Suback(packet.packet_id, (REFUSED_FILTER,) * len(packet.filters))
            self._connection.send(encode(no))
        elif isinstance(packet, Unsubscribe):
            self._connection.send(encode(Unsuback(packet.packet_id)))
        elif not isinstance(packet, Puback | Pubrec | Pubcomp):  # it is never sent QoS 1 or 2
            raise ProtocolViolation("MQTT-4.8.0-1", f"a device sent {type(packet).__name__}")

    def take_run(self, reader: PacketReader) -> bool:
        """Take a run of readings at once: nearly all that a device ever sends.

        No more than the device may send: what is beyond that is not read until it may be. Nothing
        from a device that was switched off since: who did it has had the answer.
        """
        if not reader.has_more:
            return False
        if self._edition != self._services.admission.edition and not self.is_still_welcome():
            self._connection.close(Farewell.REVOKED)
            return True
        services, allowance = self._services, self._device.allowance
        allowed = allowance.room(services.clock.monotonic(), MOST_IN_A_RUN)
        if not allowed:
            self._hold_back(allowance.wait())
            return True
        run = None
        if not services.intake.refuses_unacknowledged:
            run = reader.publishes(self._topics, allowed)
        if run is None:
            return False
        allowance.spend(len(run.payloads))
        messages = RawMessages(
            self._device,
            Door.MQTT,
            services.clock.now(),
            [topic.report for topic in run.subjects],
            run.payloads,
        )
        settle = partial(self._settle_run, run, self._answers.expect_run(run))
        if not services.intake.take_several(messages, settle):
            services.hold_up(self._connection)
        return True

    def is_still_welcome(self) -> bool:
        """Ask again; what a gateway may report for is taken over as it is now."""
        self._edition = self._services.admission.edition
        if not self._services.admission.still_valid(self._device, self._key):
            return False
        now = self._services.admission.admit(self._device.device_id, self._key)
        if isinstance(now, AdmittedDevice):
            self._device = now
            self._topics.clear()
        return True

    def reads_again(self) -> None:
        """Nothing waits for it but acks, and those are with the connection."""

    def violated(self, violation: ProtocolViolation) -> None:
        large = isinstance(violation, PacketTooLarge)
        reason = Reason.TOO_LARGE if large else Reason.MALFORMED
        self._services.refuse(self._device, reason, str(violation))

    def left(self, farewell: Farewell) -> None:
        self._answers.end()
        self._services.waiting_for_room.discard(self._connection)
        if self._will is not None and farewell in UNEXPECTED:
            self._publish_will(self._will)

    def _hold_back(self, seconds: float) -> None:
        """Read nothing for a while: MQTT 3.1.1 can't say why, and nothing that was sent is lost."""
        self._connection.hold(Hold.PACE)
        loop = asyncio.get_running_loop()
        loop.call_later(min(seconds, _LONGEST_PAUSE), self._connection.release, Hold.PACE)

    # Readings

    def _publish(self, packet: Publish) -> None:
        self._device.allowance.spend(1)  # `take_run` has looked whether there is one left
        report = self._report_on(packet.topic)
        if report is None:
            detail = f"published to {packet.topic[:_EXCERPT]!r}"
            self._services.refuse(self._device, Reason.NOT_ITS_TOPIC, detail, packet.payload)
            self._answers.refused(packet)
        elif not packet.qos and self._services.intake.refuses_unacknowledged:
            detail = "QoS 0 while the disk is nearly full"
            self._services.refuse(self._device, Reason.DISK_FULL, detail)
        elif self._answers.is_new(packet):
            self._take(packet, report)

    def _take(self, packet: Publish, report: Report) -> None:
        slot = self._answers.expect(packet)
        settle = partial(self._settle, packet, report.stream, slot)
        if not self._services.intake.take(self._message(packet, report), settle):
            self._services.hold_up(self._connection)

    def _message(self, packet: Publish, report: Report) -> RawMessage:
        return RawMessage(
            self._device,
            report.about,
            packet.payload,
            Door.MQTT,
            self._services.clock.now(),
            report.stream,
        )

    def _settle(self, packet: Publish, stream: str, slot: Slot, settled: Settled) -> None:
        if settled.problem:
            self._answers.not_kept(packet)
            self._connection.close(Farewell.NOT_KEPT)
        elif self._is_worth_a_copy(packet, stream, settled):
            done = partial(self._answers.done, packet, slot)
            self._services.copies.offer(self._copy_of(packet), done)
        else:
            self._answers.done(packet, slot)

    def _settle_run(self, run: Run[Topic], slot: Slot, answers: Several[Settled]) -> None:
        if answers[0].problem:
            self._answers.run_not_kept()
            self._connection.close(Farewell.NOT_KEPT)
            return
        copies = self._services.copies
        done = partial(self._answers.run_done, run, slot)
        worth: list[Copy] = []
        if copies.wants(self._device.municipality) or any(map(is_retained, run.firsts)):
            worth = list(self._worth_copies(run, answers))
        for copy in worth[:-1]:
            copies.offer(copy)
        if worth:  # they are fanned out in order: the last is done when all are
            copies.offer(worth[-1], done)
        else:
            done()

    def _worth_copies(self, run: Run[Topic], answers: Several[Settled]) -> Iterator[Copy]:
        for place, answer in enumerate(answers):
            topic, first = run.subjects[place], run.firsts[place]
            packet = Publish(
                topic.name,
                run.payloads[place],
                qos_of(first),
                is_retained(first),
                is_repeated(first),
            )
            if self._is_worth_a_copy(packet, topic.report.stream, answer):
                yield self._copy_of(packet)

    def _copy_of(self, packet: Publish) -> Copy:
        """Copy it as it was published."""
        here = self._device.municipality
        return Copy(here, packet.topic, packet.payload, packet.qos, packet.retain)

    def _is_worth_a_copy(self, packet: Publish, stream: str, settled: Settled) -> bool:
        """Say whether subscribers may hear it: what was kept.

        A duplicate that is marked as one may be there because the copy of the first was lost with
        the program, before the ack: subscribers rather hear it twice than never.
        """
        if not packet.retain and not self._services.copies.wants(self._device.municipality):
            return False
        counts = settled.counts
        if stream == "data":
            kept = counts.stored + counts.late + (counts.duplicate if packet.dup else 0) > 0
        else:
            kept = not settled.rejections
        return kept or (packet.retain and not packet.payload)  # [MQTT-3.3.1-10]

    def _report_on(self, name: str) -> Report | None:
        raw = name.encode()
        known = self._topics.get(raw)
        if known is not None:
            return known.report
        report = own_report(self._device, name)
        if report is not None:
            self._topics[raw] = Topic(name, report)
        return report

    # The will

    def _publish_will(self, will: Will) -> None:
        report = own_report(self._device, will.topic)
        if report is not None:
            packet = Publish(will.topic, will.payload, will.qos, will.retain)
            settle = partial(self._settle_will, packet, report.stream)
            self._services.outstanding.begin()
            self._services.intake.take(self._message(packet, report), settle)

    def _settle_will(self, packet: Publish, stream: str, settled: Settled) -> None:
        self._services.outstanding.end()
        if not settled.problem and self._is_worth_a_copy(packet, stream, settled):
            self._services.copies.offer(self._copy_of(packet))
