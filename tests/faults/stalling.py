"""Subscribers that do not keep up, by the dozen: each in one of several ways."""

import multiprocessing as mp
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from broker.codec.encode import encode
from broker.codec.packets import Connect, Subscribe

SILENT, A_BYTE_A_SECOND, NEVER_ACKNOWLEDGES = range(3)
_PATIENCE = 10.0


def _counter() -> "Synchronized[int]":
    return mp.Value("q", 0)


@dataclass
class Stalled:
    """So many subscribers of everything, a third of each kind, half with QoS 0 and half with QoS 1.

    `running` has a process of its own keep them; one that is cut off comes back under its name.
    """

    host: str
    port: int
    token: str
    count: int = 50
    here: "Synchronized[int]" = field(default_factory=_counter)
    cut_off: "Synchronized[int]" = field(default_factory=_counter)

    @contextmanager
    def running(self) -> Iterator["Stalled"]:
        """Stall while the block runs."""
        stop = mp.Event()
        process = mp.Process(target=self._run, args=(stop,), daemon=True)
        process.start()
        try:
            while self.here.value < self.count and process.is_alive():
                time.sleep(0.02)
            yield self
        finally:
            stop.set()
            process.join(20)

    def _run(self, stop: Any) -> None:
        ear = selectors.DefaultSelector()
        peers = [_Peer(self, number) for number in range(self.count)]
        for peer in peers:
            peer.come(ear)
        while not stop.wait(0.05):
            for key, _ in ear.select(0):
                key.data.is_gone = key.data.reads_all and not key.data.read()
            for peer in peers:
                peer.read_a_byte()
                if peer.is_gone or peer.was_cut_off():
                    self.cut_off.value += 1
                    peer.leave(ear)
                    peer.come(ear)
        for peer in peers:
            peer.leave(ear)


class _Peer:
    def __init__(self, all_of_them: Stalled, number: int) -> None:
        self._all = all_of_them
        self._number = number
        self._kind = number % 3
        self._qos = 1 if self._kind == NEVER_ACKNOWLEDGES else number // 3 % 2
        self.reads_all = self._kind == NEVER_ACKNOWLEDGES
        self.is_gone = False
        self._next_byte = 0.0
        self._socket: socket.socket

    def come(self, ear: selectors.BaseSelector) -> None:
        """Connect and subscribe; what comes after SUBACK is what it stalls at."""
        hello = Connect(
            client_id=f"stalled-{self._number}",
            clean_session=self._number % 2 == 0,
            username="token",
            password=self._all.token.encode(),
        )
        made = socket.create_connection((self._all.host, self._all.port), _PATIENCE)
        made.sendall(encode(hello) + encode(Subscribe(1, (("sensors/#", self._qos),))))
        connack = made.recv(4)
        assert connack[:1] == b"\x20"
        if not connack[2]:  # else what waited for its session may come first
            assert made.recv(5)[:1] == b"\x90"
        made.setblocking(False)
        self._socket, self.is_gone = made, False
        self._all.here.value += 1
        if self.reads_all:
            ear.register(made, selectors.EVENT_READ, self)

    def leave(self, ear: selectors.BaseSelector) -> None:
        """Close."""
        if self.reads_all:
            ear.unregister(self._socket)
        self._socket.close()
        self._all.here.value -= 1

    def read(self) -> bool:
        """Read all, and say whether the connection is still there."""
        try:
            return bool(self._socket.recv(1 << 20))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def read_a_byte(self) -> None:
        """Read one byte if that is its way and it is time."""
        if self._kind == A_BYTE_A_SECOND and time.monotonic() >= self._next_byte:
            self._next_byte = time.monotonic() + 1
            try:
                self._socket.recv(1)
            except BlockingIOError:
                return
            except OSError:
                self.is_gone = True

    def was_cut_off(self) -> bool:
        """Ask the system, without reading: an error or the end has come."""
        return (
            self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
            or _state(self._socket) != _ESTABLISHED
        )


_ESTABLISHED = 1


def _state(connection: socket.socket) -> int:
    """Give the state that TCP is in (`struct tcp_info` begins with it)."""
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
