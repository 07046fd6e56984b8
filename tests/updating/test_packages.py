"""What is believed of a package: only what somebody trusted has signed, and only what it means."""

import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.errors import Conflict, FileRefused, StartRefused
from appliance.domain.work import Progress
from appliance.machine.folder import DataFolder
from appliance.updating.databases import Databases
from appliance.updating.looking import look
from appliance.updating.package import FILES, read, unpack
from appliance.updating.places import OneFile, Releases, installation
from appliance.updating.record import Record, State, Step
from appliance.updating.release import ReleaseFile, order_of, parsed, written
from appliance.updating.signing import files_of, latest, pack
from appliance.updating.trust import trust
from appliance.updating.update import Around, Update, Wishes
from storage.formats import formats
from tests.fakes import FixedClock
from tests.updating.versions import Publisher, a_release, build


def silent(progress: Progress) -> None:
    """Nobody looks."""


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "publisher")


def changed(package: Path, name: str, content: bytes) -> Path:
    """Give the package with another content under a name."""
    other = package.with_name(f"changed-{package.name}")
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(other, "w") as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return other


def test_a_package_is_unpacked_as_it_was_built(publisher: Publisher, tmp_path: Path) -> None:
    package = publisher.package("1.1")
    release = read(package, trust(publisher.public))
    assert release.version == "1.1"
    unpack(package, release, tmp_path / "new", silent)
    built = publisher.folder / "built-1.1"
    for file in ("weir", "_internal/launcher.py"):
        assert (tmp_path / "new" / file).read_bytes() == (built / file).read_bytes()
    assert (tmp_path / "new" / "weir").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "new" / "_internal" / "link").readlink() == Path("launcher.py")
    assert len([p for p in (tmp_path / "new").rglob("*") if not p.is_dir()]) == 3


def test_the_same_release_makes_the_same_package(publisher: Publisher, tmp_path: Path) -> None:
    built = build(tmp_path / "built")
    for name in ("one", "two"):
        pack(built, a_release(built, "1.1"), publisher.key, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_who_is_not_trusted_is_refused_before_anything_is_unpacked(
    publisher: Publisher, tmp_path: Path
) -> None:
    package = publisher.package("1.1")
    stranger = Publisher(tmp_path / "stranger")
    for given in (
        package,
        changed(package, "release.sig", bytes(64)),
        changed(package, "release.json", written(a_release(build(tmp_path / "evil"), "9.9"))),
    ):
        with pytest.raises(FileRefused, match="nobody whom this Weir trusts"):
            read(given, trust(stranger.public))
    with pytest.raises(StartRefused, match="built without a release key"):
        trust(None)
    (tmp_path / "no.pub").write_text("ssh-ed25519 AAAA me\n")
    with pytest.raises(StartRefused, match="no file of public keys"):
        trust(tmp_path / "no.pub")


@pytest.mark.parametrize("content", [b"another program", b"x" * 100_000, b""])
def test_a_file_that_is_not_what_was_signed_leaves_nothing_behind(
    publisher: Publisher, tmp_path: Path, content: bytes
) -> None:
    package = changed(publisher.package("1.1"), f"{FILES}weir", content)
    release = read(package, trust(publisher.public))
    with pytest.raises(FileRefused, match="weir is not what was signed"):
        unpack(package, release, tmp_path / "new", silent)
    assert not (tmp_path / "new").exists()


def test_what_is_cut_off_or_no_package_is_said_to_be(publisher: Publisher, tmp_path: Path) -> None:
    package, keys = publisher.package("1.1"), trust(publisher.public)
    cut = tmp_path / "cut"
    cut.write_bytes(package.read_bytes()[:-200])
    with pytest.raises(FileRefused, match="cut off or damaged"):
        read(cut, keys)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("holiday.jpg", b"")
    with pytest.raises(FileRefused, match="no package of Weir"):
        read(tmp_path / "other.zip", keys)
    with pytest.raises(FileRefused, match="no such file"):
        read(tmp_path / "missing", keys)


@pytest.mark.parametrize(
    "file",
    [
        ReleaseFile("../evil"),
        ReleaseFile("/etc/evil"),
        ReleaseFile("a/../b"),
        ReleaseFile("a\\b"),
        ReleaseFile("weir/inside"),
        ReleaseFile("weir"),
        ReleaseFile("link", link="../outside"),
        ReleaseFile("a/link", link="../../outside"),
        ReleaseFile("link", link="/etc/passwd"),
    ],
    ids=str,
)
def test_even_a_signed_list_leads_nowhere_else(file: ReleaseFile, tmp_path: Path) -> None:
    release = a_release(build(tmp_path / "built"), "1.1")
    with pytest.raises(FileRefused, match="no list of a release"):
        parsed("package", written(replace(release, files=(*release.files, file))))


def test_versions_are_in_the_order_in_which_they_are_made() -> None:
    order = ["0.9", "1.0a1", "1.0rc1", "1.0", "1.0.1", "1.2", "1.10rc2", "1.10", "2"]
    assert all(order_of(one) < order_of(next_one) for one, next_one in pairwise(order))
    assert order_of("1.0") == order_of("1") == order_of("1.0.0")
    for wrong in ("", "v1", "1.x", "1.0-beta", "1..2", "1.0.0.0.0"):
        with pytest.raises(ValueError, match="no version"):
            order_of(wrong)


def an_update(folder: Path, wishes: Wishes, version: str = "1.1") -> Update:
    """Give an update of an installation of 1.1 that nobody serves from."""
    data = DataFolder(folder / "data")
    data.make()
    build(folder / "opt" / "releases" / version)
    (folder / "opt" / "current").symlink_to(f"releases/{version}")
    record = Record(data.path / "updates", FixedClock())
    return Update(
        Around(
            folder=data,
            installation=Releases(folder / "opt"),
            version=version,
            server=None,
            record=record,
            databases=Databases(data, record.folder),
            back_up=lambda: "/a/backup",
            problems=dict,
            show=silent,
        ),
        wishes,
    )


OWN = formats()


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"platform": "plan9-mips"}, "it is for plan9-mips"),
        ({"version": "1.0"}, "older than 1.1"),
        ({"version": "1.1.0"}, "in use already"),
        ({"minimum": "1.1.1"}, "takes over from 1.1.1 on only"),
        ({"formats": OWN | {"schema": OWN["schema"] - 1}}, "can't open the data"),
        ({"formats": {}}, "can't open the data"),
        ({"formats": OWN | {"journal": OWN["journal"] + 1}}, "can't go back by itself"),
    ],
)
def test_what_is_not_meant_is_refused_and_changes_nothing(
    publisher: Publisher, tmp_path: Path, overrides: dict[str, Any], reason: str
) -> None:
    version = overrides.pop("version", "1.2")
    package = publisher.package(version, **overrides)
    update = an_update(tmp_path, Wishes())
    with pytest.raises(FileRefused, match=reason):
        update.run(package, trust(publisher.public))
    assert [f.name for f in (tmp_path / "opt" / "releases").iterdir()] == ["1.1"]
    assert not (tmp_path / "data" / "updates" / "state.json").exists()


def test_a_downgrade_is_taken_when_it_is_meant_and_fits_the_data(
    publisher: Publisher, tmp_path: Path
) -> None:
    update = an_update(tmp_path, Wishes(allow_downgrade=True))
    older = publisher.package("0.9", formats=OWN | {"schema": OWN["schema"] - 1})
    with pytest.raises(FileRefused, match="can't open the data"):
        update.run(older, trust(publisher.public))
    state = update.run(publisher.package("1.0"), trust(publisher.public))
    assert (state.step, state.reason) == (Step.DONE, "nobody serves, so nothing was watched")
    assert (tmp_path / "opt" / "current").readlink() == Path("releases/1.0")
    gone = update.go_back(state, "somebody asked for it")
    assert gone.step is Step.WENT_BACK
    assert (tmp_path / "opt" / "current").readlink() == Path("releases/1.1")


def test_a_folder_in_which_a_server_runs_that_can_not_be_asked_is_left_alone(
    publisher: Publisher, tmp_path: Path
) -> None:
    update = an_update(tmp_path, Wishes())
    with DataFolder(tmp_path / "data").alone(), pytest.raises(StartRefused, match="in use"):
        update.run(publisher.package("1.2"), trust(publisher.public))
    assert (tmp_path / "opt" / "current").readlink() == Path("releases/1.1")


def test_nobody_stays_with_a_version_that_was_never_switched_to(tmp_path: Path) -> None:
    state = State(step=Step.SWITCHING, came_from="1.1", to="1.2", root="", began=0)
    with pytest.raises(Conflict, match=r"1\.2 is not in use"):
        an_update(tmp_path, Wishes()).finish(state)


def test_a_version_that_is_not_there_any_more_is_not_gone_back_to(tmp_path: Path) -> None:
    update = an_update(tmp_path, Wishes())
    shutil.rmtree(tmp_path / "opt" / "releases" / "1.1")
    state = State(step=Step.DONE, came_from="1.1", to="1.2", root="", began=0)
    with pytest.raises(Conflict, match=r"1\.1 is not here any more"):
        update.go_back(state, "")


def test_one_file_takes_the_place_of_another_and_gives_it_back(
    publisher: Publisher, tmp_path: Path
) -> None:
    program = tmp_path / "bin" / "weir"
    program.parent.mkdir()
    program.write_bytes(b"the old one")
    new = tmp_path / "new"
    new.write_bytes(b"the new one")
    package = tmp_path / "one.weir-update"
    build(tmp_path / "b")
    with pytest.raises(StartRefused, match="the other kind"):
        OneFile(program).add(package, a_release(tmp_path / "b", "1.2"), silent)
    release = replace(a_release(tmp_path / "b", "1.2"), files=tuple(files_of(new)))
    pack(new, release, publisher.key, package)
    one = OneFile(program)
    assert one.version() is None
    added = one.add(package, read(package, trust(publisher.public)), silent)
    assert added.read_bytes() == b"the new one"
    assert program.read_bytes() == b"the old one"
    one.switch("1.2")
    one.switch("1.2")
    assert (program.read_bytes(), one.version()) == (b"the new one", "1.2")
    assert program.stat().st_mode & 0o111
    one.go_back("1.1")
    one.go_back("1.1")
    assert (program.read_bytes(), one.version()) == (b"the old one", "1.1")


def test_a_checkout_does_not_update_itself() -> None:
    with pytest.raises(StartRefused, match="runs from its source"):
        installation(None)


@pytest.fixture
def published(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    page = tmp_path / "latest.json"

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page.read_bytes())

        def log_message(self, *given: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/latest.json", page
        server.shutdown()
        thread.join()


def test_the_newest_version_is_told_where_its_publisher_has_signed_that(
    publisher: Publisher, published: tuple[str, Path], tmp_path: Path
) -> None:
    url, page = published
    page.write_bytes(latest(a_release(build(tmp_path / "b"), "9.1"), "weir-9.1", publisher.key))
    found = look(url, trust(publisher.public))
    assert (found.version, found.package) == ("9.1", "weir-9.1")
    page.write_text(json.dumps(json.loads(page.read_text()) | {"latest": "{}"}))
    with pytest.raises(FileRefused, match="nobody whom this Weir trusts"):
        look(url, trust(publisher.public))
    page.write_text("<html>")
    with pytest.raises(FileRefused, match="no word about a version"):
        look(url, trust(publisher.public))
    with pytest.raises(FileRefused, match="no address of the web"):
        look("file:///etc/passwd", trust(publisher.public))
