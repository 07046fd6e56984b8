"""What stands between a socket and a door's own protocol: TLS, WebSocket, or one upon the other."""

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, cast

from broker.lobby import Lobby
from broker.turns import Turns


@dataclass(frozen=True, slots=True)
class Hall:
    """Where connections are until their handshake is done: counted, timed, each in its turn."""

    lobby: Lobby
    turns: Turns
    handshake_within: float


class Layer(asyncio.Transport, asyncio.Protocol):
    """A protocol to what is below it, a transport to what is above: neither knows the difference.

    What is above hears of a connection when the handshake is done, and has no state before that.
    What came in is worked off in slices, each in its turn; while more than one is left, or what is
    above wants no more, nothing is read: at most a slice and one read's worth is kept.
    """

    slice: int = 16 * 1024

    def __init__(self, above: asyncio.Protocol, hall: Hall) -> None:
        super().__init__()
        self._above = above
        self._hall = hall
        self._loop = asyncio.get_running_loop()
        self._below: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None
        self._backlog = bytearray()
        self._is_up = False
        """What is above has been told of the connection."""
        self._is_over = False
        self._is_paused = False
        self._has_asked = False
        self._has_ended = False
        """The peer says nothing more, once the backlog is worked off."""
        self._is_closing = False

    # For a layer of its own

    @abstractmethod
    def _take(self, data: bytes) -> None:
        """Work off a slice of what came in."""

    @abstractmethod
    def _say_goodbye(self) -> None:
        """Tell the peer of the end, which follows at once."""

    def _open(self) -> None:
        """Let the connection through: the handshake is done."""
        self._stop_timer()
        self._hall.lobby.leave(self)  # what is above takes the place
        self._is_up = True
        self._above.connection_made(self)

    def _end_of_input(self) -> None:
        """Tell what is above that the peer says nothing more; it may still want to answer."""
        if not (self._is_up and self._above.eof_received()):
            self._is_closing = True
            self._say_goodbye()
            self._below.close()

    # From below

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the time that a handshake may take."""
        transport = cast(asyncio.Transport, transport)  # what a stream server makes
        self._below = transport
        if not self._hall.lobby.enter(self):
            transport.abort()
            return
        self._timer = self._loop.call_later(self._hall.handshake_within, self.abort)

    def data_received(self, data: bytes) -> None:
        """Keep what came for this connection's turn."""
        self._backlog += data
        if len(self._backlog) > self.slice:
            self._below.pause_reading()
        self._ask()

    def eof_received(self) -> bool:
        """Work off what came before the end."""
        self._has_ended = True
        self._ask()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._is_over = True
        self._backlog.clear()
        self._stop_timer()
        self._hall.lobby.leave(self)
        if self._is_up:
            self._above.connection_lost(exc)

    def pause_writing(self) -> None:
        if self._is_up:
            self._above.pause_writing()

    def resume_writing(self) -> None:
        if self._is_up:
            self._above.resume_writing()

    # From above

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - asyncio's
        return self._below.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._is_paused = True
        self._below.pause_reading()

    def resume_reading(self) -> None:
        self._is_paused = False
        self._ask()

    def is_reading(self) -> bool:
        return not self._is_paused

    def is_closing(self) -> bool:
        return self._is_closing or self._below.is_closing()

    def get_write_buffer_size(self) -> int:
        return self._below.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._below.get_write_buffer_limits()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._below.set_write_buffer_limits(high, low)

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        if self._is_closing or self._is_over:
            return
        self._is_closing = True
        self._say_goodbye()
        self._below.close()

    def abort(self) -> None:
        self._below.abort()

    # For the lobby, while the handshake lasts

    @property
    def address(self) -> str:
        """Where it comes from."""
        name = self._below.get_extra_info("peername")
        return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "unknown"

    def go(self) -> None:
        self.abort()

    def read_no_more(self) -> None:
        self.pause_reading()

    # Within

    def _ask(self) -> None:
        if not self._has_asked:
            self._has_asked = True
            self._hall.turns.ask(self._turn, is_new=not self._is_up)

    def _turn(self) -> None:
        self._has_asked = False
        if self._backlog and self._goes_on():
            data = bytes(self._backlog[: self.slice])
            del self._backlog[: self.slice]
            self._take(data)
        if not self._goes_on():
            return
        if self._backlog:
            self._ask()
        elif self._has_ended:
            self._has_ended = False
            self._end_of_input()
        else:
            self._below.resume_reading()

    def _goes_on(self) -> bool:
        return not (self._is_over or self._is_paused or self._below.is_closing())

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
