"""What may be a name."""

import asyncio
from typing import Final
from zoneinfo import available_timezones

from appliance.domain.errors import Invalid

LONGEST: Final = 128


def must_be_named(name: str, field: str) -> None:
    """Raise Invalid for a name that is empty, too long, or has control characters in it."""
    if not name.strip():
        raise Invalid(field=field, problem="a name is needed")
    if len(name) > LONGEST:
        raise Invalid(field=field, problem=f"at most {LONGEST} characters are taken")
    if not name.isprintable():
        raise Invalid(field=field, problem="there are control characters in it")


async def must_be_a_time_zone(name: str) -> None:
    """Raise Invalid for what is no IANA time zone."""
    if name not in await asyncio.to_thread(available_timezones):
        raise Invalid(field="time_zone", problem=f"{name!r} is not an IANA time zone")
