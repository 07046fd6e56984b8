"""How full a disk is, what that means, and that it does not come and go."""

from appliance.domain.disk import GIB, MIB, Pressure, Usage, Watermarks, percent_used, usual_ballast

MARKS = Watermarks()
TOTAL = 100 * GIB


def full(percent: float, total: int = TOTAL) -> Usage:
    return Usage(total, int(total * (100 - percent) / 100))


def test_each_level_begins_at_its_percentage() -> None:
    levels = [MARKS.level(full(percent)) for percent in (79.9, 80.1, 90.1, 95.1, 97.1, 100)]
    assert levels == [
        Pressure.NONE,
        Pressure.WARNS,
        Pressure.GIVES_UP_DERIVED,
        Pressure.REFUSES,
        Pressure.WITHHOLDS,
        Pressure.WITHHOLDS,
    ]


def test_a_level_is_left_only_with_a_per_cent_more_room_than_it_takes_to_enter_it() -> None:
    assert MARKS.level(full(96.5), Pressure.WITHHOLDS) is Pressure.WITHHOLDS
    assert MARKS.level(full(95.9), Pressure.WITHHOLDS) is Pressure.REFUSES
    assert MARKS.level(full(93.9), Pressure.WITHHOLDS) is Pressure.GIVES_UP_DERIVED
    assert MARKS.level(full(79.5), Pressure.WARNS) is Pressure.WARNS
    assert MARKS.level(full(78.9), Pressure.WITHHOLDS) is Pressure.NONE


def test_on_a_large_disk_nothing_is_taken_away_while_many_gigabytes_are_free() -> None:
    eight_terabytes = 8_000 * GIB
    assert MARKS.level(full(98, eight_terabytes)) is Pressure.WARNS
    assert MARKS.level(Usage(eight_terabytes, 60 * GIB)) is Pressure.GIVES_UP_DERIVED
    assert MARKS.level(Usage(eight_terabytes, 15 * GIB)) is Pressure.REFUSES
    assert MARKS.level(Usage(eight_terabytes, 7 * GIB)) is Pressure.WITHHOLDS


def test_what_is_lacking_ends_the_level() -> None:
    for percent in (85, 92, 96, 98, 100):
        usage = full(percent)
        level = MARKS.level(usage)
        better = Usage(usage.total, usage.free + MARKS.lacking(level, usage))
        assert MARKS.level(better, level) < level


def test_watermarks_that_are_not_in_order_are_recognised() -> None:
    assert MARKS.in_order()
    assert not Watermarks(warns=96).in_order()
    assert not Watermarks(withholds=101).in_order()


def test_the_ballast_is_a_64th_of_a_small_disk_and_256_mib_of_a_large_one() -> None:
    assert usual_ballast(4 * GIB) == 64 * MIB
    assert usual_ballast(1_000 * GIB) == 256 * MIB


def test_a_disk_without_any_room_of_its_own_is_not_full() -> None:
    assert percent_used(Usage(0, 0)) == 0
