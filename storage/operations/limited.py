"""Transactions of somebody who is limited to zones: all else is as if it were not there.

Every statement of theirs is rewritten before it runs: a table that it names stands for that part of
the table which lies in the zones (`SEEN`, as a common table expression of the same name, which
SQLite prefers to the table). So who writes a statement can't forget the limit, and who is not
limited pays nothing for it. Which tables a statement touches SQLite itself tells. One that is
neither in SEEN nor in FREE is refused: a new table is closed to who is limited until somebody has
thought of them.

What is written goes to the tables themselves; there, triggers of the connection's own, which are
awake only while a transaction is limited, pass over rows that are not seen.
"""

from collections.abc import Callable, Mapping
from typing import Final

import apsw

from appliance.domain.enclave import Enclave
from appliance.domain.errors import NotAllowed
from storage.operations.statements import OwnStatements, sql

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
    "checklist_item": f"incident IN {_SEEN_INCIDENTS}",
    "edit_part": f"asset IN {_LINKS} OR asset IN {_NODES}",
    "edit": "id IN (SELECT edit FROM temp.seen_edit_part)",
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
        "map_edition",
        "map_change",
        "base_map",
        "wording",
        "wording_config",
        "wording_data",
        "wording_docsize",
        "wording_idx",
        "json_each",
        "spatial_ref_sys",
    }
)
"""Tables that say nothing of places, or that a change writes to in passing.

No permission that somebody limited can have (`Permission.within_zones`) gives them out.
"""

_WITH_IDS: Final = (
    "sensor",
    "link",
    "node",
    "zone",
    "rule",
    "alert",
    "incident",
    "maintenance",
    "attachment",
    "checklist_item",
)
_CHILDREN: Final = {
    "alert_change": ("alert", "alert"),
    "anomaly": ("sensor", "sensor"),
    "incident_entry": ("incident", "incident"),
    "incident_alert": ("incident", "incident"),
    "attachment": ("incident", "incident"),
    "checklist_item": ("incident", "incident"),
}

_MORE: Final = "to see more than zones"

_rewritten: dict[str, str] = {}
"""By statement: those of the program are as many as they are."""


class Limit:
    """The limit of one transaction; nothing happens on its connection where there is none."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._enclave: Enclave | None = None

    def to(self, enclave: Enclave) -> None:
        """Limit what follows to these zones, as this person sees them."""
        if self._enclave is not None:
            if (self._enclave.zones, self._enclave.person) != (enclave.zones, enclave.person):
                raise NotAllowed(permission=_MORE)
            return
        run = self._connection.execute
        if not run("SELECT 1 FROM temp.sqlite_schema WHERE name = 'my_zone'").fetchall():
            _prepare(self._connection)
        self._enclave = enclave
        self._connection.executemany(
            "INSERT INTO temp.my_zone VALUES (?)", [(zone,) for zone in enclave.zones]
        )
        run("INSERT INTO temp.me VALUES (?)", (enclave.person,))

    def end(self) -> None:
        """Lift it; where the transaction is rolled back, that has lifted it."""
        if self._enclave is not None:
            self._connection.execute("DELETE FROM temp.my_zone")
            self._connection.execute("DELETE FROM temp.me")


def _prepare(connection: apsw.Connection) -> None:
    """Give a connection views of what is seen, and guards, the first time that it needs them."""
    connection.execute("CREATE TEMP TABLE my_zone (id INTEGER PRIMARY KEY)")
    connection.execute("CREATE TEMP TABLE me (id INTEGER PRIMARY KEY)")
    for table, condition in SEEN.items():
        view = sql("CREATE TEMP VIEW", f"seen_{table}", "AS SELECT * FROM", f"main.{table}")
        connection.execute(sql(view, "WHERE", condition))
    if not connection.readonly("main"):
        _guard(connection)


def _guard(connection: apsw.Connection) -> None:
    for table in _WITH_IDS:
        for action in ("UPDATE", "DELETE"):
            _pass_over(connection, action, table, "OLD.id", table)
    for table, (column, parent) in _CHILDREN.items():
        _pass_over(connection, "INSERT", table, f"NEW.{column}", parent)


def _pass_over(connection: apsw.Connection, action: str, table: str, key: str, seen: str) -> None:
    connection.execute(
        sql(
            "CREATE TEMP TRIGGER",
            f"guard_{action}_{table}",
            "BEFORE",
            action,
            "ON",
            f"main.{table}",
            "WHEN EXISTS (SELECT 1 FROM temp.me)",
            f"AND {key} NOT IN (SELECT id FROM",
            f"temp.seen_{seen}) BEGIN SELECT RAISE(IGNORE); END",
        )
    )


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
        raise NotAllowed(permission=_MORE)
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
