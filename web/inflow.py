"""What a connection's peer sends: taken in sips and by turns, so that no flood is others' wait."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final, SupportsIndex

SIP: Final = 8 * 1024
"""Bytes of one connection that are worked off before others have their turn."""
LITTLE_SIP: Final = 512
LITTLE: Final = 96 * 1024
"""Bytes that a peer with nothing to say may send at once."""
LITTLE_PER_S: Final = 1024
FLOODS_FOR: Final = 30.0
"""Seconds of holding back after which it is read no more, and the connection ends."""


class Turnstile:
    """Lets through one who sends faster than we work in each round of the loop, in their order.

    Who has sent one thing and waits for its answer never meets it. So however many flood, a round
    of the loop has little more than one sip of it. Bounded by the connections: each waits once.
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

    Screens have nothing to say but pings. Who says more is read at LITTLE_PER_S, so that TCP holds
    it back, and after FLOODS_FOR of that it is cut off.
    """

    def __init__(self, limit: int, turnstile: Turnstile) -> None:
        super().__init__(limit)
        self._turnstile = turnstile
        self._quota: Quota | None = None
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

    async def turn(self) -> None:
        """Let others go first."""
        await self._turnstile.turn()

    async def read(self, n: int = -1) -> bytes:
        """Give at most a sip; of what had to wait, after others had a turn."""
        if self.is_behind:
            await self.turn()
        most = SIP if self._quota is None else LITTLE_SIP
        data = await super().read(most if n < 0 else min(n, most))
        self._taken += len(data)
        if self._quota is None:
            return data
        pause = self._quota.pause(len(data), asyncio.get_running_loop().time())
        if pause is None:
            return b""
        if pause:
            await asyncio.sleep(pause)
        return data


class Quota:
    """How much may be said: LITTLE at once, LITTLE_PER_S for ever."""

    def __init__(self, now: float) -> None:
        self._left = float(LITTLE)
        self._at = now
        self._held_back = 0.0

    def pause(self, count: int, now: float) -> float | None:
        """Give the seconds to wait before this is worked off; None when it has been too much."""
        self._left = min(LITTLE, self._left + (now - self._at) * LITTLE_PER_S) - count
        self._at = now
        if self._left >= 0:
            self._held_back = 0.0
            return 0.0
        pause = -self._left / LITTLE_PER_S
        self._held_back += pause
        return None if self._held_back > FLOODS_FOR else pause
