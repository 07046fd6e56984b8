"""How a list is ordered, and where a page of it begins: the same for every list."""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, TypeVar

import msgspec

from web.problems import QueryInvalid

T = TypeVar("T")

MOST_TERMS: Final = 3
LONGEST_CURSOR: Final = 2_000

_Term = tuple[Callable[[Any], Any], bool]


@dataclass(frozen=True, slots=True)
class Place:
    """Which rows of a list are wanted, beside `limit` and `offset`."""

    listing: "Listing"
    order: tuple[str, ...]
    after: tuple[Any, ...]
    by_cursor: bool
    """Whether links lead on by cursor: they do for whoever came with one, if only an empty one."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How a list can be ordered; every list has a cursor, too."""

    usual: tuple[str, ...]
    """The order unless another is asked for; `-` before a name that falls."""
    sorts: Mapping[str, Callable[[Any], Any]]
    """Name → what a row has there; never None, and the same as the store sorts by."""
    key: Callable[[Any], Any] = attrgetter("id")
    """Tells rows apart that are alike in everything else."""
    text: Callable[[Any], str] = attrgetter("name")
    """Where `q` looks, in a list that is had as a whole."""

    def place(self, sort: str | None, cursor: str | None) -> Place:
        """Read `sort` and `cursor`."""
        order = self.order(sort)
        return Place(self, order, self.after(cursor, order), cursor is not None)

    def order(self, wanted: str | None) -> tuple[str, ...]:
        """Read `sort=-created_at,name`."""
        if not wanted:
            return self.usual
        names = tuple(part.strip() for part in wanted.split(","))
        bare = [name.removeprefix("-") for name in names]
        if (
            len(set(bare)) != len(bare)
            or len(bare) > MOST_TERMS
            or not set(bare) <= set(self.sorts)
        ):
            known = ", ".join(self.sorts)
            raise QueryInvalid(f"up to {MOST_TERMS} of {known}, each once - at `$.sort`")
        return names

    def after(self, cursor: str | None, order: tuple[str, ...]) -> tuple[Any, ...]:
        """Read a cursor, which must belong to this order."""
        if not cursor:
            return ()
        names, values = _read(cursor)
        if tuple(names) != order or len(values) != len(order) + 1:
            raise QueryInvalid("it belongs to another order - at `$.cursor`")
        return tuple(values)

    def cursor(self, row: Any, order: tuple[str, ...]) -> str:  # noqa: ANN401
        """Name the place behind a row."""
        values = [look(row) for look, _ in self._terms(order)]
        return base64.b64encode(msgspec.json.encode((order, values)), altchars=b"-_").decode()

    def sorted(self, rows: Iterable[T], order: tuple[str, ...]) -> list[T]:
        """Sort as the store does."""
        found = list(rows)
        for look, falls in reversed(self._terms(order)):
            found.sort(key=look, reverse=falls)
        return found

    def behind(self, rows: Iterable[T], order: tuple[str, ...], after: Sequence[Any]) -> list[T]:
        """Give the rows that come after a place."""
        if not after:
            return list(rows)
        terms = self._terms(order)
        return [row for row in rows if _is_behind([look(row) for look, _ in terms], after, terms)]

    def _terms(self, order: tuple[str, ...]) -> list[_Term]:
        terms = [(self.sorts[name.removeprefix("-")], name.startswith("-")) for name in order]
        return [*terms, (self.key, terms[-1][1])]


def _read(cursor: str) -> tuple[list[str], list[str | int | float]]:
    try:
        said = base64.b64decode(cursor[:LONGEST_CURSOR], altchars=b"-_", validate=True)
        return msgspec.json.decode(said, type=tuple[list[str], list[str | int | float]])
    except (ValueError, msgspec.MsgspecError):
        raise QueryInvalid("this is no cursor - at `$.cursor`") from None


def _is_behind(values: Sequence[Any], after: Sequence[Any], terms: list[_Term]) -> bool:
    for value, there, (_, falls) in zip(values, after, terms, strict=True):
        if value != there:
            if isinstance(value, str) is not isinstance(there, str):
                raise QueryInvalid("this is no cursor of this list - at `$.cursor`")
            return bool(value < there if falls else value > there)
    return False
