"""Reading JSON that strangers wrote: whatever is not as it should be is as if it were not there. No I/O."""

import math
from typing import Any, Final

import msgspec

from appliance.ports.gateways import Unclear

LONGEST_TEXT: Final = 256


def object_in(payload: bytes) -> dict[str, Any]:
    """Give the JSON object; raises Unclear."""
    try:
        said = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise Unclear(f"not JSON: {type(problem).__name__}") from None
    if not isinstance(said, dict):
        raise Unclear("not a JSON object")
    return said


def measured_number(said: object) -> float | None:
    """Give a finite number, None where there is none."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    try:
        number = float(said)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def text_or_none(said: object) -> str | None:
    """Give a text of reasonable length that can be written down, None where there is none."""
    if not isinstance(said, str) or len(said) > LONGEST_TEXT:
        return None
    return said if said.isprintable() else None


def time_or_none(said: object) -> str | float | None:
    """Give a time as it was said; whether it is one is judged with the reading."""
    number = measured_number(said)
    return text_or_none(said) if number is None else number
