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
SELECT (time - $first) // $width AS bucket,
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
SELECT first, sum(n)::BIGINT AS n FROM (
  SELECT start AS first, n FROM days
  WHERE municipality = $municipality AND start >= $inner AND start < $outer
  UNION ALL
  SELECT time // $day * $day AS first, 1 AS n FROM settled
  WHERE municipality = $municipality AND time >= $since AND time < $inner
  UNION ALL
  SELECT time // $day * $day AS first, 1 AS n FROM settled
  WHERE municipality = $municipality AND time >= $outer AND time < $until
  UNION ALL
  SELECT time // $day * $day AS first, 1 AS n FROM recent
  WHERE municipality = $municipality AND time >= $since AND time < $until
)
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
SEMI JOIN recent r ON r.sensor = w.sensor AND r.time = w.time
UNION ALL
SELECT w.number FROM wanted w
SEMI JOIN settled r ON r.sensor = w.sensor AND r.time = w.time
"""
"""Of all municipalities: sensor ids are unique over them."""

ADD: Final = """
INSERT INTO recent
SELECT municipality, sensor, time, arrived, value, quality, marks, sequence, place FROM incoming
"""

MOVE: Final = "UPDATE progress SET applied = $applied, stored_at = $stored_at"
