"""History that has a look noted before somebody who does not belong there is given a reading."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, cast

from appliance.domain.audit import Author
from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.readings import Readings
from appliance.ports.history import MunicipalHistory, OpenHistory
from appliance.services.audit.recording import author

Looked = Callable[[Author, Iterable[MunicipalityId]], Awaitable[None]]


class WatchedHistory:
    """Opens history for services. Implements OpenHistory."""

    def __init__(self, history: OpenHistory, looked: Looked) -> None:
        self._history = history
        self._looked = looked

    def of(self, municipality: MunicipalityId) -> MunicipalHistory:
        """Open one municipality's history."""
        opened, who = self._history.of(municipality), author()
        if not who.looks_in:
            return opened

        async def look() -> None:
            await self._looked(who, {municipality})

        return cast("MunicipalHistory", _Watched(opened, look))

    async def settled(self, sequence: Sequence) -> None:
        """Wait until everything up to this place can be queried, at most 2 s."""
        await self._history.settled(sequence)

    @property
    def applied(self) -> Sequence:
        """The last batch that is in."""
        return self._history.applied


class _Watched:
    """Stands for every query that there is or will be, so that none can be forgotten; hence the Any."""

    def __init__(self, history: MunicipalHistory, look: Callable[[], Awaitable[None]]) -> None:
        self._history = history
        self._look = look

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        ask = getattr(self._history, name)

        async def asked(*given: Any, **named: Any) -> Any:  # noqa: ANN401
            await self._look()
            return await ask(*given, **named)

        return asked

    async def export(self, **wanted: Any) -> AsyncIterator[Readings]:  # noqa: ANN401
        await self._look()
        async for chunk in self._history.export(**wanted):
            yield chunk
