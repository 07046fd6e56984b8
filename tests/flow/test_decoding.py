"""From bytes to words: nothing that a device sends may stop the program."""

import pytest

from appliance.domain.readings import Reason
from appliance.flow.decoding import Unreadable, decode


@pytest.mark.parametrize(
    "payload",
    [
        b'{"value": 1, "x": ' + b"[" * 100_000,
        b'{"x":' * 50_000,
        b'[{"value": 1, "x": ' + b"[" * 3_000 + b"]" * 3_000 + b"}]",
        b"[" * 200_000,
    ],
)
def test_what_is_nested_too_deeply_is_malformed(payload: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        decode(payload)
    assert refused.value.reason is Reason.MALFORMED
