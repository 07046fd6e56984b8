"""Recording: whatever a person or program changes is in the audit log, in the same transaction.

How to use it. Mostly: not at all. `World.operations` is a `RecordedOperations`. Each write through it
gives the change function tables that note by themselves what they are asked to change
(`recorded_tables.py` says how each is written down), and before the commit the notes become lines. So
there is no change without its line, no line without its change, and nothing to be forgotten in a
service. What a table method is called in the log is said in `recorded_tables.TREATED`; one that is not
there yet is written as `data.changed`, and a test asks for a name.

Who does it is known from where the request came in: `acting(author)` is around every HTTP request, every
command and every WebSocket, and outside of them it is Weir itself.

Inside a change function, say what tables can't know, in the same transaction:

    def change(tables: SystemTables) -> None:
        tables.end_session(session)
        note(tables, Action.SIGNED_OUT, Thing("user", str(user.id), user.username),
             municipality=user.municipality, details={"reason": "a refresh token was used twice"})

Without a transaction (an export): `await record(world.operations, Action.…, …)`, which is on disk when it
returns. Secrets never go into `details`: use `audit_details.difference` for what was changed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Protocol, runtime_checkable

from appliance.domain.access import Actor
from appliance.domain.audit import WEIR, Author, AuthorKind, Outcome, Thing
from appliance.domain.audit_actions import Action
from appliance.domain.ids import MunicipalityId
from appliance.ports.operations import Operations, SystemTables
from appliance.ports.tables import Tables

_author: Final[ContextVar[Author]] = ContextVar("author", default=WEIR)


@contextmanager
def acting(author: Author) -> Iterator[None]:
    """Have everything in here recorded as done by this author."""
    token = _author.set(author)
    try:
        yield
    finally:
        _author.reset(token)


def author() -> Author:
    """Give who is acting; Weir itself where nobody else is."""
    return _author.get()


def author_of(actor: Actor | None, address: str = "", asked: str = "") -> Author:
    """Give the author that somebody who signed in (or not) is."""
    if actor is None:
        return Author(AuthorKind.NOBODY, 0, "", address, asked=asked)
    looks_in = actor.looks_in
    if actor.token is not None:
        return Author(AuthorKind.TOKEN, actor.token, actor.name, address, looks_in, asked)
    return Author(AuthorKind.USER, actor.user, actor.name, address, looks_in, asked)


@runtime_checkable
class Notes(Protocol):
    """Tables that remember what shall become lines of the audit log when the change commits."""

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
        """Remember one."""
        ...


def note(  # noqa: PLR0913 - the parts of a line
    tables: Tables | SystemTables,
    action: Action,
    on: Thing = Thing(),  # noqa: B008 - frozen
    *,
    municipality: MunicipalityId | None = None,
    outcome: Outcome = Outcome.DONE,
    details: Mapping[str, object] | None = None,
    who: Author | None = None,
) -> None:
    """Have a line written with this change, in its transaction.

    The municipality is that of the tables where they have one; of the others the named one, else the
    system's chain. `who` is for whom sign-in has only just recognised; otherwise it is who is acting.
    Tables that record nothing (in tests of parts) take it and forget it.
    """
    if isinstance(tables, Notes):
        tables.note_down(
            action, on, municipality=municipality, outcome=outcome, details=details or {}, who=who
        )


async def record(
    operations: Operations,
    action: Action,
    on: Thing = Thing(),  # noqa: B008 - frozen
    *,
    municipality: MunicipalityId | None = None,
    outcome: Outcome = Outcome.DONE,
    details: Mapping[str, object] | None = None,
) -> None:
    """Write a line of its own, for what changes no table; it is on disk when this returns."""

    def change(tables: SystemTables) -> None:
        note(tables, action, on, municipality=municipality, outcome=outcome, details=details)

    await operations.write_system(change)
