"""What is wrong with Weir itself, as its checks say, for whoever looks at a screen."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

LOOK_EVERY: Final = 30.0
"""Seconds for which an answer is given again: the checks ask the disk and all sensors."""
SHARED: Final = frozenset(
    {
        "audit_log",
        "damage",
        "detection_behind",
        "disk_space",
        "history_behind",
        "insecure_lan",
        "no_backup",
        "no_mail_server",
        "old_backup",
        "own_fault",
        "tls_certificate",
        "wrong_clock",
    }
)
"""Codes that concern everybody on this machine; others may speak of one municipality's devices."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong with Weir, and what to do about it."""

    code: str
    severity: str
    what: str
    hint: str


Look = Callable[[], Awaitable[list[Trouble]]]


async def _nothing() -> list[Trouble]:
    return []


class Diagnosis:
    """Has the checks run when somebody asks, at most every LOOK_EVERY seconds."""

    def __init__(self) -> None:
        self._look: Look = _nothing
        self._seen: tuple[float, list[Trouble]] | None = None
        self._one_look = asyncio.Lock()

    def connect(self, look: Look) -> None:
        """Name who runs the checks; they lie above the services, which can't."""
        self._look = look

    async def troubles(self, now: float) -> list[Trouble]:
        """Give what is wrong, worst first; `now` is a monotonic time in seconds."""
        async with self._one_look:
            if self._seen is None or now - self._seen[0] > LOOK_EVERY:
                self._seen = (now, await self._look())
            return self._seen[1]
