"""Updates of the true executable, while devices of two municipalities report to it all the time."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.installers.bare import signer
from tests.installers.conftest import NEXT, Released, another_version, migrations
from tests.running import ROOT, environment
from tests.updating.site import Site, serving, sign_in
from tests.updating.versions import BROKEN, NEW_TABLE, Publisher

OLD, NEW = "0.1.0", "0.3.0"


def sign(*arguments: object) -> None:
    subprocess.run(
        [ROOT / "scripts/sign-update", *map(str, arguments)],
        env=environment(),
        capture_output=True,
        check=True,
    )


def package(site: Site, version: str, *steps: str, dies: bool = False) -> Path:
    """Have scripts/sign-update make the package of a version, as for a release; `dies` when it serves."""
    built = site.program.parent.resolve()
    folder = another_version(built, site.publisher.folder / version, version, *steps)
    if dies:
        (loop,) = folder.glob("_internal/uvloop/loop.*")
        loop.unlink()
        loop.write_text("no library")
    to = folder.with_suffix(".weir-update")
    said = ("--version", version, "--key", site.publisher.folder / "release.key")
    sign("pack", folder, *said, "--to", to, "--formats", f"schema={migrations(folder)}", "--quick")
    return to


@pytest.fixture(scope="module")
def site(
    built_weir: Path, released: Released, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The executable as one unpacks it; all that it takes on the disk is gone afterwards.

    Nobody tells it whose packages it may take, where the tests have the key that it was built to trust.
    """
    folder = tmp_path_factory.mktemp("site")
    (folder / "opt/releases").mkdir(parents=True)
    another_version(built_weir, folder / "opt/releases" / OLD, OLD)
    (folder / "opt/current").symlink_to(f"releases/{OLD}")
    with serving(folder, folder / "opt", every=0.25) as one:
        one.built_with_key = signer() is not None
        for half in ("release.key", "release.pub"):
            shutil.copy(released.key.with_name(half), one.publisher.folder)
        with httpx.Client(base_url=one.http, timeout=30) as api:
            sign_in(api)
            for sensor in api.get("/api/v1/sensors").json():
                alarm_when_low(api, sensor)
            until_both_towns_have_an_alarm(api)
        yield one
    shutil.rmtree(folder)


def until_both_towns_have_an_alarm(api: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while len({a["municipality_id"] for a in api.get("/api/v1/alerts").json()}) < 2:
        assert time.monotonic() < deadline, "no alarm"


def alarm_when_low(api: httpx.Client, sensor: dict[str, Any]) -> None:
    rule = {
        "name": f"Too low at {sensor['device_id']}",
        "sensor_id": sensor["id"],
        "condition": {"type": "threshold", "operator": "<", "value": 1000.0, "for_seconds": 0},
        "severity": "critical",
        "alert_type": "low_pressure",
        "municipality_id": sensor["municipality_id"],
    }
    assert api.post("/api/v1/rules", json=rule).status_code == 201


def known(site: Site) -> dict[str, Any]:
    """Give what both municipalities have told Weir, and what it has told them: by path, as it was at first."""
    paths = ("municipalities", "sensors", "rules", "alerts")
    with httpx.Client(base_url=site.http, timeout=30) as api:
        sign_in(api)
        return {p: api.get(f"/api/v1/{p}").json() for p in paths}


def names(found: dict[str, Any]) -> dict[str, set[tuple[int, int]]]:
    """Give whose each thing is."""
    return {p: {(x["id"], x.get("municipality_id", 0)) for x in found[p]} for p in found}


def nothing_is_lost(site: Site, before: dict[str, Any]) -> None:
    now = known(site)
    assert names(now) == names(before)
    assert {a["municipality_id"] for a in now["alerts"]} == {m["id"] for m in now["municipalities"]}
    site.everything_acknowledged_is_there()


def which(site: Site) -> str:
    """Give the version that the program says it is."""
    done = subprocess.run(
        [site.program, "--version"], env=environment(), capture_output=True, text=True, check=True
    )
    return done.stdout.split()[-1]


def test_a_package_that_somebody_else_has_signed_is_refused(site: Site):
    before = site.pid()
    theirs = Publisher(site.root.parent / "somebody").package("9.0")
    assert "nobody whom this Weir trusts" in site.update(theirs, status=1)
    assert (which(site), site.pid()) == (OLD, before)


def test_what_scripts_release_makes_takes_over(site: Site, released: Released):
    said = site.update(released.file("64.weir-update"))
    assert said["update"]["step"] == "done"
    assert which(site) == NEXT
    site.everything_acknowledged_is_there()


def test_a_newer_version_takes_over_and_finds_all_data_of_both_towns(site: Site):
    before, schema = known(site), site.schema()
    assert len(before["alerts"]) == len(before["municipalities"]) == 2
    said = site.update(package(site, NEW, NEW_TABLE))
    assert said["update"]["step"] == "done"
    assert (which(site), site.schema()) == (NEW, schema + 1)
    nothing_is_lost(site, before)
    for device in site.devices:
        assert device.longest_wait < said["update"]["stood_still"] + 10


def test_a_migration_that_breaks_leaves_the_old_version_running_with_nothing_lost(site: Site):
    before, pid, schema = known(site), site.pid(), site.schema()
    complaint = site.update(package(site, "0.3.1", BROKEN), status=1)
    assert "can't migrate a copy" in complaint
    assert (which(site), site.pid(), site.schema()) == (NEW, pid, schema)
    nothing_is_lost(site, before)


def test_a_version_that_migrates_but_does_not_start_goes_back_with_its_database(site: Site):
    before, schema = known(site), site.schema()
    newest = package(site, "0.4.0", NEW_TABLE.replace("newer", "newest"), dies=True)
    complaint = site.update(newest, status=1)
    assert "ended while it started" in complaint
    assert (which(site), site.schema()) == (NEW, schema)
    assert site.status()["kept"] == ["operations.db"]
    nothing_is_lost(site, before)
