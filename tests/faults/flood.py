"""Hostile peers by the thousand: they connect from many addresses and say little or nothing."""

import contextlib
import errno
import multiprocessing as mp
import resource
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final

_IP_BIND_ADDRESS_NO_PORT: Final = 24
"""Linux: choose the port when connecting, so that each address has all of them."""
_BEGUN_AT_ONCE: Final = 500
_GONE: Final = select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP

Script = tuple[bytes, bytes]
"""What a peer says at once, and what it then says a byte of each second, over and over."""


def allow_many_sockets() -> None:
    """Have the system let this process and its children open as many as it may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _counter() -> "Synchronized[int]":
    return mp.Value("q", 0)


@dataclass
class Flood:
    """So many connections from so many loopback addresses, each with one of the scripts.

    `running` has a process of its own open them all, as fast as it can; with `insist`, one that
    is cut off is followed by another at once.
    """

    host: str
    port: int
    count: int
    scripts: tuple[Script, ...]
    addresses: int = 50
    first_address: int = 10
    insist: bool = False
    made: "Synchronized[int]" = field(default_factory=_counter)
    open: "Synchronized[int]" = field(default_factory=_counter)
    cut_off: "Synchronized[int]" = field(default_factory=_counter)

    @contextlib.contextmanager
    def running(self) -> Iterator["Flood"]:
        """Flood while the block runs; at its end all connections are closed."""
        stop = mp.Event()
        process = mp.Process(target=_Flooding(self).run, args=(stop,), daemon=True)
        process.start()
        try:
            yield self
        finally:
            stop.set()
            process.join(30)


class _Flooding:
    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._peers: dict[int, _Peer] = {}
        self._begun = 0

    def run(self, stop: Any) -> None:
        """Flood until told to stop."""
        self._ear = select.epoll()
        flood, next_byte = self._flood, time.monotonic() + 1
        while not stop.is_set():
            wanted = flood.count - (len(self._peers) if flood.insist else self._begun)
            for _ in range(min(wanted, _BEGUN_AT_ONCE)):
                self._begin()
            for descriptor, event in self._ear.poll(0 if wanted > 0 else 0.02):
                self._look(self._peers[descriptor], event)
            if time.monotonic() >= next_byte:
                next_byte += 1
                for peer in tuple(self._peers.values()):
                    peer.say_a_byte()
        for peer in self._peers.values():
            peer.socket.close()

    def _begin(self) -> None:
        flood = self._flood
        made = socket.socket()
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
        made.bind((f"127.0.0.{flood.first_address + self._begun % flood.addresses}", 0))
        peer = _Peer(made, flood.scripts[self._begun % len(flood.scripts)])
        self._begun += 1
        if made.connect_ex((flood.host, flood.port)) not in (0, errno.EINPROGRESS):
            made.close()
            return
        self._peers[made.fileno()] = peer
        self._ear.register(made.fileno(), select.EPOLLOUT | select.EPOLLIN | select.EPOLLRDHUP)

    def _look(self, peer: "_Peer", event: int) -> None:
        if event & _GONE:
            self._drop(peer)
        elif event & select.EPOLLOUT and not peer.is_open:
            peer.is_open = True
            self._flood.made.value += 1
            self._flood.open.value += 1
            self._ear.modify(peer.socket.fileno(), select.EPOLLRDHUP)
            with contextlib.suppress(OSError):
                peer.socket.send(peer.script[0])

    def _drop(self, peer: "_Peer") -> None:
        self._ear.unregister(peer.socket.fileno())
        del self._peers[peer.socket.fileno()]
        peer.socket.close()
        self._flood.cut_off.value += 1
        self._flood.open.value -= peer.is_open


@dataclass(eq=False)
class _Peer:
    socket: socket.socket
    script: Script
    is_open: bool = False
    at: int = 0

    def say_a_byte(self) -> None:
        words = self.script[1]
        if words and self.is_open:
            with contextlib.suppress(OSError):
                self.socket.send(words[self.at : self.at + 1])
            self.at = (self.at + 1) % len(words)
