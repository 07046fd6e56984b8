"""One MQTT connection: bytes in, packets to its peer, bytes out, and every bound on time and size."""

import asyncio
from collections.abc import Callable
from enum import Enum, Flag, auto
from typing import Final, Protocol, cast

from broker.codec.encode import encode
from broker.codec.packets import Connect, Disconnect, Packet, Pingreq, Pingresp, Publish
from broker.codec.reader import PacketReader
from broker.codec.violation import ProtocolViolation
from broker.ending import cut_off
from broker.lobby import Lobby
from broker.options import DoorOptions

_PONG: Final = encode(Pingresp())
_CONNECT: Final = 0x10
"""The first byte of whoever speaks MQTT."""
_LINGER: Final = 5.0
"""Seconds in which a closing connection may still read what was sent to it."""


class Farewell(Enum):
    """Why a connection is over."""

    GOODBYE = auto()
    """DISCONNECT: the will is not wanted [MQTT-3.14.4-3]."""
    LOST = auto()
    SILENT = auto()
    """Nothing for one and a half times the keep-alive [MQTT-3.1.2-24]."""
    VIOLATION = auto()
    TAKEN_OVER = auto()
    """The same identity came again with this client id [MQTT-3.1.4-2]."""
    TOO_SLOW = auto()
    REFUSED = auto()
    REVOKED = auto()
    NOT_KEPT = auto()
    """A message could not be stored: no ack, so that the device sends it again."""
    STOPPING = auto()


UNEXPECTED: Final = frozenset(
    {Farewell.LOST, Farewell.SILENT, Farewell.VIOLATION, Farewell.TAKEN_OVER, Farewell.TOO_SLOW}
)
"""The endings after which a will is published [MQTT-3.1.2-8]."""


class Hold(Flag):
    """Why nothing is read from a peer just now."""

    NONE = 0
    INTAKE = auto()
    ENGINE = auto()
    UNREAD = auto()
    DISK = auto()
    PACE = auto()
    STOPPING = auto()


class Peer(Protocol):
    """Whoever has shown who it is, at the other end of a connection."""

    def handle(self, packet: Packet) -> None:
        """Act on a packet; raises ProtocolViolation."""
        ...

    def take_run(self, reader: PacketReader) -> bool:
        """Take what comes next as far as many packets can be taken at once; False where none."""
        ...

    def is_still_welcome(self) -> bool:
        """Say whether it would be admitted now."""
        ...

    def reads_again(self) -> None:
        """Go on sending: the peer has read."""
        ...

    def violated(self, violation: ProtocolViolation) -> None:
        """Account for what it sent and nobody could take."""
        ...

    def left(self, farewell: Farewell) -> None:
        """End; called once."""
        ...


Welcome = Callable[["Connection", Connect], Peer | None]
"""Authenticates: the peer, or None when a refusal has been sent and the connection closed."""


class Connection(asyncio.Protocol):
    """Knows nobody before CONNECT was authenticated, and keeps nothing but one small packet."""

    def __init__(self, lobby: Lobby, welcome: Welcome, options: DoorOptions) -> None:
        self._lobby = lobby
        self._welcome = welcome
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._reader = PacketReader(options.largest_connect)
        self._peer: Peer | None = None
        self._holds = Hold.NONE
        self._acks: list[bytes] = []
        self._heard = 0.0
        self._silence: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._linger: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport
        self._when_over: Callable[[], None] | None = None
        self._is_behind = False
        """The peer leaves unread what was sent: Hold.UNREAD, asked for with every copy."""
        self.is_open = False

    # From the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the time within which the peer must show who it is."""
        transport = cast(asyncio.Transport, transport)  # what a stream server makes
        self._transport = transport
        if not self._lobby.enter(self):
            transport.abort()
            return
        self.is_open = True
        transport.set_write_buffer_limits(high=self._options.unread_high)
        self._silence = self._loop.call_later(
            self._options.connect_within, self.close, Farewell.TOO_SLOW
        )

    def data_received(self, data: bytes) -> None:
        """Handle what came, as far as nothing holds it up."""
        if not self.is_open:
            return
        if not self._heard and data[0] != _CONNECT:  # [MQTT-3.1.0-1], without waiting for the rest
            self.close(Farewell.VIOLATION)
            return
        self._heard = self._loop.time()
        self._reader.feed(data)
        self._work()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """End."""
        self._end(Farewell.LOST)
        if self._linger is not None:
            self._linger.cancel()
        self._lobby.leave(self)

    def pause_writing(self) -> None:
        """Take nothing more from a peer that does not read, and give it some time."""
        self._is_behind = True
        self.hold(Hold.UNREAD)
        if self.is_open:
            self._unread = self._loop.call_later(self._options.unread_for, self.abort)

    def resume_writing(self) -> None:
        """Go on: the peer has read."""
        if self._unread is not None:
            self._unread.cancel()
        self._is_behind = False
        self.release(Hold.UNREAD)
        if self._peer is not None and self.is_open:
            self._peer.reads_again()

    # For peers

    @property
    def is_reading(self) -> bool:
        """Say whether the other end takes what is sent."""
        return self.is_open and not self._is_behind

    @property
    def is_full(self) -> bool:
        """Say whether as much is unsent as a peer is given at once; an open connection only."""
        return self._transport.get_write_buffer_size() > self._options.unread_high

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

    def send(self, data: bytes) -> None:
        """Send now; a peer that has left too much unread is cut off."""
        if not self.is_open:
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > self._options.unread_most:
            self.abort()

    def acknowledge(self, ack: bytes) -> None:
        """Send with all other acks of this turn of the loop, in one write."""
        if not self._acks:
            self._loop.call_soon(self._flush)
        self._acks.append(ack)

    def hold(self, reason: Hold) -> None:
        """Read nothing from the peer until every reason is gone."""
        if not self._holds:
            self._transport.pause_reading()
        self._holds |= reason

    def release(self, reason: Hold) -> None:
        """Take one reason away."""
        if reason & self._holds:
            self._holds &= ~reason
            if not self._holds and self.is_open:
                self._transport.resume_reading()
                self._loop.call_soon(self._work)

    def close(self, farewell: Farewell) -> None:
        """End in good order: what was sent can still be read for a moment."""
        if self.is_open:
            self._flush()
            self._end(farewell)
            self._transport.close()
            self._linger = self._loop.call_later(_LINGER, self.abort)

    def when_over(self, call: Callable[[], None]) -> None:
        """Have something called when the connection ends."""
        self._when_over = call

    # For the lobby

    def go(self) -> None:
        self.close(Farewell.STOPPING)

    def abort(self) -> None:
        cut_off(self._transport)

    def read_no_more(self) -> None:
        self.hold(Hold.STOPPING)

    # For the door

    def check(self) -> None:
        """Close if the peer would no longer be admitted."""
        if self._peer is not None and self.is_open and not self._peer.is_still_welcome():
            self.close(Farewell.REVOKED)

    # Within

    def _work(self) -> None:
        try:
            while self.is_open and not self._holds:
                if self._peer is not None and self._peer.take_run(self._reader):
                    continue
                packet = self._reader.next()
                if packet is None:
                    return
                self._take(packet)
        except ProtocolViolation as violation:  # [MQTT-4.8.0-1]
            if self._peer is not None:
                self._peer.violated(violation)
            self.close(Farewell.VIOLATION)

    def _take(self, packet: Packet) -> None:
        peer = self._peer
        if peer is None:
            if not isinstance(packet, Connect):
                raise ProtocolViolation("MQTT-3.1.0-1", "the first packet is not CONNECT")
            self._enter(packet)
        elif isinstance(packet, Publish):
            peer.handle(packet)
        elif isinstance(packet, Connect):
            raise ProtocolViolation("MQTT-3.1.0-2", "a second CONNECT")
        elif isinstance(packet, Pingreq):
            self.acknowledge(_PONG)  # [MQTT-3.12.4-1]
        elif isinstance(packet, Disconnect):
            self.close(Farewell.GOODBYE)  # [MQTT-3.14.4-2]
        else:
            peer.handle(packet)

    def _enter(self, packet: Connect) -> None:
        self._peer = self._welcome(self, packet)
        if self._silence is not None:
            self._silence.cancel()
        if self._peer is None or not self.is_open:
            return
        self._lobby.recognise(self)
        self._reader.largest = self._options.largest_packet
        if packet.keep_alive:
            self._listen(packet.keep_alive * 1.5)

    def _listen(self, patience: float) -> None:
        """Close when nothing comes for so long, unless it is us who do not read."""
        idle = 0.0 if self._holds else self._loop.time() - self._heard
        if idle >= patience:
            self.close(Farewell.SILENT)
        else:
            self._silence = self._loop.call_later(patience - idle, self._listen, patience)

    def _flush(self) -> None:
        acks, self._acks = b"".join(self._acks), []
        if acks:
            self.send(acks)

    def _end(self, farewell: Farewell) -> None:
        if not self.is_open:
            return
        self.is_open = False
        for timer in (self._silence, self._unread):
            if timer is not None:
                timer.cancel()
        if self._when_over is not None:
            self._when_over()
        if self._peer is not None:
            self._peer.left(farewell)
