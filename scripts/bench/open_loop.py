"""Requests at an even pace, whatever the server does: a delay counts from when a request was due.

So a server that stops for a second has a second's worth of late answers, instead of one
(“coordinated omission”).
"""

import asyncio
import contextlib
from dataclasses import dataclass, field

_END = b"\r\n\r\n"


@dataclass
class Pace:
    """So many of the same request a second, over kept connections; `delays_s` is what came of it."""

    host: str
    port: int
    request: bytes
    per_second: float
    seconds: float
    warmup: float = 1.0
    connections: int = 64
    delays_s: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    async def run(self) -> None:
        """Send them all, and wait for their answers."""
        loop = asyncio.get_running_loop()
        free: asyncio.Queue[_Line] = asyncio.Queue()
        for _ in range(self.connections):
            free.put_nowait(_Line(self.host, self.port))
        begun = loop.time()
        async with asyncio.TaskGroup() as group:
            for number in range(int(self.per_second * (self.seconds + self.warmup))):
                due = begun + number / self.per_second
                if (wait := due - loop.time()) > 0:
                    await asyncio.sleep(wait)
                group.create_task(self._one(free, due, is_counted=due >= begun + self.warmup))

    async def _one(self, free: "asyncio.Queue[_Line]", due: float, *, is_counted: bool) -> None:
        line = await free.get()
        status = await line.ask(self.request)
        free.put_nowait(line)
        if is_counted:
            self.delays_s.append(asyncio.get_running_loop().time() - due)
            self.statuses[status] = self.statuses.get(status, 0) + 1

    def percentile_ms(self, part: float) -> float:
        """Give a percentile of the delays."""
        found = sorted(self.delays_s)
        return found[min(len(found) - 1, int(len(found) * part))] * 1000


class _Line:
    """A kept connection, made anew when the server has closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._where = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> int:
        """Give the status; 0 for none."""
        for _ in range(2):
            try:
                return await self._ask(request)
            except (OSError, asyncio.IncompleteReadError):
                self._hang_up()
        return 0

    async def _ask(self, request: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._where)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(_END)).lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        if b"connection: close" in head:
            self._hang_up()
        return int(head.split(b" ", 2)[1])

    def _hang_up(self) -> None:
        if self._streams is not None:
            with contextlib.suppress(OSError):
                self._streams[1].close()
        self._streams = None
