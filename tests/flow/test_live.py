"""Live: every screen gets every committed event of its municipality once, in order, or knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.errors import TooMany
from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.telling import Cursor, LiveEvent
from appliance.flow.live import MOST_WAITING, REMEMBERED, LiveHub
from tests.builders import HERE, THERE


def reading(sequence: int, number: int = 0, municipality: MunicipalityId = HERE) -> LiveEvent:
    data: dict[str, object] = {"n": number, "sequence": sequence}
    return LiveEvent(municipality, "sensor_reading", data, Cursor(Sequence(sequence), 0))


def alert(number: int, municipality: MunicipalityId = HERE) -> LiveEvent:
    return LiveEvent(municipality, "alert", {"id": number}, Cursor(Sequence(0), number))


def ids(events: tuple[LiveEvent, ...]) -> list[tuple[str, object]]:
    return [(e.type, e.data.get("id", (e.data.get("sequence"), e.data.get("n")))) for e in events]


async def test_a_screen_sees_its_own_municipality_only_and_a_super_admin_sees_all() -> None:
    hub = LiveHub()
    mine, _, _ = await hub.join(HERE, replay=0, since=None)
    theirs, _, _ = await hub.join(THERE, replay=0, since=None)
    both, _, _ = await hub.join(None, replay=0, since=None)
    hub.announce((reading(1), reading(2, municipality=THERE), alert(1)))
    assert [e.municipality for e in await mine.next()] == [HERE, HERE]
    assert [e.municipality for e in await theirs.next()] == [THERE]
    assert [e.municipality for e in await both.next()] == [HERE, THERE, HERE]


async def test_the_newest_events_are_replayed_to_who_joins() -> None:
    hub = LiveHub()
    hub.announce(tuple(reading(n) for n in range(1, 11)))
    _, replayed, complete = await hub.join(HERE, replay=3, since=None)
    assert [e.data["sequence"] for e in replayed] == [8, 9, 10]
    assert complete
    _, nothing, _ = await hub.join(THERE, replay=3, since=None)
    assert nothing == ()


async def test_a_screen_that_saw_part_of_a_batch_gets_the_batch_again() -> None:
    hub = LiveHub()
    screen, _, _ = await hub.join(HERE, replay=0, since=None)
    hub.announce((reading(1), *(reading(2, n) for n in range(3)), alert(1)))
    seen = await screen.next()
    places = [(e.cursor.sequence, e.cursor.event) for e in seen]
    assert places == [(1, 0), (1, 0), (1, 0), (2, 0), (2, 1)]
    _, missed, complete = await hub.join(HERE, replay=0, since=seen[2].cursor)
    assert complete
    assert ids(missed) == [("sensor_reading", (2, n)) for n in range(3)] + [("alert", 1)]


async def test_logged_events_go_out_in_their_order_even_when_announced_out_of_it() -> None:
    hub = LiveHub()
    screen, _, _ = await hub.join(HERE, replay=0, since=None)
    hub.announce((alert(2),))
    hub.announce((alert(1),))
    assert ids(await screen.next()) == [("alert", 1), ("alert", 2)]


async def test_a_slow_screen_is_cut_off_and_the_others_are_not() -> None:
    hub = LiveHub()
    slow, _, _ = await hub.join(HERE, replay=0, since=None)
    quick, _, _ = await hub.join(HERE, replay=0, since=None)
    for first in range(1, MOST_WAITING + 2, 1_000):
        hub.announce(tuple(reading(n) for n in range(first, first + 1_000)))
        assert len(await quick.next()) == 1_000
    with pytest.raises(TooMany):
        await slow.next()


async def test_a_screen_that_was_away_too_long_is_told_to_fetch_afresh() -> None:
    hub = LiveHub()
    hub.announce(tuple(reading(n) for n in range(1, REMEMBERED + 11)))
    _, _, complete = await hub.join(HERE, replay=0, since=Cursor(Sequence(5), 0))
    assert not complete
    _, missed, complete = await hub.join(HERE, replay=0, since=Cursor(Sequence(10), 0))
    assert complete
    assert len(missed) == REMEMBERED


async def test_a_screen_that_has_left_gets_nothing() -> None:
    hub = LiveHub()
    screen, _, _ = await hub.join(HERE, replay=0, since=None)
    screen.close()
    hub.announce((reading(1),))
    assert hub.screens == 0


async def test_after_a_restart_a_screen_resumes_from_what_was_recovered() -> None:
    hub = LiveHub()
    hub.begin(Sequence(7), {HERE: 3}, [reading(8), reading(9), alert(4)], Sequence(12))
    _, missed, complete = await hub.join(HERE, replay=0, since=Cursor(Sequence(8), 3))
    assert complete
    assert ids(missed) == [("sensor_reading", (9, 0)), ("alert", 4)]
    _, _, complete = await hub.join(HERE, replay=0, since=Cursor(Sequence(6), 3))
    assert not complete
    _, missed, complete = await hub.join(HERE, replay=0, since=Cursor(Sequence(12), 4))
    assert (missed, complete) == ((), True), "what came after the last reading told nothing"


@given(
    st.lists(st.sampled_from(["reading", "batch", "alert"]), max_size=40),
    st.data(),
)
async def test_wherever_a_screen_stopped_it_resumes_without_a_gap(
    kinds: list[str], data: st.DataObject
) -> None:
    hub = LiveHub()
    screen, _, _ = await hub.join(HERE, replay=0, since=None)
    sequence, number, everything = 0, 0, []
    for kind in kinds:
        if kind == "alert":
            number += 1
            events = (alert(number),)
        else:
            sequence += 1
            events = tuple(reading(sequence, n) for n in range(3 if kind == "batch" else 1))
        hub.announce(events)
        everything += ids(events)
    seen = await screen.next() if everything else ()
    stopped = data.draw(st.integers(0, len(seen)))
    since = seen[stopped - 1].cursor if stopped else Cursor(Sequence(0), 0)
    _, missed, complete = await hub.join(HERE, replay=0, since=since)
    assert complete
    assert set(ids(seen[:stopped])) | set(ids(missed)) == set(everything)
    assert (
        ids(missed)[-(len(everything) - stopped) :] == everything[stopped:]
        or not everything[stopped:]
    )


@pytest.mark.parametrize("cursor", [Cursor(Sequence(900), 2), Cursor(Sequence(3), 9)])
async def test_a_cursor_from_before_a_restored_backup_is_not_called_complete(
    cursor: Cursor,
) -> None:
    hub = LiveHub()
    hub.announce((*(reading(n) for n in range(1, 4)), alert(1), alert(2)))
    _, replayed, complete = await hub.join(HERE, replay=3, since=cursor)
    assert not complete
    assert ids(replayed) == [("sensor_reading", (3, 0)), ("alert", 1), ("alert", 2)]
