"""Deleting what has grown too old, some rows at a time, oldest first where an index says which."""

from typing import Final

from appliance.domain.ids import NOBODY
from appliance.domain.instant import Instant
from storage.operations.statements import OwnStatements, Statements

_LEDGER: Final = (
    "DELETE FROM ledger WHERE (municipality, minute, door, outcome, reason) IN"
    " (SELECT municipality, minute, door, outcome, reason FROM ledger"
    " WHERE municipality = :mine AND minute < :before ORDER BY minute LIMIT :most)"
)
_ANOMALIES: Final = (
    "DELETE FROM anomaly WHERE (municipality, sensor, time, method) IN"
    " (SELECT municipality, sensor, time, method FROM anomaly"
    " WHERE municipality = :mine AND time < :before LIMIT :most)"
)
_DELIVERIES: Final = (
    "DELETE FROM delivery WHERE key IN (SELECT key FROM delivery WHERE municipality = :mine"
    " AND created_at < :before AND state <> 'waiting' ORDER BY created_at LIMIT :most)"
)
_ANSWERS: Final = (
    "DELETE FROM preference WHERE municipality = :mine AND kind = 'idempotency'"
    " AND key IN (SELECT key FROM preference WHERE municipality = :mine"
    " AND kind = 'idempotency' AND at < :before LIMIT :most)"
)
_KEPT_ANSWERS: Final = (
    "DELETE FROM answer WHERE (actor, municipality, key_hash) IN (SELECT actor, municipality,"
    " key_hash FROM answer WHERE at < :before ORDER BY at LIMIT :most)"
)
_SESSIONS: Final = (
    "DELETE FROM session WHERE id IN"
    " (SELECT id FROM session WHERE expires_at < :now ORDER BY expires_at LIMIT :most)"
)
_GAPS: Final = (
    "DELETE FROM gap WHERE id IN (SELECT id FROM gap WHERE resumed < :before LIMIT :most)"
)


def prune(run: OwnStatements, before: Instant, most: int) -> int:
    """Delete at most so many rows of each sort; give how many."""
    several = (_LEDGER, _ANOMALIES, _DELIVERIES, _ANSWERS)
    return sum(run.change(statement, before=before, most=most) for statement in several)


def prune_system(run: Statements, now: Instant, before: Instant, most: int) -> int:
    """Delete at most so many rows of each sort that belong to no municipality; give how many."""
    return (
        run.change(_SESSIONS, now=now, most=most)
        + run.change(_GAPS, before=before, most=most)
        + run.change(_KEPT_ANSWERS, before=before, most=most)
        + run.change(_LEDGER, mine=NOBODY, before=before, most=most)
    )
