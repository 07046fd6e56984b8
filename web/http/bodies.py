"""Bodies of requests: taken when somebody wants them, at a bounded pace, from a bounded store."""

import asyncio
from collections.abc import AsyncIterator, Generator
from typing import Any, Final

from quart import Request
from quart.wrappers.request import Body
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, RequestTimeout

SMALL: Final = 16 * 1024
"""Bodies up to this are not counted: each connection may hold that much anyhow."""
GRACE: Final = 10.0
"""Seconds before a body must have made any progress."""
SLOWEST: Final = 1024
"""Bytes a second that a body must come at."""
LONGEST: Final = 120.0
"""Seconds that a body may take, at whatever pace."""
LONGEST_FILE: Final = 600.0
"""Seconds that a file may take: a photo over the telephone network."""
STALLED: Final = 30.0
"""Seconds after which a file of which nothing more comes is given up."""
AHEAD: Final = 256 * 1024
"""Bytes of a file that wait here for the disk; more waits in the network."""
MOST_OF_STRANGERS: Final = 16 * 1024 * 1024
"""Bytes of bodies whose senders nobody knows yet: devices with their keys, for example."""
MOST_OF_KNOWN: Final = 64 * 1024 * 1024
"""Bytes of bodies of people who have signed in."""


class Overfull(HTTPException):
    """Too much is being sent at the same time, and this is the largest of it."""

    def __init__(self) -> None:
        super().__init__("Too much is being uploaded just now; send it again in a few seconds")
        self.code = 503

    def get_headers(self, *_: object, **__: object) -> list[tuple[str, str]]:
        """Say when to come again (RFC 9110, 10.2.3)."""
        return [("Content-Type", "text/plain"), ("Retry-After", "5")]


class Store:
    """Room for so many bytes of unfinished bodies; when it is full, the largest gives way.

    So a flood of large bodies ends itself, and a small one between them comes through.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[BoundedBody, int] = {}
        self.total = 0

    def add(self, body: "BoundedBody", count: int) -> None:
        """Keep room for what has come; may end this body or another."""
        self._held[body] = self._held.get(body, 0) + count
        self.total += count
        while self.total > self._most:
            largest = max(self._held, key=self._held.__getitem__)
            largest.refuse(Overfull())

    def forget(self, body: "BoundedBody") -> None:
        """Give its room back."""
        self.total -= self._held.pop(body, 0)


class Bodies:
    """The stores of one application."""

    def __init__(
        self, most_of_strangers: int = MOST_OF_STRANGERS, most_of_known: int = MOST_OF_KNOWN
    ) -> None:
        self.of_strangers = Store(most_of_strangers)
        self.of_known = Store(most_of_known)


class BoundedBody(Body):
    """A body that waits in the network until it is awaited: after its sender was looked at."""

    def __init__(self, expected_content_length: int | None, _: int | None) -> None:
        super().__init__(expected_content_length, None)
        self._declared = expected_content_length or 0
        self._store: Store | None = None
        self.wanted = asyncio.Event()
        self._ahead: int | None = None

    def expect(self, largest: int, store: Store) -> None:
        """Say how large it may be, and where it is counted."""
        self._max_content_length = largest
        self._store = store
        if self._declared > largest:
            self.refuse(_too_large(largest))

    def __await__(self) -> Generator[Any, None, bytes]:
        """Take it from the network, and give it whole; RequestTimeout when it comes too slowly."""
        return self._whole().__await__()

    async def _whole(self) -> bytes:
        self.wanted.set()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while not self.is_over:
            try:
                async with asyncio.timeout_at(begun + self.until):
                    await self._complete.wait()
            except TimeoutError:
                if loop.time() >= begun + self.until:
                    self.refuse(RequestTimeout("The body came too slowly"))
        if self._must_raise is not None:
            raise self._must_raise
        return bytes(self._data)

    async def pieces(self, largest: int) -> AsyncIterator[bytes]:
        """Give it bit by bit as it comes, for what goes to the disk: little of it is ever here."""
        self._ahead = AHEAD
        loop = asyncio.get_running_loop()
        begun, taken = loop.time(), 0
        while True:
            self.wanted.set()
            slowest = begun + min(LONGEST_FILE, GRACE + taken / SLOWEST)
            await self._more(min(slowest, loop.time() + STALLED))
            data = bytes(self._data)
            self.let_go()
            taken += len(data)
            if taken > largest:
                self.refuse(_too_large(largest))
            if self._must_raise is not None:
                raise self._must_raise
            if not data:
                return
            yield data

    async def _more(self, until: float) -> None:
        """Wait until there is something of it, or it is over; at the latest until then."""
        try:
            async with asyncio.timeout_at(until):
                while not self._data and not self.is_over:
                    self._has_data.clear()
                    await self._has_data.wait()
        except TimeoutError:
            self.refuse(RequestTimeout("The file came too slowly"))

    def append(self, data: bytes) -> None:
        """Keep what has come, if it is still wanted."""
        if self.is_over:
            return
        before = len(self._data)
        super().append(data)
        if self._must_raise is not None:
            self.refuse(_too_large(self._max_content_length or 0))
        elif self._store is not None and len(self._data) > SMALL:
            counted = before if before > SMALL else 0
            self._store.add(self, len(self._data) - counted)
        if self._ahead is not None and len(self._data) >= self._ahead:
            self.wanted.clear()

    def refuse(self, error: HTTPException) -> None:
        """Have whoever awaits it see this; what has come is dropped."""
        self._must_raise = error
        self.let_go()
        self.set_complete()

    def let_go(self) -> None:
        """Keep nothing of it."""
        self.clear()
        if self._store is not None:
            self._store.forget(self)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is kept of it."""
        return self._complete.is_set()

    @property
    def until(self) -> float:
        """Seconds after its begin by which something more must have come."""
        return min(LONGEST, GRACE + len(self._data) / SLOWEST)


def _too_large(largest: int) -> HTTPException:
    return RequestEntityTooLarge(f"The body may have {largest:,} bytes at most")


class BoundedRequest(Request):
    """Quart's, with such a body."""

    body_class: type[Body] = BoundedBody
