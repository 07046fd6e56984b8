"""How readings and roll-ups lie in Parquet: small, and exactly what they were.

Numbers from instruments are whole multiples of a power of ten. Each sensor's are kept as these
multiples (`…_units`, integers that Parquet packs well) with their `grain`; a sensor with any number
that does not come back exactly keeps all of them as they are. A positive grain is multiplied by, a
negative one divided by: 321 with a grain of 1000 is 321000.0, with -100 it is 3.21. The time of
arrival is kept as its distance from the time of the reading.

Every statement is made of the words below and nothing that was given by anybody.
"""

# ruff: noqa: S608

from collections.abc import Sequence as Several
from typing import Final

_GRAINS: Final = (1e3, 1e2, 1e1, -1e0, -1e1, -1e2, -1e3, -1e4, -1e5, -1e6)
_LARGEST: Final = 1 << 50
"""Units beyond this are not exact any more when they are added up."""
_SUM_ERROR: Final = 1e-9
"""Sums differ by so much anyway, relatively, by the order of their parts."""

_EXACT_OF_ROLLUP: Final = ("low", "high", "last")

READINGS: Final = """
SELECT sensor, time, time + delay AS arrived, {value} AS value, quality, marks, sequence, place
FROM read_parquet({files})
"""
ROLLUP: Final = """
SELECT sensor, start, n, {low} AS low, {total} AS total, {high} AS high, {last} AS last,
       start + last_delay AS last_time
FROM read_parquet({files})
"""


def readings_in(files: str) -> str:
    """Give a query for all readings of these files, a list in SQL."""
    return READINGS.format(files=files, value=_decoded("value"))


def rollup_in(files: str) -> str:
    """Give a query for all rows of these roll-ups, a list in SQL."""
    names = ("low", "total", "high", "last")
    return ROLLUP.format(files=files, **{name: _decoded(name) for name in names})


def grains_of_readings(source: str) -> str:
    """Give a query for each sensor's grain; none for a sensor that has none."""
    return _grains(source, ("value",))


def grains_of_rollup(source: str) -> str:
    """Give the same for a roll-up."""
    return _grains(source, _EXACT_OF_ROLLUP, ("total",))


def encoded_readings(source: str, grains: str) -> str:
    """Give a query for what goes into the file, in its order."""
    return f"""
SELECT sensor, time, arrived - time AS delay, grain, {_encoded("value")},
       quality, marks, sequence, place
FROM ({source}) LEFT JOIN {grains} USING (sensor) ORDER BY sensor, time
"""


def encoded_rollup(source: str, grains: str) -> str:
    """Give the same for a roll-up."""
    numbers = ", ".join(_encoded(name) for name in ("low", "total", "high", "last"))
    return f"""
SELECT sensor, start, n, last_time - start AS last_delay, grain, {numbers}
FROM ({source}) LEFT JOIN {grains} USING (sensor) ORDER BY sensor, start
"""


def _decoded(name: str) -> str:
    return f"coalesce({name}_units * greatest(grain, 1) / greatest(-grain, 1), {name})"


def _encoded(name: str) -> str:
    units = f"round(CASE WHEN grain > 0 THEN {name} / grain ELSE {name} * -grain END)"
    return (
        f"CASE WHEN grain IS NOT NULL THEN {units}::BIGINT END AS {name}_units,"
        f" CASE WHEN grain IS NULL THEN {name} END AS {name}"
    )


def _grains(source: str, exact: Several[str], sums: Several[str] = ()) -> str:
    branches = " ".join(
        f"WHEN bool_and({_fits(grain, exact, sums)}) THEN {grain!r}" for grain in _GRAINS
    )
    size = ", ".join(f"abs({name})" for name in (*exact, *sums))
    return f"""
SELECT sensor, grain::DOUBLE AS grain FROM (
  SELECT sensor, CASE {branches} END AS grain
  FROM (SELECT *, greatest({size}) AS size FROM ({source})) GROUP BY sensor
) WHERE grain IS NOT NULL
"""


def _fits(grain: float, exact: Several[str], sums: Several[str]) -> str:
    """Say that numbers come back as they were; of sums, nearly."""
    largest = _LARGEST * grain if grain > 0 else _LARGEST / -grain
    terms = [f"size < {largest!r}::DOUBLE"]
    terms += [f"{_back(name, grain)} = {name}" for name in exact]
    terms += [f"abs({_back(name, grain)} - {name}) <= {_SUM_ERROR} * abs({name})" for name in sums]
    return " AND ".join(terms)


def _units(name: str, grain: float) -> str:
    number = f"{name} / {grain!r}::DOUBLE" if grain > 0 else f"{name} * {-grain!r}::DOUBLE"
    return f"round({number})"


def _back(name: str, grain: float) -> str:
    units = _units(name, grain)
    return f"({units} * {grain!r}::DOUBLE)" if grain > 0 else f"({units} / {-grain!r}::DOUBLE)"
