"""Maintenance: what is to be done, what was done, by whom, because of what."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from appliance.domain.access import DiscardRecords, Grant, LogMaintenance, ViewNetwork
from appliance.domain.errors import Conflict, Invalid, NotFound
from appliance.domain.ids import AlertId, AssetId, IncidentId, MaintenanceId, SensorId, UserId
from appliance.domain.instant import DAY, Instant
from appliance.domain.maintenance import LONGEST_WINDOW, MaintenanceEntry, Window, WorkStatus
from appliance.domain.sayings import saying
from appliance.ports.pages import Page, WorkFilter
from appliance.ports.tables import Tables
from appliance.services.alerts import found_alert
from appliance.services.incidents import found_incident
from appliance.services.out_of_service import put_back, take_out
from appliance.services.world import World

LONGEST_REPEAT: Final = 3_660
"""Days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """Work that was or is to be done; an alert or incident brings its sensor and pipeline with it."""

    work: str
    status: WorkStatus = WorkStatus.DONE
    notes: str = ""
    done_at: Instant | None = None
    planned_for: Instant | None = None
    due_at: Instant | None = None
    assigned_to: UserId | None = None
    window: Window | None = None
    repeat_days: int | None = None
    alert: AlertId | None = None
    incident: IncidentId | None = None
    sensor: SensorId | None = None
    asset: AssetId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkChanges:
    """What to change: field name → new value, for the fields of MaintenanceEntry."""

    fields: dict[str, object] = field(default_factory=dict)


class Maintenance:
    """Keeps the plan and the log; a sensor is out of service while its work's window lasts."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def page(
        self, grant: Grant[ViewNetwork], chosen: WorkFilter, page: Page
    ) -> tuple[list[MaintenanceEntry], int]:
        """Give one page, latest first (done, due, planned), and how many there are in all."""
        return await self._world.operations.read(
            grant.municipality, lambda t: t.maintenance.page(chosen, page)
        )

    async def get(self, grant: Grant[ViewNetwork], entry: MaintenanceId) -> MaintenanceEntry:
        """Give one."""
        return await self._world.operations.read(
            grant.municipality, lambda t: found_entry(t, entry)
        )

    async def add(self, grant: Grant[LogMaintenance], new: NewEntry) -> MaintenanceEntry:
        """Add an entry; a window that holds now takes the sensor out of service at once."""
        entry_id = MaintenanceId(self._world.ids.new_id())
        now = self._world.clock.now()

        def change(tables: Tables) -> MaintenanceEntry:
            entry = _entry(grant, tables, new, entry_id, now)
            _must_make_sense(tables, entry)
            entry = take_out(tables, entry, now)
            tables.maintenance.put(entry, was=None)
            return entry

        return await self._write(grant, change)

    async def change(
        self, grant: Grant[LogMaintenance], entry: MaintenanceId, changes: WorkChanges
    ) -> MaintenanceEntry:
        """Change one; done work that repeats plans its next turn, and ends its window."""
        now = self._world.clock.now()
        next_id = MaintenanceId(self._world.ids.new_id())

        def change(tables: Tables) -> MaintenanceEntry:
            present = found_entry(tables, entry)
            wanted = _changed(present, changes, now)
            if wanted is present:
                return present
            _must_make_sense(tables, wanted)
            wanted = take_out(tables, put_back(tables, wanted, now), now)
            if not tables.maintenance.put(wanted, was=present.version):
                raise Conflict(
                    what=saying(
                        "changed_meanwhile", "somebody else has changed this entry meanwhile"
                    )
                )
            _plan_next(tables, present, wanted, next_id, now)
            return wanted

        return await self._write(grant, change)

    async def remove(self, grant: Grant[DiscardRecords], entry: MaintenanceId) -> None:
        """Remove one; a sensor that it keeps out of service is back."""
        now = self._world.clock.now()

        def change(tables: Tables) -> MaintenanceEntry:
            present = found_entry(tables, entry)
            put_back(tables, replace(present, window=None), now)
            tables.maintenance.remove(entry)
            return present

        await self._write(grant, change)

    async def _write(
        self, grant: Grant[ViewNetwork], change: Callable[[Tables], MaintenanceEntry]
    ) -> MaintenanceEntry:
        entry = await self._world.operations.write(grant.municipality, change)
        if entry.window is not None:
            await self._world.directory.start()
            self._world.watching.poke()
        return entry


def found_entry(tables: Tables, entry: MaintenanceId) -> MaintenanceEntry:
    """Give an entry, or raise NotFound."""
    there = tables.maintenance.get(entry)
    if there is None:
        raise NotFound(kind="maintenance entry", name=entry)
    return there


def _entry(
    grant: Grant[LogMaintenance],
    tables: Tables,
    new: NewEntry,
    entry_id: MaintenanceId,
    now: Instant,
) -> MaintenanceEntry:
    alert = None if new.alert is None else found_alert(tables, new.alert)
    incident = None if new.incident is None else found_incident(tables, new.incident)
    sensor, asset = new.sensor, new.asset
    if incident is not None:
        sensor = sensor or incident.sensor
    if alert is not None:
        sensor, asset = sensor or alert.sensor, asset or alert.pipeline
    return MaintenanceEntry(
        id=entry_id,
        municipality=grant.municipality,
        alert=new.alert,
        incident=new.incident,
        sensor=sensor,
        pipeline=_as_link(tables, asset),
        asset=asset,
        status=new.status,
        work=new.work,
        notes=new.notes,
        planned_for=new.planned_for,
        due_at=new.due_at,
        assigned_to=new.assigned_to,
        window=new.window,
        repeat_days=new.repeat_days,
        done_at=(new.done_at or now) if new.status is WorkStatus.DONE else None,
        by=grant.actor.user,
        created_at=now,
        updated_at=now,
    )


def _as_link(tables: Tables, asset: AssetId | None) -> AssetId | None:
    return asset if asset is not None and tables.network.pipeline(asset) is not None else None


def _changed(entry: MaintenanceEntry, changes: WorkChanges, now: Instant) -> MaintenanceEntry:
    wanted = replace(entry, **changes.fields)  # type: ignore[arg-type]
    if wanted == entry:
        return entry
    done = wanted.status is WorkStatus.DONE
    return replace(
        wanted,
        done_at=(wanted.done_at or now) if done else None,
        updated_at=now,
        version=entry.version + 1,
    )


def _must_make_sense(tables: Tables, entry: MaintenanceEntry) -> None:
    if not entry.work.strip():
        raise Invalid(
            field="work", problem=saying("say_what_work", "say what is to be done, or was")
        )
    if entry.sensor is not None and tables.sensors.get(entry.sensor) is None:
        raise Invalid(
            field="sensor_id",
            problem=saying("no_sensor", "there is no sensor {name}", name=entry.sensor),
        )
    if entry.asset is not None and tables.assets.get(entry.asset) is None:
        raise Invalid(
            field="asset_id",
            problem=saying("no_asset", "there is no asset {name}", name=entry.asset),
        )
    if entry.assigned_to is not None and tables.users.get(entry.assigned_to) is None:
        raise Invalid(
            field="assigned_to",
            problem=saying("no_person", "there is no person {name}", name=entry.assigned_to),
        )
    if entry.repeat_days is not None and not 1 <= entry.repeat_days <= LONGEST_REPEAT:
        raise Invalid(
            field="repeat_days",
            problem=saying("from_to", "{least} to {most:,}", least=1, most=LONGEST_REPEAT),
        )
    if entry.repeat_days is not None and entry.due_at is None:
        raise Invalid(
            field="repeat_days",
            problem=saying("repeat_needs_due", "what repeats needs a due_at to count from"),
        )
    _must_be_a_window(entry)


def _must_be_a_window(entry: MaintenanceEntry) -> None:
    window = entry.window
    if window is None:
        return
    if entry.sensor is None:
        raise Invalid(
            field="out_of_service",
            problem=saying("which_sensor", "say which sensor: sensor_id is missing"),
        )
    if not 0 < window.until - window.since <= LONGEST_WINDOW:
        days = LONGEST_WINDOW // DAY
        raise Invalid(
            field="out_of_service",
            problem=saying(
                "ends_after_it_begins", "it must end after it begins, in {days} days", days=days
            ),
        )


def _plan_next(
    tables: Tables,
    before: MaintenanceEntry,
    after: MaintenanceEntry,
    next_id: MaintenanceId,
    now: Instant,
) -> None:
    """Plan the next turn of what repeats, when this one is done; it repeats from then on, not this."""
    is_done = after.status is WorkStatus.DONE and before.status is not WorkStatus.DONE
    if not is_done or after.repeat_days is None or after.due_at is None:
        return
    step = after.repeat_days * DAY
    turns = max(1, -((after.due_at - now) // step))  # not one that is over already
    later = turns * step
    tables.maintenance.put(
        replace(
            after,
            id=next_id,
            status=WorkStatus.PLANNED,
            notes="",
            done_at=None,
            due_at=Instant(after.due_at + later),
            planned_for=_later(after.planned_for, later),
            window=_shifted(after.window, later),
            status_before=None,
            alert=None,
            incident=None,
            created_at=now,
            updated_at=now,
            version=1,
        ),
        was=None,
    )


def _later(moment: Instant | None, by: int) -> Instant | None:
    return None if moment is None else Instant(moment + by)


def _shifted(window: Window | None, by: int) -> Window | None:
    if window is None:
        return None
    return Window(Instant(window.since + by), Instant(window.until + by))
