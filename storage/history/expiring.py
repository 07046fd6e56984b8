"""Deleting what is too old, for good: files are dropped, or written anew without these rows.

Each entry of the catalogue is one transaction of DuckDB, as in sealing.py: a crash leaves it as it
was or as it shall be. What readings came to is rolled up before they go.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import duckdb

from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import Instant
from appliance.ports.history import Keep
from storage.history import rolling
from storage.history.parquet import Span, Step, Writer
from storage.history.sealed import STEP_OF, Catalogue, Kind, Sealed, SealedFile
from storage.history.sealing import rows_of, set_edition
from storage.history.shelf import Shelf
from storage.history.transaction import Transaction

_LIMIT_OF: Final = {
    Kind.READINGS: "readings",
    Kind.DOUBTFUL: "readings",
    Kind.MINUTES: "minutes",
    Kind.HOURS: "hours",
    Kind.DAYS: "days",
}
_NEWEST: Final = """
DELETE FROM newest WHERE municipality = $municipality AND time < coalesce(
  (SELECT days FROM keep WHERE keep.sensor = newest.sensor), $others)
"""
_Cursor = duckdb.DuckDBPyConnection


class Expirer:
    """Deletes in the tidying thread, one entry at a time."""

    def __init__(self, shelf: Shelf, step: Step) -> None:
        self._shelf = shelf
        self._step = step

    def entries(self, municipality: MunicipalityId) -> list[Sealed]:
        """Give what may have to be looked at, oldest first."""
        mine = (one for one in self._shelf.catalogue.entries if one.municipality == municipality)
        return sorted(mine, key=lambda sealed: sealed.since)

    def expire(self, cursor: _Cursor, sealed: Sealed, keep: Keep) -> int:
        """Delete what of this entry is too old; give the bytes that came back."""
        sealed = self._sound(sealed)
        if not any(file.first < _newest_limit(keep, file.kind) for file in sealed.files):
            return self._drop_if_empty(cursor, sealed)
        before = _bytes(sealed.files)
        cursor.register("keep", _columns(keep))
        try:
            with Transaction(cursor):
                new = self._remainder(cursor, sealed, keep)
                if new == sealed:
                    return 0
                self._replace(cursor, sealed, new)
                others = {"municipality": sealed.municipality, "others": keep.others.days}
                cursor.execute(_NEWEST, others).complete()
        finally:
            cursor.unregister("keep")
        self._discard(sealed, new)
        return before - _bytes(new.files)

    def give_up_minutes(self, cursor: _Cursor) -> None:
        """Delete roll-ups of minutes wherever readings can answer what they did."""
        for sealed in self._shelf.catalogue.entries:
            whole = sealed.file(Kind.READINGS) and sealed.cut <= sealed.since
            if not whole or not sealed.file(Kind.MINUTES):
                continue
            left = tuple(file for file in sealed.files if file.kind is not Kind.MINUTES)
            new = replace(sealed, files=left)
            with Transaction(cursor):
                self._replace(cursor, sealed, new)
            self._discard(sealed, new)

    def _sound(self, sealed: Sealed) -> Sealed:
        bad = self._shelf.untrusted(sealed.files)
        self._shelf.set_aside(bad)
        return sealed.without(frozenset(file.name for file in bad))

    def _replace(self, cursor: _Cursor, old: Sealed, new: Sealed) -> None:
        def changed(catalogue: Catalogue) -> Catalogue:
            left = () if _is_over(new, catalogue) else (new,)
            return catalogue.replacing((old,), left)

        catalogue = self._shelf.change(changed)
        self._step("listed")
        set_edition(cursor, catalogue)

    def _drop_if_empty(self, cursor: _Cursor, sealed: Sealed) -> int:
        if _is_over(sealed, self._shelf.catalogue):
            with Transaction(cursor):
                self._replace(cursor, sealed, sealed)
        return 0

    def _discard(self, old: Sealed, new: Sealed) -> None:
        kept = {file.name for file in new.files}
        self._shelf.discard(file for file in old.files if file.name not in kept)
        self._step("discarded")

    def _remainder(self, cursor: _Cursor, sealed: Sealed, keep: Keep) -> Sealed:
        work = _Work(cursor, self._shelf, self._step, sealed, keep)
        files = {file.kind: file for file in sealed.files}
        readings = files.get(Kind.READINGS)
        cut = sealed.cut
        if readings and work.expired(readings):
            files |= work.rolled_up_before(readings, files)
            cut = max(cut, Instant(min(sealed.until, _newest_limit(keep, Kind.READINGS))))
        left = tuple(left for file in files.values() if (left := work.left_of(file)))
        self._shelf.trust(left)
        return replace(sealed, files=left, cut=cut)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is done to the files of one entry; the table `keep` is there."""

    cursor: _Cursor
    shelf: Shelf
    step: Step
    sealed: Sealed
    keep: Keep

    def expired(self, file: SealedFile) -> int:
        """Count the rows that are too old."""
        if file.first >= _newest_limit(self.keep, file.kind):
            return 0
        rows = rows_of(self.shelf, (file,))
        question = f"SELECT count(*) FROM ({rows}) LEFT JOIN keep USING (sensor) WHERE NOT ({self._kept(file.kind)})"  # noqa: S608
        ((count,),) = self.cursor.execute(question).fetchall()
        return int(count)

    def left_of(self, file: SealedFile) -> SealedFile | None:
        """Give the file as it is, one with what is left of it, or None when nothing is."""
        gone = self.expired(file)
        if not gone:
            return file
        if gone == file.rows:
            return None
        rows = rows_of(self.shelf, (file,))
        left = f"SELECT r.* FROM ({rows}) r LEFT JOIN keep USING (sensor) WHERE {self._kept(file.kind)}"  # noqa: S608
        writer = self._writer()
        writer.slice_by(rows)
        return writer.write(self._span(), file.kind, left)

    def rolled_up_before(
        self, readings: SealedFile, files: dict[Kind, SealedFile]
    ) -> dict[Kind, SealedFile]:
        """Make the roll-ups that are not there yet and shall outlive the readings."""
        made = {}
        rows = rows_of(self.shelf, (readings,))
        writer = self._writer()
        writer.slice_by(rows)
        for kind, step in STEP_OF.items():
            if kind in files or not _outlives(self.keep, kind):
                continue
            if file := writer.write(self._span(), kind, rolling.rolled(rows, step)):
                made[kind] = file
        return made

    def _kept(self, kind: Kind) -> str:
        time = "start" if kind in STEP_OF else "time"
        limit = _LIMIT_OF[kind]
        return f"{time} >= coalesce(keep.{limit}, {getattr(self.keep.others, limit)})"

    def _writer(self) -> Writer:
        return Writer(self.shelf.folder, self.cursor, self.step)

    def _span(self) -> Span:
        one = self.sealed
        return Span(one.municipality, one.since, one.until, one.epoch, one.through)


def _outlives(keep: Keep, kind: Kind) -> bool:
    """Say whether a roll-up is kept longer than readings, for any sensor."""
    limit = _LIMIT_OF[kind]
    some = (getattr(keep, limit) < keep.readings).any()
    return bool(some) or getattr(keep.others, limit) < keep.others.readings


def _newest_limit(keep: Keep, kind: Kind) -> int:
    limit = _LIMIT_OF[kind]
    return int(max([getattr(keep.others, limit), *getattr(keep, limit).tolist()]))


def _columns(keep: Keep) -> dict[str, object]:
    names = ("readings", "minutes", "hours", "days")
    return {"sensor": keep.sensors, **{name: getattr(keep, name) for name in names}}


def _bytes(files: Iterable[SealedFile]) -> int:
    return sum(file.size for file in files)


def _is_over(sealed: Sealed, catalogue: Catalogue) -> bool:
    """Say whether an entry without files can go: the journal brings nothing of it any more."""
    told_apart = sealed.epoch != catalogue.epoch or sealed.through <= catalogue.resume
    return not sealed.files and not sealed.damaged and told_apart
