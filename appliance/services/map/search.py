"""One field that finds everything with a name, for the map and the command palette."""

from typing import Final

from appliance.domain.access import Grant, ViewNetwork
from appliance.ports.map import Found
from appliance.ports.tables import Tables
from appliance.services.world import World

KINDS: Final = ("sensor", "asset", "pipe", "zone", "incident", "alert")
MOST_WORDS: Final = 8
"""Further words of what somebody types are not looked at."""


class Search:
    """Finds things whose names have words that begin as those typed, whatever case and accents."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def find(
        self, grant: Grant[ViewNetwork], text: str, kinds: tuple[str, ...], most: int
    ) -> list[Found]:
        """Give at most so many of each kind, those first whose words are whole as typed."""
        words = words_of(text)
        if not words:
            return []
        exactly = " AND ".join(f'"{word}"' for word in words)
        beginning = " AND ".join(f'"{word}" *' for word in words)

        def query(tables: Tables) -> list[Found]:
            found: list[Found] = []
            for kind in kinds or KINDS:
                there = {one.id: one for one in tables.map.find(kind, exactly, most)}
                if len(there) < most:
                    for one in tables.map.find(kind, beginning, most):
                        there.setdefault(one.id, one)
                found += list(there.values())[:most]
            return found

        return await self._world.operations.read(grant.municipality, query)


def words_of(text: str) -> list[str]:
    """Give the words typed; what has no letter or digit is none."""
    words = (word.replace('"', "").replace("\0", "") for word in text.split())
    return [word for word in words if any(map(str.isalnum, word))][:MOST_WORDS]
