"""What may be a name."""

import asyncio
from typing import Final
from zoneinfo import available_timezones

from appliance.domain.errors import Invalid
from appliance.domain.sayings import saying

LONGEST: Final = 128


def must_be_named(name: str, field: str) -> None:
    """Raise Invalid for a name that is empty, too long, or has control characters in it."""
    if not name.strip():
        raise Invalid(field=field, problem=saying("name_needed", "a name is needed"))
    if len(name) > LONGEST:
        raise Invalid(
            field=field,
            problem=saying(
                "at_most_characters", "at most {most} characters are taken", most=LONGEST
            ),
        )
    if not name.isprintable():
        raise Invalid(
            field=field, problem=saying("control_characters", "there are control characters in it")
        )


async def must_be_a_time_zone(name: str) -> None:
    """Raise Invalid for what is no IANA time zone."""
    if name not in await asyncio.to_thread(available_timezones):
        raise Invalid(
            field="time_zone",
            problem=saying("no_time_zone", "{name!r} is not an IANA time zone", name=name),
        )
