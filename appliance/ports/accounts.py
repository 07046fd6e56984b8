"""What belongs to one person's account: sessions, the second factor, places; within a transaction."""

from collections.abc import Iterable
from typing import Protocol

from appliance.domain.ids import SessionId, UserId
from appliance.domain.instant import Instant
from appliance.domain.people import SecondFactor, Session


class SessionTable(Protocol):
    """The sign-ins of everybody."""

    def of(self, user: UserId) -> list[Session]:
        """Give somebody's sessions, the one used last first."""
        ...

    def end(self, user: UserId, session: SessionId) -> bool:
        """End one of somebody's sessions; say whether there was such a one."""
        ...

    def end_others(self, user: UserId, kept: SessionId | None) -> int:
        """End all of somebody's sessions but one; say how many."""
        ...

    def keep_newest(self, user: UserId, most: int) -> None:
        """End those of somebody's sessions that were not used for longest, beyond so many."""
        ...


class SecondFactorTable(Protocol):
    """Second factors and their recovery codes."""

    def get(self, user: UserId) -> SecondFactor | None:
        """Give somebody's, confirmed or not."""
        ...

    def put(self, factor: SecondFactor) -> None:
        """Add or replace somebody's."""
        ...

    def spend_step(self, user: UserId, step: int) -> bool:
        """Take a code of this time step if none of it or a later one was taken; say whether."""
        ...

    def remove(self, user: UserId) -> bool:
        """Remove somebody's with its recovery codes; say whether there was one."""
        ...

    def replace_codes(self, user: UserId, digests: Iterable[bytes]) -> None:
        """Make these the recovery codes, and the ones before good for nothing."""
        ...

    def spend_code(self, user: UserId, digest: bytes) -> bool:
        """Take a recovery code if it is there; say whether."""
        ...

    def codes_left(self, user: UserId) -> int:
        """Count the recovery codes that are not spent."""
        ...


class PlaceTable(Protocol):
    """From where people have signed in."""

    def knows(self, user: UserId, place: str) -> bool:
        """Say whether somebody has signed in from there."""
        ...

    def newest(self, limit: int) -> list[tuple[str, str]]:
        """Give the places of all people, by case-folded username, the newest first."""
        ...

    def remember(self, user: UserId, place: str, at: Instant, most: int) -> None:
        """Note that somebody signed in from there; of more than `most` the oldest is forgotten."""
        ...
