"""Updates of a server that devices report to all the time: those that work, and those that fail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.updating.site import Site, serving
from tests.updating.versions import (
    BROKEN,
    DIES_AT_ONCE,
    DIES_LATER,
    IS_DEAF,
    NEW_TABLE,
    install,
    weir,
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    install(folder / "opt", "1.0")
    with serving(folder, folder / "opt") as one:
        yield one


def test_a_version_that_is_healthy_takes_over_and_no_reading_is_lost(site: Site) -> None:
    before, schema = site.pid(), site.schema()
    said = site.update(site.publisher.package("1.1", NEW_TABLE))
    assert said["update"]["step"] == "done"
    assert said["update"]["stood_still"] > 0
    assert (site.root / "current").readlink() == Path("releases/1.1")
    assert site.pid() != before
    assert site.schema() == schema + 1
    assert site.status() == said["update"]
    assert Path(said["update"]["backup"]).is_dir()
    site.everything_acknowledged_is_there()
    for device in site.devices:
        assert device.longest_wait < said["update"]["stood_still"] + 10
    assert not (site.data / "updates" / "before").exists()


def test_a_migration_that_breaks_is_found_in_a_copy_and_nobody_notices(site: Site) -> None:
    before = site.pid()
    complaint = site.update(site.publisher.package("1.2", NEW_TABLE, BROKEN), status=1)
    assert "can't migrate a copy" in complaint
    assert "_newer was undone" in complaint
    assert site.pid() == before
    assert site.status()["step"] == "refused"
    assert (site.root / "current").readlink() == Path("releases/1.1")
    site.everything_acknowledged_is_there()


def test_a_version_that_does_not_start_goes_back_with_its_database(site: Site) -> None:
    schema = site.schema()
    more = "CREATE TABLE newest (x INTEGER) STRICT"
    package = site.publisher.package("1.3", NEW_TABLE, more, more=DIES_AT_ONCE)
    complaint = site.update(package, status=1)
    assert "ended while it started" in complaint
    state = site.status()
    assert state["step"] == "went back"
    assert state["kept"] == ["operations.db"]
    assert (site.root / "current").readlink() == Path("releases/1.1")
    assert site.schema() == schema
    site.everything_acknowledged_is_there()


def test_readings_that_a_version_took_before_it_died_are_there_for_the_old_one(site: Site) -> None:
    schema = site.schema()
    more = "CREATE TABLE newest (x INTEGER) STRICT"
    before = [len(device.acked) for device in site.devices]
    package = site.publisher.package("1.4", NEW_TABLE, more, more=DIES_LATER)
    complaint = site.update(package, status=1)
    assert "it has ended" in complaint
    assert site.status()["step"] == "went back"
    assert site.schema() == schema
    assert [len(device.acked) for device in site.devices] > before
    site.everything_acknowledged_is_there()
    kept = site.data / "updates" / "of-the-version-that-failed" / "operations.db"
    assert kept.exists(), "what people changed in those minutes can still be looked into"


def test_a_version_that_says_something_critical_goes_back_and_keeps_a_database_it_did_not_change(
    site: Site,
) -> None:
    package = site.publisher.package("1.5", NEW_TABLE, more=IS_DEAF)
    complaint = site.update(package, status=1)
    assert "feels unwell" in complaint
    state = site.status()
    assert (state["step"], state["kept"]) == ("went back", [])
    site.everything_acknowledged_is_there()


def test_an_update_that_was_cut_off_is_said_and_can_be_gone_back_from(site: Site) -> None:
    done = site.update(site.publisher.package("1.6", NEW_TABLE))
    assert done["update"]["step"] == "done"
    state = site.data / "updates" / "state.json"
    state.write_text(state.read_text().replace('"done"', '"watching"'))  # as power would leave it
    complaint = site.update(site.publisher.package("1.7", NEW_TABLE), status=1)
    assert "cut off while watching" in complaint
    options = (f"--data={site.data}", f"--root={site.root}")
    gone = weir(site.program, "update", "--go-back", *options)
    assert isinstance(gone, dict)
    assert gone["update"]["step"] == "went back"
    assert (site.root / "current").readlink() == Path("releases/1.1")
    complaint = weir(site.program, "update", "--go-back", *options, status=1)
    assert "no update to go back from" in complaint
    site.everything_acknowledged_is_there()
