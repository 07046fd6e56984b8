"""What the build asserts of its own work: how old a system may be, and what is inside."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import apsw
import h11
import pytest

from tests.running import ROOT

HERE = ROOT / "installers" / "pyinstaller"


def load(name: str) -> ModuleType:
    """Load a script of the build, which is no package."""
    spec = importlib.util.spec_from_file_location(f"of_the_build_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


inside = load("inside")
symbols = load("symbols")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program of this machine and a text that only speaks of symbols."""
    shutil.copy("/bin/sh", tmp_path / "program")
    (tmp_path / "text").write_bytes(b"GLIBC_2.99\0")
    return tmp_path


def test_a_file_that_needs_a_newer_c_library_than_documented_is_named(folder: Path):
    assert symbols.needed(folder / "text") is None
    newest = symbols.needed(folder / "program")
    assert newest > (2, 3)
    assert symbols.newer(folder, newest) == {}
    assert symbols.newer(folder, (2, 3)) == {folder / "program": newest}
    assert symbols.main(str(folder), "2.3") == 1
    assert symbols.main(str(folder), "99.0") == 0


def test_the_documented_c_library_is_that_of_debian_11_or_older():
    major, minor = map(int, (ROOT / "installers/native/glibc").read_text().split("."))
    assert (major, minor) <= (2, 31)


def test_packages_are_found_by_their_files_with_what_their_wheels_carry():
    found = inside.parts([apsw.__file__, h11.__file__, "/nowhere", ""], [])
    assert {part.name for part in found} == {
        *("apsw_sqlite3mc", "h11", "sqlite", "sqlite3multipleciphers"),
    }
    assert inside.without_terms(found) == []
    assert "MIT" in next(part.licence for part in found if part.name == "h11")


def test_what_was_compiled_is_inside_with_its_licence(tmp_path: Path):
    (tmp_path / "terms.txt").write_text("Do what you like.\n")
    said = {
        "name": "geos",
        "version": "3",
        "licence": "MIT",
        "text": "terms.txt",
        "files": ["a.so"],
    }
    (tmp_path / "parts.json").write_text(json.dumps([said]))
    (part,) = inside.parts([], [tmp_path])
    assert (part.name, part.within, part.text) == ("geos", "a.so", "Do what you like.")
    assert "Do what you like." in inside.licences([part])
    assert "geos 3 (in a.so): MIT" in inside.licences([part])


def test_a_part_without_terms_does_not_leave_the_house():
    bare = inside.Part("mystery", "1", "", "", "pkg:generic/mystery")
    assert inside.without_terms([bare]) == ["mystery"]


def test_the_bill_of_materials_is_cyclonedx_and_the_same_for_the_same_contents():
    found = inside.parts([h11.__file__], [])
    first = inside.bill_of_materials("1.0", found, "2026-01-01T00:00:00Z")
    assert first == inside.bill_of_materials("1.0", found, "2026-01-01T00:00:00Z")
    said = json.loads(first)
    assert (said["bomFormat"], said["specVersion"]) == ("CycloneDX", "1.6")
    (component,) = said["components"]
    assert component["purl"] == f"pkg:pypi/h11@{h11.__version__}"
    assert component["licenses"] == [{"expression": "MIT"}]
    assert said["dependencies"][0]["dependsOn"] == [component["bom-ref"]]
    changed = inside.bill_of_materials("1.1", found, "2026-01-01T00:00:00Z")
    assert json.loads(changed)["serialNumber"] != said["serialNumber"]


@pytest.mark.parametrize(
    ("licence", "is_one"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", True),
        ("The MIT License (MIT)", False),
        ("OSI Approved", False),
    ],
)
def test_only_what_reads_as_spdx_is_given_as_an_expression(licence: str, is_one: bool):
    assert inside._is_expression(licence) is is_one


def test_every_source_of_the_compiled_parts_is_pinned_with_its_hash():
    lines = (ROOT / "installers/native/sources.lock").read_text().splitlines()
    entries = [line.split() for line in lines if not line.startswith("#")]
    assert all(len(entry) == 4 and len(entry[2]) == 64 for entry in entries)
    pinned = {entry[0] for entry in entries}
    for script in ("python", "spatialite"):
        text = (ROOT / "installers" / script / "build").read_text()
        staged = {line.split()[1] for line in text.splitlines() if line.startswith("stage ")}
        assert staged
        assert staged <= pinned


@pytest.mark.parametrize(
    "script",
    [
        "scripts/build",
        "scripts/build-twice",
        "scripts/bench/executable",
        "installers/native/lib.sh",
        "installers/python/build",
        "installers/spatialite/build",
        "installers/pyinstaller/bootloader",
    ],
)
def test_the_scripts_of_the_build_are_sound_bash(script: str):
    subprocess.run(["bash", "-n", ROOT / script], check=True)
