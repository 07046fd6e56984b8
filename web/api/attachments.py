"""Files of incidents: photos from a phone, and PDF."""

from operator import attrgetter
from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import ReportIncidents, ViewNetwork
from appliance.domain.attachments import LARGEST, Attachment
from appliance.domain.ids import AttachmentId, IncidentId
from appliance.domain.pictures import MEDIA_TYPES
from web.asking import Ask, Reply
from web.files import NEVER_RUN, blocks, saved_as
from web.listings import Listing
from web.paging import part_of
from web.routes import PREFIX, Route
from web.shapes import Point, Time, WholeListQuery, point, time


class UploadQuery(Struct, frozen=True):
    """How a file is called that comes without a form."""

    name: Annotated[str, Meta(max_length=300)] = ""


class AttachmentOut(Struct, frozen=True):
    """A file. `location` is where the camera says it was taken: a suggestion for the incident's."""

    id: int
    incident_id: int
    municipality_id: int
    name: str
    media_type: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    location: Point | None
    added_by: int
    added_at: Time


async def list_attachments(ask: Ask[ViewNetwork]) -> Reply:
    """Give the files of an incident."""
    incident = IncidentId(ask.path["incident"])
    found = await ask.found(lambda grant: ask.services.attachments.of(grant, incident))
    return part_of(ask, found).written(ask, attachment_out)


async def add(ask: Ask[ReportIncidents]) -> AttachmentOut:
    """Add a file."""
    incident, upload = IncidentId(ask.path["incident"]), ask.file
    return attachment_out(
        await ask.found(lambda grant: ask.services.attachments.add(grant, incident, upload))
    )


async def get_attachment(ask: Ask[ViewNetwork]) -> AttachmentOut:
    """Give what is known of a file."""
    incident, file = IncidentId(ask.path["incident"]), AttachmentId(ask.path["attachment"])
    return attachment_out(
        await ask.found(lambda grant: ask.services.attachments.get(grant, incident, file))
    )


async def content(ask: Ask[ViewNetwork]) -> Reply:
    """Give the file itself, to be saved and never run."""
    incident, wanted = IncidentId(ask.path["incident"]), AttachmentId(ask.path["attachment"])
    one = await ask.found(lambda grant: ask.services.attachments.get(grant, incident, wanted))
    return Reply(
        headers={
            "Content-Type": one.media_type,
            "Content-Length": str(one.size),
            "Content-Disposition": saved_as(one.name),
            "ETag": f'"{one.sha256.hex()}"',
            "Cache-Control": "private, no-cache",
            **NEVER_RUN,
        },
        stream=blocks(lambda: ask.services.attachments.open(one)),
    )


async def remove(ask: Ask[ReportIncidents]) -> None:
    """Remove a file."""
    incident, file = IncidentId(ask.path["incident"]), AttachmentId(ask.path["attachment"])
    await ask.found(lambda grant: ask.services.attachments.remove(grant, incident, file))


def attachment_out(one: Attachment) -> AttachmentOut:
    """Write what is known of a file."""
    return AttachmentOut(
        id=one.id,
        incident_id=one.incident,
        municipality_id=one.municipality,
        name=one.name,
        media_type=one.media_type,
        size=one.size,
        sha256=one.sha256.hex(),
        width=one.width,
        height=one.height,
        location=point(one.position),
        added_by=one.added_by,
        added_at=time(one.added_at),
    )


_FILES = f"{PREFIX}/incidents/{{incident}}/attachments"

ROUTES = (
    Route(
        method="GET",
        path=_FILES,
        access=ViewNetwork,
        handler=list_attachments,
        query=WholeListQuery,
        answer=list[AttachmentOut],
        listing=Listing(
            ("added_at",),
            {
                "added_at": attrgetter("added_at"),
                "name": attrgetter("name"),
                "size": attrgetter("size"),
            },
        ),
        summary="The files of an incident, oldest first",
    ),
    Route(
        method="POST",
        path=_FILES,
        access=ReportIncidents,
        handler=add,
        query=UploadQuery,
        answer=AttachmentOut,
        status=201,
        largest_body=LARGEST,
        takes_file=MEDIA_TYPES,
        summary="Add a photo or PDF to an incident, raw or as a form; the same file twice is one",
    ),
    Route(
        method="GET",
        path=f"{_FILES}/{{attachment}}",
        access=ViewNetwork,
        handler=get_attachment,
        answer=AttachmentOut,
        summary="What is known of a file of an incident",
    ),
    Route(
        method="GET",
        path=f"{_FILES}/{{attachment}}/content",
        access=ViewNetwork,
        handler=content,
        gives_file=MEDIA_TYPES,
        summary="A file of an incident itself, to be saved",
    ),
    Route(
        method="DELETE",
        path=f"{_FILES}/{{attachment}}",
        access=ReportIncidents,
        handler=remove,
        status=204,
        summary="Remove a file from an incident",
    ),
)
