"""Telling systemd how the service is: sd_notify(3), without its library."""

import socket
from collections import deque
from typing import Final

MOST_OWED: Final = 100
"""Messages; from then on the oldest are forgotten, which by then are beats of long ago."""
MOST_STATUS: Final = 500
"""Characters; a longer status is cut."""


class ServiceManager:
    """Tells the service manager that started this program; nobody where none did.

    Telling never waits and never fails: a manager that doesn't listen is not a reason to stop.
    """

    def __init__(self, address: str) -> None:
        """Take the address as `NOTIFY_SOCKET` has it: a path, `@name` in the abstract namespace, or nothing."""
        self._socket: socket.socket | None = None
        self._owed: deque[str] = deque(maxlen=MOST_OWED)
        if address.startswith(("/", "@")) and hasattr(socket, "AF_UNIX"):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.settimeout(0)
        self._address = "\0" + address[1:] if address.startswith("@") else address

    @property
    def is_there(self) -> bool:
        """Whether a service manager wants to be told."""
        return self._socket is not None

    @property
    def owes(self) -> bool:
        """Whether something is left that its full queue did not take."""
        return bool(self._owed) and self.is_there

    def ready(self) -> None:
        """Say that every door is open."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """Say that the stop has begun."""
        self._tell("STOPPING=1\nSTATUS=stopping")

    def status(self, what: str) -> None:
        """Say in a line how it is, for people who ask the service manager."""
        self._tell("STATUS=" + " ".join(what.split())[:MOST_STATUS])

    def alive(self) -> None:
        """Say that the program gets on with its work."""
        self._tell("WATCHDOG=1")

    def wait_longer(self, seconds: float) -> None:
        """Ask for so much more time from now on to start or to stop."""
        self._tell(f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")

    def close(self) -> None:
        """Say nothing from now on."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._owed.clear()

    def _tell(self, message: str) -> None:
        """Tell, after what a full queue did not take before; the rest is owed until the next time."""
        self._owed.append(message)
        while self._socket is not None and self._owed:
            try:
                self._socket.sendto(self._owed[0].encode(), self._address)
            except BlockingIOError:
                return
            except OSError:
                pass  # it has gone, and hears of us again when it asks
            self._owed.popleft()
