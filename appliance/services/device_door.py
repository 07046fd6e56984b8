"""The door through which devices report over HTTP: admit, take, answer when it is on disk."""

import asyncio
from typing import Final

from appliance.domain.errors import DiskFull, StorageFailed, TooMany
from appliance.domain.ids import DeviceId
from appliance.domain.readings import Door, RawMessage, Reason, Refusal
from appliance.ports.doors import Settled
from appliance.services.world import World

LARGEST: Final = 256 * 1024
PATIENCE: Final = 10.0
"""Seconds to wait for room, and then for the disk. A device that is told to come again sends the
reading again, and the second copy is recognised."""


class DeviceDoor:
    """Takes what devices post, one message per request."""

    def __init__(self, world: World) -> None:
        self._directory = world.directory
        self._intake = world.intake
        self._clock = world.clock
        self._disk = world.disk

    async def take(self, device_id: str, key: str, payload: bytes) -> Settled | Refusal:
        """Put a message on disk and say what became of its readings, or why it was not taken.

        A refusal is counted. Raises TooMany when the intake stays full, DiskFull while acks are
        withheld, StorageFailed when the message could not be kept: the device must send it again.
        """
        now = self._clock.now()
        admitted = self._directory.admit(device_id, key)
        if isinstance(admitted, Refusal):
            self._count(admitted, "")
            return admitted
        if len(payload) > LARGEST:
            too_large = Refusal(Reason.TOO_LARGE, admitted.device_id, (admitted.municipality,))
            self._count(too_large, f"{len(payload)} bytes")
            return too_large
        if self._disk.withholds_acks:
            raise DiskFull(store="the journal")
        message = RawMessage(
            device=admitted,
            about=DeviceId(device_id),
            payload=payload,
            door=Door.HTTP,
            arrived=now,
        )
        return await self._settle(message)

    async def _settle(self, message: RawMessage) -> Settled:
        done: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()

        def settled(answer: Settled) -> None:
            if not done.done():
                done.set_result(answer)

        try:
            async with asyncio.timeout(PATIENCE):
                await self._intake.room()
        except TimeoutError:
            raise TooMany(what="the intake is full; send it again", retry_after=10) from None
        self._intake.take(message, settled)
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await done
        except TimeoutError:
            if self._disk.withholds_acks:
                raise DiskFull(store="the journal") from None
            raise StorageFailed(store="the journal", problem="it takes too long") from None
        if answer.problem:
            raise StorageFailed(store="the journal", problem=answer.problem)
        return answer

    def _count(self, refusal: Refusal, detail: str) -> None:
        self._intake.refuse(Door.HTTP, refusal, at=self._clock.now(), detail=detail)
