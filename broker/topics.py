"""Who may say and hear what: the rules about topics, and the walls between municipalities.

Inside the engine every topic begins with its municipality, `m/<municipality>/`, so that no filter
of one municipality can match a topic of another. Nobody outside sees or sends that beginning.
"""

from dataclasses import dataclass
from typing import Final

from appliance.domain.ids import DeviceId, MunicipalityId
from appliance.domain.readings import AdmittedDevice, Report

STREAMS: Final = frozenset({"data", "status", "heartbeat"})
ALERTS: Final = "alerts/"
_SENSORS: Final = "sensors/"
_LONGEST_FILTER: Final = 1_024
_HEARD: Final = frozenset({"sensors", "alerts"})


def report_on(topic: str) -> Report | None:
    """Read `sensors/<device>/<stream>`; None for any other topic."""
    if not topic.startswith(_SENSORS):
        return None
    about, _, stream = topic[len(_SENSORS) :].rpartition("/")
    return Report(DeviceId(about), stream) if about and stream in STREAMS else None


def own_report(device: AdmittedDevice, topic: str) -> Report | None:
    """Give what a device reports on this topic; None where it has no business.

    A device speaks for itself, a gateway also for the devices assigned to it.
    """
    report = report_on(topic)
    return report if report is not None and device.knows(report.about) else None


def may_hear(topic_filter: str) -> bool:
    """Say whether people and programs may subscribe: `sensors/#`, `alerts/#` and narrower."""
    return len(topic_filter) <= _LONGEST_FILTER and topic_filter.partition("/")[0] in _HEARD


@dataclass(frozen=True, slots=True)
class Walls:
    """One municipality's part of the engine."""

    municipality: MunicipalityId

    @property
    def prefix(self) -> str:
        """What every topic of this municipality begins with inside."""
        return f"m/{self.municipality}/"

    def inside(self, topic: str) -> str:
        """Name a topic or filter as the engine knows it."""
        return self.prefix + topic

    def outside(self, topic: str) -> str | None:
        """Name a topic as its subscribers know it; None when it is another municipality's."""
        return topic[len(self.prefix) :] if topic.startswith(self.prefix) else None


def municipality_of(inside: str) -> str:
    """Give the beginning that names the municipality of a topic or filter inside the engine."""
    return "/".join(inside.split("/", 2)[:2]) + "/"


def whose(inside: str) -> tuple[MunicipalityId, str]:
    """Tell the municipality of a topic inside the engine, and its name outside."""
    _, municipality, topic = inside.split("/", 2)
    return MunicipalityId(int(municipality)), topic
