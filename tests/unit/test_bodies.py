"""Room for bodies of requests: when it is full, the largest gives way."""

import pytest
from werkzeug.exceptions import RequestEntityTooLarge

from web.http.bodies import SMALL, BoundedBody, Overfull, Store


def body(store: Store, largest: int = 1_000_000) -> BoundedBody:
    made = BoundedBody(None, None)
    made.expect(largest, store)
    return made


async def test_the_largest_gives_way_and_small_ones_are_not_counted():
    store = Store(10 * SMALL)
    flood = [body(store) for _ in range(3)]
    for number, each in enumerate(flood):
        each.append(bytes((2 + number) * SMALL))
    small = body(store)
    small.append(bytes(SMALL))
    assert store.total == 9 * SMALL
    device = body(store)
    device.append(bytes(2 * SMALL))
    assert [each.is_over for each in (*flood, small, device)] == [False, False, True, False, False]
    with pytest.raises(Overfull):
        await flood[2]
    device.append(b"{}")
    device.set_complete()
    assert len(await device) == 2 * SMALL + 2
    assert store.total == 2 * SMALL + 3 * SMALL + 2 * SMALL + 2
    for each in (*flood, small, device):
        each.let_go()
    assert store.total == 0


async def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large():
    store = Store(10 * SMALL)
    endless = body(store, largest=3 * SMALL)
    for _ in range(4):
        endless.append(bytes(SMALL))
    with pytest.raises(RequestEntityTooLarge):
        await endless
    assert store.total == 0


def test_a_body_must_come_at_a_pace():
    store = Store(100 * SMALL)
    slow = body(store)
    assert slow.until == 10.0
    slow.append(bytes(20 * 1024))
    assert slow.until == 30.0
    slow.append(bytes(500 * 1024))
    assert slow.until == 120.0
