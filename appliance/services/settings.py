"""Settings of a municipality, which its own admins change, and of the installation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from appliance.domain.access import AdministerSystem, Grant, ManageSettings, SystemGrant
from appliance.domain.errors import Invalid
from appliance.domain.people import Municipality
from appliance.domain.sayings import saying
from appliance.ports.operations import SystemTables
from appliance.services.installation import (
    SystemSettings,
    keep_system_settings,
    system_settings,
)
from appliance.services.municipalities import (
    Municipalities,
    MunicipalityChanges,
    changed_municipality,
    must_make_sense,
)
from appliance.services.names import must_be_a_time_zone
from appliance.services.world import World

LONGEST: Final = 300


class Settings:
    """Gives and changes settings; who is concerned notices when the call returns."""

    def __init__(self, world: World, municipalities: Municipalities) -> None:
        self._world = world
        self._municipalities = municipalities

    async def own(self, grant: Grant[ManageSettings]) -> Municipality:
        """Give the municipality that the grant is for."""
        return await self._world.operations.read(grant.municipality, lambda t: t.municipality)

    async def change(
        self, grant: Grant[ManageSettings], changes: MunicipalityChanges
    ) -> Municipality:
        """Change the settings of one's own municipality.

        Its name stays: whether another has that name would show by the refusal.
        """
        if changes.name is not None:
            raise Invalid(
                field="name",
                problem=saying("super_admin_names", "a super admin names municipalities"),
            )
        await must_make_sense(changes)

        def change(system: SystemTables) -> Municipality:
            changed = changed_municipality(system.of(grant.municipality).municipality, changes)
            system.put_municipality(changed)
            return changed

        changed = await self._world.operations.write_system(change)
        await self._municipalities.notice()
        return changed

    async def system(self, grant: SystemGrant[AdministerSystem]) -> SystemSettings:
        """Give those of the installation."""
        del grant
        return await self._world.operations.read_system(system_settings)

    async def change_system(
        self, grant: SystemGrant[AdministerSystem], changes: Mapping[str, Any]
    ) -> SystemSettings:
        """Change those of the installation."""
        del grant
        if any(len(str(value)) > LONGEST for value in changes.values()):
            raise Invalid(
                field="contact",
                problem=saying(
                    "at_most_characters", "at most {most} characters are taken", most=LONGEST
                ),
            )
        if "default_time_zone" in changes:
            await must_be_a_time_zone(changes["default_time_zone"])

        def change(system: SystemTables) -> SystemSettings:
            changed = replace(system_settings(system), **changes)
            keep_system_settings(system, changed)
            return changed

        return await self._world.operations.write_system(change)
