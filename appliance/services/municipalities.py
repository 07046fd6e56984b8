"""Municipalities: the tenants."""

from dataclasses import dataclass, replace
from typing import Final

from appliance.domain.access import AdministerSystem, Grant, SystemGrant, ViewNetwork
from appliance.domain.errors import Invalid, NotFound
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import SECOND
from appliance.domain.people import Municipality
from appliance.ports.operations import SystemTables
from appliance.services.installation import system_settings
from appliance.services.names import must_be_a_time_zone, must_be_named
from appliance.services.setup import found_municipality
from appliance.services.world import World

LONGEST_LATENESS: Final = 366 * 86_400.0
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MunicipalityChanges:
    """What to change; None leaves it."""

    name: str | None = None
    time_zone: str | None = None
    lateness_seconds: float | None = None
    require_whitelist: bool | None = None


class Municipalities:
    """Adds, changes and lists municipalities."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def all(self, grant: SystemGrant[AdministerSystem]) -> list[Municipality]:
        """Give all, by name."""
        del grant
        return await self._world.operations.read_system(lambda t: t.municipalities())

    def ids(self, grant: SystemGrant[AdministerSystem]) -> tuple[MunicipalityId, ...]:
        """Give those of all, by name, from memory: nearly every question of a super admin begins so."""
        del grant
        return self._world.directory.municipalities()

    async def own(self, grant: Grant[ViewNetwork]) -> Municipality:
        """Give the one that the grant is for."""
        return await self._world.operations.read(grant.municipality, lambda t: t.municipality)

    async def add(
        self, grant: SystemGrant[AdministerSystem], name: str, time_zone: str | None = None
    ) -> Municipality:
        """Add one with the rules that every one begins with; Conflict when the name is taken."""
        del grant
        must_be_named(name, "name")
        zone = time_zone or await self._usual_zone()
        await must_be_a_time_zone(zone)
        now = self._world.clock.now()
        added = Municipality(
            id=MunicipalityId(self._world.ids.new_id()),
            name=name.strip(),
            time_zone=zone,
            created_at=now,
        )
        await self._world.operations.write_system(
            lambda t: found_municipality(t, added, self._world.ids.new_id, now)
        )
        await self.notice()
        return added

    async def _usual_zone(self) -> str:
        found = await self._world.operations.read_system(system_settings)
        return found.default_time_zone

    async def change(
        self,
        grant: SystemGrant[AdministerSystem],
        municipality: MunicipalityId,
        changes: MunicipalityChanges,
    ) -> Municipality:
        """Change one."""
        del grant
        await must_make_sense(changes)

        def change(tables: SystemTables) -> Municipality:
            found = [m for m in tables.municipalities() if m.id == municipality]
            if not found:
                raise NotFound(kind="municipality", name=municipality)
            changed = changed_municipality(found[0], changes)
            tables.put_municipality(changed)
            return changed

        changed = await self._world.operations.write_system(change)
        await self.notice()
        return changed

    async def notice(self) -> None:
        """Have who keeps municipalities in memory read them anew."""
        await self._world.directory.start()
        self._world.watching.poke()


async def must_make_sense(changes: MunicipalityChanges) -> None:
    """Raise Invalid where a change makes none."""
    if changes.name is not None:
        must_be_named(changes.name, "name")
    if changes.time_zone is not None:
        await must_be_a_time_zone(changes.time_zone)
    lateness = changes.lateness_seconds
    if lateness is not None and not 0 <= lateness <= LONGEST_LATENESS:
        raise Invalid(field="lateness_seconds", problem="0 to 31,622,400 (a year)")


def changed_municipality(municipality: Municipality, changes: MunicipalityChanges) -> Municipality:
    """Give a municipality with the changes made."""
    lateness = changes.lateness_seconds
    whitelist = changes.require_whitelist
    return replace(
        municipality,
        name=(changes.name or municipality.name).strip(),
        time_zone=changes.time_zone or municipality.time_zone,
        lateness=municipality.lateness if lateness is None else int(lateness * SECOND),
        require_whitelist=municipality.require_whitelist if whitelist is None else whitelist,
    )
