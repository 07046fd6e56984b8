"""One call of a table's method, and the usual ways in which it becomes a line of the audit log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from appliance.domain.audit import Author, Outcome, Thing
from appliance.domain.audit_actions import Action
from appliance.domain.audit_details import difference, fields_of
from appliance.domain.ids import MunicipalityId
from appliance.services.audit.values import value_details

NoteDown = Callable[..., None]
"""See recording.Notes.note_down."""


@dataclass(slots=True)
class Call:
    """One call of a table's method, which has not been made yet."""

    key: str
    """`table.method`."""
    tables: Any
    """The tables of the transaction, which record nothing."""
    do: Callable[..., Any]
    given: tuple[Any, ...]
    named: dict[str, Any]
    note_down: NoteDown
    author: Author
    """Who is acting."""
    municipality: MunicipalityId | None = None
    """Whose the tables are; None for the system's."""

    def make(self) -> Any:  # noqa: ANN401 - whatever it gives
        """Do what was asked."""
        return self.do(*self.given, **self.named)

    @property
    def first(self) -> Any:  # noqa: ANN401 - what it is about
        """The first argument."""
        return self.given[0] if self.given else next(iter(self.named.values()), None)

    def note(
        self,
        action: Action,
        on: Thing,
        details: dict[str, Any] | None = None,
        municipality: MunicipalityId | None = None,
        who: Author | None = None,
    ) -> None:
        """Write down what was done."""
        self.note_down(
            action,
            on,
            municipality=municipality or self.municipality,
            outcome=Outcome.DONE,
            details=details or {},
            who=who,
        )


Treat = Callable[[Call], Any]
Find = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Quiet:
    """A change that leaves no line, and why."""

    why: str

    def __call__(self, call: Call) -> Any:  # noqa: ANN401
        """Only do it."""
        return call.make()


def thing(kind: str, one: object) -> Thing:
    """Name what something was done to."""
    names = (
        getattr(one, name, None) for name in ("name", "username", "title", "code", "work", "text")
    )
    named = next((str(name) for name in names if name), "")
    named = named or str(getattr(getattr(one, "link", None), "code", ""))
    return Thing(kind, str(getattr(one, "id", "")), named)


def put(kind: str, added: Action, changed: Action, find: Find) -> Treat:
    """Treat a call that adds a thing or replaces the one that `find` finds."""

    def treat(call: Call) -> Any:  # noqa: ANN401
        new = call.first
        before = find(call.tables, new)
        result = call.make()
        if result is False:
            return result  # somebody was quicker
        if before is None:
            call.note(added, thing(kind, new), {"new": fields_of(new)})
        elif differs := difference(before, new):
            call.note(changed, thing(kind, new), {"changed": differs})
        return result

    return treat


def remove(kind: str, action: Action, find: Find) -> Treat:
    """Treat a call that removes what has this id."""

    def treat(call: Call) -> Any:  # noqa: ANN401
        before = find(call.tables, call.first)
        result = call.make()
        if result is not False:
            gone = thing(kind, before) if before is not None else Thing(kind, str(call.first))
            call.note(action, gone, {"was": fields_of(before)} if before is not None else {})
        return result

    return treat


def moved(kind: str, action: Action, find: Find) -> Treat:
    """Treat a call that changes the thing with this id itself: the line says what is otherwise now."""

    def treat(call: Call) -> Any:  # noqa: ANN401
        before = find(call.tables, call.first)
        result = call.make()
        after = find(call.tables, call.first)
        if result is not False and (differs := difference(before, after)):
            call.note(action, thing(kind, after), {"changed": differs})
        return result

    return treat


def of_thing(kind: str, action: Action) -> Treat:
    """Treat a call whose first argument is a thing's id: the line says with what it was called."""

    def treat(call: Call) -> Any:  # noqa: ANN401
        result = call.make()
        call.note(action, Thing(kind, str(call.first)), value_details(call.given[1:], call.named))
        return result

    return treat


def unnamed(call: Call) -> Any:  # noqa: ANN401
    """Treat a call that nobody has named yet: do it, and write down what can be seen."""
    result = call.make()
    details = {"call": call.key, **value_details(call.given, call.named)}
    call.note(Action.CHANGED, thing(call.key.partition(".")[0], call.first), details)
    return result
