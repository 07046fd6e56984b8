"""The tables of history: what is not sealed, and what is worth knowing of the rest.

A reading is in `recent` (or `doubtful`) until the files of a `Sealed` hold it, and in the same
transaction in which it leaves, `sealing` names the edition of the catalogue that has them. So who
reads both in one transaction counts every reading once, at any moment, however late it came.
"""

from typing import Final

LAYOUT: Final = 4

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
CREATE: Final = (
    _READINGS.format(table="recent")
    + _READINGS.format(table="doubtful")
    + """
CREATE TABLE newest ( -- of each sensor in what is sealed
    municipality BIGINT NOT NULL, sensor BIGINT NOT NULL, time BIGINT NOT NULL, value DOUBLE NOT NULL
);
CREATE TABLE sealing (
    edition BIGINT NOT NULL,  -- of the catalogue that has what is not here
    before BIGINT NOT NULL    -- closed days have been looked at up to here
);
INSERT INTO sealing VALUES (0, 0);
CREATE TABLE progress (applied BIGINT NOT NULL, stored_at BIGINT NOT NULL);
INSERT INTO progress VALUES (0, 0);
CREATE TABLE layout (version INTEGER NOT NULL);
INSERT INTO layout VALUES (4);
"""
)
"""A file of another layout is filled anew."""

HOLDING_READINGS: Final = ("recent", "doubtful", "newest")
