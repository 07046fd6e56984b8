"""The ledger, and what was not taken."""

from datetime import datetime
from operator import attrgetter
from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import InspectIntake
from appliance.domain.ids import DeviceId
from appliance.domain.readings import REMEDIES, Counts, Door, Reason, Rejection
from web.api.readings import span_of
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of
from web.routes import PREFIX, Route
from web.shapes import Time, TimeIn, time


class LedgerQuery(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """`from` ≤ time of arrival < `to`, in whole minutes: those in which they lie are in.

    Without them, the last day.
    """

    since: TimeIn | None = None
    until: TimeIn | None = None


class RejectionQuery(Struct, frozen=True):
    """Whose rejections."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    offset: Annotated[int, Meta(ge=0, le=100_000)] = 0
    device_id: str | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None
    """Text in the device's id, the detail or the excerpt, case ignored."""


class LedgerOut(Struct, frozen=True):
    """What became of every message; `received` is the sum of the others."""

    received: int
    stored: int
    duplicate: int
    late: int
    quarantined: int
    rejected: dict[str, int]


class RejectionOut(Struct, frozen=True):
    """Something that was not taken, why, and what to do about it."""

    device_id: str
    at: Time
    door: Door
    reason: Reason
    detail: str
    remedy: str
    excerpt: str
    municipality_id: int | None
    """Null when nobody here owns such a device."""


async def ledger(ask: Ask[InspectIntake]) -> LedgerOut:
    """Add up the ledger."""
    since: datetime | None = ask.query.since
    span = span_of(ask, since, ask.query.until, 24.0)
    total = Counts()
    for grant in await ask.every():
        total.add(await ask.services.intake.ledger(grant, span))
    if ask.is_everywhere():
        total.add(await ask.services.intake.unclaimed_ledger(ask.beyond(), span))
    return LedgerOut(
        received=total.received,
        stored=total.stored,
        duplicate=total.duplicate,
        late=total.late,
        quarantined=total.quarantined,
        rejected=total.rejected,
    )


async def rejections(ask: Ask[InspectIntake]) -> Reply:
    """Give a page of what was not taken."""
    query: RejectionQuery = ask.query
    device = None if query.device_id is None else DeviceId(query.device_id)
    intake, search = ask.services.intake, query.q or None
    part = await page_of(
        ask,
        lambda grant, page: intake.rejections(grant, device, page, search),
        lambda page: intake.unclaimed_rejections(ask.beyond(), device, page, search),
    )
    return part.written(ask, _rejection_out)


def _rejection_out(rejection: Rejection) -> RejectionOut:
    return RejectionOut(
        device_id=rejection.device_id,
        at=time(rejection.at),
        door=rejection.door,
        reason=rejection.reason,
        detail=rejection.detail,
        remedy=REMEDIES[rejection.reason],
        excerpt=rejection.excerpt,
        municipality_id=rejection.municipality or None,
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/ledger",
        access=InspectIntake,
        handler=ledger,
        query=LedgerQuery,
        answer=LedgerOut,
        summary="What became of every message that came in",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/intake/rejections",
        access=InspectIntake,
        handler=rejections,
        query=RejectionQuery,
        answer=list[RejectionOut],
        listing=Listing(
            ("-at",),
            {
                "at": attrgetter("at"),
                "device_id": attrgetter("device_id"),
                "reason": attrgetter("reason"),
            },
            key=attrgetter("number"),
        ),
        summary="The last messages that were not taken, why, and what to do",
    ),
)
