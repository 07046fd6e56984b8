"""The door for devices that report over HTTP."""

import math
from http import HTTPStatus
from typing import Any, Literal

from msgspec import Struct

from appliance.domain.access import Permission
from appliance.domain.readings import REMEDIES, Reason, Refusal, Rejection
from appliance.ports.doors import Settled
from web.asking import Ask, Reply, bearer
from web.posted import Readings
from web.routes import PREFIX, Open, Route
from web.writing import JSON

REFUSED = {
    Reason.UNKNOWN_DEVICE: 401,
    Reason.WRONG_KEY: 401,
    Reason.DISABLED: 403,
    Reason.NOT_WHITELISTED: 403,
    Reason.TOO_LARGE: 413,
    Reason.WRONG_NUMBER: 403,
    Reason.MALFORMED: 422,
    Reason.UNKNOWN_CHANNEL: 422,
    Reason.RATE_LIMITED: 429,
}
SAYS = {
    Reason.UNKNOWN_DEVICE: "This device is not known here",
    Reason.WRONG_KEY: "This is not the key of this device",
    Reason.DISABLED: "This device is switched off here",
    Reason.NOT_WHITELISTED: "This device is not on the whitelist",
    Reason.TOO_LARGE: "This message is too large",
    Reason.WRONG_NUMBER: "This is not the phone number of this device",
    Reason.MALFORMED: "This message can't be read",
    Reason.UNKNOWN_CHANNEL: "No sensor is set up for anything that this device sent",
    Reason.RATE_LIMITED: "This device, or its municipality, sends more than it may",
}
MOST_EXPLAINED = 20


class Taken(Struct, frozen=True):
    """What became of the readings of one message; they are on disk."""

    received: int
    stored: int
    duplicate: int
    late: int
    quarantined: int
    rejected: dict[str, int]
    status: Literal["ok"] = "ok"


async def take(ask: Ask[Permission]) -> Reply:
    """Take a message."""
    key = ask.headers.get("X-API-Key") or bearer(ask.headers) or ""
    outcome = await ask.services.device_door.take(ask.path["device"], key, ask.payload, ask.address)
    return refused(outcome) if isinstance(outcome, Refusal) else settled(outcome)


def refused(refusal: Refusal) -> Reply:
    """Say why a device was refused, and what to do."""
    body = {
        "detail": SAYS.get(refusal.reason, "This device was refused"),
        "code": refusal.reason.value,
        "reason": refusal.reason.value,
        "hint": REMEDIES[refusal.reason],
    }
    status = REFUSED.get(refusal.reason, 403)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = str(max(1, math.ceil(refusal.retry_after)))
    return Reply(body, status, headers)


def settled(outcome: Settled) -> Reply:
    """Say what became of readings."""
    counts = outcome.counts
    rejected = sum(counts.rejected.values())
    if rejected and rejected == counts.received:
        details = [_detail(one) for one in outcome.rejections[:MOST_EXPLAINED]]
        return Reply({"detail": details, "code": "invalid", "rejected": counts.rejected}, 422)
    return Reply(
        Taken(
            received=counts.received,
            stored=counts.stored,
            duplicate=counts.duplicate,
            late=counts.late,
            quarantined=counts.quarantined,
            rejected=counts.rejected,
        )
    )


def _detail(rejection: Rejection) -> dict[str, Any]:
    return {
        "loc": ["body"],
        "msg": f"{rejection.detail or rejection.reason.value}; {REMEDIES[rejection.reason]}",
        "type": rejection.reason.value,
    }


ROUTES = tuple(
    Route(
        method="POST",
        path=path,
        on_full_disk=True,  # the door itself says what is not taken
        access=Open.DEVICE,
        handler=take,
        reads={JSON: (Readings,)},
        answer=Taken,
        status=201,
        summary="Report one reading or an array of up to 1,000; the key is in X-API-Key or Bearer",
    )
    for path in (
        f"{PREFIX}/sensors/{{device:text}}/readings",
        f"{PREFIX}/ingest/sensors/{{device:text}}/data",
    )
)
