"""Files that belong to an incident: photos from a phone, and PDF."""

from dataclasses import dataclass
from typing import Final

from appliance.domain.ids import AttachmentId, IncidentId, MunicipalityId, UserId
from appliance.domain.instant import Instant
from appliance.domain.sensors import Position

LARGEST: Final = 15 * 2**20
"""Bytes of one file."""
MOST_PER_INCIDENT: Final = 50
MOST_BYTES_PER_MUNICIPALITY: Final = 20 * 2**30
LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file of an incident. The bytes are in `file`, beside the database."""

    id: AttachmentId
    municipality: MunicipalityId
    incident: IncidentId
    file: str
    """Its name on the disk: random, made here, never of anything that somebody sent."""
    name: str
    """As whoever sent it called it; only ever shown."""
    media_type: str
    """As its content shows."""
    size: int
    sha256: bytes
    width: int | None
    height: int | None
    position: Position | None
    """Where the camera says it was taken."""
    added_by: UserId
    added_at: Instant


def shown_name(given: str, ending: str) -> str:
    """Give a name that is fit to be shown and saved: no path, no control characters, this ending.

    An ending that promises something else than the content does not stay.
    """
    last = given.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*')
    stem = kept.strip(" .")
    if stem.lower().endswith(f".{ending}"):
        stem = stem[: -len(ending) - 1]
    return f"{stem[: LONGEST_NAME - len(ending) - 1].strip(' .') or 'file'}.{ending}"
