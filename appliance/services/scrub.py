"""Scrubbing: every night, or when somebody asks, every byte is read back and authenticated."""

import logging

from appliance.domain.errors import StorageFailed
from appliance.ports.scrub import Flaw, Verifiable

_log = logging.getLogger(__name__)


class Scrub:
    """Looks through all stores, one after the other, and remembers what it found last."""

    def __init__(self, stores: dict[str, Verifiable]) -> None:
        self._stores = stores
        self._found: tuple[Flaw, ...] = ()

    async def run(self) -> tuple[Flaw, ...]:
        """Read everything and name what is damaged; a damage is logged when it is first found."""
        found: list[Flaw] = []
        for name, store in self._stores.items():
            try:
                found += await store.flaws()
            except StorageFailed as failure:
                found.append(_unreadable(name, failure))
        for flaw in found:
            if flaw not in self._found:
                _log.error("scrub: %s: %s; %s", flaw.file, flaw.problem, flaw.remedy)
        self._found = tuple(found)
        return self.flaws()

    def flaws(self) -> tuple[Flaw, ...]:
        """Give what the last run found, and what is known of from the start of the program."""
        known = [flaw for store in self._stores.values() for flaw in store.known()]
        return (*self._found, *known)

    def told(self) -> None:
        """Somebody has read all of it."""
        for store in self._stores.values():
            store.told()


def _unreadable(name: str, failure: StorageFailed) -> Flaw:
    return Flaw(
        name,
        f"it can't be read: {failure}",
        "whether it is whole is not known",
        "look at the disk and its cables (`dmesg`, SMART), and restore a backup onto a sound one",
    )
