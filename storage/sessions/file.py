"""The file of the MQTT door's sessions, and the one statement that changes it."""

from pathlib import Path
from typing import Final

import apsw

from appliance.domain.errors import StartRefused
from storage.sqlite import open_database, storage_failures

LAYOUT: Final = 2
_SCHEMA: Final = """
BEGIN IMMEDIATE;
CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    away_since INTEGER             -- Instant; null: its client is connected
) STRICT;
CREATE TABLE filters (
    session INTEGER NOT NULL,
    filter TEXT NOT NULL,
    qos INTEGER NOT NULL,
    PRIMARY KEY (session, filter)
) STRICT, WITHOUT ROWID;
CREATE TABLE copies (              -- what a session is owed, in the order of its numbers
    session INTEGER NOT NULL,
    number INTEGER NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    qos INTEGER NOT NULL,
    retain INTEGER NOT NULL,
    packet_id INTEGER NOT NULL,    -- 0: not sent yet
    received INTEGER NOT NULL,     -- 1: PUBREC has come
    PRIMARY KEY (session, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE taken (               -- QoS 2 messages without PUBREL
    session INTEGER NOT NULL,
    packet_id INTEGER NOT NULL,
    PRIMARY KEY (session, packet_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE retained (
    place INTEGER PRIMARY KEY,     -- the one set longest ago first
    topic TEXT NOT NULL UNIQUE,
    payload BLOB NOT NULL,
    qos INTEGER NOT NULL
) STRICT;
CREATE TABLE commits (number INTEGER NOT NULL, at INTEGER NOT NULL) STRICT; -- one row
INSERT INTO commits VALUES (0, 0);
PRAGMA user_version = 2;
COMMIT;
"""
_UPGRADE_1: Final = """
BEGIN IMMEDIATE;
CREATE TABLE commits (number INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
INSERT INTO commits VALUES (0, 0);
PRAGMA user_version = 2;
COMMIT;
"""
_TRIGGERS: Final = """
CREATE TEMP VIEW changes AS SELECT
    0 AS kind, 0 AS session, 0 AS number, 0 AS qos, 0 AS flag, '' AS text, x'' AS payload;
"""
_STEPS: Final = (
    "INSERT OR IGNORE INTO sessions VALUES (new.session, new.text, NULL)",
    "UPDATE sessions SET away_since = new.number WHERE number = new.session",
    """DELETE FROM sessions WHERE number = new.session;
    DELETE FROM filters WHERE session = new.session;
    DELETE FROM copies WHERE session = new.session;
    DELETE FROM taken WHERE session = new.session""",
    """INSERT OR REPLACE INTO filters
    SELECT number, new.text, new.qos FROM sessions WHERE number = new.session""",
    "DELETE FROM filters WHERE session = new.session AND filter = new.text",
    """INSERT OR REPLACE INTO copies
    SELECT number, new.number, new.text, new.payload, new.qos & 3, new.qos >> 2 & 1, new.flag,
        new.qos >> 3 & 1
    FROM sessions WHERE number = new.session""",
    "UPDATE copies SET packet_id = new.flag WHERE session = new.session AND number = new.number",
    "UPDATE copies SET received = 1 WHERE session = new.session AND number = new.number",
    "DELETE FROM copies WHERE session = new.session AND number = new.number",
    "INSERT OR IGNORE INTO taken SELECT number, new.flag FROM sessions WHERE number = new.session",
    "DELETE FROM taken WHERE session = new.session AND packet_id = new.flag",
    "INSERT OR REPLACE INTO retained (topic, payload, qos) VALUES (new.text, new.payload, new.qos)",
    "DELETE FROM retained WHERE topic = new.text",
    "UPDATE commits SET number = new.session, at = new.number",
)
"""What each kind of change does, by its number."""

APPLY: Final = """
INSERT INTO temp.changes
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
    CASE WHEN value ->> 7 THEN substr(?2, value ->> 6, value ->> 7) ELSE x'' END
FROM json_each(?1)
"""
"""All changes of a commit in one statement: each step of a statement gives up the interpreter's
lock, and a busy event loop may give it back only after 5 ms. The rows are
[kind, session, number, qos, flag, text, where the payload begins in ?2, its length]."""


def open_sessions(path: Path, key: bytes) -> apsw.Connection:
    """Open the file, made on the first start.

    Raises StorageFailed, or StartRefused when a newer Weir has written it.
    """
    connection = open_database(path, key)
    try:
        with storage_failures(path):
            _bring_up_to_date(connection)
            connection.wal_autocheckpoint(0)  # done after the answer
            connection.execute(_TRIGGERS)
            for kind, step in enumerate(_STEPS):
                connection.execute(
                    f"CREATE TEMP TRIGGER change_{kind} INSTEAD OF INSERT ON changes "
                    f"WHEN new.kind = {kind} BEGIN {step}; END"
                )
            return connection
    except BaseException:
        connection.close()
        raise


def _bring_up_to_date(connection: apsw.Connection) -> None:
    layout = connection.pragma("user_version")
    if layout == 0:
        connection.execute(_SCHEMA)
    elif layout == 1:
        connection.execute(_UPGRADE_1)
    elif layout != LAYOUT:
        raise StartRefused(
            problem=f"a newer Weir has written the MQTT sessions (layout {layout}, known is {LAYOUT})",
            remedy="start the newer version, or restore a backup of this one",
        )
