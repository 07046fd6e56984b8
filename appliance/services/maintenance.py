"""The maintenance log: what was done, by whom, because of what."""

from dataclasses import dataclass

from appliance.domain.access import Grant, ReportIncidents, ViewNetwork
from appliance.domain.errors import Invalid
from appliance.domain.ids import AlertId, AssetId, IncidentId, MaintenanceId, SensorId
from appliance.domain.incidents import MaintenanceEntry
from appliance.domain.instant import Instant
from appliance.ports.pages import Page
from appliance.ports.tables import Tables
from appliance.services.alerts import found_alert
from appliance.services.incidents import found_incident
from appliance.services.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """Work that was done; an alert or incident brings its sensor and pipeline with it."""

    work: str
    done_at: Instant | None = None
    alert: AlertId | None = None
    incident: IncidentId | None = None
    sensor: SensorId | None = None
    pipeline: AssetId | None = None


class Maintenance:
    """Keeps the log; entries are added, never changed."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def page(
        self, grant: Grant[ViewNetwork], page: Page
    ) -> tuple[list[MaintenanceEntry], int]:
        """Give one page, newest first, and how many there are in all."""
        return await self._world.operations.read(
            grant.municipality, lambda t: t.incidents.log_page(page)
        )

    async def add(self, grant: Grant[ReportIncidents], new: NewEntry) -> MaintenanceEntry:
        """Add an entry."""
        if not new.work.strip():
            raise Invalid(field="work", problem="say what was done")
        entry_id = MaintenanceId(self._world.ids.new_id())
        now = self._world.clock.now()

        def change(tables: Tables) -> MaintenanceEntry:
            entry = _entry(grant, tables, new, entry_id, now)
            tables.incidents.log(entry)
            return entry

        return await self._world.operations.write(grant.municipality, change)


def _entry(
    grant: Grant[ReportIncidents],
    tables: Tables,
    new: NewEntry,
    entry_id: MaintenanceId,
    now: Instant,
) -> MaintenanceEntry:
    alert = None if new.alert is None else found_alert(tables, new.alert)
    incident = None if new.incident is None else found_incident(tables, new.incident)
    sensor, pipeline = new.sensor, new.pipeline
    if incident is not None:
        sensor = sensor or incident.sensor
    if alert is not None:
        sensor, pipeline = sensor or alert.sensor, pipeline or alert.pipeline
    _must_be_here(tables, new)
    return MaintenanceEntry(
        id=entry_id,
        municipality=grant.municipality,
        alert=new.alert,
        incident=new.incident,
        sensor=sensor,
        pipeline=pipeline,
        done_at=new.done_at or now,
        work=new.work,
        by=grant.actor.user,
        created_at=now,
    )


def _must_be_here(tables: Tables, new: NewEntry) -> None:
    if new.sensor is not None and tables.sensors.get(new.sensor) is None:
        raise Invalid(field="sensor_id", problem=f"there is no sensor {new.sensor}")
    if new.pipeline is not None and tables.network.pipeline(new.pipeline) is None:
        raise Invalid(field="pipeline_id", problem=f"there is no pipeline {new.pipeline}")
