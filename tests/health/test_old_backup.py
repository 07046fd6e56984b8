"""A nightly backup that is not made any more is said, and none where nobody wants one."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.domain.instant import DAY, Instant
from appliance.health.base import Surroundings
from appliance.health.old_backup import check
from tests.builders import NOON
from tests.fakes import FixedClock


@dataclass
class World:
    """The part of the world that the check needs."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))


def around(newest: Instant | None, place: Path | None) -> Surroundings:
    world: Any = World()
    return Surroundings(
        world=world,
        folder=Path("/data"),
        listens_beyond_loopback=False,
        mail_server="",
        watched=int,
        backups_in=place,
        newest_backup=lambda: newest,
    )


async def test_only_a_backup_that_is_missing_or_over_two_days_old_is_said() -> None:
    place = Path("/mnt/nas")
    assert await check(around(None, None)) == []
    assert await check(around(Instant(NOON - 2 * DAY), place)) == []
    (missing,) = await check(around(None, place))
    assert (missing.code, missing.severity) == ("no_backup", "medium")
    (old,) = await check(around(Instant(NOON - 2 * DAY - 1), place))
    assert (old.code, old.severity) == ("old_backup", "high")
    assert "/mnt/nas" in old.what
