"""What each kind of asset can say of itself: names as EPANET has them, each ending in its SI unit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from appliance.domain.errors import Invalid
from appliance.domain.network import Attributes, Details, Link, LinkKind, NodeKind

MOST_ATTRIBUTES: Final = 50
LONGEST_KEY: Final = 64
LONGEST_VALUE: Final = 500
_DATE: Final = re.compile(r"(1[5-9]|2[01])\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class Number:
    """A number in the unit that its name ends in, low ≤ x ≤ high."""

    low: float = 0.0
    high: float = 1e9


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A short text."""


Form = Number | Choice | Words

_HEIGHT: Final = Number(-1_000.0, 9_000.0)
_LENGTH: Final = Number()
_NODE: Final[dict[str, Form]] = {"elevation_m": _HEIGHT}

DETAILS: Final[dict[NodeKind | LinkKind, dict[str, Form]]] = {
    NodeKind.JUNCTION: {**_NODE, "base_demand_m3_per_s": Number(-1e3, 1e3)},
    NodeKind.RESERVOIR: {"head_m": _HEIGHT},
    NodeKind.TANK: {
        **_NODE,
        "initial_level_m": Number(0, 1_000),
        "minimum_level_m": Number(0, 1_000),
        "maximum_level_m": Number(0, 1_000),
        "diameter_m": _LENGTH,
        "minimum_volume_m3": _LENGTH,
    },
    NodeKind.HYDRANT: {
        **_NODE,
        "diameter_m": _LENGTH,
        "flow_capacity_m3_per_s": Number(0, 10),
        "form": Choice(("pillar", "underground", "wall")),
    },
    NodeKind.METER: {**_NODE, "diameter_m": _LENGTH, "serial_number": Words()},
    LinkKind.PIPE: {
        "length_m": _LENGTH,
        "diameter_m": _LENGTH,
        "roughness": _LENGTH,
        "minor_loss": _LENGTH,
    },
    LinkKind.PUMP: {
        "length_m": _LENGTH,
        "diameter_m": _LENGTH,
        "power_w": _LENGTH,
        "relative_speed": Number(0, 100),
        "head_curve": Words(),
    },
    LinkKind.VALVE: {
        "length_m": _LENGTH,
        "diameter_m": _LENGTH,
        "roughness": _LENGTH,
        "valve_type": Choice(("PRV", "PSV", "PBV", "FCV", "TCV", "GPV", "gate", "check", "air")),
        "pressure_setting_pa": Number(0, 1e8),
        "flow_setting_m3_per_s": Number(0, 1e3),
        "loss_coefficient": _LENGTH,
    },
}
"""Which details there are; `elevation_m` and `head_m` are one column, as in EPANET."""


def kind_of(word: str) -> NodeKind | LinkKind:
    """Give the kind of that name, or raise Invalid."""
    for kinds in (NodeKind, LinkKind):
        if word in set(kinds):
            return kinds(word)
    known = ", ".join([*NodeKind, *LinkKind])
    raise Invalid(field="kind", problem=f"{word[:40]!r} is none of: {known}")


def must_be_details(kind: NodeKind | LinkKind, details: Details) -> None:
    """Raise Invalid unless these belong to this kind and are in their ranges."""
    known = DETAILS[kind]
    for name, value in details.items():
        if name not in known:
            raise Invalid(
                field=f"details.{name[:64]}", problem=f"a {kind} has only: {', '.join(known)}"
            )
        _must_fit(f"details.{name}", known[name], value)


def must_be_attributes(attributes: Attributes) -> None:
    """Raise Invalid when there are too many, or one is too long."""
    if len(attributes) > MOST_ATTRIBUTES:
        raise Invalid(field="attributes", problem=f"at most {MOST_ATTRIBUTES}")
    for name, value in attributes.items():
        if not name.strip() or len(name) > LONGEST_KEY or not name.isprintable():
            raise Invalid(field="attributes", problem=f"a name has 1 to {LONGEST_KEY} characters")
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            raise Invalid(field=f"attributes.{name}", problem=f"at most {LONGEST_VALUE} characters")


def must_be_a_date(text: str | None) -> None:
    """Raise Invalid for what is no day as ISO 8601 writes it."""
    if text is not None and not _DATE.fullmatch(text):
        raise Invalid(field="installed_on", problem="write a day as 1987-06-30")


def _must_fit(field: str, form: Form, value: object) -> None:
    match form:
        case Number(low, high):
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not low <= float(str(value)) <= high:
                raise Invalid(field=field, problem=f"a number from {low:g} to {high:g}")
        case Choice(words):
            if value not in words:
                raise Invalid(field=field, problem=f"one of: {', '.join(words)}")
        case Words():
            if not isinstance(value, str) or len(value) > LONGEST_VALUE or not value.isprintable():
                raise Invalid(field=field, problem=f"a text of at most {LONGEST_VALUE} characters")


def split_details(
    kind: NodeKind | LinkKind, details: Details
) -> tuple[dict[str, float], dict[str, float | str]]:
    """Give what has a column of its own, by the column's name, and the rest."""
    columns: dict[str, float] = {}
    rest: dict[str, float | str] = {}
    for name, value in details.items():
        column = _COLUMNS[type(kind)].get(name)
        if column is not None and isinstance(value, int | float):
            columns[column] = float(value)
        else:
            rest[name] = value
    return columns, rest


def joined_details(
    kind: NodeKind | LinkKind, columns: Mapping[str, float | None], rest: Details
) -> dict[str, float | str]:
    """Give the details that `split_details` has split; what the kind does not have is left out."""
    known = DETAILS[kind]
    found: dict[str, float | str] = {}
    for name, column in _COLUMNS[type(kind)].items():
        value = columns.get(column)
        if name in known and value is not None:
            found[name] = value
    return {**found, **{name: value for name, value in rest.items() if name in known}}


_COLUMNS: Final[dict[type, dict[str, str]]] = {
    NodeKind: {"elevation_m": "elevation_m", "head_m": "elevation_m"},
    LinkKind: {"length_m": "length_m", "diameter_m": "diameter_m", "roughness": "roughness"},
}


def columns_of(link: Link) -> dict[str, float | None]:
    """Give the details of a link that have a column."""
    return {"length_m": link.length_m, "diameter_m": link.diameter_m, "roughness": link.roughness}
