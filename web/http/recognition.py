"""Tells the listener that a connection's peer has shown who it is, so that nobody takes its place."""

from collections.abc import Mapping
from typing import Any, Final

from appliance.domain.access import Actor
from appliance.ports.listening import Recognised

KEY: Final = "weir.recognised"
"""Where a connection's ASGI state has whom to tell."""


def recognise(scope: Mapping[str, Any], who: str) -> None:
    """Tell it who; a request that no listener brought has nobody to tell."""
    recognised: Recognised | None = scope.get("state", {}).get(KEY)
    if recognised is not None:
        recognised(who)


def of_user(actor: Actor) -> str:
    """Name a person or program, among all that are connected."""
    return f"user {actor.user}"
