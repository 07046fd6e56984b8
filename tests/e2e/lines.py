"""A network between browser and server that can be cut, or go dead without anybody being told."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.e2e.towns import Town


@dataclass
class Line:
    """Passes everything on between its own address and another's, for as long as it may."""

    towards: str
    """`host:port`; may change, as when a server comes back elsewhere."""
    is_dead: bool = False
    """Whether it takes connections and bytes, and passes nothing on: a cable that was pulled."""
    address: str = ""
    _listening: socket.socket = field(default_factory=socket.socket)
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Listen on a free port."""
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen(64)
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Listen no longer, and end all that is open."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def cut(self) -> None:
        """End every connection there is; new ones are taken."""
        with self._lock:
            several = list(self._open)
        for one in several:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def of(self, town: Town) -> Town:
        """Give the town as it is seen through this line."""
        return replace(town, weir=replace(town.weir, http=self.address))

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        host, _, port = self.towards.rpartition(":")
        try:
            far = socket.create_connection((host, int(port)), 5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        with self._lock:
            self._open |= {near, far}
        back = threading.Thread(target=self._pass_on, args=(far, near), daemon=True)
        back.start()
        self._pass_on(near, far)
        back.join()
        with self._lock:
            self._open -= {near, far}
        near.close()
        far.close()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if not self.is_dead:
                    sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def line_to(address: str) -> Iterator[Line]:
    """Lay a line to an address until the end of the block."""
    line = Line(address)
    line.start()
    try:
        yield line
    finally:
        line.stop()
