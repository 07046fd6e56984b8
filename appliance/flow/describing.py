"""Which rejections are kept to be looked at, so that a broken device or a guesser can't fill the disk."""

from collections import Counter
from typing import Final

from appliance.domain.ids import NOBODY, DeviceId, MunicipalityId
from appliance.domain.instant import MINUTE, Instant

PER_DEVICE: Final = 50
"""In a minute: as many as are kept of a device to be looked at."""
PER_MUNICIPALITY: Final = 1_000
"""In a minute: bounds what somebody who makes up names can have written."""


class Describing:
    """Counts the rejections of the present minute. What it says no to is counted all the same."""

    def __init__(self) -> None:
        self._minute = 0
        self._devices: Counter[tuple[MunicipalityId, DeviceId]] = Counter()
        self._municipalities: Counter[MunicipalityId] = Counter()

    def may(self, at: Instant, municipality: MunicipalityId | None, device: DeviceId) -> bool:
        """Say whether one more rejection is described."""
        if at // MINUTE != self._minute:
            self._minute = at // MINUTE
            self._devices.clear()
            self._municipalities.clear()
        whose = municipality or NOBODY
        if self._municipalities[whose] >= PER_MUNICIPALITY:
            return False
        if self._devices[whose, device] >= PER_DEVICE:
            return False
        self._municipalities[whose] += 1
        self._devices[whose, device] += 1
        return True
