"""Time, ids and randomness: what the pure core must ask for."""

from typing import Protocol

from appliance.domain.instant import Instant


class Clock(Protocol):
    """The time of day, and a time that only goes forward."""

    def now(self) -> Instant:
        """Give the present instant; it may jump when somebody sets the clock."""
        ...

    def monotonic(self) -> float:
        """Give seconds since some moment; never goes back."""
        ...


class IdSource(Protocol):
    """Random identities and secrets."""

    def new_id(self) -> int:
        """Give a random 48-bit integer, never 0."""
        ...

    def new_secret(self) -> str:
        """Give 160 random bits as text that is safe in URLs, CSV and on a label."""
        ...
