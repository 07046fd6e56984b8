"""What a screen may read from its cursor: nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.telling import Cursor
from appliance.services.cursors import SealedCursors

HERE, THERE = MunicipalityId(11), MunicipalityId(12)
numbers = st.integers(0, 2**63)
streams = st.sampled_from([None, HERE, THERE])


@given(streams, numbers, numbers)
def test_what_was_sealed_opens_again_after_a_restart_too(
    whose: MunicipalityId | None, sequence: int, event: int
) -> None:
    cursor = Cursor(Sequence(sequence), event)
    text = SealedCursors(b"secret").seal(whose, cursor)
    assert SealedCursors(b"secret").open(whose, text) == cursor


def test_two_cursors_do_not_show_how_far_they_are_apart() -> None:
    cursors = SealedCursors(b"secret")
    one, next_one = (cursors.seal(HERE, Cursor(Sequence(n), 5)) for n in (700, 701))
    alike = sum(a == b for a, b in zip(one, next_one, strict=True))
    assert alike < 8, "two random texts of 22 characters have less than one alike on average"


def test_a_cursor_of_another_stream_opens_far_beyond_the_end() -> None:
    cursors = SealedCursors(b"secret")
    text = cursors.seal(None, Cursor(Sequence(3), 4))
    for whose in (HERE, THERE):
        assert cursors.open(whose, text).sequence > 2**32


@pytest.mark.parametrize("text", ["", "12.7", "x" * 21, "x" * 23, "é" * 22, "=" * 22, "x" * 5_000])
def test_what_can_not_be_a_cursor_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        SealedCursors(b"secret").open(HERE, text)
