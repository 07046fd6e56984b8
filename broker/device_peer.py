"""A device or gateway at the front door: its readings go to the intake, its acks come from there."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from appliance.domain.readings import AdmittedDevice, Door, RawMessage, Reason, Refusal
from appliance.ports.clock import Clock
from appliance.ports.doors import Admission, Intake, Settled
from broker.codec.encode import encode, puback, pubcomp, pubrec
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
from broker.codec.violation import PacketTooLarge, ProtocolViolation
from broker.connection import UNEXPECTED, Connection, Farewell, Hold
from broker.copies import Copies, Copy
from broker.device_session import DeviceSession
from broker.lobby import Outstanding
from broker.topics import Report, own_report

_EXCERPT: Final = 200
_QOS_2: Final = 2

Settle = Callable[[Publish, str, Settled], None]
"""What to do when a message has settled: the packet, its stream, and what became of it."""


class DeviceServices:
    """What all devices' peers share."""

    def __init__(
        self,
        admission: Admission,
        intake: Intake,
        clock: Clock,
        copies: Copies,
        *,
        unfinished_messages: int,
    ) -> None:
        self.admission = admission
        self.intake = intake
        self.clock = clock
        self.copies = copies
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
        session: DeviceSession,
        will: Will | None,
        services: DeviceServices,
    ) -> None:
        self._connection = connection
        self._device = device
        self._key = key
        self._session = session
        self._will = will
        self._services = services
        self._reports: dict[str, Report] = {}
        """The topics it has used: bounded by its sensors and their streams."""
        self._taken = 0
        self._settled = 0
        self._after: deque[tuple[int, bytes]] = deque()
        """Acks that wait until so many messages have settled."""
        session.present = self

    def handle(self, packet: Packet) -> None:
        if isinstance(packet, Publish):
            self._publish(packet)
        elif isinstance(packet, Pubrel):
            self._session.forget(packet.packet_id)
            self._connection.send(pubcomp(packet.packet_id))
        elif isinstance(packet, Subscribe):
            no = Suback(packet.packet_id, (REFUSED_FILTER,) * len(packet.filters))
            self._connection.send(encode(no))
        elif isinstance(packet, Unsubscribe):
            self._connection.send(encode(Unsuback(packet.packet_id)))
        elif not isinstance(packet, Puback | Pubrec | Pubcomp):  # it is never sent QoS 1 or 2
            raise ProtocolViolation("MQTT-4.8.0-1", f"a device sent {type(packet).__name__}")

    def is_still_welcome(self) -> bool:
        """Ask again; what a gateway may report for is taken over as it is now."""
        if not self._services.admission.still_valid(self._device, self._key):
            return False
        now = self._services.admission.admit(self._device.device_id, self._key)
        if isinstance(now, AdmittedDevice):
            self._device = now
            self._reports.clear()
        return True

    def reads_again(self) -> None:
        """Nothing waits for it but acks, and those are with the connection."""

    def violated(self, violation: ProtocolViolation) -> None:
        large = isinstance(violation, PacketTooLarge)
        reason = Reason.TOO_LARGE if large else Reason.MALFORMED
        self._services.refuse(self._device, reason, str(violation))

    def left(self, farewell: Farewell) -> None:
        if self._session.present is self:
            self._session.present = None
        self._services.waiting_for_room.discard(self._connection)
        if self._will is not None and farewell in UNEXPECTED:
            self._publish_will(self._will)

    def recorded(self, packet_id: int) -> None:
        self._connection.acknowledge(pubrec(packet_id))

    # Readings

    def _publish(self, packet: Publish) -> None:
        report = self._report_on(packet.topic)
        if report is None:
            self._refuse_topic(packet)
        elif packet.qos != _QOS_2:
            self._take(packet, report, self._settle)
        elif self._session.knows(packet.packet_id):
            if self._session.has_settled(packet.packet_id):
                self.recorded(packet.packet_id)
        else:
            self._begin_exactly_once(packet, report)

    def _begin_exactly_once(self, packet: Publish, report: Report) -> None:
        if len(self._session) >= self._services.unfinished_messages:
            raise ProtocolViolation("MQTT-4.3.3-1", "too many QoS 2 messages without PUBREL")
        self._session.begin(packet.packet_id)
        self._take(packet, report, self._settle)

    def _take(self, packet: Publish, report: Report, settle: Settle) -> None:
        services = self._services
        message = RawMessage(
            self._device,
            report.about,
            packet.payload,
            Door.MQTT,
            services.clock.now(),
            report.stream,
        )
        self._taken += 1
        services.outstanding.begin()
        if not services.intake.take(message, partial(settle, packet, report.stream)):
            services.hold_up(self._connection)

    def _settle(self, packet: Publish, stream: str, settled: Settled) -> None:
        self._services.outstanding.end()
        self._settled += 1
        if settled.problem:
            if packet.qos == _QOS_2:
                self._session.forget(packet.packet_id)
            self._connection.close(Farewell.NOT_KEPT)
            return
        if packet.qos == 1:
            self._connection.acknowledge(puback(packet.packet_id))
        elif packet.qos:
            self._session.settle(packet.packet_id)
        while self._after and self._after[0][0] <= self._settled:
            self._connection.acknowledge(self._after.popleft()[1])
        self._copy(packet, stream, settled)

    def _copy(self, packet: Publish, stream: str, settled: Settled) -> None:
        """Let subscribers hear what was kept, as it was published."""
        if not packet.retain and not self._services.copies.wants(self._device.municipality):
            return
        counts = settled.counts
        kept = counts.stored + counts.late > 0 if stream == "data" else not settled.rejections
        clears = packet.retain and not packet.payload  # [MQTT-3.3.1-10]
        if kept or clears:
            copy = Copy(
                self._device.municipality, packet.topic, packet.payload, packet.qos, packet.retain
            )
            self._services.copies.offer(copy)

    def _report_on(self, topic: str) -> Report | None:
        known = self._reports.get(topic)
        if known is None:
            known = own_report(self._device, topic)
            if known is not None:
                self._reports[topic] = known
        return known

    def _refuse_topic(self, packet: Publish) -> None:
        """Count it and acknowledge it all the same: 3.1.1 has no other answer [MQTT-3.3.5-2]."""
        detail = f"published to {packet.topic[:_EXCERPT]!r}"
        self._services.refuse(self._device, Reason.NOT_ITS_TOPIC, detail, packet.payload)
        if packet.qos:
            ack = puback if packet.qos == 1 else pubrec
            self._acknowledge_in_order(ack(packet.packet_id))

    def _acknowledge_in_order(self, ack: bytes) -> None:
        if self._settled == self._taken:
            self._connection.acknowledge(ack)
        else:
            self._after.append((self._taken, ack))

    # The will

    def _publish_will(self, will: Will) -> None:
        report = own_report(self._device, will.topic)
        if report is not None:
            packet = Publish(will.topic, will.payload, will.qos, will.retain)
            self._take(packet, report, self._settle_will)

    def _settle_will(self, packet: Publish, stream: str, settled: Settled) -> None:
        self._services.outstanding.end()
        if not settled.problem:
            self._copy(packet, stream, settled)
