"""Live clients: people's screens."""

from typing import Protocol

from appliance.domain.ids import MunicipalityId
from appliance.domain.telling import Cursor, LiveEvent


class LiveClient(Protocol):
    """One connected screen. Its queue is bounded; when it is full, the client is cut off and
    resumes from its cursor.
    """

    @property
    def joined(self) -> Cursor | None:
        """Give the place after which it hears everything; None where it hears all municipalities."""
        ...

    async def next(self) -> tuple[LiveEvent, ...]:
        """Wait for events and give all that wait; raises TooMany when the client was too slow."""
        ...

    def close(self) -> None:
        """Leave."""
        ...


class Live(Protocol):
    """Tells screens what has been committed, never before."""

    def announce(self, events: tuple[LiveEvent, ...]) -> None:
        """Give events to everybody who may see them; never blocks."""
        ...

    async def join(
        self, municipality: MunicipalityId | None, *, replay: int, since: Cursor | None
    ) -> tuple[LiveClient, tuple[LiveEvent, ...], bool]:
        """Join one municipality (None: all). Gives the client, what to replay, and whether the
        replay is complete: False means that `since` lies too far back and the screen must fetch
        afresh. Nothing falls between replay and client.
        """
        ...
