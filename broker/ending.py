"""The end of a connection whose peer does not read."""

import asyncio
import contextlib
import socket
import struct
import sys
from typing import Final

_AT_ONCE: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def cut_off(transport: asyncio.Transport) -> None:
    """End a connection at once; what is unsent is forgotten by the system too.

    Otherwise the system keeps it, and the peer hears of no end: that waits behind what it does not
    read, for minutes.
    """
    connection = transport.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):  # it has ended already
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()
