"""The interface of a detection method, and what it gives back.

A method knows nothing of rules, tenants or batches. It gets readings of many causes (a cause is one
rule on one sensor) with a record of settings and a record of state for each, and works on all of
them at once. What it remembers of a cause is one record of fixed size: that is what keeps memory
bounded, and what is saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from appliance.detection.segments import Chunk
from appliance.domain.findings import Edge
from appliance.domain.quantities import Unit
from appliance.domain.readings import Floats, Ints
from appliance.domain.sensors import Sensor

Records = NDArray[np.void]
Layout = np.dtype[np.void]

RAISED: Final = 0
REPEATED: Final = 1
CLEARED: Final = 2
EDGES: Final = (Edge.RAISED, Edge.REPEATED, Edge.CLEARED)

BY_TIMER: Final = 0
BY_READING: Final = 1
AT_END: Final = 2
"""Places of transitions around one reading: a timer runs out before it, it raises, it clears."""


def layout(**columns: str | tuple[str, int]) -> Layout:
    """Give the layout of a record with these columns, each a type, or a type and a length."""
    fields: list[Any] = [
        (name, kind) if isinstance(kind, str) else (name, kind[0], (kind[1],))
        for name, kind in columns.items()
    ]
    return np.dtype(fields)


def blank(of: Layout, count: int) -> Records:
    """Give records of zeros."""
    return np.zeros(count, of)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Transitions as columns of equal length, in no order but by `rows` and `order`."""

    rows: Ints
    """Which cause: its place in the post."""
    order: Ints
    """Sorts the transitions of one cause."""
    edges: Ints
    at: Ints
    times: Ints
    numbers: Mapping[str, Floats]

    def __len__(self) -> int:
        """Count them."""
        return len(self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Single readings that are unusual, as columns of equal length."""

    rows: Ints
    times: Ints
    scores: Floats
    numbers: Mapping[str, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a method found in a chunk, or when its timers ran out."""

    found: tuple[Found, ...] = ()
    hits: Hits | None = field(default=None)


NOTHING: Final = Outcome()


class Method(Protocol):
    """One way to notice that something is not as usual.

    Promise: the outcome does not depend on how readings are cut into chunks, nor on when `advance`
    is called between them.
    """

    @property
    def name(self) -> str:
        """The condition's `type`."""
        ...

    @property
    def settings(self) -> Layout:
        """The layout of what a rule says of one sensor, in SI."""
        ...

    @property
    def state(self) -> Layout:
        """The layout of what is remembered of one cause; has at least `raised`."""
        ...

    @property
    def sees_every_reading(self) -> bool:
        """Whether readings that come after a later one of their sensor are shown too."""
        ...

    def settle(self, condition: Any, sensor: Sensor) -> tuple[Any, ...] | None:  # noqa: ANN401 - each method has its own condition
        """Give the settings for one sensor; None where the condition can't be applied to it."""
        ...

    def begin(self, settings: Records, began: Ints) -> Records:
        """Give the state of causes that are watched from these instants on."""
        ...

    def observe(self, chunk: Chunk, settings: Records, state: Records) -> Outcome:
        """Go through a chunk; settings and state have one record per segment, state is updated."""
        ...

    def advance(self, settings: Records, state: Records, now: int) -> Outcome:
        """Let timers that are due before now run out; state has one record per cause."""
        ...

    def resume(self, settings: Records, state: Records, resumed: int) -> None:
        """Give timers that ran out while nobody watched until shortly after `resumed`."""
        ...

    def words(self, edge: Edge, numbers: Mapping[str, float], unit: Unit) -> str:
        """Say it in one sentence, in the sensor's own unit."""
        ...
