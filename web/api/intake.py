"""The ledger, and what was not taken."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import InspectIntake
from appliance.domain.ids import DeviceId
from appliance.domain.readings import REMEDIES, Counts, Door, Reason, Rejection
from appliance.ports.pages import Page
from web.api.readings import span_of
from web.asking import Ask, Reply
from web.paging import listing, merge
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
    found, total = await merge(
        ask,
        lambda grant, page: ask.services.intake.rejections(grant, device, page),
        lambda rejection: rejection.at,
    )
    if ask.is_everywhere():
        window = Page(limit=query.limit + query.offset)
        unclaimed, count = await ask.services.intake.unclaimed_rejections(
            ask.beyond(), device, window
        )
        found = sorted([*found, *unclaimed], key=lambda r: r.at, reverse=True)[: query.limit]
        total += count
    return listing(ask, [_rejection_out(rejection) for rejection in found], total)


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
        summary="The last messages that were not taken, why, and what to do",
    ),
)
