"""What the demo must remember between starts: whose it is, and its devices' keys.

It lies in the operations database, which is encrypted. The keys and the password open nothing but
the demo itself.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import EARLIEST, Instant
from appliance.ports.operations import SystemTables

_KEY: Final = "demo"


@dataclass(frozen=True, slots=True)
class Kept:
    """The demo's own municipality and what opens it."""

    municipality: MunicipalityId
    username: str
    password: str
    keys: dict[str, str]
    """Device id → key."""
    past_until: Instant = EARLIEST
    """Up to where its past has been written."""


def recall(tables: SystemTables) -> Kept | None:
    """Give the demo that is here; None where there is none, or its municipality is gone."""
    said = tables.recall(_KEY)
    if said is None:
        return None
    kept = msgspec.json.decode(said, type=Kept)
    there = any(m.id == kept.municipality and m.demo for m in tables.municipalities())
    return kept if there else None


def remember(tables: SystemTables, kept: Kept) -> None:
    """Keep it."""
    tables.remember(_KEY, msgspec.json.encode(kept))
