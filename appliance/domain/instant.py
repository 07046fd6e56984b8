"""Time as Weir keeps it: whole microseconds since 1970-01-01T00:00:00Z.

An integer goes into arrays, compares exactly and can't be naive. ISO 8601 lives at the edges.
"""

from datetime import UTC, datetime
from typing import Final, NewType

Instant = NewType("Instant", int)

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

EARLIEST: Final = Instant(0)
LATEST: Final = Instant(253_402_300_799 * SECOND)
"""The last second of the year 9999, beyond which ISO 8601 needs agreement between the parties."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def from_datetime(moment: datetime) -> Instant:
    """Give the instant of an aware datetime; a naive one is a ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone says nothing")
    elapsed = moment - _EPOCH
    return Instant(elapsed.days * DAY + elapsed.seconds * SECOND + elapsed.microseconds)


def to_datetime(instant: Instant) -> datetime:
    """Give the aware UTC datetime of an instant."""
    return datetime.fromtimestamp(instant // SECOND, UTC).replace(microsecond=instant % SECOND)


def parse(text: str, *, assume_utc: bool = False) -> Instant:
    """Read an ISO 8601 time; without a zone it is a ValueError unless UTC may be assumed."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if not assume_utc:
            raise ValueError("a time without a zone says nothing")
        moment = moment.replace(tzinfo=UTC)
    elapsed = moment - _EPOCH
    return Instant(elapsed.days * DAY + elapsed.seconds * SECOND + elapsed.microseconds)


def text(instant: Instant) -> str:
    """Write an instant as ISO 8601 in UTC with `Z`, with microseconds only where there are any."""
    return to_datetime(instant).isoformat().replace("+00:00", "Z")
