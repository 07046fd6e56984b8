"""How many connections each door may have, given how many descriptors the system allows."""

import logging
from dataclasses import dataclass
from typing import Final

_log: Final = logging.getLogger(__name__)
_OURS: Final = 1_000
"""Descriptors kept for files, and for connections that are on their way in or out."""
_SMALLEST: Final = 16


@dataclass(frozen=True, slots=True)
class Places:
    """The most connections of each door."""

    mqtt: int = 10_000
    tcp: int = 1_000
    http: int = 1_000


def places(limit: int | None) -> Places:
    """Share out what the system allows; with less than all want, each gets the same part of it.

    So nobody is accepted for whom there is no descriptor: that would stop all doors at once, and
    the files with them.
    """
    wanted = Places()
    all_of_them = wanted.mqtt + wanted.tcp + wanted.http
    if limit is None or limit >= all_of_them + _OURS:
        return wanted
    free = max(limit - _OURS, limit // 2)
    _log.warning(
        "the system allows %d open files and connections, so devices get %d of the %d places"
        " that Weir has for them: raise the limit (ulimit -n, LimitNOFILE) to %d or more",
        *(limit, max(wanted.mqtt * free // all_of_them, _SMALLEST), wanted.mqtt),
        all_of_them + _OURS,
    )
    return Places(
        *(
            max(each * free // all_of_them, _SMALLEST)
            for each in (wanted.mqtt, wanted.tcp, wanted.http)
        )
    )
