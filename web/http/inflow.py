"""What a connection's peer sends: taken in sips and by turns, so that no flood is others' wait."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from typing import Final, SupportsIndex

SIP: Final = 8 * 1024
"""Bytes of one connection that are worked off before others have their turn."""
LITTLE_SIP: Final = 256
LITTLE: Final = 0.03
"""Seconds of work that a peer with nothing to say may make at once: a thousand pings, say."""
LITTLE_PER_S: Final = 0.002
FLOODS_FOR: Final = 30.0
"""Seconds of holding back after which it is read no more, and the connection ends."""
BEGINNING: Final = "weir.beginning"
"""Where the state of a connection has the turnstile at which requests begin: one in each round of
the loop. Of sixty that arrive together the first millisecond of each would else be one round, in
which no device gets its acks."""
PIPELINED_EVERY: Final = 0.5
"""Seconds between requests of who does not wait for answers."""


class Turnstile:
    """Lets one through in each round of the loop, in their order, so that rounds stay short.

    Bounded by the connections: each waits once.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_turning = False

    async def turn(self) -> None:
        """Wait for a turn."""
        mine = self._loop.create_future()
        self._waiting.append(mine)
        if not self._is_turning:
            self._is_turning = True
            self._loop.call_soon(self._next)
        await mine

    def _next(self) -> None:
        while self._waiting:
            first = self._waiting.popleft()
            if not first.done():  # else its connection is over
                first.set_result(None)
                self._loop.call_soon(self._next)
                return
        self._is_turning = False


class Inflow(asyncio.StreamReader):
    """A reader that gives little at a time; of a WebSocket's peer little at all.

    Who has sent one thing and waits for its answer never meets the turnstile. So however many flood,
    a round of the loop has little more than one sip of it.
    Screens have nothing to say but pings. Who says more is held back by TCP so that working it off
    takes LITTLE_PER_S, and after FLOODS_FOR of that it is cut off. Work is what counts, not bytes: a
    ping of six bytes costs as much as a frame of thousands.
    """

    def __init__(self, limit: int, turnstile: Turnstile) -> None:
        super().__init__(limit)
        self._turnstile = turnstile
        self._quota: Quota | None = None
        self._given_at = 0.0
        """When the last sip was given, in this thread's time at work."""
        self._taken = 0
        self._came = 0

    @property
    def is_behind(self) -> bool:
        """Whether more has come than was taken."""
        return self._came > self._taken

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        """Take what the network brings."""
        taken = bytes(data)
        self._came += len(taken)
        super().feed_data(taken)

    def listen_little(self) -> None:
        """From now on the peer has nothing to say."""
        self._quota = Quota(asyncio.get_running_loop().time())
        self._given_at = time.thread_time()

    async def pipeline(self) -> None:
        """Hold back who asks for more without waiting for answers."""
        await asyncio.sleep(PIPELINED_EVERY)

    async def read(self, n: int = -1) -> bytes:
        """Give at most a sip; of what had to wait, after others had a turn."""
        if self._quota is not None:
            await self._hold_back(self._quota)
        if self.is_behind:
            await self._turnstile.turn()
        most = SIP if self._quota is None else LITTLE_SIP
        data = await super().read(most if n < 0 else min(n, most))
        self._taken += len(data)
        self._given_at = time.thread_time()
        return data

    async def _hold_back(self, quota: "Quota") -> None:
        work = time.thread_time() - self._given_at
        pause = quota.pause(work, asyncio.get_running_loop().time())
        if pause is None:
            raise ConnectionAbortedError("a flood where nothing is to be said")
        if pause:
            await asyncio.sleep(pause)


class Quota:
    """How much work a peer may make: LITTLE at once, LITTLE_PER_S for ever."""

    def __init__(self, now: float) -> None:
        self._left = LITTLE
        self._at = now
        self._held_back = 0.0

    def pause(self, work: float, now: float) -> float | None:
        """Give the seconds to wait before more is worked off; None when it has been too much."""
        self._left = min(LITTLE, self._left + (now - self._at) * LITTLE_PER_S) - work
        self._at = now
        if self._left >= 0:
            self._held_back = 0.0
            return 0.0
        pause = -self._left / LITTLE_PER_S
        self._held_back += pause
        return None if self._held_back > FLOODS_FOR else pause
