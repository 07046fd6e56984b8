"""The checklist of an incident: what is to be done, step by step, and who has done it."""

from dataclasses import dataclass
from typing import Final

from appliance.domain.ids import ChecklistItemId, IncidentId, MunicipalityId, UserId
from appliance.domain.instant import Instant

LONGEST_ITEM: Final = 1_000
MOST_ITEMS: Final = 200
"""On the checklist of one incident; then further ones are refused until one is removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """One step. It is changed for itself, so that two people who do two of them are both heard."""

    id: ChecklistItemId
    incident: IncidentId
    municipality: MunicipalityId
    number: int
    """Its place within the incident."""
    text: str
    done: bool = False
    done_at: Instant | None = None
    """None where it is done: taken over from notes, which did not say when, nor by whom."""
    done_by: UserId | None = None
    version: int = 1
