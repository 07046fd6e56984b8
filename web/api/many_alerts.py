"""Many alerts at once: a storm of alarms is acknowledged in one go, each for itself."""

from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import HandleAlerts
from appliance.domain.alerts import AlertStatus
from appliance.domain.errors import Refused
from appliance.domain.ids import AlertId
from web.api.alerts import AlertOut, Text, alert_out
from web.asking import Ask
from web.routes import PREFIX, Route
from web.shapes import Id

MOST = 500


class Several(Struct, frozen=True):
    """Which alerts, and what is said of all of them."""

    ids: Annotated[list[Id], Meta(max_length=MOST)]
    notes: Text = ""


class NotDone(Struct, frozen=True):
    """An alert that could not be acknowledged, and why."""

    id: int
    detail: str
    code: str


class ManyOut(Struct, frozen=True):
    """What came of it: each alert is in one of both."""

    done: list[AlertOut]
    refused: list[NotDone]


async def acknowledge_many(ask: Ask[HandleAlerts]) -> ManyOut:
    """Acknowledge alerts, each for itself: one that can't be leaves the others alone."""
    said: Several = ask.body
    await ask.every()
    done: list[AlertOut] = []
    refused: list[NotDone] = []
    for number in dict.fromkeys(said.ids):
        try:
            done.append(await _acknowledge(ask, AlertId(number), said.notes))
        except Refused as problem:
            refused.append(NotDone(number, str(problem), problem.code))
    return ManyOut(done, refused)


async def _acknowledge(ask: Ask[HandleAlerts], alert: AlertId, notes: str) -> AlertOut:
    return alert_out(
        await ask.found(
            lambda grant: ask.services.alerts.move(grant, alert, AlertStatus.ACKNOWLEDGED, notes)
        )
    )


ROUTES = (
    Route(
        method="POST",
        path=f"{PREFIX}/alerts/acknowledge",
        access=HandleAlerts,
        handler=acknowledge_many,
        body=Several,
        answer=ManyOut,
        summary="Somebody has seen these: up to 500 at once, each for itself",
    ),
)
