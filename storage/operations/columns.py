"""Values that take more than one column, or a column of JSON."""

import math

import msgspec

from appliance.domain.findings import Evidence
from appliance.domain.rules import (
    Anomalous,
    Condition,
    Flatline,
    NoData,
    OutOfRange,
    RateOfChange,
    Threshold,
)
from appliance.domain.sensors import Position

_CONDITIONS: dict[str, type[Condition]] = {
    "threshold": Threshold,
    "rate_of_change": RateOfChange,
    "no_data": NoData,
    "flatline": Flatline,
    "out_of_range": OutOfRange,
    "anomaly": Anomalous,
}


class _Evidence(msgspec.Struct):
    words: str
    numbers: dict[str, float | None] = {}


class _Kind(msgspec.Struct):
    type: str


def evidence_text(evidence: Evidence) -> str:
    """Write evidence as JSON; NumPy's numbers become plain ones, and what is not finite null."""
    numbers = {name: float(number) for name, number in evidence.numbers.items()}
    return msgspec.json.encode({"words": evidence.words, "numbers": numbers}).decode()


def evidence(text: str) -> Evidence:
    """Read evidence; null is NaN again."""
    read = msgspec.json.decode(text, type=_Evidence)
    return Evidence(
        read.words, {name: math.nan if n is None else n for name, n in read.numbers.items()}
    )


def condition_text(condition: Condition) -> str:
    """Write a rule's condition as JSON."""
    return msgspec.json.encode(condition, enc_hook=float).decode()


def condition(text: str) -> Condition:
    """Read a rule's condition, told apart by its `type`."""
    kind = msgspec.json.decode(text, type=_Kind).type
    return msgspec.json.decode(text, type=_CONDITIONS[kind])


def json_text(value: object) -> str:
    """Write what is JSON-ready already."""
    return msgspec.json.encode(value, enc_hook=int).decode()  # an Enclave is an id


def json_object(text: str) -> dict[str, object]:
    """Read a JSON object."""
    return msgspec.json.decode(text, type=dict[str, object])


def position(longitude: float | None, latitude: float | None) -> Position | None:
    """Give a position where both columns have one."""
    if longitude is None or latitude is None:
        return None
    return Position(longitude, latitude)


def place(position: Position | None) -> dict[str, float | None]:
    """Give the values of the two columns."""
    if position is None:
        return {"longitude": None, "latitude": None}
    return {"longitude": position.longitude, "latitude": position.latitude}
