"""Frames that came more than once: heard by several gateways, or posted again by a network server."""

from typing import Final

from appliance.domain.instant import SECOND, Instant

MOST: Final = 10_000
"""The one that was first seen longest ago is forgotten: its copy would then be a reading of its own."""
WINDOW: Final = 60 * SECOND
"""Counters of frames begin anew when a device joins again."""
NAMELESS_WINDOW: Final = 2 * SECOND
"""Where only what a frame says tells it from others: no device sends the same so soon again."""

Said = str | float | None


class Frames:
    """Gives copies of a frame one time, by which the walk finds them to be duplicates."""

    def __init__(self) -> None:
        self._known: dict[object, tuple[Instant, Said]] = {}

    def time_of(self, frame: object, arrived: Instant, said: Said, window: int = WINDOW) -> Said:
        """Give the time of the first copy; this frame's own where this is the first."""
        known = self._known.get(frame)
        if known is not None and 0 <= arrived - known[0] <= window:
            return known[1]
        self._known.pop(frame, None)
        if len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[frame] = (arrived, said)
        return said
