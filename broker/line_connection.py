"""One connection of the line door: cuts lines, keeps answers in order, and keeps every bound."""

import asyncio
from collections import deque
from typing import Final, Protocol, cast

from broker import lines
from broker.ending import cut_off
from broker.lobby import Lobby
from broker.options import LineOptions

_LINGER: Final = 5.0


class Slot:
    """The place of one line's answer among the others."""

    __slots__ = ("answer",)

    def __init__(self) -> None:
        self.answer: bytes | None = None


class Taker(Protocol):
    """Takes the lines of all connections."""

    def line(self, data: bytes, connection: "LineConnection", slot: Slot) -> None:
        """Take one line."""
        ...

    def too_long(self, connection: "LineConnection", slot: Slot) -> None:
        """Refuse a line that goes beyond the bound; the connection closes."""
        ...


class LineConnection(asyncio.Protocol):
    """Reads on only while the intake has room and few enough lines wait for their answer."""

    def __init__(self, lobby: Lobby, taker: Taker, options: LineOptions) -> None:
        self._lobby = lobby
        self._taker = taker
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._searched = 0
        """How much of the buffer is known to hold no end of a line."""
        self._slots: deque[Slot] = deque()
        self._flushing = False
        self._intake_is_full = False
        self._stopped = False
        self._refusals = 0
        self._timer: asyncio.TimerHandle | None = None
        self._heard = 0.0
        self._is_open = False
        self._is_known = False
        self._ends = False
        """Reads no more, and closes when the last answer is out."""
        self._transport: asyncio.Transport

    # From the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the time within which the first good line must come."""
        transport = cast(asyncio.Transport, transport)  # what a stream server makes
        self._transport = transport
        if not self._lobby.enter(self):
            transport.write(lines.full())
            transport.close()
            return
        self._is_open = True
        self._heard = self._loop.time()
        self._timer = self._loop.call_later(self._options.first_line_within, self.abort)

    def data_received(self, data: bytes) -> None:
        """Take the lines that are complete, as far as nothing holds them up."""
        if self._is_open and not self._ends:
            self._heard = self._loop.time()
            self._buffer += data
            self._work()

    def eof_received(self) -> bool:
        """Answer what was sent before closing; a line without its end is not a line."""
        self._ends = True
        self._close_when_answered()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """End."""
        self._is_open = False
        if self._timer is not None:
            self._timer.cancel()
        self._lobby.leave(self)

    # From the door

    @property
    def address(self) -> str:
        """Where it comes from."""
        name = self._transport.get_extra_info("peername")
        return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "unknown"

    @property
    def host(self) -> str:
        """The computer that it comes from, empty where nobody knows."""
        name = self._transport.get_extra_info("peername")
        return str(name[0]) if isinstance(name, tuple) else ""

    def fill(self, slot: Slot, answer: bytes) -> None:
        """Answer a line; answers leave in the order of their lines, those of one turn together."""
        slot.answer = answer
        if not self._flushing and self._is_open:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def hold_up(self) -> None:
        """Read nothing until `go_on`."""
        self._intake_is_full = True
        self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again: the intake has room."""
        self._intake_is_full = False
        self._work()

    def welcomed(self) -> None:
        """A line came from a device that was admitted: from now on only idleness ends it."""
        self._refusals = 0
        if not self._is_known:
            self._is_known = True
            self._lobby.recognise(self)
            if self._timer is not None:
                self._timer.cancel()
            self._check_idle()

    def unwelcome(self) -> None:
        """A line was refused; several in a row end the connection."""
        self._refusals += 1
        if self._refusals >= self._options.refusals_in_a_row:
            self._ends = True

    def go(self) -> None:
        self._flush()
        self._close()

    def abort(self) -> None:
        cut_off(self._transport)

    def read_no_more(self) -> None:
        self._stopped = True
        self._transport.pause_reading()

    # Within

    def _work(self) -> None:
        while self._takes():
            end = self._buffer.find(b"\n", self._searched)
            if end < 0:
                self._searched = len(self._buffer)
                break
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._searched = 0
            self._line(line)
        if len(self._buffer) > self._options.largest_line and self._searched:
            self._too_long()
        if self._takes():
            self._transport.resume_reading()
        elif not self._ends:
            self._transport.pause_reading()

    def _takes(self) -> bool:
        return (
            self._is_open
            and not self._ends
            and not self._stopped
            and not self._intake_is_full
            and len(self._slots) < self._options.most_unanswered
        )

    def _line(self, line: bytes) -> None:
        if len(line) > self._options.largest_line:
            self._too_long()
        elif line.strip():
            slot = Slot()
            self._slots.append(slot)
            self._taker.line(line, self, slot)

    def _too_long(self) -> None:
        self._buffer.clear()
        self._ends = True
        slot = Slot()
        self._slots.append(slot)
        self._taker.too_long(self, slot)

    def _check_idle(self) -> None:
        idle = 0.0 if self._slots else self._loop.time() - self._heard
        if idle >= self._options.idle_within:
            self.abort()
        else:
            patience = self._options.idle_within - idle
            self._timer = self._loop.call_later(patience, self._check_idle)

    def _flush(self) -> None:
        self._flushing = False
        ready: list[bytes] = []
        while self._slots and self._slots[0].answer is not None:
            ready.append(self._slots.popleft().answer or b"")
        if not self._is_open or not ready:
            return
        self._transport.write(b"".join(ready))
        if self._transport.get_write_buffer_size() > self._options.unread_most:
            self.abort()
            return
        self._close_when_answered()
        if not self._intake_is_full:
            self._work()

    def _close_when_answered(self) -> None:
        if self._ends and not self._slots:
            self._close()

    def _close(self) -> None:
        """End; what was answered can still be read for a moment."""
        if self._is_open:
            self._is_open = False
            self._transport.close()
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(_LINGER, self.abort)
