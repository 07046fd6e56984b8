"""The watch over the disk: gates close and open, the ballast goes and comes, derived data gives way."""

import asyncio
from dataclasses import dataclass, field

import pytest

from appliance.config.load import load
from appliance.domain.disk import MIB, Pressure, Usage, Watermarks
from appliance.domain.errors import DiskFull, StartRefused, StorageFailed
from appliance.domain.instant import SECOND
from appliance.flow.disk_watch import DiskWatch
from appliance.flow.patience import patiently
from tests.fakes import FixedClock

TOTAL = 1_000 * MIB
BALLAST = 10 * MIB


@dataclass
class HeldVolume:
    """A Volume that is as full as a test says."""

    others: int = 0
    held: int = 0
    made: list[int] = field(default_factory=list)
    broken: bool = False

    def usage(self) -> Usage:
        if self.broken:
            raise OSError(5, "Input/output error")
        return Usage(TOTAL, TOTAL - self.others - self.held)

    def ballast(self) -> int:
        return self.held

    def release_ballast(self) -> None:
        self.held = 0

    def make_ballast(self, size: int) -> None:
        self.held = size
        self.made.append(size)

    def leave(self, percent: float) -> None:
        self.others = int(TOTAL * (100 - percent) / 100)


@dataclass
class Cache:
    """Something derived."""

    asked: int = 0
    fails: bool = False

    async def give_room_back(self) -> None:
        self.asked += 1
        if self.fails:
            raise StorageFailed(store="a cache", problem="it is stuck")


@pytest.fixture
def volume() -> HeldVolume:
    return HeldVolume()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def watch_of(volume: HeldVolume, clock: FixedClock, *derived: Cache) -> DiskWatch:
    return DiskWatch(volume, clock, Watermarks(), ballast=BALLAST, derived=derived)


async def test_while_acks_are_withheld_whoever_wants_to_go_on_waits_for_room(
    volume: HeldVolume, clock: FixedClock
) -> None:
    watch = watch_of(volume, clock)
    await watch.open()
    volume.leave(2)
    clock.advance(SECOND)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(watch.open())
        await asyncio.sleep(0)
        assert not waiting.done(), "it was looked at again before going on"
        assert watch.withholds_acks
        volume.leave(3.5)
        watch.look()
        await asyncio.sleep(0)
        assert not waiting.done(), "not yet enough to be left"
        volume.leave(4.5)
        watch.look()
        await waiting
    assert watch.level is Pressure.REFUSES


async def test_the_ballast_is_no_part_of_how_full_it_is_and_is_released_at_the_top(
    volume: HeldVolume, clock: FixedClock
) -> None:
    watch = watch_of(volume, clock)
    volume.held = BALLAST
    volume.leave(3.5)
    watch.look()
    assert watch.level is Pressure.REFUSES
    assert volume.held == BALLAST
    volume.leave(2.5)
    watch.look()
    assert watch.level is Pressure.WITHHOLDS
    assert volume.held == 0
    assert watch.books_fit
    watch.look()
    assert watch.level is Pressure.WITHHOLDS, "its release is not taken for room"


async def test_weir_s_own_books_wait_only_when_nearly_nothing_is_left(
    volume: HeldVolume, clock: FixedClock
) -> None:
    watch = watch_of(volume, clock)
    volume.leave(0.5)
    watch.look()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(watch.room_for_books())
        await asyncio.sleep(0)
        assert not waiting.done()
        volume.leave(2)
        watch.look()
        await waiting
    assert watch.withholds_acks


async def test_derived_data_is_asked_for_room_once_and_again_after_it_was_short_anew(
    volume: HeldVolume, clock: FixedClock
) -> None:
    stuck, cache = Cache(fails=True), Cache()
    watch = watch_of(volume, clock, stuck, cache)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(watch.run_giving_up())
        await asyncio.sleep(0)
        assert cache.asked == 0
        running.cancel()
    for asked in (1, 2):
        volume.leave(8)
        watch.look()
        await watch._give_up()
        await watch._give_up()
        assert (stuck.asked, cache.asked) == (asked, asked), "one that fails keeps no other back"
        volume.leave(50)
        watch.look()


async def test_the_ballast_is_made_again_with_room(volume: HeldVolume, clock: FixedClock) -> None:
    watch = watch_of(volume, clock)
    volume.leave(2)
    watch.look()
    await watch._keep_ballast()
    assert volume.made == []
    volume.leave(30)
    watch.look()
    await watch._keep_ballast()
    await watch._keep_ballast()
    assert volume.made == [BALLAST]


async def test_a_disk_that_cant_be_asked_changes_nothing(
    volume: HeldVolume, clock: FixedClock
) -> None:
    watch = watch_of(volume, clock)
    volume.leave(4)
    watch.look()
    volume.broken = True
    watch.look()
    assert watch.level is Pressure.REFUSES
    await watch.open()


async def test_a_write_that_found_the_disk_full_is_done_again(
    volume: HeldVolume, clock: FixedClock
) -> None:
    tries: list[int] = []

    async def write() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise DiskFull(store="it")
        return "done"

    assert await patiently(watch_of(volume, clock), write) == "done"
    assert len(tries) == 2


def test_percentages_that_are_not_in_order_are_refused_with_all_of_them() -> None:
    with pytest.raises(StartRefused, match=r"--disk-refuses 99.0, .* are not in order"):
        load({"disk-refuses": "99"}, None)
    assert load({"disk-ballast": "64"}, None).disk_ballast == 64 * MIB
    assert load({}, None).disk_ballast is None
