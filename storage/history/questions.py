"""What DuckDB is asked, word for word. Everything about readings names the municipality."""

from typing import Final

NEWEST: Final = """
SELECT sensor, time, arrived, value, quality, marks FROM readings
WHERE municipality = $municipality AND sensor = $sensor AND time >= $since AND time < $until
ORDER BY time DESC LIMIT $limit OFFSET $offset
"""

COUNT: Final = """
SELECT count(*) AS n FROM readings
WHERE municipality = $municipality AND sensor = $sensor AND time >= $since AND time < $until
"""

SERIES: Final = """
SELECT (time - $since) // $width AS bucket,
       min(value) AS low, avg(value) AS mean, max(value) AS high, count(*) AS n
FROM readings
WHERE municipality = $municipality AND sensor = $sensor AND time >= $since AND time < $until
GROUP BY bucket ORDER BY bucket
"""

FIND: Final = """
SELECT sensor, time, arrived, value, quality, marks, sequence FROM readings
WHERE municipality = $municipality AND sensor = $sensor AND time = $time
"""

PLACED: Final = """
SELECT sensor, time, arrived, value, quality, marks, sequence FROM readings
WHERE municipality = $municipality AND arrived >= $since AND arrived < $until
ORDER BY sequence, place
"""

PLACED_OF_THESE: Final = """
SELECT sensor, time, arrived, value, quality, marks, sequence FROM readings
WHERE municipality = $municipality AND arrived >= $since AND arrived < $until
  AND sensor IN (SELECT unnest($sensors::BIGINT[]))
ORDER BY sequence, place
"""

DAILY_COUNTS: Final = """
SELECT time - ((time % $day) + $day) % $day AS first, count(*) AS n FROM readings
WHERE municipality = $municipality AND time >= $since AND time < $until
GROUP BY first ORDER BY first
"""

SORT_FOR_EXPORT: Final = """
CREATE TEMP TABLE export AS
SELECT sensor, time, arrived, value, quality, marks FROM readings
WHERE municipality = $municipality AND time >= $since AND time < $until
ORDER BY sensor, time
"""

PAGE_OF_EXPORT: Final = """
SELECT sensor, time, arrived, value, quality, marks FROM export
WHERE rowid >= $first AND rowid < $end ORDER BY rowid
"""

KNOWN: Final = """
SELECT w.number FROM wanted w
SEMI JOIN readings r ON r.sensor = w.sensor AND r.time = w.time
"""
"""Of all municipalities: sensor ids are unique over them."""

ADD: Final = """
INSERT INTO readings
SELECT municipality, sensor, time, arrived, value, quality, marks, sequence, place FROM incoming
"""

MOVE: Final = "UPDATE progress SET applied = $applied, stored_at = $stored_at"
