"""Devices report over HTTP, and people read it."""

from tests.api.appliance import Weir


async def test_a_reading_that_was_answered_201_is_on_the_next_page_somebody_fetches(weir: Weir):
    answer = await weir.report(
        weir.here, {"timestamp": "2026-05-01T03:00:00Z", "value": 3.2, "unit": "bar"}
    )
    assert answer.status == 201
    assert answer.body == {
        "status": "ok",
        "received": 1,
        "stored": 0,
        "duplicate": 0,
        "late": 1,
        "quarantined": 0,
        "rejected": {},
    }
    sensor = weir.here.sensor["id"]
    page = await weir.here.admin.get(f"sensors/{sensor}/readings?from=2026-05-01T00:00:00Z")
    assert page.status == 200, page
    assert page.headers["X-Total-Count"] == "1"
    assert page.body[0]["value"] == 3.2
