"""The order of a list and where a page of it begins."""

from collections.abc import Iterable, Mapping

from appliance.domain.errors import Invalid
from appliance.ports.pages import Page


class Order:
    """What a list can be ordered by: name → an expression that is never NULL.

    Ties are broken by id, so that every row has one place. A page after a row is found by that
    row's values (keyset), so that rows added or removed meanwhile neither repeat nor hide others.
    """

    def __init__(self, usual: tuple[str, ...], columns: Mapping[str, str], key: str = "id") -> None:
        self._usual = usual
        self._columns = columns
        self._key = key

    def window(self, page: Page) -> tuple[str, dict[str, object]]:
        """Give the end of a query (from AND on) and its values."""
        terms = [*map(self._term, page.order or self._usual)]
        terms.append((self._key, terms[-1][1]))
        by = ", ".join(f"{column} DESC" if falls else column for column, falls in terms)
        values: dict[str, object] = {"limit": page.limit, "offset": page.offset}
        if not page.after:
            return f"ORDER BY {by} LIMIT :limit OFFSET :offset", values
        if len(page.after) != len(terms):
            raise Invalid(field="cursor", problem="it belongs to another order")
        values |= {f"after{number}": value for number, value in enumerate(page.after)}
        return f"AND ({_beyond(terms)}) ORDER BY {by} LIMIT :limit OFFSET :offset", values

    def _term(self, name: str) -> tuple[str, bool]:
        column = self._columns.get(name.removeprefix("-"))
        if column is None:
            raise Invalid(field="sort", problem=f"one of {', '.join(self._columns)}")
        return column, name.startswith("-")


def _beyond(terms: list[tuple[str, bool]]) -> str:
    """Say `(a > x) OR (a = x AND b > y) OR …`; SQLite's row values know only one direction."""
    return " OR ".join(_first_difference(terms, place) for place in range(len(terms)))


def _first_difference(terms: list[tuple[str, bool]], place: int) -> str:
    alike: Iterable[str] = (f"{terms[n][0]} = :after{n}" for n in range(place))
    column, falls = terms[place]
    differs = f"{column} {'<' if falls else '>'} :after{place}"
    return f"({' AND '.join((*alike, differs))})"
