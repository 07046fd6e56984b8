"""What each device may still send: one bucket for each, and one that its municipality shares."""

from collections.abc import Mapping

from appliance.domain.ids import DeviceId, MunicipalityId
from appliance.domain.pace import Allowance, Bucket, DeviceLimits
from appliance.flow.book import Book

_USUAL = DeviceLimits()


class Allowances:
    """Keeps the allowances of devices that have signed in; bounded by the devices there are."""

    def __init__(self) -> None:
        self._totals: dict[MunicipalityId, Bucket] = {}
        self._devices: dict[tuple[MunicipalityId, DeviceId], Allowance] = {}

    def of(
        self, municipality: MunicipalityId, device: DeviceId, book: Book, now: float
    ) -> Allowance:
        """Give a device's allowance: the same one each time, by whichever door it comes."""
        name = municipality, device
        found = self._devices.get(name)
        if found is None:
            limits = book.limits.get(municipality, _USUAL)
            total = self._totals.get(municipality)
            if total is None:
                total = self._totals[municipality] = Bucket(limits.total, now)
            found = self._devices[name] = Allowance(Bucket(limits.device, now), total)
        return found

    def follow(self, book: Book, now: float) -> None:
        """Go on as the book says now, and forget devices that are no longer there."""
        there = {(s.municipality, s.device_id) for s in book.sensors.values()}
        for name in [name for name in self._devices if name not in there]:
            del self._devices[name]
        for municipality in [m for m in self._totals if m not in book.municipalities]:
            del self._totals[municipality]
        for municipality, total in self._totals.items():
            total.change(book.limits.get(municipality, _USUAL).total, now)
        for (municipality, _), allowance in self._devices.items():
            allowance.device.change(book.limits.get(municipality, _USUAL).device, now)

    def held_back(self, municipality: MunicipalityId) -> Mapping[DeviceId, Allowance]:
        """Give the devices of a municipality that had to wait or were refused since the start."""
        return {
            device: allowance
            for (whose, device), allowance in self._devices.items()
            if whose == municipality and allowance.held_back
        }
