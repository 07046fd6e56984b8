"""Weir's own faults that were passed over, so that one of them does not stop everything else.

A fault that stopped the program would be there again after the next start, with the same message
or the same reading, and again: no device could report any more. So what can't be done for one
message, one method or one cause is left out, logged once and shown by `weir doctor` (decision 0008).
A store that fails is no such fault: then the program stops.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from appliance.domain.instant import Instant
from appliance.ports.clock import Clock

_log = logging.getLogger(__name__)

MOST_KINDS: Final = 50


@dataclass(slots=True)
class Fault:
    """One kind of fault: what could not be done, how often, and when last."""

    what: str
    problem: str
    times: int
    last_at: Instant


class Faults:
    """Counts faults by kind. Full forgets the kind that has not occurred for longest."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kinds: OrderedDict[tuple[str, str], Fault] = OrderedDict()

    def note(self, what: str, error: BaseException) -> None:
        """Count a fault; the first of its kind is logged with the place where it came about."""
        problem = type(error).__name__
        fault = self._kinds.pop((what, problem), None)
        if fault is None:
            fault = Fault(what, problem, 0, Instant(0))
            _log.error("passed over: %s", what, exc_info=error)
        fault.times += 1
        fault.last_at = self._clock.now()
        self._kinds[what, problem] = fault
        if len(self._kinds) > MOST_KINDS:
            self._kinds.popitem(last=False)

    def all(self) -> list[Fault]:
        """Give what was passed over since the start, the newest last."""
        return list(self._kinds.values())
