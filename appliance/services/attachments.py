"""Files of incidents: photos from a phone, and PDF. Kept as they came, beside the database (0020)."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from appliance.domain.access import Grant, ReportIncidents, ViewNetwork
from appliance.domain.attachments import (
    LARGEST,
    MOST_BYTES_PER_MUNICIPALITY,
    MOST_PER_INCIDENT,
    Attachment,
    shown_name,
)
from appliance.domain.errors import Invalid, NotFound, Refused, TooMany
from appliance.domain.ids import AttachmentId, IncidentId, MunicipalityId
from appliance.domain.incidents import EntryKind
from appliance.domain.instant import Instant
from appliance.domain.pictures import Content, NotTaken, recognised
from appliance.domain.sayings import saying
from appliance.domain.sensors import Position
from appliance.domain.taken_at import place_of
from appliance.domain.telling import LiveEvent
from appliance.flow.alerting import incident_event
from appliance.ports.tables import Tables
from appliance.services.incidents import found_incident
from appliance.services.stories import tell
from appliance.services.world import World, must_take_files

_log = logging.getLogger(__name__)

BLOCK: Final = 256 * 1024
YOUNG: Final = 3_600.0
"""Seconds in which a file without a row may still be getting one."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has come, whole, and lies in a scratch folder."""

    path: Path
    size: int
    sha256: bytes
    name: str
    """As whoever sent it called it: not to be trusted with anything."""
    media_type: str
    """As whoever sent it called it."""


class Attachments:
    """Adds, gives and removes files of incidents. What was answered is on the disk, file and row."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def of(self, grant: Grant[ViewNetwork], incident: IncidentId) -> list[Attachment]:
        """Give those of one incident, oldest first."""

        def query(tables: Tables) -> list[Attachment]:
            found_incident(tables, incident)
            return tables.attachments.of(incident)

        return await self._world.operations.read(grant.municipality, query)

    async def get(
        self, grant: Grant[ViewNetwork], incident: IncidentId, attachment: AttachmentId
    ) -> Attachment:
        """Give one."""
        return await self._world.operations.read(
            grant.municipality, lambda t: _found(t, incident, attachment)
        )

    async def open(self, found: Attachment) -> BinaryIO:
        """Open the file of what `get` has given; whoever asked closes it. Reading it blocks."""
        return await asyncio.to_thread(self._world.files.open, found.municipality, found.file)

    async def add(
        self, grant: Grant[ReportIncidents], incident: IncidentId, upload: Upload
    ) -> Attachment:
        """Keep a file; the same file of the same incident again gives what is there.

        First the file is synced under its name, then its row is: a crash between the two leaves a
        file that the sweep removes, and no row without a file.
        """
        must_take_files(self._world)
        now = self._world.clock.now()
        present = await self._world.operations.read(
            grant.municipality, lambda t: _same(t, incident, upload)
        )
        if present is not None:
            return present
        content, place = await asyncio.to_thread(_look, upload)
        owner = _plain(grant.municipality)
        file = await asyncio.to_thread(self._world.files.keep, upload.path, owner, upload.sha256)
        made = Attachment(
            id=AttachmentId(self._world.ids.new_id()),
            municipality=owner,
            incident=incident,
            file=file,
            name=shown_name(upload.name, content.ending),
            media_type=content.media_type,
            size=upload.size,
            sha256=upload.sha256,
            width=content.width,
            height=content.height,
            position=place,
            added_by=grant.actor.user,
            added_at=now,
        )
        try:
            kept, events = await self._world.operations.write(
                grant.municipality, lambda t: _add(t, made, now)
            )
        except Refused:
            # After anything else the row may be there all the same: the sweep knows.
            await asyncio.to_thread(self._world.files.remove, owner, file)
            raise
        self._world.live.announce(events)
        if kept.id != made.id:
            await asyncio.to_thread(self._world.files.remove, owner, file)
        return kept

    async def remove(
        self, grant: Grant[ReportIncidents], incident: IncidentId, attachment: AttachmentId
    ) -> None:
        """Remove one: first its row, then its file."""
        now = self._world.clock.now()

        def change(tables: Tables) -> Attachment:
            found = _found(tables, incident, attachment)
            tables.attachments.remove(attachment)
            tell(
                tables,
                found_incident(tables, incident),
                EntryKind.DETACHED,
                by=grant.actor.user,
                at=now,
                note=found.name,
                attachment=attachment,
            )
            events.append(incident_event(tables, found_incident(tables, incident)))
            return found

        events: list[LiveEvent] = []
        gone = await self._world.operations.write(grant.municipality, change)
        self._world.live.announce(tuple(events))
        await asyncio.to_thread(self._world.files.remove, _plain(grant.municipality), gone.file)

    async def sweep(self) -> int:
        """Remove files that no row refers to, and say which rows have lost theirs; gives how many."""
        there = await asyncio.to_thread(lambda: list(self._world.files.all()))
        municipalities = await self._world.operations.read_system(lambda t: t.municipalities())
        known: dict[MunicipalityId, frozenset[str]] = {}
        for municipality in municipalities:
            known[municipality.id] = await self._world.operations.read(
                municipality.id, lambda t: t.attachments.files()
            )
        orphans = [
            file
            for file in there
            if file.age > YOUNG and file.name not in known.get(file.municipality, frozenset())
        ]
        for orphan in orphans:
            await asyncio.to_thread(self._world.files.remove, orphan.municipality, orphan.name)
        present = {(file.municipality, file.name) for file in there}
        for owner, name in _pairs(known):
            if (owner, name) not in present:
                _log.error("attachments/%d/%s is missing: put it back from a backup", owner, name)
        return len(orphans)


def _pairs(known: dict[MunicipalityId, frozenset[str]]) -> Iterator[tuple[MunicipalityId, str]]:
    return ((owner, name) for owner, names in known.items() for name in sorted(names))


def _plain(municipality: MunicipalityId) -> MunicipalityId:
    """Give the id alone: files are reached through rows, which know what may be seen."""
    return MunicipalityId(int(municipality))


def _found(tables: Tables, incident: IncidentId, attachment: AttachmentId) -> Attachment:
    found_incident(tables, incident)
    there = tables.attachments.get(attachment)
    if there is None or there.incident != incident:
        raise NotFound(kind="attachment", name=attachment)
    return there


def _look(upload: Upload) -> tuple[Content, Position | None]:
    data = upload.path.read_bytes()
    try:
        return recognised(data), place_of(data)
    except NotTaken as why:
        raise Invalid(field="file", problem=str(why)) from None


def _same(tables: Tables, incident: IncidentId, upload: Upload) -> Attachment | None:
    """Give the same file of this incident; refuse what there is no room for."""
    found_incident(tables, incident)
    files = tables.attachments.of(incident)
    for file in files:
        if file.sha256 == upload.sha256:
            return file
    if not 0 < upload.size <= LARGEST:
        raise Invalid(field="file", problem=saying("bytes", "1 to {most:,} bytes", most=LARGEST))
    if len(files) >= MOST_PER_INCIDENT:
        raise TooMany(
            what=saying(
                "too_many_files",
                "this incident has {most} files already; remove one first",
                most=MOST_PER_INCIDENT,
            )
        )
    if tables.attachments.bytes_kept() + upload.size > MOST_BYTES_PER_MUNICIPALITY:
        gib = MOST_BYTES_PER_MUNICIPALITY >> 30
        raise TooMany(
            what=saying(
                "files_too_large",
                "all files together have {gib} GiB already; remove some first",
                gib=gib,
            )
        )
    return None


def _add(
    tables: Tables, made: Attachment, now: Instant
) -> tuple[Attachment, tuple[LiveEvent, ...]]:
    """Add the row, unless a twin came first; what was true before is looked at again."""
    upload = Upload(Path(), made.size, made.sha256, made.name, made.media_type)
    present = _same(tables, made.incident, upload)
    if present is not None:
        return present, ()
    tables.attachments.add(made)
    incident = found_incident(tables, made.incident)
    tell(
        tables,
        incident,
        EntryKind.ATTACHED,
        by=made.added_by,
        at=now,
        note=made.name,
        attachment=made.id,
    )
    return made, (incident_event(tables, incident),)
