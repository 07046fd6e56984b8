"""Tables that write down what they are asked to change, and tables that notice being looked at.

They stand for every table there is or will be, so that none can be forgotten; hence the Any.
"""
# ruff: noqa: ANN401

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from appliance.domain.audit import Author, Draft, Outcome, Thing
from appliance.domain.audit_actions import Action
from appliance.domain.ids import NOBODY, MunicipalityId
from appliance.services.audit.calls import Call, unnamed
from appliance.services.audit.names import READS, TREATED

T = TypeVar("T")


@dataclass(slots=True)
class Book:
    """What one transaction has written down so far, and who is acting."""

    author: Author
    drafts: list[Draft] = field(default_factory=list)

    def note_down(
        self,
        action: Action,
        on: Thing,
        *,
        municipality: MunicipalityId | None,
        outcome: Outcome,
        details: Mapping[str, object],
        who: Author | None,
    ) -> None:
        """Write down one."""
        self.drafts.append(
            Draft(
                action=action,
                on=on,
                municipality=MunicipalityId(
                    int(municipality or NOBODY)
                ),  # an Enclave becomes its whole
                outcome=outcome,
                details=dict(details),
                who=who or self.author,
            )
        )


class _Recorded:
    """Stands before tables or a table; whatever changes something is treated on its way through."""

    def __init__(
        self, name: str, inner: Any, tables: Any, book: Book, whose: MunicipalityId | None
    ) -> None:
        self._name = name
        self._inner = inner
        self._tables = tables
        self._book = book
        self._whose = whose

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found
        key = f"{self._name}.{name}"
        treat = TREATED.get(key) or (None if name in READS else unnamed)
        if treat is None:
            return found

        def call(*given: Any, **named: Any) -> Any:
            return treat(
                Call(
                    key=key,
                    tables=self._tables,
                    do=found,
                    given=given,
                    named=named,
                    note_down=self._book.note_down,
                    author=self._book.author,
                    municipality=self._whose,
                )
            )

        return call


class RecordedTables(_Recorded):
    """The tables of one municipality, or the system's with its own chain."""

    def __init__(self, tables: Any, book: Book) -> None:
        whose = tables.municipality.id
        super().__init__("tables", tables, tables, book, whose)
        self.municipality = tables.municipality

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if callable(found):
            return found
        return _Recorded(name, found, self._tables, self._book, self._whose)

    def note_down(self, action: Action, on: Thing, **parts: Any) -> None:
        """Write down one, of this municipality."""
        self._book.note_down(action, on, **{**parts, "municipality": self._whose})


class RecordedSystem(_Recorded):
    """The port's SystemTables, recording."""

    def __init__(self, system: Any, book: Book) -> None:
        super().__init__("system", system, system, book, None)
        self._system = system

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if callable(found):
            return found
        return _Recorded(name, found, self._system, self._book, None)

    def of(self, *given: Any, **named: Any) -> RecordedTables:
        """Open one municipality in this transaction."""
        return RecordedTables(self._system.of(*given, **named), self._book)

    def nobody(self) -> RecordedTables:
        """Open what concerns no municipality."""
        return RecordedTables(self._system.nobody(), self._book)

    def attempt(self, part: Callable[[], T]) -> T:
        """Do a part; when it raises, nothing of it stays, and nothing that was written down in it."""
        before = len(self._book.drafts)
        try:
            result: T = self._system.attempt(part)
        except BaseException:
            del self._book.drafts[before:]
            raise
        return result

    def note_down(self, action: Action, on: Thing, **parts: Any) -> None:
        """Write down one."""
        self._book.note_down(action, on, **parts)


class Watched:
    """The port's SystemTables for reading, which notices into which municipalities somebody looks."""

    def __init__(self, system: Any, looked_into: set[MunicipalityId]) -> None:
        self._system = system
        self._looked_into = looked_into

    def __getattr__(self, name: str) -> Any:
        return getattr(self._system, name)

    def of(self, *given: Any, **named: Any) -> "WatchedTables":
        """Open one municipality."""
        return WatchedTables(self._system.of(*given, **named), self._looked_into.add)


class WatchedTables:
    """The tables of one municipality; asking them for anything but its name is a look."""

    def __init__(self, tables: Any, looked_into: Callable[[MunicipalityId], None]) -> None:
        self.municipality = tables.municipality
        self._tables = tables
        self._look = partial(looked_into, tables.municipality.id)

    def __getattr__(self, name: str) -> Any:
        self._look()
        return getattr(self._tables, name)
