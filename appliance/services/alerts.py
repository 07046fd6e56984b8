"""Alerts: what people do about what Weir noticed."""

from collections.abc import Callable
from typing import Final

from appliance.domain.access import Grant, HandleAlerts, ViewNetwork
from appliance.domain.alerts import ACTIVE, Alert, AlertChange, AlertStatus
from appliance.domain.errors import Conflict, Invalid, NotFound
from appliance.domain.ids import AlertId, UserId
from appliance.domain.instant import MINUTE, Instant
from appliance.domain.sayings import saying
from appliance.domain.telling import LiveEvent
from appliance.flow import alerting
from appliance.ports.pages import AlertFilter, Page
from appliance.ports.tables import Tables
from appliance.services.freshness import Freshness
from appliance.services.world import World

LONGEST_SHELVING: Final = 7 * 24 * 60
"""Minutes."""

Changed = tuple[Alert, tuple[LiveEvent, ...]]


class Alerts:
    """Shows and moves alerts. Screens are told when the change is on disk, never before."""

    def __init__(self, world: World, freshness: Freshness) -> None:
        self._world = world
        self._freshness = freshness

    async def page(
        self, grant: Grant[ViewNetwork], chosen: AlertFilter, page: Page
    ) -> tuple[list[Alert], int]:
        """Give one page, newest first, and how many there are in all."""
        await self._freshness.watch()
        return await self._world.operations.read(
            grant.municipality, lambda t: t.alerts.page(chosen, page)
        )

    async def get(self, grant: Grant[ViewNetwork], alert: AlertId) -> Alert:
        """Give one."""
        return await self._world.operations.read(
            grant.municipality, lambda t: found_alert(t, alert)
        )

    async def changes(self, grant: Grant[ViewNetwork], alert: AlertId) -> list[AlertChange]:
        """Give everything that happened to one, oldest first."""

        def query(tables: Tables) -> list[AlertChange]:
            found_alert(tables, alert)
            return tables.alerts.changes(alert)

        return await self._world.operations.read(grant.municipality, query)

    async def summary(self, grant: Grant[ViewNetwork]) -> dict[str, int]:
        """Count `total`, `open`, and among the not yet resolved `critical` and `high`."""
        await self._freshness.watch()
        return await self._world.operations.read(grant.municipality, lambda t: t.alerts.summary())

    async def move(
        self, grant: Grant[HandleAlerts], alert: AlertId, after: AlertStatus, note: str
    ) -> Alert:
        """Move one; TransitionRefused where that can't be.

        Where it has this status already it keeps it: phones send again what was not answered. What
        somebody wrote who came second is kept, as their comment.
        """
        now, by = self._world.clock.now(), grant.actor.user

        def change(tables: Tables) -> Changed:
            present = found_alert(tables, alert)
            if present.status is not after:
                return alerting.move(tables, present, after, by=by, note=note, now=now)
            if not note.strip() or _was_said(tables, alert, by, note):
                return present, ()
            return alerting.comment(tables, present, by=by, note=note, now=now)

        return await self._tell(grant, change)

    async def assign(
        self, grant: Grant[HandleAlerts], alert: AlertId, to: UserId | None, note: str
    ) -> Alert:
        """Say who shall deal with one; Invalid for whoever does not belong to the municipality.

        Who has it already keeps it, and nothing happens.
        """
        now = self._world.clock.now()

        def change(tables: Tables) -> Changed:
            present = found_alert(tables, alert)
            if to is not None and tables.users.get(to) is None:
                raise Invalid(
                    field="user_id",
                    problem=saying("no_person", "there is no person {name}", name=to),
                )
            if present.assigned_to == to:
                return present, ()
            by = grant.actor.user
            return alerting.assign(tables, present, to, by=by, note=note, now=now)

        return await self._tell(grant, change)

    async def comment(self, grant: Grant[HandleAlerts], alert: AlertId, note: str) -> Alert:
        """Add a comment."""
        if not note.strip():
            raise Invalid(
                field="comment", problem=saying("nothing_in_it", "there is nothing in it")
            )
        now = self._world.clock.now()

        def change(tables: Tables) -> Changed:
            present = found_alert(tables, alert)
            return alerting.comment(tables, present, by=grant.actor.user, note=note, now=now)

        return await self._tell(grant, change)

    async def shelve(
        self, grant: Grant[HandleAlerts], alert: AlertId, minutes: int, reason: str
    ) -> Alert:
        """Put one aside for so many minutes: nobody is told of it meanwhile (ISA-18.2, 11.3)."""
        if not 1 <= minutes <= LONGEST_SHELVING:
            raise Invalid(
                field="minutes",
                problem=saying(
                    "from_to", "{least} to {most:,} (a week)", least=1, most=LONGEST_SHELVING
                ),
            )
        if not reason.strip():
            raise Invalid(field="reason", problem=saying("say_why", "say why"))
        now = self._world.clock.now()
        until = Instant(now + minutes * MINUTE)

        def change(tables: Tables) -> Changed:
            present = found_alert(tables, alert)
            if present.status not in ACTIVE:
                raise Conflict(
                    what=saying(
                        "needs_no_shelf",
                        "an alert that is {status} needs no shelf",
                        status=present.status.value,
                    )
                )
            by = grant.actor.user
            return alerting.shelve(tables, present, until=until, by=by, note=reason, now=now)

        return await self._tell(grant, change)

    async def unshelve(self, grant: Grant[HandleAlerts], alert: AlertId, note: str) -> Alert:
        """Take one back; if it still is as bad, channels are told again."""
        now = self._world.clock.now()

        def change(tables: Tables) -> Changed:
            present = found_alert(tables, alert)
            if present.shelved_until is None:
                return present, ()
            by = grant.actor.user
            return alerting.shelve(tables, present, until=None, by=by, note=note, now=now)

        return await self._tell(grant, change)

    async def _tell(self, grant: Grant[HandleAlerts], change: Callable[[Tables], Changed]) -> Alert:
        alert, events = await self._world.operations.write(grant.municipality, change)
        self._world.live.announce(events)
        return alert


def _was_said(tables: Tables, alert: AlertId, by: UserId, note: str) -> bool:
    """Whether this is what was sent before and not answered."""
    return any(step.by == by and step.note == note for step in tables.alerts.changes(alert))


def found_alert(tables: Tables, alert: AlertId) -> Alert:
    """Give an alert, or raise NotFound."""
    there = tables.alerts.get(alert)
    if there is None:
        raise NotFound(kind="alert", name=alert)
    return there
