"""How long a municipality keeps what: a setting that its admins change."""

from appliance.domain.access import Grant, ManageSettings
from appliance.domain.errors import Invalid
from appliance.domain.retention import Retention
from appliance.flow.retaining import recalled, remember
from appliance.ports.tables import Tables
from appliance.services.world import World


class RetentionSettings:
    """Gives and changes the settings; the nightly job applies them."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, grant: Grant[ManageSettings]) -> Retention:
        """Give what holds now."""
        return await self._world.operations.read(grant.municipality, recalled)

    async def replace(self, grant: Grant[ManageSettings], retention: Retention) -> Retention:
        """Have these hold from the next night on; Invalid where they make no sense."""
        retention.check()
        now = self._world.clock.now()

        def change(tables: Tables) -> None:
            known = {sensor_type.code for sensor_type in tables.sensors.types()}
            if unknown := sorted(set(retention.by_sensor_type) - known):
                raise Invalid(
                    field="by_sensor_type", problem=f"there is no sensor type {unknown[0]}"
                )
            remember(tables, retention, now)

        await self._world.operations.write(grant.municipality, change)
        return retention
