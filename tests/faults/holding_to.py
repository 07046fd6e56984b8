"""Holds what is in a stopped server's files to what devices were told."""

from dataclasses import dataclass

from appliance.domain.instant import Instant, text
from tests.faults.fleet import Fleet
from tests.faults.town import Town
from tests.faults.witness import Findings, look_into


@dataclass(frozen=True)
class Verdict:
    """What was found."""

    stored: int
    lost: int
    """Acknowledged, and not in the journal or not in history."""
    twice: int
    alerts: int
    disagreements: list[str]

    def must_be_good(self) -> None:
        """Check that nothing was lost and nothing doubled."""
        assert (self.lost, self.twice, self.disagreements) == (0, 0, [])


def hold(town: Town, fleet: Fleet) -> Verdict:
    """Start once more, so that history has everything, stop, and look."""
    town.start()
    town.stop()
    both = [look_into(town.folder, town.here), look_into(town.folder, town.there)]
    stores = [store for found in both for store in (found.journalled, found.in_history)]
    return Verdict(
        stored=sum(len(found.journalled) for found in both),
        lost=sum(_lost(found, fleet) for found in both),
        twice=sum(times > 1 for store in stores for times in store.values()),
        alerts=sum(len(found.alerts) for found in both),
        disagreements=[said for found in both if (said := _disagreement(found))],
    )


def _lost(found: Findings, fleet: Fleet) -> int:
    acked = {
        (device, text(Instant(time)))
        for device in found.devices.values()
        for time in fleet.times_of(device).tolist()
    }
    return sum(len(acked - store.keys()) for store in (found.journalled, found.in_history))


def _disagreement(found: Findings) -> str:
    try:
        found.must_agree()
    except AssertionError as problem:
        return str(problem)
    return ""
