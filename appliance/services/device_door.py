"""The door through which devices report over HTTP: admit, take, answer when it is on disk."""

import asyncio
import re
from dataclasses import replace
from typing import Final

from appliance.domain.errors import DiskFull, StorageFailed, TooMany
from appliance.domain.readings import AdmittedDevice, Door, RawMessage, Reason, Refusal
from appliance.ports.doors import Settled
from appliance.services.world import World

LARGEST: Final = 256 * 1024
EXCERPT: Final = 200
_SECRET: Final = re.compile(
    r'("[^"]*(?:key|token|secret|password)[^"]*"\s*:\s*)("[^"]*"?|[^,}\s]+)', re.IGNORECASE
)
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

    async def take(
        self, device_id: str, key: str, payload: bytes, address: str = ""
    ) -> Settled | Refusal:
        """Put a message on disk and say what became of its readings, or why it was not taken.

        A refusal is counted. Raises TooMany when the intake stays full, DiskFull while acks are
        withheld, StorageFailed when the message could not be kept: the device must send it again.
        """
        admitted = self._directory.admit(device_id, key)
        if isinstance(admitted, Refusal):
            return self.refuse(replace(admitted, address=address), payload=payload)
        return await self.pass_on(admitted, payload, len(payload))

    async def pass_on(
        self, device: AdmittedDevice, payload: bytes, size: int, stream: str = "data"
    ) -> Settled | Refusal:
        """Put the message of a device that was admitted on disk, as `take` does.

        `size` is that of what was sent.
        """
        now, allowance = self._clock.now(), device.allowance
        if not allowance.take(self._clock.monotonic(), 1):
            too_often = Refusal(
                *(Reason.RATE_LIMITED, device.device_id, (device.municipality,)),
                retry_after=allowance.wait(),
            )
            return self.refuse(too_often)
        if size > LARGEST:
            too_large = Refusal(Reason.TOO_LARGE, device.device_id, (device.municipality,))
            return self.refuse(too_large, f"{size} bytes")
        if self._disk.withholds_acks:
            raise DiskFull(store="the journal")
        about = device.device_id
        return await self._settle(RawMessage(device, about, payload, Door.HTTP, now, stream))

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

    def refuse(self, refusal: Refusal, detail: str = "", payload: bytes = b"") -> Refusal:
        """Have a refusal counted, and give it back.

        Of a device that nobody knows the beginning of what it sent is shown, without its key.
        """
        excerpt = ""
        if refusal.reason is Reason.UNKNOWN_DEVICE:
            excerpt = _SECRET.sub(r"\1…", payload[:EXCERPT].decode(errors="replace"))
        where = f"from {refusal.address}" if refusal.address else ""
        said = ", ".join(part for part in (detail, where) if part)
        self._intake.refuse(Door.HTTP, refusal, at=self._clock.now(), detail=said, excerpt=excerpt)
        return refusal
