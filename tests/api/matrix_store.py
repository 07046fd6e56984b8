"""The matrix below the routes: what the store gives one municipality, and somebody limited to zones.

Routes look a thing up before they ask for more of it, so a fault in a later query shows nowhere as
long as the earlier one is right. Here each query stands alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import apsw

from appliance.domain.enclave import Enclave, ZoneId
from appliance.domain.ids import MunicipalityId, UserId
from storage.operations import limited
from storage.operations.statements import OwnStatements, Statements, sql
from tests.api.matrix import HERE, OUTSIDE, THERE, Cell, Questions, World, deviations
from web.routes import PREFIX

MOST_OF_EACH: Final = 4
"""Questions with one statement and from one municipality; they differ in little but their times."""

BELOW: Final = "the store"
"""With this begins what is said of a query that is wrong by itself."""


@contextmanager
def questions_noted(world: World) -> Iterator[None]:
    """Note which queries are run within a municipality: which, with which values, for which route."""
    run = OwnStatements._execute

    def noting(self: OwnStatements, statement: str, values: dict[str, object]) -> Any:
        if ":mine" in statement and statement.lstrip().startswith("SELECT"):
            world.asked_by.setdefault(statement, set()).add(world.asking)
            whose = world.questions.setdefault(statement, {}).setdefault(self.municipality, [])
            if len(whose) < MOST_OF_EACH and values not in whose:
                whose.append(dict(values))
        return run(self, statement, values)

    with patch.object(OwnStatements, "_execute", noting):
        yield


async def noted_deviations(world: World, chosen: Iterator[Cell]) -> list[str]:
    """Ask the cells, and note what the store was asked; so it is when THERE opens a file of its own."""
    files = f"incidents/{world.things[THERE]['incident']}/attachments"
    with questions_noted(world):
        wrong = await deviations(world, chosen)
        world.asking = f"{PREFIX}/incidents/{{incident}}/attachments/{{attachment}}"
        admin = world.weir.there.admin
        for file in (await admin.get(files)).body:
            if (await admin.get(f"{files}/{file['id']}")).status != 200:
                wrong.append(f"THERE does not see its own {file}")
    return wrong


_OF_NO_TOWN: Final = frozenset({"answer", "sensor_type"})
"""What is kept for whoever asked, and what is there for all; no query of a municipality's reads them
as its own.
"""

_TOLD_APART: Final = (
    "UPDATE alert SET shelved_until = 0 WHERE municipality = :there",
    """UPDATE maintenance SET out_from = 0, out_until = 1, status_before = 'active'
    WHERE municipality = :there""",
    "UPDATE node SET place = MakePoint(-70, -50, 4326) WHERE municipality = :there",
)
"""So that queries which wait for a time, or look for the outermost, would find something of THERE."""

# Municipalities ----------------------------------------------------------------------------------


class _TakenBack(Exception):
    """Ends a transaction, so that nothing of it stays."""

    def __init__(self, wrong: list[str]) -> None:
        self.wrong = wrong


async def store_deviations(world: World) -> list[str]:
    """Say which queries give HERE other rows as soon as there is nothing of THERE any more.

    Every query that has been noted is asked as HERE, also with the ids that were THERE's; then all
    that is THERE is taken away, and each is asked again. In the end it is all as it was.
    """
    here, there = MunicipalityId(world.weir.here.id), MunicipalityId(world.weir.there.id)
    if not any(there in by for by in world.questions.values()):
        return ["no query was asked about THERE"]

    def compare(system: Any) -> None:
        connection = system.of(here).alerts._run.connection
        run = OwnStatements(connection, here)
        for change in _TOLD_APART:
            Statements(connection).change(change, there=there)
        before = _answers(run, world.questions)
        wrong = [f"there is nothing of THERE in {t}" for t in _take_away(connection, there)]
        after = _answers(run, world.questions)
        wrong += [
            f"{BELOW} gives HERE what is THERE: {statement}"
            for statement, answer in before.items()
            if answer != after[statement]
        ]
        raise _TakenBack(wrong)

    try:
        await world.weir.core.operations.write_system(compare)
    except _TakenBack as compared:
        return compared.wrong
    raise AssertionError("the rows of THERE are gone for good")


def _answers(run: OwnStatements, questions: Questions) -> dict[str, list[Any]]:
    return {
        statement: [
            sorted(map(repr, run.rows(statement, **values))) for of in by.values() for values in of
        ]
        for statement, by in questions.items()
    }


def _take_away(connection: apsw.Connection, municipality: int) -> list[str]:
    """Delete all rows of a municipality, and give the tables in which there were none."""
    run, mine = Statements(connection), "WHERE municipality = :one"
    run.change("PRAGMA defer_foreign_keys = ON")
    for (trigger,) in run.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'"
    ):
        run.change(sql("DROP TRIGGER", trigger))  # a line of the log stays, whoever would delete it
    tables = run.rows(
        "SELECT s.name FROM sqlite_schema AS s JOIN pragma_table_info(s.name) AS c"
        " WHERE s.type = 'table' AND c.name = 'municipality' ORDER BY s.name"
    )
    empty = [
        table
        for (table,) in tables
        if not run.number(sql("SELECT count(*) FROM", table, mine), one=municipality)
    ]
    for (table,) in tables:
        run.change(sql("DELETE FROM", table, mine), one=municipality)
    return [table for table in empty if table not in _OF_NO_TOWN]


# Zones -------------------------------------------------------------------------------------------

_WHOSE: Final = {
    "sensor": ("id", "sensor"),
    "link": ("id", "pipeline"),
    "node": ("id", "asset"),
    "zone": ("id", "zone"),
    "zone_member": ("zone", "zone"),
    "zone_override": ("zone", "zone"),
    "rule": ("id", "rule"),
    "alert": ("id", "alert"),
    "alert_change": ("alert", "alert"),
    "anomaly": ("sensor", "sensor"),
    "contact": ("sensor", "sensor"),
    "incident": ("id", "incident"),
    "incident_entry": ("incident", "incident"),
    "incident_alert": ("incident", "incident"),
    "attachment": ("incident", "incident"),
    "checklist_item": ("incident", "incident"),
    "edit_part": ("asset", "asset"),
    "edit": ("id", "edit"),
    "maintenance": ("id", "entry"),
}
"""By table: the column that tells what a row is about, and what that is called in `World.things`."""


async def enclave_deviations(world: World) -> list[str]:
    """Say of which tables somebody limited to a zone reads rows of what lies outside of it."""
    if missing := limited.SEEN.keys() ^ _WHOSE.keys():
        return [f"nobody has said whose a row is in {sorted(missing)}"]
    here = MunicipalityId(world.weir.here.id)
    zones = frozenset({ZoneId(world.things[HERE]["zone"])})
    enclave = Enclave(here, zones, UserId(world.who("limited").client.user["id"]))
    operations: Any = world.weir.core.operations
    wrong = []
    for table, (column, noun) in _WHOSE.items():
        query = sql("SELECT", column, "FROM", table, "WHERE :mine = :mine")
        there_is = await operations.read(here, _rows(query))
        seen = await operations.read(MunicipalityId(enclave), _rows(query))
        for whose in (HERE, OUTSIDE, THERE):
            one = world.things[whose][noun]
            if one not in there_is:
                wrong.append(f"{table} has nothing of {whose}")
            elif (one in seen) != (whose == HERE):
                wrong.append(f"{BELOW} gives who is limited {table} of {whose}: {one in seen}")
    return wrong


def _rows(query: str) -> Any:
    return lambda tables: {one for (one,) in tables.alerts._run.rows(query)}
