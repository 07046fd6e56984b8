"""One device of the demo: reads its instrument every ten seconds and reports, like a real logger."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

import h11
import msgspec
import numpy as np

from appliance.demo.fleet import Instrument
from appliance.demo.lines import Line, Reading
from appliance.demo.town import Town
from appliance.domain.instant import DAY, SECOND, Instant, text
from appliance.ports.clock import Clock

_log = logging.getLogger(__name__)

EVERY: Final = 10.0
"""Seconds between readings."""
PATIENCE: Final = 8.0
"""Seconds until a report that is not acknowledged counts as failed."""
KEPT: Final = 360
"""Readings that a device keeps while it can't report, an hour; then the oldest is lost, as in a
logger whose memory is full."""
LONGEST_PAUSE: Final = 6
"""Readings between attempts, at most."""
_DIGITS: Final = {"pressure": 3, "flow": 1, "level": 3}
_PER_UNIT: Final = {"pressure": 1e5, "flow": 1 / 3600, "level": 1.0}


class Device:
    """Reports until cancelled; whatever the server does to it, it tries again.

    What was not acknowledged is sent again, so that some readings may come twice: with the same
    time, which the server recognises.
    """

    def __init__(
        self,
        instrument: Instrument,
        line: Line,
        town: Town,
        clock: Clock,
        burst_at: Callable[[], Instant | None],
    ) -> None:
        self._instrument = instrument
        self._line = line
        self._town = town
        self._clock = clock
        self._burst_at = burst_at
        self._kept: deque[Reading] = deque(maxlen=KEPT)
        self._failures = 0
        self._wait = 0
        self._phase = sum(instrument.device_id.encode()) % 97 / 97 * EVERY

    async def run(self) -> None:
        """Read and report every ten seconds; the fleet is spread over them."""
        try:
            await asyncio.sleep(self._phase)
            while True:
                began = self._clock.monotonic()
                await self.read_and_report()
                await asyncio.sleep(max(0.0, EVERY - (self._clock.monotonic() - began)))
        finally:
            self._line.close()

    async def read_and_report(self) -> None:
        """Read once, and send all that is kept, unless it is not yet time to try again."""
        self._kept.append(self.reading(self._clock.now()))
        if self._wait > 0:
            self._wait -= 1
        else:
            await self._report()

    def reading(self, now: Instant) -> Reading:
        """Give what the instrument reads now, as the device writes it."""
        one = self._instrument
        values = self._town.values(one.column, np.array([now], np.int64), self._burst_at())
        value = float(values[0]) / _PER_UNIT[one.sensor_type]
        return {
            "device_id": one.device_id,
            "timestamp": text(Instant(now // SECOND * SECOND)),
            "value": round(value, _DIGITS[one.sensor_type]),
            "unit": one.unit,
            "battery_level": self._battery(now),
            "signal_strength": -60 - sum(one.device_id.encode()) % 35,
        }

    def _battery(self, now: Instant) -> float:
        """Full at a day that differs from device to device, one per cent less every ten days."""
        shift = sum(self._instrument.device_id.encode()) * 37
        return 100.0 - (now // DAY + shift) % 800 / 10

    async def _report(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._line.send(tuple(self._kept))
        except (OSError, EOFError, ValueError, h11.ProtocolError, msgspec.DecodeError) as error:
            self._lost(error)
        else:
            self._delivered()

    def _lost(self, error: Exception) -> None:
        self._line.close()
        if not self._failures:
            _log.warning("demo device %s can't report: %r", self._instrument.device_id, error)
        self._wait = min(2**self._failures, LONGEST_PAUSE) - 1
        self._failures = min(self._failures + 1, LONGEST_PAUSE)

    def _delivered(self) -> None:
        self._kept.clear()
        if self._failures:
            _log.info("demo device %s reports again", self._instrument.device_id)
        self._failures = 0
