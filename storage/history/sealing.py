"""Closed days move out of DuckDB into files; the days of closed months into one file each.

Each piece is one transaction of DuckDB in which the files are written and listed; schema.py and
sealed.py say what holds at any moment, and rebuilding.py does what a crash has left to do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Final

import duckdb
import numpy as np

from appliance.domain.buckets import floor
from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.instant import DAY, HOUR, Instant, from_datetime, to_datetime
from storage.history import encoding, rolling
from storage.history.parquet import Span, Step, Writer, listed
from storage.history.sealed import STEP_OF, Catalogue, Kind, Sealed, SealedFile
from storage.history.shelf import Shelf
from storage.history.transaction import Transaction

LATENESS: Final = HOUR
"""So long after midnight the day before is still open."""
WORTH_SEALING: Final = 500_000
"""Readings of closed days that are not left until the next midnight."""
LARGEST_MONTH: Final = 25_000_000
"""One with more stays in days, which are long enough to find a sensor in."""
_DENSE: Final = 4
"""Readings in a step, on average, from which on its roll-up is worth its room."""
_OPEN_DAYS: Final = """
SELECT municipality, time // $day * $day AS first, count(*)
FROM (SELECT municipality, time FROM recent UNION ALL SELECT municipality, time FROM doubtful)
WHERE time < $before GROUP BY ALL ORDER BY ALL
"""
_RECENT: Final = """
SELECT sensor, time, arrived, value, quality, marks, sequence, place FROM {table}
WHERE municipality = {municipality} AND time >= {since} AND time < {until}
"""
_COVERED: Final = """
DELETE FROM {table} USING covers c
WHERE {table}.municipality = c.municipality AND {table}.time >= c.since
  AND {table}.time < c.until AND {table}.sequence <= c.through
"""
_TAKEN_OUT: Final = """
DELETE FROM {table} WHERE municipality = $municipality AND time >= $since AND time < $until
"""

_Cursor = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Piece:
    """What is sealed in one go: since ≤ time < until of one municipality."""

    municipality: MunicipalityId
    since: Instant
    until: Instant


def to_seal(cursor: _Cursor, catalogue: Catalogue, now: Instant) -> list[Piece]:
    """Say what is to be sealed or put together; nothing where it is not worth it yet."""
    before = closed_before(now)
    days = cursor.execute(_OPEN_DAYS, {"before": before, "day": DAY}).fetchall()
    ((last,),) = cursor.execute("SELECT before FROM sealing").fetchall()
    if before <= last and sum(n for _, _, n in days) < WORTH_SEALING:
        return []
    return list(_pieces(days, catalogue, before))


def sealed_until(cursor: _Cursor, now: Instant) -> None:
    """Note that the days closed by now have been looked at."""
    cursor.execute("UPDATE sealing SET before = $before", {"before": closed_before(now)}).complete()


def closed_before(now: Instant) -> Instant:
    """Give the midnight (UTC) before which days are closed."""
    return floor(Instant(now - LATENESS), DAY)


def month_of(instant: Instant) -> Instant:
    """Give the beginning of its month, UTC."""
    day = to_datetime(instant).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return from_datetime(day)


def next_month(month: Instant) -> Instant:
    """Give the beginning of the month after."""
    return month_of(from_datetime(to_datetime(month) + timedelta(days=31)))


def _pieces(
    days: Iterable[tuple[int, int, int]], catalogue: Catalogue, before: Instant
) -> Iterator[Piece]:
    """Give whole months where they are closed and not too large, else days."""
    todo = {
        (MunicipalityId(m), month): [(Instant(day), n) for _, day, n in found]
        for (m, month), found in groupby(days, lambda row: (row[0], month_of(Instant(row[1]))))
    }
    for sealed in catalogue.entries:
        todo.setdefault((sealed.municipality, month_of(sealed.since)), [])
    for (municipality, month), found in todo.items():
        until = next_month(month)
        there = catalogue.within(municipality, month, until)
        rows = sum(n for _, n in found) + sum(_rows_in(sealed) for sealed in there)
        whole = len(there) == 1 and there[0].until == until and there[0].since == month
        if whole or (until <= before and rows <= LARGEST_MONTH):
            if found or not whole:
                yield Piece(municipality, month, until)
        else:
            for day, _ in found:
                yield Piece(municipality, day, Instant(day + DAY))


def _rows_in(sealed: Sealed) -> int:
    file = sealed.file(Kind.READINGS)
    return file.rows if file else 0


class Sealer:
    """Seals pieces, one at a time, in the tidying thread."""

    def __init__(self, shelf: Shelf, step: Step) -> None:
        self._shelf = shelf
        self._step = step

    def seal(self, cursor: _Cursor, piece: Piece) -> None:
        """Seal one piece, with what of it is sealed already; wholly or not at all."""
        old = self._sound(piece)
        with Transaction(cursor):
            ((applied,),) = cursor.execute("SELECT applied FROM progress").fetchall()
            writer = Writer(self._shelf.folder, cursor, self._step)
            catalogue = self._shelf.catalogue
            span = Span(
                piece.municipality, piece.since, piece.until, catalogue.epoch, Sequence(applied)
            )
            new = _Filling(writer, self._shelf, span, old).filled(cursor)
            self._shelf.trust(new.files)
            catalogue = self._shelf.change(lambda now: now.replacing(old, (new,)))
            self._step("listed")
            _take_out(cursor, span)
            renew_newest(cursor, self._shelf, piece.municipality, new.file(Kind.DAYS))
            set_edition(cursor, catalogue)
        self._step("taken out")
        kept = {file.name for file in new.files}
        self._shelf.discard(f for one in old for f in one.files if f.name not in kept)
        self._step("discarded")

    def _sound(self, piece: Piece) -> tuple[Sealed, ...]:
        """Give what is sealed of it; what is damaged must not be copied as if it were sound."""
        while True:
            old = self._shelf.catalogue.within(piece.municipality, piece.since, piece.until)
            bad = self._shelf.untrusted(file for one in old for file in one.files)
            if not bad:
                return old
            self._shelf.set_aside(bad)


class _Filling:
    """Writes the files of one new `Sealed`."""

    def __init__(self, writer: Writer, shelf: Shelf, span: Span, old: tuple[Sealed, ...]) -> None:
        self._writer = writer
        self._shelf = shelf
        self._span = span
        self._old = old
        limits = {"municipality": span.municipality, "since": span.since, "until": span.until}
        self._recent = _RECENT.format(table="recent", **limits)
        self._doubtful = _RECENT.format(table="doubtful", **limits)

    def filled(self, cursor: _Cursor) -> Sealed:
        """Write what there is, and say what has become of it."""
        all_readings = self._all(Kind.READINGS, self._recent)
        self._writer.slice_by(all_readings)
        readings = self._write(Kind.READINGS, all_readings)
        files = [readings, self._write(Kind.DOUBTFUL, self._all(Kind.DOUBTFUL, self._doubtful))]
        for kind, step in STEP_OF.items():
            if kind is Kind.DAYS or self._is_worth(cursor, kind, readings):
                files.append(self._write(kind, self._rolled(kind, step)))
        return Sealed(
            self._span.municipality,
            self._span.since,
            self._span.until,
            self._span.epoch,
            self._span.through,
            tuple(file for file in files if file is not None),
            max((one.cut for one in self._old), default=Instant(0)),
            tuple(file for one in self._old for file in one.damaged),
        )

    def _write(self, kind: Kind, source: str) -> SealedFile | None:
        return self._writer.write(self._span, kind, source)

    def _all(self, kind: Kind, table: str) -> str:
        files = [file for one in self._old if (file := one.file(kind))]
        return rolling.under_each_other([table, *(self._in(file) for file in files)])

    def _in(self, file: SealedFile) -> str:
        return rows_of(self._shelf, (file,))

    def _rolled(self, kind: Kind, step: int) -> str:
        there = []
        for one in self._old:  # of different days, so no step is in two of them
            if file := one.file(kind):
                there.append(self._in(file))
            elif raw := one.file(Kind.READINGS):
                there.append(rolling.rolled(self._in(raw), step))
        late = rolling.rolled(self._recent, step)
        return rolling.joined(rolling.under_each_other(there), late) if there else late

    def _is_worth(self, cursor: _Cursor, kind: Kind, readings: SealedFile | None) -> bool:
        """Say whether a roll-up is kept: where it is far smaller than the readings, or was kept."""
        if any(one.file(kind) for one in self._old):
            return True
        if readings is None:
            return False
        question = rolling.density(self._in(readings), STEP_OF[kind])
        ((steps,),) = cursor.execute(question).fetchall()
        return bool(readings.rows >= _DENSE * steps)


def rows_of(shelf: Shelf, files: Iterable[SealedFile]) -> str:
    """Give a query for all rows of files of one sort."""
    some = list(files)
    raw = some[0].kind in {Kind.READINGS, Kind.DOUBTFUL}
    paths = listed([shelf.path(file) for file in some])
    return encoding.readings_in(paths) if raw else encoding.rollup_in(paths)


def take_out_what_is_covered(cursor: _Cursor, shelf: Shelf) -> None:
    """Have DuckDB agree with the catalogue: what is sealed leaves, and the newest are its own."""
    catalogue = shelf.catalogue
    with Transaction(cursor):
        cursor.register("covers", covers_of(catalogue))
        for table in ("recent", "doubtful"):
            cursor.execute(_COVERED.format(table=table)).complete()
        cursor.unregister("covers")
        cursor.execute("DELETE FROM newest").complete()
        for municipality in sorted({sealed.municipality for sealed in catalogue.entries}):
            mine = [s for s in catalogue.entries if s.municipality == municipality]
            renew_newest(cursor, shelf, municipality, *(s.file(Kind.DAYS) for s in mine))
        set_edition(cursor, catalogue)


def covers_of(catalogue: Catalogue) -> dict[str, np.ndarray]:
    """Give what is sealed of this journal as columns."""
    of_this = [sealed for sealed in catalogue.entries if sealed.epoch == catalogue.epoch]
    return {
        name: np.array([getattr(sealed, name) for sealed in of_this], np.int64)
        for name in ("municipality", "since", "until", "through")
    }


def set_edition(cursor: _Cursor, catalogue: Catalogue) -> None:
    """Name the catalogue that has what is not in DuckDB; part of a transaction."""
    cursor.execute("UPDATE sealing SET edition = $n", {"n": catalogue.edition}).complete()


def renew_newest(
    cursor: _Cursor, shelf: Shelf, municipality: MunicipalityId, *days: SealedFile | None
) -> None:
    """Let the newest readings of these roll-ups count; part of a transaction."""
    files = [file for file in days if file is not None]
    if not files:
        return
    cursor.execute(
        f"""
CREATE OR REPLACE TEMP TABLE newer AS
SELECT sensor, max(time) AS time, arg_max(value, time) AS value FROM (
  SELECT sensor, time, value FROM newest WHERE municipality = {municipality}
  UNION ALL SELECT sensor, last_time, last FROM ({rows_of(shelf, files)})
) GROUP BY sensor ORDER BY sensor;
DELETE FROM newest WHERE municipality = {municipality};
INSERT INTO newest SELECT {municipality}, sensor, time, value FROM newer;
DROP TABLE newer;
"""  # noqa: S608
    ).complete()


def _take_out(cursor: _Cursor, span: Span) -> None:
    given = {"municipality": span.municipality, "since": span.since, "until": span.until}
    for table in ("recent", "doubtful"):
        cursor.execute(_TAKEN_OUT.format(table=table), given).complete()
