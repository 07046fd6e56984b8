"""Which addresses a webhook may reach."""

import pytest

from appliance.outbound.reachable import Reachable


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "224.0.0.1",
        "ff02::1",
        "0.0.0.0",
        "0.1.2.3",
        "::",
        "255.255.255.255",
        "240.0.0.1",
        "weir.example",
        "",
    ],
)
def test_metadata_link_local_multicast_and_reserved_are_out_of_reach_whatever_is_allowed(
    address: str,
):
    assert not Reachable(private=True, loopback=True).allows(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_in_reach_only_where_allowed(address: str):
    assert not Reachable().allows(address)
    assert Reachable(loopback=True).allows(address)


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "192.168.1.9", "172.16.0.1", "fd12::1", "100.64.0.1"]
)
def test_the_utilitys_own_network_is_in_reach_unless_refused(address: str):
    assert Reachable().allows(address)
    assert not Reachable(private=False).allows(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
def test_the_rest_of_the_world_is_in_reach(address: str):
    assert Reachable(private=False).allows(address)
