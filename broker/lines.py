"""One line of JSON in, one line of JSON out: what the TCP door understands and says. No I/O."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from appliance.domain.ids import DeviceId
from appliance.domain.readings import REMEDIES, Reason, Rejection
from appliance.ports.doors import Settled

NAMES: Final = ("device_id", "sensor_id")
KEY: Final = "api_key"
_LONGEST_NAME: Final = 128
_NOBODY: Final = DeviceId("")


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says: who, with which key, and the rest, from which the key was taken out."""

    device_id: str
    key: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class BadLine:
    """Why a line was not understood."""

    reason: Reason
    detail: str
    device_id: DeviceId = _NOBODY


def read(data: bytes) -> Line | BadLine:
    """Understand one line; the key is not in what is passed on, not even in an excerpt."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as problem:
        return BadLine(Reason.MALFORMED, f"not JSON: {_short(problem)}")
    if not isinstance(said, dict):
        return BadLine(Reason.MALFORMED, "a line is one JSON object")
    name = next((said[each] for each in NAMES if said.get(each) is not None), None)
    if not isinstance(name, str) or not name:
        return BadLine(Reason.UNKNOWN_DEVICE, 'the line has no "device_id"')
    key = said.pop(KEY, None)
    if not _is_text(name) or (isinstance(key, str) and not _is_text(key)):
        return BadLine(Reason.MALFORMED, "half of a surrogate pair in a name or key")
    if not isinstance(key, str) or not key:
        short = DeviceId(name[:_LONGEST_NAME])
        return BadLine(Reason.WRONG_KEY, 'the line has no "api_key"', short)
    return Line(name, key, json.dumps(said, separators=(",", ":")).encode())


def refused(reason: Reason, detail: str) -> bytes:
    """Answer a line that was not taken."""
    return _error(reason.value, detail, REMEDIES[reason])


def not_now(seconds: float) -> bytes:
    """Answer a line of a device that has sent more than it may."""
    said = {
        "status": "error",
        "reason": Reason.RATE_LIMITED.value,
        "detail": "this device, or its municipality, sends more than it may",
        "hint": REMEDIES[Reason.RATE_LIMITED],
        "retry_after_seconds": max(1, math.ceil(seconds)),
    }
    return _line(said)


def full() -> bytes:
    """Answer a peer for whom there is no place."""
    return _error("too_many", "all connections are taken", "try again in a minute")


def answer(settled: Settled) -> bytes:
    """Answer a line that was taken, now that its readings are on disk or were rejected."""
    if settled.problem:
        return _error("not_stored", settled.problem, "send it again in a minute")
    counts = settled.counts
    kept = counts.stored + counts.duplicate + counts.late + counts.quarantined
    if not kept and settled.rejections:
        first: Rejection = settled.rejections[0]
        return refused(first.reason, first.detail)
    said: dict[str, object] = {
        "status": "ok",
        "stored": counts.stored,
        "duplicate": counts.duplicate,
        "late": counts.late,
        "quarantined": counts.quarantined,
        "rejected": sum(counts.rejected.values()),
    }
    return _line(said)


def _error(reason: str, detail: str, hint: str) -> bytes:
    return _line({"status": "error", "reason": reason, "detail": detail, "hint": hint})


def _line(said: Mapping[str, object]) -> bytes:
    return (
        json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode(
            errors="backslashreplace"
        )
        + b"\n"
    )


def _is_text(said: str) -> bool:
    r"""Say whether this can be written down: JSON lets halves of pairs through, as `\ud800`."""
    return not any("\ud800" <= each <= "\udfff" for each in said)


def _short(problem: Exception) -> str:
    """Say where reading stopped, never what was there."""
    place = f" at column {problem.colno}" if isinstance(problem, json.JSONDecodeError) else ""
    return f"{type(problem).__name__}{place}"
