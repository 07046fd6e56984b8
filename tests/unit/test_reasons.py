"""Evidence read by its numbers, as the screens read it (web/ui/tests/reason.test.ts)."""

from typing import Any

import pytest

from appliance.domain.reasons import Reason, reason_of

BAR = 1e5


@pytest.mark.parametrize(
    ("numbers", "is_over", "said"),
    [
        (
            {"value": 1.9 * BAR, "limit": 2.5 * BAR, "seconds": 30},
            False,
            Reason("limitFor", {"value": 1.9 * BAR, "limit": 2.5 * BAR}, {"time": 30}),
        ),
        ({"value": 3, "limit": 2, "seconds": 30}, True, "limit"),
        ({"value": 3, "limit": 2}, False, "limit"),
        (
            {"value": 283.15, "change": -10, "limit": 5, "seconds": 300, "window_seconds": 600},
            False,
            Reason("fell", {"value": 283.15, "before": 293.15}, {"time": 300}),
        ),
        ({"value": 3, "change": 2, "limit": 1, "seconds": 60}, False, "rose"),
        ({"value": 3, "change": 2, "limit": 1, "seconds": 60}, True, "steady"),
        ({"value": 1, "usual_low": 2, "usual_high": 3, "score": 9}, False, "usual"),
        ({"value": 1, "score": 9}, False, "strange"),
        (
            {"seconds": 1260, "usual_seconds": 300, "limit_seconds": 1200},
            False,
            Reason("silentUsually", {}, {"time": 1260, "usually": 300}),
        ),
        ({"seconds": 1260, "usual_seconds": 0, "limit_seconds": 1200}, False, "silent"),
        ({"seconds": 1260, "usual_seconds": 300}, True, Reason("again", {}, {"time": 1260})),
        ({"value": 3, "seconds": 60, "tolerance": 0}, False, "still"),
        ({"value": 3, "seconds": 60, "tolerance": 0}, True, "moves"),
        (
            {"value": 9, "low": 1, "high": 8, "seconds": 0},
            False,
            Reason("above", {"value": 9, "limit": 8}),
        ),
        (
            {"value": 0.5, "low": 1, "seconds": 0},
            False,
            Reason("below", {"value": 0.5, "limit": 1}),
        ),
        ({"value": 3, "low": 1, "high": 8, "seconds": 0}, True, Reason("back", {"value": 3})),
        ({"value": 3, "low": 1, "seconds": 0}, True, "back"),
        ({}, False, None),
        ({"value": 3}, True, None),
        ({"value": 3, "low": 1, "high": 8}, False, None),
    ],
)
def test_the_numbers_say_which_sentence_it_is(
    numbers: dict[str, float], is_over: bool, said: Any
) -> None:
    found = reason_of(numbers, is_over=is_over)
    assert (found.say if isinstance(said, str) and found else found) == said
