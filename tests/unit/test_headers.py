"""What every answer carries."""

import pytest

from web.headers import ALWAYS, always


@pytest.mark.parametrize("host", ["weir.example", "weir.example:8443", "WEIR", "weir.example."])
def test_over_tls_and_under_a_name_browsers_are_told_to_stay_with_tls(host: str):
    assert "Strict-Transport-Security" in always("https", host)
    assert always("http", host) == ALWAYS


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8443", "a.localhost", "192.0.2.1:8443", "[::1]:8443", ""]
)
def test_an_address_and_localhost_bind_nobody_to_tls(host: str):
    assert always("https", host) == ALWAYS
