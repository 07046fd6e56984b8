"""TLS on the event loop, without asyncio's own: bounded before it is authenticated, and in turns.

asyncio's TLS allots 256 KiB for each connection at once and works off as many handshakes as have
arrived before anybody else's turn comes. OpenSSL itself (`ssl.SSLObject`) does all that is TLS.
"""

import asyncio
import contextlib
import ssl
from typing import Any, Final

from broker.layer import Hall, Layer

LARGEST_HANDSHAKE: Final = 16 * 1024
"""Bytes that a peer may send until the handshake is done; one of today has less than 3 KiB."""
_RECORD: Final = 16 * 1024


class TlsLayer(Layer):
    """The server's side of TLS. A peer that does not finish its handshake in time is cut off."""

    slice = _RECORD

    def __init__(self, above: asyncio.Protocol, hall: Hall, context: ssl.SSLContext) -> None:
        super().__init__(above, hall)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._received = 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - asyncio's
        """Also tell what servers ask of a connection with TLS."""
        if name == "ssl_object":
            return self._tls
        if name == "sslcontext":
            return self._tls.context
        return super().get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send."""
        if self._is_closing or self._is_over or not data:
            return
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._tls.write(rest) :]
        except ssl.SSLError:
            self.abort()
            return
        self._flush()

    def _take(self, data: bytes) -> None:
        self._incoming.write(data)
        try:
            if not self._is_up:
                self._shake_hands(len(data))
            plain, is_end = self._decrypt()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:
            self._flush()  # the alert that says why
            self._below.close()
        else:
            self._flush()
            self._give(plain, is_end=is_end)

    def _shake_hands(self, size: int) -> None:
        self._received += size
        if self._received > LARGEST_HANDSHAKE:
            raise ssl.SSLError("a handshake that is too long")
        self._tls.do_handshake()
        self._flush()
        self._open()

    def _decrypt(self) -> tuple[bytes, bool]:
        """Read every record that is complete; whether the peer has said its goodbye."""
        parts: list[bytes] = []
        try:
            while part := self._tls.read(_RECORD):
                parts.append(part)
        except ssl.SSLWantReadError:
            return b"".join(parts), False
        except ssl.SSLZeroReturnError:
            pass
        return b"".join(parts), True

    def _give(self, plain: bytes, *, is_end: bool) -> None:
        if plain and not self._is_over:
            self._above.data_received(plain)
        if is_end:
            self._backlog.clear()  # nothing counts after a goodbye (RFC 8446, 6.1)
            self._has_ended = True

    def _say_goodbye(self) -> None:
        if self._is_up:
            with contextlib.suppress(ssl.SSLError):  # our part is said, and no answer awaited
                self._tls.unwrap()
            self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending and not self._is_over:
            self._below.write(self._outgoing.read())
