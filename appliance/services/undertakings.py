"""What a request asks of every transaction that is made for it, whoever makes it.

Services need not know of it, and so can't forget it: `HeedfulOperations` stands between them and the
database.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, TypeVar

from appliance.domain.errors import Outdated
from appliance.domain.ids import MunicipalityId
from appliance.ports.operations import Operations, SystemTables
from appliance.ports.tables import Tables

T = TypeVar("T")

Look = Callable[[SystemTables, Tables | None], object]
"""Gives what is asked about as it is now; None where it is not there (or not in these tables)."""

ANY: Final = frozenset({"*"})
NONE: Final[frozenset[str]] = frozenset()


@dataclass(slots=True)
class Undertaking:
    """One request: what it is about, the editions of it that it expects, and what it claims."""

    look: Look | None = None
    wanted: frozenset[str] | None = None
    """Editions of which one must be there (RFC 9110 13.1.1); None: whatever is there."""
    unwanted: frozenset[str] = NONE
    """Editions of which none may be there (RFC 9110 13.1.2)."""
    claims: list[Callable[[SystemTables], None]] = field(default_factory=list)
    """Done in the first transaction that writes, or not at all."""
    edition: str | None = None
    """Of what was read, or written, last."""
    torn: bool = False
    """It was read twice, and changed between."""

    def read(self, system: SystemTables, tables: Tables | None) -> None:
        """Note which edition the transaction reads."""
        now = self._now(system, tables)
        if now is not None:
            self.torn = self.torn or self.edition not in {None, now}
            self.edition = now

    def write(
        self, system: SystemTables, tables: Tables | None, change: Callable[[], T]
    ) -> tuple[T, str | None]:
        """Change what is as it was expected; Outdated, and nothing is done, where it is not."""
        self._must_be_expected(self._now(system, tables))
        result = change()
        for claim in self.claims:
            claim(system)
        return result, self._now(system, tables)

    def wrote(self, edition: str | None) -> None:
        """Note that a transaction was committed: claims are made, later ones build on this."""
        self.claims.clear()
        if edition is not None:
            self.edition, self.unwanted = edition, NONE
            self.wanted = None if self.wanted is None else frozenset({edition})

    def _must_be_expected(self, now: str | None) -> None:
        if now is None:
            return
        accepted = self.wanted in {None, ANY} or now in (self.wanted or NONE)
        if not accepted or self.unwanted == ANY or now in self.unwanted:
            raise Outdated(edition=now)

    def _now(self, system: SystemTables, tables: Tables | None) -> str | None:
        found = None if self.look is None else self.look(system, tables)
        return None if found is None else edition_of(found)


_CURRENT: Final[ContextVar[Undertaking | None]] = ContextVar("undertaking", default=None)


@contextmanager
def undertaking(request: Undertaking) -> Iterator[Undertaking]:
    """Have every transaction of this task, and of tasks begun in it, heed the request."""
    before = _CURRENT.set(request)
    try:
        yield request
    finally:
        _CURRENT.reset(before)


def edition_of(found: object) -> str:
    """Name an edition by its content; the same content has the same name, also tomorrow."""
    return blake2b(repr(found).encode(errors="replace"), digest_size=9).hexdigest()


class HeedfulOperations:
    """The database, where each transaction heeds the request for which it is made.

    What the request expects is looked at inside the transaction that writes. There is one writer,
    so of two that expect the same edition only one can find it.
    """

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    async def read(self, municipality: MunicipalityId, query: Callable[[Tables], T]) -> T:
        request = _CURRENT.get()
        if request is None or request.look is None:
            return await self._operations.read(municipality, query)

        def reading(system: SystemTables) -> T:
            tables = system.of(municipality)
            request.read(system, tables)
            return query(tables)

        return await self._operations.read_system(reading)

    async def write(self, municipality: MunicipalityId, change: Callable[[Tables], T]) -> T:
        request = _CURRENT.get()
        if request is None:
            return await self._operations.write(municipality, change)

        def writing(system: SystemTables) -> tuple[T, str | None]:
            tables = system.of(municipality)
            return request.write(system, tables, lambda: change(tables))

        return await self._written(request, writing)

    async def read_system(self, query: Callable[[SystemTables], T]) -> T:
        request = _CURRENT.get()
        if request is None or request.look is None:
            return await self._operations.read_system(query)

        def reading(system: SystemTables) -> T:
            request.read(system, None)
            return query(system)

        return await self._operations.read_system(reading)

    async def write_system(self, change: Callable[[SystemTables], T]) -> T:
        request = _CURRENT.get()
        if request is None:
            return await self._operations.write_system(change)
        return await self._written(
            request, lambda system: request.write(system, None, lambda: change(system))
        )

    async def version(self) -> int:
        return await self._operations.version()

    async def setup_version(self) -> int:
        return await self._operations.setup_version()

    async def _written(
        self, request: Undertaking, writing: Callable[[SystemTables], tuple[T, str | None]]
    ) -> T:
        result, edition = await self._operations.write_system(writing)
        request.wrote(edition)
        return result
