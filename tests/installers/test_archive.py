"""The plain archive, unpacked in a copy of this computer and made a service, as far as it goes without systemd."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.machine.service_files import Place, systemd_unit
from tests.installers.conftest import NEXT, Released
from tests.installers.sandbox import Sandbox

PROGRAM = f"/opt/weir-{NEXT}/current/weir"
UNIT = "/etc/systemd/system/weir.service"
ANYWHERE = "".join(f'{door} = "127.0.0.1:0"\n' for door in ("http", "mqtt", "tcp"))
OBEYS = "printf '#!/bin/sh\\necho \"$@\" >>/tmp/told\\n' >/usr/bin/systemctl; chmod +x /usr/bin/systemctl"
"""No systemd runs in a test: what it is told is noted, and nothing of it done."""


@pytest.fixture
def box(released: Released, tmp_path: Path) -> Iterator[Sandbox]:
    one = Sandbox(tmp_path / "box", released.folder)
    yield one
    one.close()


def test_unpacked_and_installed_it_is_a_service_that_serves_and_goes_without_its_data(box: Sandbox):
    box.does("tar -xzf /tmp/given/*.tar.gz -C /opt")
    status, said = box.tries(f"{PROGRAM} service install")
    assert (status, "`systemctl daemon-reload` failed" in said) == (2, True), said

    box.does(OBEYS)
    box.does(f"{PROGRAM} service install")
    assert box.does("cat /tmp/told").splitlines() == [
        "daemon-reload",
        "enable --now weir.service",
    ]
    at = Place(Path(PROGRAM), Path("/var/lib/weir"), Path("/etc/weir/weir.toml"))
    assert box.does(f"cat {UNIT}") == systemd_unit(at)
    assert box.does("stat -c '%U %G %a' /etc/weir/weir.toml") == "root weir 640\n"
    what_the_unit_starts_serves(box)

    box.does(f"{PROGRAM} service uninstall")
    assert box.tries(f"ls {UNIT}")[0] != 0
    assert box.does("ls /var/lib/weir/operations.db")


def what_the_unit_starts_serves(box: Sandbox) -> None:
    """Do what systemd would: make the folder, be the user, start the line."""
    box.does(f"systemd-analyze verify --man=no {UNIT}")
    box.does(
        f"echo '{ANYWHERE}' >>/etc/weir/weir.toml; install -d -o weir -g weir -m 700 /var/lib/weir"
    )
    printed = box.does(
        f"set +e; line=$(sed -n 's/^ExecStart=//p' {UNIT}); "
        "setpriv --reuid=weir --regid=weir --init-groups -- $line >/tmp/out 2>/tmp/err & pid=$!; "
        "for _ in $(seq 900); do grep -q ^ready /tmp/out && break; sleep 0.1; done; "
        "kill $pid; wait $pid; echo ended $?; cat /tmp/out /tmp/err"
    )
    assert "ready http=" in printed
    assert printed.startswith("ended 0\n")
