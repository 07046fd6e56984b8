"""The story of an incident: each step is written with the change it tells of, in its transaction."""

from appliance.domain.ids import AlertId, AttachmentId, UserId
from appliance.domain.incidents import EntryKind, Incident, IncidentEntry, IncidentStatus
from appliance.domain.instant import Instant
from appliance.ports.tables import Tables


def tell(  # noqa: PLR0913 - the parts of an entry
    tables: Tables,
    incident: Incident,
    kind: EntryKind,
    *,
    by: UserId | None,
    at: Instant,
    note: str = "",
    before: IncidentStatus | None = None,
    after: IncidentStatus | None = None,
    alert: AlertId | None = None,
    attachment: AttachmentId | None = None,
) -> IncidentEntry:
    """Add the next entry to an incident's story, and give it."""
    entry = IncidentEntry(
        incident=incident.id,
        municipality=incident.municipality,
        number=tables.incidents.last_entry(incident.id) + 1,
        kind=kind,
        at=at,
        by=by,
        note=note,
        before=before,
        after=after,
        alert=alert,
        attachment=attachment,
    )
    tables.incidents.add_entry(entry)
    return entry
