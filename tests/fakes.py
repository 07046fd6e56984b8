"""Fakes of the smallest ports: a clock that tests set, and ids that count."""

from dataclasses import dataclass

from appliance.domain.instant import SECOND, Instant
from tests.builders import NOON


@dataclass
class FixedClock:
    """A Clock that moves only when told to."""

    instant: Instant = NOON
    seconds: float = 0.0

    def now(self) -> Instant:
        return self.instant

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, microseconds: int) -> Instant:
        """Let time pass, on both faces of the clock."""
        self.instant = Instant(self.instant + microseconds)
        self.seconds += microseconds / SECOND
        return self.instant

    def set(self, instant: Instant) -> None:
        """Let somebody set the clock: the time of day jumps, the monotonic time does not."""
        self.instant = instant


@dataclass
class CountingIds:
    """An IdSource that gives first, first + 1, … and secrets that tell their number."""

    first: int = 1

    def new_id(self) -> int:
        given = self.first
        self.first += 1
        return given

    def new_secret(self) -> str:
        return f"secret-{self.new_id()}"
