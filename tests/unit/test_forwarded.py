"""Whom a request comes from, behind a proxy and behind none."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.cli.main import make_parser
from appliance.config.load import load
from appliance.domain.forwarded import Contradiction, Proxies, plain

PROXY, SECOND, CLIENT = "10.0.0.5", "10.0.0.6", "203.0.113.9"
TRUSTED = Proxies((ip_network("10.0.0.0/28"), ip_network("fd00::/8")))
XFF = "x-forwarded-for"


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded"])
def test_without_a_trusted_proxy_nobody_is_anybody_else(name: str):
    said = [(name, f"for={CLIENT}" if name == "forwarded" else CLIENT)]
    assert Proxies().origin(PROXY, said).address == PROXY
    assert TRUSTED.origin("192.0.2.1", said).address == "192.0.2.1"


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ([(XFF, CLIENT)], CLIENT),
        ([(XFF, f"127.0.0.1, {CLIENT}")], CLIENT),
        ([(XFF, f"{CLIENT}, {SECOND}")], CLIENT),
        ([(XFF, "8.8.8.8"), (XFF, f"{CLIENT} ,{SECOND}")], CLIENT),
        ([(XFF, f"{SECOND}")], SECOND),
        ([(XFF, f"{CLIENT}:4711")], CLIENT),
        ([(XFF, "2001:db8::7")], "2001:db8::7"),
        ([(XFF, "[2001:db8::7]:4711")], "2001:db8::7"),
        ([(XFF, f"::ffff:{CLIENT}")], CLIENT),
        ([(XFF, "8.8.8.8, unknown")], PROXY),
        ([(XFF, f"8.8.8.8, not an address, {SECOND}")], SECOND),
        ([(XFF, "")], PROXY),
        ([], PROXY),
        ([("forwarded", f"for={CLIENT};proto=https;by=10.0.0.5")], CLIENT),
        ([("forwarded", f'For="[2001:db8:cafe::17]:4711", for={SECOND}')], "2001:db8:cafe::17"),
        ([("forwarded", f'for="a, for=8.8.8.8", FOR="{CLIENT}:1"')], CLIENT),
        ([("forwarded", "for=_hidden, for=unknown")], PROXY),
        ([("forwarded", f"for=8.8.8.8, for={CLIENT}"), (XFF, f"9.9.9.9, {CLIENT}")], CLIENT),
    ],
)
def test_the_rightmost_address_that_is_no_trusted_proxy_s_is_the_client_s(
    said: list[tuple[str, str]], right: str
):
    assert TRUSTED.origin(PROXY, said).address == right


def test_headers_that_contradict_each_other_are_believed_by_nobody():
    with pytest.raises(Contradiction):
        TRUSTED.origin(PROXY, [("forwarded", "for=10.0.0.9"), (XFF, CLIENT)])


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255)))
def test_whatever_a_client_writes_before_what_the_proxy_adds_makes_no_difference(written: str):
    assert TRUSTED.origin(PROXY, [(XFF, f"{written}, {CLIENT}")]).address == CLIENT


@given(st.text(), st.sampled_from(["forwarded", XFF, "x-forwarded-proto"]))
def test_what_a_proxy_says_is_an_address_or_is_not_taken(said: str, name: str):
    assert plain(TRUSTED.origin(PROXY, [(name, said)]).address) is not None


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ([], None),
        ([("x-forwarded-proto", "https")], True),
        ([("x-forwarded-proto", "https, http")], False),
        ([("forwarded", "for=1.2.3.4;proto=HTTPS")], True),
    ],
)
def test_a_proxy_says_whether_its_client_spoke_tls(said: list[tuple[str, str]], right: bool | None):
    assert TRUSTED.origin(PROXY, said).is_secure is right
    assert TRUSTED.origin(CLIENT, said).is_secure is None


def test_proxies_are_named_one_by_one_or_together():
    parsed = make_parser().parse_args(
        ["serve", "--trusted-proxy", "10.0.0.5,fd00::/8", "--trusted-proxy", "10.0.0.6"]
    )
    found = load({"trusted-proxy": parsed.trusted_proxy}, None).trusted_proxies
    assert [str(each) for each in found] == ["10.0.0.5/32", "fd00::/8", "10.0.0.6/32"]
    assert load({}, None).trusted_proxies == ()
