"""What a service manager says to the program that it starts."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Supervised:
    """How the service manager wants to be told; see sd_notify(3) and sd_watchdog_enabled(3)."""

    notify: str = ""
    """Address of its socket; empty where there is none."""
    watchdog: float | None = None
    """Seconds after which it ends a program that it has not heard of; None is never."""


def supervised() -> Supervised:
    """Give what the service manager said; what it said to another process isn't taken as ours."""
    notify = os.environ.get("NOTIFY_SOCKET", "")
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    # A one-file executable is two processes: the one that unpacked it is the one that was started.
    ours = {"", str(os.getpid()), str(os.getppid())}
    if not microseconds.isdecimal() or os.environ.get("WATCHDOG_PID", "") not in ours:
        return Supervised(notify)
    return Supervised(notify, int(microseconds) / 1_000_000 or None)
