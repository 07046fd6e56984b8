"""The Debian package, really installed, upgraded, removed and purged, in a copy of this computer."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.packaging.deb import make_deb
from scripts.packaging.staging import Missing, built
from tests.installers.conftest import NEXT, Released
from tests.installers.sandbox import Sandbox
from tests.running import PASSWORD

SERVE = (
    "setpriv --reuid=weir --regid=weir --init-groups -- /usr/lib/weir/weir serve --data /var/lib/weir --config /etc/weir/weir.toml"
    " --http 127.0.0.1:0 --mqtt 127.0.0.1:0 --tcp 127.0.0.1:0 --disk-ballast 0"
)
UNTIL_READY = "for _ in $(seq 900); do grep -q ^ready /tmp/out && break; sleep 0.1; done"
PURGE_ALL = "echo weir weir/purge-data boolean true | debconf-set-selections"
UNIT = "/etc/systemd/system/multi-user.target.wants/weir.service"


@dataclass
class Packages:
    old: Path
    new: Path


def both(built_weir: Path, at: Path) -> Packages:
    """Give the package, and one of a newer version."""
    return Packages(*(make_deb(built_weir, v, at, quick=True) for v in ("0.1.0", NEXT)))


@pytest.fixture(scope="module")
def packages(
    built_weir: Path, released: Released, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Packages]:
    """The package of the release and one of an older version: a quarter of a gigabyte each, and gone afterwards."""
    at = tmp_path_factory.mktemp("packages")
    (at / "password").write_text(PASSWORD + "\n")
    new = at / released.file(".deb").name
    os.link(released.file(".deb"), new)
    yield Packages(make_deb(built_weir, "0.1.0", at, quick=True), new)
    shutil.rmtree(at)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Packages of a program that does nothing, for what the package's own scripts do."""
    at = tmp_path_factory.mktemp("small")
    (at / "built" / "_internal").mkdir(parents=True)
    shutil.copy("/bin/true", at / "built" / "weir")
    return both(at / "built", at)


@pytest.fixture
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    given = "packages" if "packages" in request.fixturenames else "small"
    one = Sandbox(tmp_path / "box", request.getfixturevalue(given).old.parent)
    yield one
    one.close()


def install(box: Sandbox, package: Path) -> str:
    return box.does(f"dpkg --force-unsafe-io --install /tmp/given/{package.name}")


def test_it_installs_serves_upgrades_and_leaves_the_data_when_it_is_removed(
    packages: Packages, box: Sandbox
):
    said = install(box, packages.old)
    assert "no systemd runs here" in said
    assert box.does("stat -c '%U %a' /var/lib/weir /etc/weir /etc/weir/weir.toml").split() == [
        *("weir", "700"),
        *("root", "750"),
        *("root", "640"),
    ]
    assert box.does(f"readlink {UNIT}").strip()
    assert box.does("dpkg --verify weir") == "", "every file is there, and as it was packed"
    box.does(
        "cp /tmp/given/password /tmp/word && weir init --municipality Brookfield --admin ada --password-file /tmp/word"
    )
    assert box.does("find /var/lib/weir ! -user weir") == "", (
        "what root's command made is the service's"
    )

    box.does("echo 'smtp_from = \"weir@brookfield.example\"' >>/etc/weir/weir.toml")
    install(box, packages.new)
    assert NEXT in box.does("dpkg-query --show weir")
    assert "brookfield.example" in box.does("cat /etc/weir/weir.toml")
    served = (
        f"set +e; {SERVE} >/tmp/out 2>/tmp/err & pid=$!; {UNTIL_READY}; cat /tmp/out; "
        "weir user list; kill $pid; wait $pid; echo ended $?; cat /tmp/err"
    )
    printed = box.does(served)
    assert "ready http=" in printed
    assert "ada" in printed
    assert printed.endswith("ended 0\n"), "it stopped, with nothing to complain about"

    status, refused = box.tries(f"dpkg --install /tmp/given/{packages.old.name}")
    assert status != 0
    assert "put a backup of 0.1.0" in refused

    box.does("dpkg --remove weir")
    assert box.does("ls /var/lib/weir/operations.db /etc/weir/weir.toml")
    assert box.tries("ls /usr/lib/weir/weir")[0] != 0
    install(box, packages.new)
    assert "ada" in box.does("weir user list")
    an_administrator_s_commands_mean_the_service(box)


def an_administrator_s_commands_mean_the_service(box: Sandbox) -> None:
    """Its data and its options, without anybody naming them; and not for everybody."""
    box.does("weir doctor")
    box.does("echo 'nonsense = 1' >>/etc/weir/weir.toml")
    assert "nonsense in /etc/weir/weir.toml" in box.tries("weir user list")[1]
    status, refused = box.tries("setpriv --reuid=65534 --regid=65534 --clear-groups weir doctor")
    assert (status, "sudo weir doctor" in refused) == (1, True)


@pytest.mark.parametrize("agreed", [False, True])
def test_a_purge_asks_and_keeps_the_data_unless_somebody_agrees(
    small: Packages, box: Sandbox, agreed: bool
):
    install(box, small.old)
    box.does("touch /var/lib/weir/operations.db")
    if agreed:
        box.does(PURGE_ALL)
    said = box.does("dpkg --purge weir")
    assert box.tries("ls /etc/weir")[0] != 0
    assert box.tries(f"ls {UNIT}")[0] != 0
    gone = box.tries("ls /var/lib/weir/operations.db")[0] != 0
    assert gone == agreed
    assert ("the data stays in /var/lib/weir" in said) == (not agreed)
    assert (box.tries("getent passwd weir")[0] != 0) == agreed, "the data has an owner"


def test_two_packages_of_the_same_build_are_equal(small: Packages, tmp_path: Path):
    again = make_deb(small.old.parent / "built", "0.1.0", tmp_path, quick=True)
    assert again.read_bytes() == small.old.read_bytes()


def test_a_package_says_what_it_needs_and_which_files_are_the_users(small: Packages):
    said = subprocess.run(
        ["dpkg-deb", "--field", small.old], capture_output=True, text=True, check=True
    ).stdout
    assert "Depends: libc6 (>= 2." in said
    assert "zlib1g" in said
    listed = subprocess.run(
        ["dpkg-deb", "--info", small.old, "conffiles"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert listed == "/etc/weir/weir.toml\n"


def test_lintian_finds_no_error_and_nothing_to_warn_of(small: Packages):
    """Of the package around a small program: of a quarter of a gigabyte it would take minutes."""
    lintian = shutil.which("lintian")
    if lintian is None:
        pytest.fail("lintian is missing; install it with: sudo apt-get install lintian")
    packed_in_a_hurry = (
        "uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball"
    )
    done = subprocess.run(
        [lintian, "--allow-root", "--suppress-tags", packed_in_a_hurry, small.new],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_nothing_is_packaged_that_was_not_built(tmp_path: Path):
    with pytest.raises(Missing, match="scripts/build"):
        built(tmp_path)
