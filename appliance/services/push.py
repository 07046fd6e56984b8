"""Phones that want to be told: their push tokens are kept until a push gateway sends to them."""

from dataclasses import dataclass
from typing import Final

import msgspec

from appliance.domain.access import Actor
from appliance.domain.errors import Invalid, NotAllowed
from appliance.domain.instant import Instant
from appliance.ports.operations import SystemTables
from appliance.services.world import World

KIND: Final = "push_device"
MOST_PHONES: Final = 20
"""Of one person; of more the one that was registered longest ago is forgotten."""
LONGEST: Final = 4_096


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone of somebody, as its push service knows it."""

    token: str
    platform: str
    at: int
    """When it was registered last."""


class PushDevices:
    """Registers phones; registering the same one again changes nothing."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def of(self, actor: Actor) -> list[Phone]:
        """Give somebody's own, the one registered last at the end."""
        return await self._world.operations.read_system(lambda s: _recalled(s, actor))

    async def register(self, actor: Actor, push_token: str, platform: str) -> None:
        """Keep a phone's token under the person whose phone it is; a program has none."""
        if actor.token is not None:
            raise NotAllowed(permission="to be told as the person who made the token")
        if not 0 < len(push_token) <= LONGEST:
            raise Invalid(field="push_token", problem=f"1 to {LONGEST:,} characters")
        now = self._world.clock.now()

        def register(system: SystemTables) -> None:
            kept = _recalled(system, actor)
            if kept and (kept[-1].token, kept[-1].platform) == (push_token, platform):
                return
            others = [phone for phone in kept if phone.token != push_token]
            phones = [*others, Phone(push_token, platform, now)][-MOST_PHONES:]
            _keep(system, actor, msgspec.json.encode(phones), now)

        await self._world.operations.write_system(register)


def _recalled(system: SystemTables, actor: Actor) -> list[Phone]:
    if actor.municipality is None:
        kept = system.recall(f"{KIND}:{actor.user}")
    else:
        kept = system.of(actor.municipality).preferences.recall(KIND, str(actor.user))
    return [] if kept is None else msgspec.json.decode(kept, type=list[Phone])


def _keep(system: SystemTables, actor: Actor, value: bytes, now: Instant) -> None:
    if actor.municipality is None:
        system.remember(f"{KIND}:{actor.user}", value)
    else:
        own = system.of(actor.municipality).preferences
        own.replace(KIND, str(actor.user), value, now)
