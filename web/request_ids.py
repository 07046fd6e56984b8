"""A name for each request, which its answer carries and the log says."""

import re
from contextvars import ContextVar
from typing import Final

HEADER: Final = "X-Request-Id"
_SANE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CURRENT: Final[ContextVar[str]] = ContextVar("request_id", default="")


def name_request(wished: str, made: int) -> str:
    """Name the request of this task: as its sender wishes, if that can stand in a log."""
    name = wished if _SANE.fullmatch(wished) else f"{made:012x}"
    _CURRENT.set(name)
    return name


def request_id() -> str:
    """Give the name of this task's request; nothing outside of one."""
    return _CURRENT.get()
