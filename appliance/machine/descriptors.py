"""How many connections and files the system lets this program have open."""

import sys
from typing import Final

if sys.platform != "win32":
    import resource

_ENOUGH: Final = 65_536
"""Asked for where the system names no bound; macOS refuses to be asked for everything."""


def raise_limit() -> int | None:
    """Allow as many as the system lets us have, and say how many; None where it has no such bound.

    Most systems begin with 1,024 and let a program ask for more: with so few, devices would be
    turned away long before anything is busy.
    """
    if sys.platform == "win32":
        return None
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(most, _ENOUGH) if most != resource.RLIM_INFINITY else _ENOUGH
    if now == resource.RLIM_INFINITY or now >= wanted:
        return _ENOUGH if now == resource.RLIM_INFINITY else now
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    except (OSError, ValueError):
        return now
    return wanted
