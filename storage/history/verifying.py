"""Reading back every byte of what is sealed."""

import asyncio
from typing import Final

from appliance.domain.errors import StorageFailed
from appliance.domain.instant import text
from appliance.ports.scrub import Flaw
from storage.history import manifest
from storage.history.sealed import Kind, Sealed, SealedFile
from storage.history.shelf import Shelf

_WHAT: Final = {
    Kind.READINGS: "readings, where roll-ups don't stand in for them,",
    Kind.DOUBTFUL: "quarantined readings, which no question shows,",
    Kind.MINUTES: "the roll-up of minutes",
    Kind.HOURS: "the roll-up of hours",
    Kind.DAYS: "the roll-up of days",
}


class SealedFiles:
    """Scrubs the shelf; what is damaged is put aside, and everything else is answered rightly."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def flaws(self) -> tuple[Flaw, ...]:
        return await asyncio.to_thread(self._look)

    def known(self) -> tuple[Flaw, ...]:
        entries = self._shelf.catalogue.entries
        return tuple(_flaw(sealed, file) for sealed in entries for file in sealed.damaged)

    def told(self) -> None:
        """Nothing is forgotten: what is damaged stays so until its file is put back, or too old."""

    def _look(self) -> tuple[Flaw, ...]:
        if not self._shelf.is_open:
            self._shelf.open()
        try:
            files = list(self._shelf.catalogue.files())
            self._shelf.set_aside([file for file in files if not self._is_sound(file)])
            mended = manifest.mend(self._shelf.folder)
        except OSError as error:
            raise StorageFailed(store="sealed history", problem=str(error)) from error
        return tuple(
            Flaw(
                name,
                "it was damaged",
                "nothing: there are two of it",
                "nothing: it has been written anew from the other",
                heals=True,
            )
            for name in mended
        )

    def _is_sound(self, file: SealedFile) -> bool:
        """Say whether it is; one that was dropped meanwhile counts as sound."""
        return self._shelf.is_sound(file) or not self._shelf.has(file)


def _flaw(sealed: Sealed, file: SealedFile) -> Flaw:
    return Flaw(
        file.name,
        "it is damaged or missing",
        f"{_WHAT[file.kind]} of municipality {sealed.municipality} from {text(sealed.since)} to "
        f"{text(sealed.until)}; everything else is answered rightly",
        f"put {file.name} back from a backup and restart Weir",
    )
