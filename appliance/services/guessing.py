"""Slows the guessing of passwords down, without letting a stranger lock anybody out."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from appliance.domain.errors import TooMany
from appliance.ports.clock import Clock

FREE: Final = 5
"""Wrong passwords before the first wait: people mistype."""
LONGEST_WAIT: Final = 16.0
FORGET_AFTER: Final = 900.0
MOST_KEPT: Final = 10_000


@dataclass(slots=True)
class _Trouble:
    failures: int
    last: float


class Guessing:
    """Counts failures by account and address together.

    After FREE failures each further try from that address on that account must wait 1, 2, 4 …
    at most LONGEST_WAIT seconds. The same account from another address is not slowed down, so
    nobody can shut somebody else out. Of MOST_KEPT pairs the one longest idle is forgotten first.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._troubles: OrderedDict[tuple[str, str], _Trouble] = OrderedDict()

    def must_be_patient(self, username: str, address: str) -> None:
        """Raise TooMany while this pair has to wait."""
        trouble = self._troubles.get(_key(username, address))
        if trouble is None or trouble.failures < FREE:
            return
        wait = min(2.0 ** (trouble.failures - FREE), LONGEST_WAIT)
        left = trouble.last + wait - self._clock.monotonic()
        if left > 0:
            seconds = int(left) + 1
            raise TooMany(
                what=f"too many wrong passwords; try again in {seconds} s", retry_after=seconds
            )

    def failed(self, username: str, address: str) -> None:
        """Count a wrong password."""
        now = self._clock.monotonic()
        key = _key(username, address)
        trouble = self._troubles.pop(key, None)
        if trouble is None or now - trouble.last > FORGET_AFTER:
            trouble = _Trouble(0, now)
        self._troubles[key] = _Trouble(trouble.failures + 1, now)
        if len(self._troubles) > MOST_KEPT:
            self._troubles.popitem(last=False)

    def succeeded(self, username: str, address: str) -> None:
        """Forget the failures of this pair."""
        self._troubles.pop(_key(username, address), None)


def _key(username: str, address: str) -> tuple[str, str]:
    return username.strip().casefold()[:128], address
