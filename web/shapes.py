"""JSON shapes that several nouns share, and times as JSON writes them."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain import instant
from appliance.domain.instant import Instant
from appliance.domain.sensors import Position
from appliance.services.pipelines import must_be_on_earth

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""ISO 8601, UTC, with `Z`."""
TimeIn = Annotated[datetime, Meta(tz=True)]
"""ISO 8601; a time without a zone is refused."""
Id = Annotated[int, Meta(ge=0, lt=2**48)]


class Point(Struct, frozen=True):
    """A GeoJSON Point (RFC 7946), longitude first."""

    coordinates: Annotated[tuple[float, ...], Meta(min_length=2, max_length=3)]
    type: Literal["Point"] = "Point"


class LineString(Struct, frozen=True):
    """A GeoJSON LineString (RFC 7946), longitude first."""

    coordinates: Annotated[
        list[Annotated[tuple[float, ...], Meta(min_length=2, max_length=3)]],
        Meta(min_length=2, max_length=20_000),
    ]
    type: Literal["LineString"] = "LineString"


class Limits(Struct, frozen=True):
    """The range in which a value should be, in the sensor's unit."""

    min: float | None = None
    max: float | None = None


class Range(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """`from` ≤ time < `to`."""

    since: TimeIn | None = None
    until: TimeIn | None = None


class ListQuery(Struct, frozen=True):
    """Which part of a list."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    offset: Annotated[int, Meta(ge=0, le=2**31)] = 0


class SearchQuery(ListQuery, frozen=True):
    """Which part of a list, and what it is about."""

    q: Annotated[str, Meta(max_length=200)] | None = None
    """Text that is looked for, case ignored."""


class WholeListQuery(Struct, frozen=True):
    """Which part of a list that is short, and usually given as a whole."""

    limit: Annotated[int, Meta(ge=1, le=10_000)] = 10_000
    offset: Annotated[int, Meta(ge=0, le=2**31)] = 0
    q: Annotated[str, Meta(max_length=200)] | None = None
    """Text that is looked for in the name, case ignored."""


class LongListQuery(Struct, frozen=True):
    """Which part of a list that a map shows as a whole."""

    limit: Annotated[int, Meta(ge=1, le=50_000)] = 10_000
    offset: Annotated[int, Meta(ge=0, le=2**31)] = 0


class Done(Struct, frozen=True):
    """It was done."""

    status: Literal["ok"] = "ok"


def point(position: Position | None) -> Point | None:
    """Write a position."""
    return None if position is None else Point((position.longitude, position.latitude))


def position(given: Point | None) -> Position | None:
    """Read a position; Invalid where it is none on earth."""
    if given is None:
        return None
    found = Position(given.coordinates[0], given.coordinates[1])
    must_be_on_earth(found, "location")
    return found


def time(moment: Instant) -> str:
    """Write a time."""
    return instant.text(moment)


def time_or_none(moment: Instant | None) -> str | None:
    """Write a time where there is one."""
    return None if moment is None else instant.text(moment)


def moment_of(given: datetime) -> Instant:
    """Read a time."""
    return instant.from_datetime(given)


def number(value: float) -> float | None:
    """Write a number; what is none (NaN) is null in JSON."""
    return None if np.isnan(value) else float(value)


def given(changes: Struct) -> dict[str, Any]:
    """Give the fields of a PATCH that were sent at all."""
    values = {name: getattr(changes, name) for name in changes.__struct_fields__}
    return {name: value for name, value in values.items() if value is not UNSET}


def read_json(payload: bytes, shape: type) -> Any:  # noqa: ANN401
    """Read a body into its shape; nothing at all is an empty object."""
    return msgspec.json.decode(payload or b"{}", type=shape)


Maybe = UnsetType
