"""Phones that want to be told: their push tokens are kept until a push gateway sends to them."""

import json

from appliance.domain.access import Actor
from appliance.domain.errors import Invalid
from appliance.services.world import World


class PushDevices:
    """Registers phones; registering the same one again changes nothing."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def register(self, actor: Actor, push_token: str, platform: str) -> None:
        """Keep a phone's token under the person whose phone it is."""
        if not push_token or len(push_token) > 4096:  # noqa: PLR2004
            raise Invalid(field="push_token", problem="1 to 4,096 characters")
        key = f"{actor.user}:{push_token}"
        now = self._world.clock.now()
        value = json.dumps({"user": actor.user, "platform": platform, "at": now}).encode()
        if actor.municipality is None:
            await self._world.operations.write_system(
                lambda t: t.remember(f"push_device:{key}", value)
            )
            return
        await self._world.operations.write(
            actor.municipality, lambda t: t.preferences.replace("push_device", key, value, now)
        )
