"""The tables of history: what has just come in, what is in order, and the roll-ups of that.

A reading is in `recent` or in `settled`, never in both. Settling moves it, and in the same
transaction adds it to the roll-ups: whatever is in `settled` is in `days`, and in `minutes` and
`hours` where `rolled_days` says so of its sensor and day. Nothing of `recent` is. So an answer that
puts roll-ups, what they leave out and `recent` together counts every reading once, at any moment,
however late it came.

A roll-up may hold several rows for one sensor and start: late readings add a row of their own.
They are put together when asked, and when a month is put in order.
"""

from typing import Final

LAYOUT: Final = 3

_READINGS: Final = """
CREATE TABLE {table} (
    municipality BIGINT NOT NULL,
    sensor BIGINT NOT NULL,
    time BIGINT NOT NULL,     -- Instant
    arrived BIGINT NOT NULL,  -- Instant
    value DOUBLE NOT NULL,    -- SI
    quality DOUBLE,           -- NULL where the device gave none
    marks UTINYINT NOT NULL,
    sequence BIGINT NOT NULL, -- the batch's place in the journal
    place INTEGER NOT NULL    -- the reading's place in the batch
);
"""
_ROLLUP: Final = """
CREATE TABLE {table} (
    municipality BIGINT NOT NULL,
    sensor BIGINT NOT NULL,
    start BIGINT NOT NULL,    -- Instant, a whole multiple of the step
    n BIGINT NOT NULL,
    low DOUBLE NOT NULL,
    total DOUBLE NOT NULL,
    high DOUBLE NOT NULL,
    last DOUBLE NOT NULL,     -- the value at last_time
    last_time BIGINT NOT NULL
);
"""
_REST: Final = """
CREATE TABLE rolled_days (step BIGINT NOT NULL, sensor BIGINT NOT NULL, day BIGINT NOT NULL);
CREATE TABLE newest ( -- of each sensor in settled
    municipality BIGINT NOT NULL, sensor BIGINT NOT NULL, time BIGINT NOT NULL, value DOUBLE NOT NULL
);
CREATE TABLE runs (month BIGINT NOT NULL, readings BIGINT NOT NULL); -- settled at one go
CREATE TABLE settling (before BIGINT NOT NULL);
INSERT INTO settling VALUES (0);
CREATE VIEW readings AS SELECT * FROM recent UNION ALL SELECT * FROM settled;
"""
_SINCE_3: Final = (
    _READINGS.format(table="settled")
    + "".join(_ROLLUP.format(table=table) for table in ("minutes", "hours", "days"))
    + _REST
)
CREATE: Final = (
    _READINGS.format(table="recent")
    + """
CREATE TABLE progress (applied BIGINT NOT NULL, stored_at BIGINT NOT NULL);
INSERT INTO progress VALUES (0, 0);
CREATE TABLE layout (version INTEGER NOT NULL);
INSERT INTO layout VALUES (3);
"""
    + _SINCE_3
)
UPGRADES: Final = {
    1: "ALTER TABLE readings RENAME TO recent; UPDATE layout SET version = 3;" + _SINCE_3  # noqa: S608
}
"""How a file of an older layout becomes one of this; one of another layout is filled anew."""

HOLDING_READINGS: Final = (
    "recent",
    "settled",
    "minutes",
    "hours",
    "days",
    "rolled_days",
    "newest",
    "runs",
)
