"""From readings to roll-ups, and from parts of roll-ups to whole ones, as queries.

Every query is made of the words below and nothing that was given by anybody.
"""

# ruff: noqa: S608

from collections.abc import Sequence as Several
from typing import Final

COLUMNS: Final = "sensor, start, n, low, total, high, last, last_time"


def rolled(source: str, step: int) -> str:
    """Roll up a query for readings."""
    return f"""
SELECT sensor, time // {step} * {step} AS start, count(*) AS n, min(value) AS low,
       sum(value) AS total, max(value) AS high, arg_max(value, time) AS last,
       max(time) AS last_time
FROM ({source}) GROUP BY ALL
"""


def put_together(parts: Several[str]) -> str:
    """Make one roll-up of several, whose steps may be the same."""
    if len(parts) == 1:
        return parts[0]
    return f"""
SELECT sensor, start, sum(n)::BIGINT AS n, min(low) AS low, sum(total) AS total,
       max(high) AS high, arg_max(last, last_time) AS last, max(last_time) AS last_time
FROM ({under_each_other(parts)}) GROUP BY sensor, start
"""


def joined(there: str, late: str) -> str:
    """Add a small roll-up to a large one; only steps that are in both are put together."""
    both = put_together((f"SELECT * FROM ({there}) SEMI JOIN late USING (sensor, start)", late))
    return f"""
WITH late AS MATERIALIZED (SELECT sensor, start FROM ({late}))
SELECT {COLUMNS} FROM ({there}) ANTI JOIN late USING (sensor, start)
UNION ALL SELECT {COLUMNS} FROM ({both})
"""


def under_each_other(parts: Several[str]) -> str:
    """Give all rows of several queries."""
    return " UNION ALL ".join(f"({part})" for part in parts)


def density(source: str, step: int) -> str:
    """Estimate how many steps a query for readings has."""
    return f"SELECT approx_count_distinct(hash(sensor, time // {step})) FROM ({source})"
