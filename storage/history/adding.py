"""What comes from the journal goes into DuckDB, but for what is sealed already."""

from collections.abc import Iterable

import duckdb
import numpy as np

from appliance.domain.ids import Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import Ints, Mark, StoredBatch
from appliance.ports.history import Booleans
from storage.history import questions
from storage.history.columns import Columns, chosen, columns_of, pairs_of
from storage.history.sealed import Catalogue, Kind, Sealed
from storage.history.shelf import Shelf
from storage.history.sight import Changed, View
from storage.history.transaction import Transaction


def add(writer: duckdb.DuckDBPyConnection, batches: list[StoredBatch], shelf: Shelf) -> None:
    """Add the batches and move the cursor behind them, in one transaction."""
    rows = columns_of(batches)
    rows = chosen(rows, ~covered(rows, shelf.catalogue))
    rows = _not_repeated(writer, rows, shelf)
    doubtful = (rows["marks"] & Mark.IMPLAUSIBLE) != 0
    with Transaction(writer):
        for table, which in (("recent", ~doubtful), ("doubtful", doubtful)):
            if which.any():
                _insert(writer, table, chosen(rows, which))
        move(writer, batches[-1].sequence, batches[-1].stored_at)


def move(writer: duckdb.DuckDBPyConnection, applied: Sequence, stored_at: Instant) -> None:
    """Set the cursor; part of a transaction."""
    writer.execute(questions.MOVE, {"applied": applied, "stored_at": stored_at}).complete()


def covered(rows: Columns, catalogue: Catalogue) -> Booleans:
    """Say which rows are in sealed files, by their places in this journal."""
    found = np.zeros(len(rows["sequence"]), np.bool_)
    ours = [sealed for sealed in catalogue.entries if sealed.epoch == catalogue.epoch]
    if not len(found) or int(rows["sequence"][0]) > max((s.through for s in ours), default=0):
        return found
    for municipality in np.unique(rows["municipality"]).tolist():
        mine = rows["municipality"] == municipality
        there = [sealed for sealed in ours if sealed.municipality == municipality]
        inside, which = _inside(rows["time"][mine], there)
        through = np.array([int(sealed.through) for sealed in there] or [0], np.int64)
        found[mine] = inside & (rows["sequence"][mine] <= through[which])
    return found


def _inside(times: Ints, there: list[Sealed]) -> tuple[Booleans, Ints]:
    """Say which times lie in one of these, which don't overlap, and in which."""
    if not there:
        return np.zeros(len(times), np.bool_), np.zeros(len(times), np.int64)
    order = np.argsort([sealed.since for sealed in there])
    since = np.array([there[n].since for n in order], np.int64)
    until = np.array([there[n].until for n in order], np.int64)
    place = np.maximum(np.searchsorted(since, times, side="right") - 1, 0)
    return (times >= since[place]) & (times < until[place]), order[place]


def _not_repeated(writer: duckdb.DuckDBPyConnection, rows: Columns, shelf: Shelf) -> Columns:
    """Leave out what was sealed from another journal; after a backup was put back they overlap."""
    catalogue = shelf.catalogue
    foreign = [sealed for sealed in catalogue.entries if sealed.epoch != catalogue.epoch]
    if not foreign:
        return rows
    pairs = pairs_of(rows["sensor"], rows["time"])
    repeated = np.zeros(len(rows["sensor"]), np.bool_)
    while True:
        try:
            view = View(shelf.catalogue, shelf)
            repeated[numbers_known(pairs, writer, view, foreign, recent=False)] = True
        except Changed:
            foreign = [s for s in shelf.catalogue.entries if s.epoch != catalogue.epoch]
            continue
        return chosen(rows, ~repeated)


def numbers_known(
    wanted: Columns,
    cursor: duckdb.DuckDBPyConnection,
    view: View,
    entries: Iterable[Sealed],
    *,
    recent: bool,
) -> Ints:
    """Give the numbers of those pairs that are in sealed files, and perhaps in what is recent."""
    if not len(wanted["time"]):
        return np.empty(0, np.int64)
    earliest, latest = int(wanted["time"].min()), int(wanted["time"].max())
    files = [
        file
        for sealed in entries
        if (file := sealed.file(Kind.READINGS)) and file.first <= latest and file.last >= earliest
    ]
    questions_asked = [questions.KNOWN] if recent else []
    if rows := view.rows(files):
        near = f"sensor BETWEEN {wanted['sensor'].min()} AND {wanted['sensor'].max()}"
        near += (
            f" AND time BETWEEN {earliest} AND {latest}"  # told apart, row groups are passed over
        )
        questions_asked.append(questions.KNOWN_IN_FILES.format(rows=rows, near=near))
    cursor.register("wanted", wanted)
    try:
        found = [cursor.execute(question).fetchnumpy()["number"] for question in questions_asked]
    finally:
        cursor.unregister("wanted")
    return np.concatenate([np.empty(0, np.int64), *found])


def _insert(writer: duckdb.DuckDBPyConnection, table: str, rows: Columns) -> None:
    writer.register("incoming", rows)
    try:
        writer.execute(questions.ADD.format(table=table, rows="incoming")).complete()
    finally:
        writer.unregister("incoming")
