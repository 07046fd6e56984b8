"""What is made where it can't be run: the installers for Windows and macOS; and the plain archive."""

import plistlib
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from scripts.packaging.tarball import make_tarball
from scripts.packaging.windows import make_windows
from tests.running import ROOT

INSTALLERS = ROOT / "installers"
MAC = [INSTALLERS / "macos/package", *sorted((INSTALLERS / "macos/scripts").iterdir())]
DEBIAN = [INSTALLERS / "debian" / n for n in ("preinst", "postinst", "prerm", "postrm", "weir")]


@pytest.fixture
def windows_build(tmp_path: Path) -> Path:
    """A folder laid out as the build on Windows lays it out; only there is a true one made."""
    folder = tmp_path / "weir"
    (folder / "_internal" / "duckdb").mkdir(parents=True)
    (folder / "weir.exe").write_bytes(b"MZ")
    (folder / "_internal" / "python311.dll").write_bytes(b"MZ python")
    (folder / "_internal" / "duckdb" / "duckdb.pyd").write_bytes(b"MZ duckdb")
    return folder


def test_the_installer_for_windows_holds_every_file_of_the_build(
    windows_build: Path, tmp_path: Path
):
    for program in ("makensis", "7z"):
        if shutil.which(program) is None:
            pytest.fail(
                f"{program} is missing; install it with: bash scripts/lib/setup.sh packaging"
            )
    setup = make_windows(windows_build, "1.2.3", tmp_path / "out", quick=True)
    assert setup.name == "weir-1.2.3-windows-setup.exe"
    assert setup.read_bytes().startswith(b"MZ")
    listed = subprocess.run(
        ["7z", "l", "-slt", setup], capture_output=True, text=True, check=True
    ).stdout
    files = {line.partition(" = ")[2] for line in listed.splitlines() if line.startswith("Path = ")}
    assert files >= {
        "app/weir.exe",
        "app/_internal/python311.dll",
        "app/_internal/duckdb/duckdb.pyd",
        "uninstall.exe",
    }
    assert "SubType = NSIS-3 Unicode" in listed


def test_the_installer_for_windows_opens_no_port_and_deletes_no_data_unless_somebody_says_so():
    script = (INSTALLERS / "windows/weir.nsi").read_text()
    assert 'Section /o "Let devices' in script, "the firewall is not chosen beforehand"
    assert "profile=private,domain" in script
    assert "profile=any" not in script
    asks = script.index("MB_DEFBUTTON2")
    assert "/SD IDNO" in script[asks : asks + 200], "a silent one keeps the data"
    assert script.index('RMDir /r "$APPDATA\\Weir"') > asks


def test_the_archive_is_laid_out_for_updates_and_equal_each_time(tmp_path: Path):
    built = tmp_path / "weir"
    (built / "_internal").mkdir(parents=True)
    (built / "weir").write_text('#!/bin/sh\necho it runs "$@"\n')
    (built / "weir").chmod(0o700)
    (built / "_internal" / "part").write_text("part")
    archive = make_tarball(built, "1.2.3", tmp_path / "out")
    assert archive.read_bytes() == make_tarball(built, "1.2.3", tmp_path / "again").read_bytes()
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
        assert {(e.uid, e.gid, e.uname) for e in opened} == {(0, 0, "root")}
    top = tmp_path / "unpacked/weir-1.2.3"
    assert (top / "current").readlink() == Path("releases/1.2.3")
    assert (top / "current/_internal/part").read_text() == "part"
    done = subprocess.run([top / "current/weir", "now"], capture_output=True, text=True, check=True)
    assert done.stdout == "it runs now\n"
    assert "service install" in (top / "README.txt").read_text()


@pytest.mark.parametrize("script", [*MAC, *DEBIAN, ROOT / "scripts/release"], ids=lambda f: f.name)
def test_the_shell_understands_the_script_and_it_may_be_run(script: Path):
    first = script.read_text().partition("\n")[0]
    shell = "bash" if "bash" in first else "sh"
    subprocess.run([shell, "-n", script], check=True)
    assert script.stat().st_mode & 0o111


def test_the_property_list_of_macos_can_be_read():
    said = plistlib.loads((INSTALLERS / "macos/org.weir.weir.plist").read_bytes())
    assert said["Label"] == "org.weir.weir"
    assert said["ProgramArguments"][0] == "/usr/local/lib/weir/weir"
