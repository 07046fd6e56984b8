"""Transactions of somebody who is limited to zones: all else is as if it were not there.

They run on connections of their own, on which every statement is rewritten before it runs: a table
that it names stands for that part of the table which lies in the zones (`SEEN`, as a common table
expression of the same name, which SQLite prefers to the table). So who writes a statement can't
forget the limit, and who is not limited pays nothing for it. Which tables a statement touches
SQLite itself tells. One that is neither in SEEN nor in FREE is refused: a new table is closed to
who is limited until somebody has thought of them.

What is written goes to the tables themselves; there, triggers that only these connections have
pass over rows that are not seen.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import apsw

from appliance.domain.enclave import Enclave
from appliance.domain.errors import NotAllowed
from storage.operations.statements import OwnStatements, sql
from storage.sqlite import open_database

_MEMBER: Final = (
    "(SELECT thing FROM main.zone_member WHERE kind = '{kind}'"
    " AND zone IN (SELECT id FROM temp.my_zone))"
)
_SENSORS: Final = _MEMBER.format(kind="sensor")
_LINKS: Final = _MEMBER.format(kind="link")
_NODES: Final = _MEMBER.format(kind="node")
_INCIDENTS: Final = _MEMBER.format(kind="incident")
_ME: Final = "(SELECT id FROM temp.me)"
_SEEN_INCIDENTS: Final = "(SELECT id FROM temp.seen_incident)"
_SEEN_ALERTS: Final = "(SELECT id FROM temp.seen_alert)"

SEEN: Final[Mapping[str, str]] = {
    "sensor": f"id IN {_SENSORS}",
    "link": f"id IN {_LINKS}",
    "node": f"id IN {_NODES}",
    "zone": "id IN (SELECT id FROM temp.my_zone)",
    "zone_member": "zone IN (SELECT id FROM temp.my_zone)",
    "zone_override": "zone IN (SELECT id FROM temp.my_zone)",
    "rule": f"sensor IS NULL OR sensor IN {_SENSORS}",
    "alert": f"sensor IN {_SENSORS} OR sensor IS NULL AND pipeline IN {_LINKS}",
    "alert_change": f"alert IN {_SEEN_ALERTS}",
    "anomaly": f"sensor IN {_SENSORS}",
    "contact": f"sensor IN {_SENSORS}",
    "incident": (
        f"sensor IN {_SENSORS} OR sensor IS NULL AND id IN {_INCIDENTS}"
        f" OR reported_by IN {_ME} OR assigned_to IN {_ME}"
    ),
    "incident_entry": f"incident IN {_SEEN_INCIDENTS}",
    "incident_alert": f"incident IN {_SEEN_INCIDENTS} AND alert IN {_SEEN_ALERTS}",
    "attachment": f"incident IN {_SEEN_INCIDENTS}",
    "maintenance": (
        f"sensor IN {_SENSORS} OR sensor IS NULL AND (asset IN {_LINKS} OR asset IN {_NODES})"
        f" OR incident IN {_SEEN_INCIDENTS} OR by IN {_ME} OR assigned_to IN {_ME}"
    ),
}
"""What of a table is seen. Who reported something, or is to do it, sees it wherever it is."""

FREE: Final = frozenset(
    {
        "municipality",
        "sensor_type",
        "person",
        "role",
        "event",
        "channel",
        "delivery",
        "preference",
        "setting",
        "setup_edition",
        "answer",
        "audit",
        "zone_stale",
    }
)
"""Tables that say nothing of places, or that a change writes to in passing.

No permission that somebody limited can have (`Permission.within_zones`) gives them out.
"""

_KEYS: Final = {
    "sensor": "id",
    "link": "id",
    "node": "id",
    "zone": "id",
    "rule": "id",
    "alert": "id",
    "incident": "id",
    "maintenance": "id",
    "attachment": "id",
}
_CHILDREN: Final = {
    "alert_change": ("alert", "alert"),
    "anomaly": ("sensor", "sensor"),
    "incident_entry": ("incident", "incident"),
    "incident_alert": ("incident", "incident"),
    "attachment": ("incident", "incident"),
}

_rewritten: dict[str, str] = {}
"""By statement: those of the program are as many as they are."""


def prepare(connection: apsw.Connection) -> None:
    """Make a connection one for limited transactions: views of what is seen, and guards."""
    connection.execute("CREATE TEMP TABLE my_zone (id INTEGER PRIMARY KEY)")
    connection.execute("CREATE TEMP TABLE me (id INTEGER PRIMARY KEY)")
    for table, condition in SEEN.items():
        connection.execute(
            sql(
                "CREATE TEMP VIEW",
                f"seen_{table}",
                "AS SELECT * FROM",
                f"main.{table}",
                "WHERE",
                condition,
            )
        )
    if not connection.readonly("main"):
        _guard(connection)


def _guard(connection: apsw.Connection) -> None:
    for table, key in _KEYS.items():
        for action in ("UPDATE", "DELETE"):
            connection.execute(
                sql(
                    "CREATE TEMP TRIGGER",
                    f"guard_{action}_{table}",
                    "BEFORE",
                    action,
                    "ON",
                    f"main.{table}",
                    f"WHEN OLD.{key} NOT IN (SELECT",
                    key,
                    "FROM",
                    f"seen_{table})",
                    "BEGIN SELECT RAISE(IGNORE); END",
                )
            )
    for table, (column, parent) in _CHILDREN.items():
        connection.execute(
            sql(
                "CREATE TEMP TRIGGER",
                f"guard_INSERT_{table}",
                "BEFORE INSERT ON",
                f"main.{table}",
                f"WHEN NEW.{column} NOT IN (SELECT id FROM",
                f"seen_{parent})",
                "BEGIN SELECT RAISE(IGNORE); END",
            )
        )


def limit_to(connection: apsw.Connection, enclave: Enclave) -> None:
    """Say whose transaction comes next on this connection; before it begins."""
    connection.execute("DELETE FROM temp.my_zone")
    connection.execute("DELETE FROM temp.me")
    connection.executemany("INSERT INTO temp.my_zone VALUES (?)", [(z,) for z in enclave.zones])
    connection.execute("INSERT INTO temp.me VALUES (?)", (enclave.person,))


class LimitedConnections:
    """One beside each of the threads' connections, made when somebody limited first needs it."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._beside: dict[int, apsw.Connection] = {}

    def beside(self, connection: apsw.Connection, enclave: Enclave) -> apsw.Connection:
        """Give the one beside a thread's own, limited to these zones until the next call."""
        found = self._beside.get(id(connection))
        if found is None:
            read_only = connection.readonly("main")
            found = open_database(self._path, self._key, spatial=True, read_only=read_only)
            self._beside[id(connection)] = found
            prepare(found)
        limit_to(found, enclave)
        return found

    def close(self) -> None:
        """Close them, when no thread uses any."""
        while self._beside:
            self._beside.popitem()[1].close()


class LimitedStatements(OwnStatements):
    """Statements of one municipality that see the zones alone."""

    def _execute(self, statement: str, values: dict[str, object]) -> apsw.Cursor:
        limited = _rewritten.get(statement)
        if limited is None:
            bound = self._bound(statement, values)
            limited = _limited(statement, _tables_of(self.connection, statement, bound))
            _rewritten[statement] = limited
        return super()._execute(limited, values)


def _limited(statement: str, tables: frozenset[str]) -> str:
    closed = {t for t in tables if t not in FREE and t not in SEEN and not t.startswith("idx_")}
    if closed or "main." in statement or "temp." in statement:
        raise NotAllowed(permission="to see more than zones")
    views = ", ".join(
        sql(table, "AS NOT MATERIALIZED (SELECT * FROM", f"temp.seen_{table})")
        for table in sorted(tables & SEEN.keys())
    )
    if not views:
        return statement
    begin, _, rest = statement.lstrip().partition(" ")
    if begin.upper() == "WITH":
        return sql("WITH", f"{views},", rest)
    return sql("WITH", views, statement)


def _tables_of(
    connection: apsw.Connection, statement: str, values: dict[str, object]
) -> frozenset[str]:
    """Ask SQLite which tables a statement reads and writes, those of its triggers apart."""
    found: set[str] = set()
    before: Callable[..., int] | None = connection.authorizer

    def note(
        action: int, first: str | None, second: str | None, database: str | None, by: str | None
    ) -> int:
        if action in _TOUCHING and by is None and first is not None:
            found.add(first.lower())
        return apsw.SQLITE_OK if before is None else before(action, first, second, database, by)

    connection.authorizer = note
    try:
        connection.execute(sql("EXPLAIN", statement), values).fetchall()
    finally:
        connection.authorizer = before
    return frozenset(found)


_TOUCHING: Final = frozenset(
    {apsw.SQLITE_READ, apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE}
)
