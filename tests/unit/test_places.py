"""How many connections there are places for, and how many the system is asked to allow."""

import resource
import subprocess
import sys

import pytest

from appliance.bootstrap.places import Places, places

ASK = "from appliance.machine.descriptors import raise_limit; print(raise_limit())"


def asked_with(soft: int, hard: int) -> int:
    """Let a fresh program that begins with these limits raise its own."""
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def test_a_program_allows_itself_as_much_as_the_system_lets_it_have():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert asked_with(256, 2_000) == 2_000
    assert asked_with(2_000, 2_000) == 2_000
    assert asked_with(256, most) == min(most, 65_536)


@pytest.mark.parametrize("limit", [None, 13_000, 65_536])
def test_where_the_system_allows_enough_every_door_has_its_places(limit: int | None):
    assert places(limit) == Places()


@pytest.mark.parametrize("limit", [1_024, 4_096, 12_999])
def test_where_it_allows_less_no_door_takes_more_than_there_is(
    limit: int, caplog: pytest.LogCaptureFixture
):
    got = places(limit)
    assert got.mqtt + got.tcp + got.http <= max(limit - 1_000, limit // 2)
    assert got.mqtt >= 400
    assert min(got.tcp, got.http) >= 40
    assert "ulimit -n" in caplog.text
