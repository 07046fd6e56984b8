"""What DuckDB is asked, word for word; `readings` is put in by `sight.View`.

Everything about readings names the municipality: what is recent by a condition, what is sealed by
the files that are named.
"""

from typing import Final

NEWEST: Final = """
SELECT sensor, time, arrived, value, quality, marks FROM ({readings})
WHERE sensor = $sensor AND time >= $since AND time < $until
ORDER BY time DESC LIMIT $limit OFFSET $offset
"""

COUNT: Final = """
SELECT count(*) AS n FROM ({readings})
WHERE sensor = $sensor AND time >= $since AND time < $until
"""

FIND: Final = """
SELECT sensor, time, arrived, value, quality, marks, sequence FROM ({readings})
WHERE sensor = $sensor AND time = $time
"""

PLACED: Final = """
SELECT sensor, time, arrived, value, quality, marks, sequence FROM ({readings})
WHERE arrived >= $since AND arrived < $until
ORDER BY sequence, place
"""

PLACED_OF_THESE: Final = """
SELECT sensor, time, arrived, value, quality, marks, sequence FROM ({readings})
WHERE arrived >= $since AND arrived < $until
  AND sensor IN (SELECT unnest($sensors::BIGINT[]))
ORDER BY sequence, place
"""

SORT_FOR_EXPORT: Final = """
CREATE OR REPLACE TEMP TABLE export AS
SELECT sensor, time, arrived, value, quality, marks FROM ({readings})
WHERE time >= $since AND time < $until
ORDER BY sensor, time
"""

PAGE_OF_EXPORT: Final = """
SELECT sensor, time, arrived, value, quality, marks FROM export
WHERE rowid >= $first AND rowid < $end ORDER BY rowid
"""

KNOWN: Final = """
SELECT w.number FROM wanted w
SEMI JOIN recent r ON r.sensor = w.sensor AND r.time = w.time
"""
"""Of all municipalities: sensor ids are unique over them."""

KNOWN_IN_FILES: Final = """
SELECT w.number FROM wanted w
SEMI JOIN (SELECT sensor, time FROM ({rows}) WHERE {near}) r ON r.sensor = w.sensor AND r.time = w.time
"""

LATEST: Final = """
SELECT sensor, max(time) AS time, arg_max(value, time) AS value FROM (
  SELECT sensor, time, value FROM newest WHERE municipality = $municipality
  UNION ALL SELECT sensor, time, value FROM recent WHERE municipality = $municipality
)
GROUP BY sensor ORDER BY sensor
"""

ADD: Final = """
INSERT INTO {table}
SELECT municipality, sensor, time, arrived, value, quality, marks, sequence, place FROM {rows}
"""

MOVE: Final = "UPDATE progress SET applied = $applied, stored_at = $stored_at"

SECURED: Final = """
SELECT coalesce(
  (SELECT min(sequence) - 1 FROM (
     SELECT sequence FROM recent UNION ALL SELECT sequence FROM doubtful)),
  (SELECT applied FROM progress))
"""
