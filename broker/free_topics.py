"""Topics that programs may use among themselves, where a town has allowed it. Off by default.

What devices and Weir itself say stays theirs: nobody else publishes under `sensors/` or `alerts/`,
and topics that begin with `$` do not exist here, so that no wildcard can bring them [MQTT-4.7.2-1].
"""

from typing import Final

from appliance.domain.errors import StartRefused
from broker.codec.fields import checked_filter
from broker.codec.violation import ProtocolViolation
from broker.topics import may_hear

_OURS: Final = frozenset({"sensors", "alerts"})
_OPEN_TO_ALL: Final = ("sensors/#", "alerts/#")
_LONGEST: Final = 1_024


class FreeTopics:
    """Which topics a program may use beside hearing `sensors/#` and `alerts/#`; none by default.

    A filter is granted where a topic that may exist could match it: `+/+` finds `notes/1` and
    `sensors/…`, and there is nothing else that it could find.
    """

    def __init__(self, filters: tuple[str, ...] = ()) -> None:
        self._free = tuple(_checked(each).split("/") for each in filters)
        self._heard = (*self._free, *(each.split("/") for each in _OPEN_TO_ALL))

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self._free)

    def may_say(self, topic: str) -> bool:
        """Say whether a program may publish to this topic."""
        levels = topic.split("/")
        if len(topic) > _LONGEST or levels[0] in _OURS or topic.startswith("$"):
            return False
        return any(_meet(levels, free) for free in self._free)

    def may_hear(self, topic_filter: str) -> bool:
        """Say whether a program may subscribe to this filter."""
        if not self._free or topic_filter.startswith("$") or len(topic_filter) > _LONGEST:
            return may_hear(topic_filter)
        levels = topic_filter.split("/")
        return any(_meet(levels, heard) for heard in self._heard)


def _meet(one: list[str], other: list[str]) -> bool:
    """Say whether one topic could match both filters; a topic's name is a filter too."""
    for here, there in zip(one, other, strict=False):
        if "#" in (here, there):
            return True
        if here != there and "+" not in (here, there):
            return False
    longer = one if len(one) > len(other) else other
    beyond = longer[min(len(one), len(other)) :]
    return beyond in ([], ["#"])  # `a/#` matches `a` too (section 4.7.1.2)


def _checked(topic_filter: str) -> str:
    try:
        checked_filter(topic_filter)
    except ProtocolViolation as violation:
        problem = str(violation)
    else:
        if topic_filter.partition("/")[0] not in _OURS and not topic_filter.startswith("$"):
            return topic_filter
        problem = "sensors/, alerts/ and $ are not free"
    raise StartRefused(
        problem=f"the free MQTT topic {topic_filter!r} can't be: {problem}",
        remedy="name filters such as notes/# in --mqtt-free-topics, separated by commas",
    )
