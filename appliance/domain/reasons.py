"""Which sentence says why an alert came: evidence read by its numbers, for words in any language.

The screens read it in the same way (`web/ui/src/parts/reason.ts`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Say = Literal[
    "limit",
    "limitFor",
    "below",
    "above",
    "back",
    "usual",
    "strange",
    "rose",
    "fell",
    "steady",
    "still",
    "moves",
    "silent",
    "silentUsually",
    "again",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """What a rule saw: which sentence says it, with its values in SI and its times in seconds."""

    say: Say
    values: Mapping[str, float] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)


Numbers = Mapping[str, float]


def reason_of(numbers: Numbers, *, is_over: bool) -> Reason | None:
    """Read the numbers of evidence; None where they are none that are understood.

    `is_over`: the condition ended then.
    """
    if "value" not in numbers:
        return _silence(numbers, is_over) if "usual_seconds" in numbers else None
    value, time = numbers["value"], numbers.get("seconds", 0.0)
    if "change" in numbers:
        return _change(value, numbers["change"], time, is_over)
    if "limit" in numbers:
        said: Say = "limitFor" if time > 0 and not is_over else "limit"
        return Reason(said, {"value": value, "limit": numbers["limit"]}, {"time": time})
    if "usual_low" in numbers and "usual_high" in numbers:
        usual = {"low": numbers["usual_low"], "high": numbers["usual_high"]}
        return Reason("usual", {"value": value, **usual})
    if "score" in numbers:
        return Reason("strange", {"value": value})
    if "tolerance" in numbers:
        return Reason("moves" if is_over else "still", {"value": value}, {"time": time})
    return _beyond(value, numbers, is_over)


def _silence(numbers: Numbers, is_over: bool) -> Reason:  # noqa: FBT001
    time, usually = numbers.get("seconds", 0.0), numbers["usual_seconds"]
    if is_over:
        return Reason("again", {}, {"time": time})
    return Reason(
        "silentUsually" if usually > 0 else "silent", {}, {"time": time, "usually": usually}
    )


def _change(value: float, change: float, time: float, is_over: bool) -> Reason:  # noqa: FBT001
    values = {"value": value, "before": value - change}
    if is_over:
        return Reason("steady", values)
    return Reason("rose" if change > 0 else "fell", values, {"time": time})


def _beyond(value: float, numbers: Numbers, is_over: bool) -> Reason | None:  # noqa: FBT001
    low, high = numbers.get("low"), numbers.get("high")
    if low is not None and value < low:
        return Reason("below", {"value": value, "limit": low})
    if high is not None and value > high:
        return Reason("above", {"value": value, "limit": high})
    has_limits = low is not None or high is not None
    return Reason("back", {"value": value}) if is_over and has_limits else None
