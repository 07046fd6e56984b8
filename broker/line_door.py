"""The line-JSON door: one object a line in, one answer a line out, in order, after it is on disk."""

import asyncio
from collections import deque
from dataclasses import replace
from typing import Final

from appliance.domain.ids import DeviceId
from appliance.domain.readings import AdmittedDevice, Door, RawMessage, Reason, Refusal
from appliance.ports.clock import Clock
from appliance.ports.doors import Admission, Intake, Settled
from broker import lines
from broker.errands import Errands
from broker.line_connection import LineConnection, Slot
from broker.lobby import Lobby, Outstanding
from broker.options import LineOptions
from broker.porch import Porch, Rules, holding
from broker.ways import Entrance, Way

_LONGEST_NAME: Final = 128


class LineDoor:
    """Loggers that speak neither MQTT nor HTTP report here.

    `start`, further ways by `listen`, `run` in the supervisor's TaskGroup, then `stop`; `run` may be
    cancelled before or after `stop`.
    """

    def __init__(
        self, admission: Admission, intake: Intake, clock: Clock, options: LineOptions
    ) -> None:
        self._admission = admission
        self._intake = intake
        self._clock = clock
        self._options = options
        self._lobby = Lobby("TCP", options.max_connections, options.max_strangers)
        self._outstanding = Outstanding()
        self._errands = Errands()
        self._porches: list[Porch] = []
        self._held: deque[LineConnection] = deque()
        self._someone_waits = asyncio.Event()

    async def start(self, host: str, port: int, way: Way | None = None) -> int:
        """Listen, and give the port; raises OSError where that is not possible."""
        return await self.listen(host, port, way)

    async def listen(self, host: str, port: int, way: Way | None = None) -> int:
        """Open a further way in, and give its port; OSError as `start`."""
        entrance = Entrance(way or Way(), self._lobby, self._options.handshake_within)
        porch = Porch(
            *(lambda: entrance(self._connection()), self._lobby, self._errands),
            Rules(
                speaks_within=self._options.first_line_within,
                refuses=entrance.refuses,
                tune=holding(self._options.unread_by_system),
                full=lines.full() if way is None or way.tls is None else b"",
            ),
        )
        bound = await porch.open(host, port)
        self._porches.append(porch)
        return bound

    async def run(self) -> None:
        """Serve: let in who speaks, and read again from peers that were held up."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._errands.run())
            group.create_task(self._make_room())

    async def _make_room(self) -> None:
        while True:
            await self._someone_waits.wait()
            await self._intake.room()
            self._someone_waits.clear()
            while self._held:
                self._held.popleft().go_on()

    async def stop(self) -> None:
        """Take nothing more, let answers out for what settles in time, then close."""
        if not self._porches:
            return
        for porch in self._porches:
            porch.close()
        self._porches.clear()
        for visitor in self._lobby:
            visitor.read_no_more()
        await self._outstanding.none(self._options.stop_within)
        await self._lobby.clear(self._options.stop_within)
        self._errands.drop()

    def __len__(self) -> int:
        """Count the connections."""
        return len(self._lobby)

    @property
    def turned_away(self) -> int:
        """Count the connections that found no place, or lost it before a good line came."""
        return self._lobby.turned_away

    def _connection(self) -> LineConnection:
        return LineConnection(self._lobby, self, self._options)

    # For connections

    def line(self, data: bytes, connection: LineConnection, slot: Slot) -> None:
        """Take one line; its slot is filled when it has settled, or at once with a refusal."""
        said = lines.read(data)
        if isinstance(said, lines.BadLine):
            self._refuse(Refusal(said.reason, said.device_id), said.detail, connection, slot)
            return
        device = self._admission.admit(said.device_id, said.key)
        if isinstance(device, Refusal):
            self._refuse(device, "signing in", connection, slot)
            return
        if not device.allowance.take(self._clock.monotonic(), 1):
            self._refuse_for_now(device, connection, slot)
            return
        message = RawMessage(
            device, device.device_id, said.payload, Door.TCP, self._clock.now(), "data"
        )

        def settle(settled: Settled) -> None:
            self._outstanding.end()
            connection.fill(slot, lines.answer(settled))

        connection.welcomed()
        self._outstanding.begin()
        if not self._intake.take(message, settle):
            connection.hold_up()
            self._held.append(connection)
            self._someone_waits.set()

    def too_long(self, connection: LineConnection, slot: Slot) -> None:
        """Refuse a line that goes beyond the bound."""
        detail = f"a line of more than {self._options.largest_line} bytes"
        self._refuse(Refusal(Reason.TOO_LARGE, DeviceId("")), detail, connection, slot)

    def _refuse_for_now(
        self, device: AdmittedDevice, connection: LineConnection, slot: Slot
    ) -> None:
        """Refuse a line of a device that sends too much; it stays connected and may try again."""
        refusal = Refusal(Reason.RATE_LIMITED, device.device_id, (device.municipality,))
        detail = f"more than it may send, from {connection.address}"
        self._intake.refuse(Door.TCP, refusal, at=self._clock.now(), detail=detail)
        connection.fill(slot, lines.not_now(device.allowance.wait()))

    def _refuse(
        self, refusal: Refusal, detail: str, connection: LineConnection, slot: Slot
    ) -> None:
        name = DeviceId(refusal.device_id[:_LONGEST_NAME])
        self._intake.refuse(
            Door.TCP,
            replace(refusal, device_id=name, address=connection.host),
            at=self._clock.now(),
            detail=f"{detail}, from {connection.address}",
        )
        connection.fill(slot, lines.refused(refusal.reason, detail))
        connection.unwelcome()
