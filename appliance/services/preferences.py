"""What people set for themselves: it follows them to every screen, and concerns nobody else."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from appliance.domain.access import Actor
from appliance.domain.errors import Invalid
from appliance.domain.quantities import Quantity, unit_of
from appliance.ports.operations import SystemTables
from appliance.services.names import must_be_a_time_zone
from appliance.services.world import World

KIND: Final = "person"
LARGEST_UI: Final = 16 * 1024
"""Bytes of JSON; a screen that wants to keep more is told so, and nothing changes."""
MOST_NESTED: Final = 32
"""Objects and arrays of it within each other: what is written down is walked through."""
THEMES: Final = ("system", "light", "dark")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a person prefers; empty where the municipality's or the screen's own holds."""

    units: Mapping[str, str] = field(default_factory=dict)
    """Quantity → unit."""
    time_zone: str | None = None
    language: str | None = None
    """A BCP 47 tag."""
    theme: str = "system"
    ui: Mapping[str, Any] = field(default_factory=dict)
    """Whatever a screen wants to remember."""


class PreferencesOfPeople:
    """Gives and changes the preferences of whoever asks; a token has its own."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, actor: Actor) -> Preferences:
        """Give them; the usual ones where nothing was set."""
        return await self._world.operations.read_system(lambda s: recalled(s, actor))

    async def change(self, actor: Actor, changes: Mapping[str, Any]) -> Preferences:
        """Replace the fields that are named; Invalid where one makes no sense."""
        await _must_make_sense(Preferences(**changes))
        now = self._world.clock.now()

        def change(system: SystemTables) -> Preferences:
            changed = replace(recalled(system, actor), **changes)
            value = json.dumps(asdict(changed), ensure_ascii=False).encode()
            if actor.municipality is None:
                system.remember(_key(actor), value)
            else:
                own = system.of(actor.municipality).preferences
                own.replace(KIND, _key(actor), value, now)
            return changed

        return await self._world.operations.write_system(change)


def recalled(system: SystemTables, actor: Actor) -> Preferences:
    """Give what somebody prefers, in this transaction."""
    if actor.municipality is None:
        kept = system.recall(_key(actor))
    else:
        kept = system.of(actor.municipality).preferences.recall(KIND, _key(actor))
    return Preferences() if kept is None else Preferences(**json.loads(kept))


def _key(actor: Actor) -> str:
    whose = actor.user if actor.token is None else f"token:{actor.token}"
    return f"preferences:{whose}"


def _is_deeper(said: object, most: int) -> bool:
    """Whether there is more than so much within each other; asks no more of the stack than that."""
    if not isinstance(said, Mapping | list):
        return False
    inner = said.values() if isinstance(said, Mapping) else said
    return most == 0 or any(_is_deeper(one, most - 1) for one in inner)


async def _must_make_sense(wanted: Preferences) -> None:
    for name, symbol in wanted.units.items():
        if name not in set(Quantity):
            raise Invalid(field=f"units.{name}", problem=f"one of {', '.join(Quantity)}")
        unit_of(Quantity(name), symbol)
    if wanted.time_zone is not None:
        await must_be_a_time_zone(wanted.time_zone)
    if wanted.language is not None and not _LANGUAGE.fullmatch(wanted.language):
        raise Invalid(field="language", problem="a BCP 47 tag such as en or de-AT")
    if wanted.theme not in THEMES:
        raise Invalid(field="theme", problem=f"one of {', '.join(THEMES)}")
    if _is_deeper(wanted.ui, MOST_NESTED):
        raise Invalid(
            field="ui", problem=f"at most {MOST_NESTED} objects within each other are kept"
        )
    if len(json.dumps(wanted.ui, ensure_ascii=False).encode(errors="replace")) > LARGEST_UI:
        raise Invalid(field="ui", problem=f"at most {LARGEST_UI:,} bytes of JSON are kept")
