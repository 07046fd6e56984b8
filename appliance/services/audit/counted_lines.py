"""What happens often becomes few lines: the first at once, the rest as a count at the end of a while."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from appliance.domain.audit import Draft
from appliance.domain.instant import Instant
from appliance.ports.clock import Clock

Key = tuple[object, ...]
_OTHERS: Final[Key] = ("others",)


@dataclass(slots=True)
class _Going:
    draft: Draft
    until: float
    first_at: Instant
    last_at: Instant
    times: int = 1


class CountedLines:
    """Counts what is the same within `window` seconds.

    Bounded: at most `most` sorts at a time. Further ones are counted together as `others` (a draft
    that names none of them), so nobody can fill the disk by being many.
    """

    def __init__(self, clock: Clock, window: float, most: int, others: Draft) -> None:
        self._clock = clock
        self._window = window
        self._most = most
        self._others = others
        self._going: OrderedDict[Key, _Going] = OrderedDict()

    def add(self, key: Key, draft: Draft) -> Draft | None:
        """Count one; gives the line to write now, if it is the first of its sort."""
        if key not in self._going and len(self._going) >= self._most:
            key, draft = _OTHERS, self._others
        going = self._going.get(key)
        now = self._clock.now()
        if going is not None:
            going.times += 1
            going.last_at = now
            return None
        until = self._clock.monotonic() + self._window
        self._going[key] = _Going(draft, until, now, now)
        return draft

    def forget(self, key: Key) -> None:
        """Take the first of a sort back: its line could not be written."""
        self._going.pop(key, None)

    def over(self, *, all_of_them: bool = False) -> list[Draft]:
        """Give the lines of those whose while is over and that happened again in it."""
        now = self._clock.monotonic()
        ended = [key for key, one in self._going.items() if all_of_them or one.until <= now]
        lines = []
        for key in ended:
            one = self._going.pop(key)
            if one.times > 1:
                counted: dict[str, object] = {
                    "times": one.times,
                    "first": one.first_at,
                    "last": one.last_at,
                }
                lines.append(replace(one.draft, details={**one.draft.details, **counted}))
        return lines
