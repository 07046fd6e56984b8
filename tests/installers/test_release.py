"""What `scripts/release` makes, and that the workflows take the same steps."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.packaging.deb import make_deb
from scripts.packaging.tarball import make_tarball
from tests.installers.conftest import NEXT, Released
from tests.running import ROOT, environment

WORKFLOWS = ROOT / ".github/workflows"


def test_a_release_has_all_that_this_platform_can_make_and_says_what_it_left_out(
    released: Released,
):
    kinds = {re.sub(r"-linux-\w+|_\w+(?=\.deb)", "", f.name) for f in released.folder.iterdir()}
    assert kinds == {
        *("SHA256SUMS", "SHA256SUMS.sig", f"weir-{NEXT}", f"weir-{NEXT}-licences.txt"),
        *(f"weir_{NEXT}.deb", f"weir-{NEXT}.tar.gz", f"weir-{NEXT}.cdx.json"),
        *(f"weir-{NEXT}.weir-update", f"weir-{NEXT}-onefile.weir-update"),
    }
    assert f"release {NEXT}: {released.folder}" in released.printed
    for missing in ("Windows", "macOS", "the tests"):
        assert f"left out: {missing}" in released.printed


def test_its_sums_are_right_and_signed_as_the_page_for_builders_checks_it(
    released: Released, tmp_path: Path
):
    sums = released.folder / "SHA256SUMS"
    listed = dict(line.split()[::-1] for line in sums.read_text().splitlines())
    made = {f.name: f for f in released.folder.iterdir() if not f.name.startswith("SHA256SUMS")}
    assert listed.keys() == made.keys()
    how = (ROOT / "appliance/docs/how-to/build.md").read_text()
    (commands,) = re.findall(r"```text\n(\(printf .*?)```", how, re.DOTALL)
    shutil.copy(released.key.with_suffix(".pub"), tmp_path)
    for file in (sums, released.folder / "SHA256SUMS.sig", *made.values()):
        (tmp_path / file.name).symlink_to(file)
    subprocess.run(["sh", "-ec", commands], cwd=tmp_path, check=True, capture_output=True)


def test_a_folder_that_is_no_release_is_not_cleared_for_one(
    released: Released, dist: Path, tmp_path: Path
):
    (tmp_path / "letters").write_text("of somebody")
    done = subprocess.run(
        [
            *(ROOT / "scripts/release", "--without-tests", "--without-signature"),
            *("--from", dist, "--to", tmp_path),
        ],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "left alone" in done.stderr) == (1, True)
    assert (tmp_path / "letters").exists()


@pytest.fixture
def built_twice(tmp_path: Path) -> tuple[Path, Path]:
    """The same files, written in another order, at another time, by somebody with another umask."""
    names, places = ["weir", "_internal/a.so", "_internal/b/c.py", "_internal/z"], []
    for which, order in (("first", names), ("second", names[::-1])):
        place = tmp_path / which / "weir"
        for name in order:
            file = place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(name)
            file.chmod({"first": 0o644, "second": 0o600}[which] | (0o100 if name == "weir" else 0))
        (place / "_internal/link").symlink_to("a.so")
        places.append(place)
    return places[0], places[1]


@pytest.mark.parametrize("make", [make_deb, make_tarball])
def test_packages_of_equal_builds_are_equal(make, built_twice: tuple[Path, Path], tmp_path: Path):
    first, second = (
        make(folder, "1.0", tmp_path / f"of-{number}") for number, folder in enumerate(built_twice)
    )
    assert first.read_bytes() == second.read_bytes()


def test_the_workflows_take_the_steps_of_a_release():
    """On Linux they run the script itself; elsewhere its steps for that platform, one by one."""
    script = (ROOT / "scripts/release").read_text()
    jobs = {file.name: file.read_text() for file in WORKFLOWS.glob("*.yml")}
    for called in ("test.yml", "build.yml"):
        assert f"uses: ./.github/workflows/{called}" in jobs["release.yml"]
    assert "needs: [test, build]" in jobs["release.yml"]
    assert "run: scripts/release --without-tests --without-signature\n" in jobs["build.yml"]
    assert "scripts/release --sign-only --key" in jobs["release.yml"]
    elsewhere = {"scripts/test": "test.yml", "scripts/build": "build.yml"}
    elsewhere |= {"scripts/package windows": "build.yml", "installers/macos/package": "build.yml"}
    for step, file in elsewhere.items():
        assert step in script
        assert re.search(rf"run: .*{step}( --from \S+)?\n", jobs[file]), step
