"""`weir service`: what it would do is told, what it writes is what systemd and launchd read."""

import plistlib
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

import httpx
import pytest

from appliance.cli.windows_service import (
    CALL_NOT_IMPLEMENTED,
    CONTROL_INTERROGATE,
    CONTROL_STOP,
    RUNNING,
    START_PENDING,
    STOP_PENDING,
    STOPPED,
    WindowsService,
)
from appliance.domain.errors import StartRefused
from appliance.machine import services
from appliance.machine.service_files import Place, launchd_plist, systemd_unit
from appliance.machine.services import asking, installing, uninstalling
from appliance.machine.steps import Remove, Run, Write, carry_out
from scripts.packaging.deb import DATA, OPTIONS, PROGRAM
from tests.running import PASSWORD, ROOT, WEIR, command, environment, found, start

MOST_EXPOSURE = 3.0
OURS = Place(Path("/opt/weir/current/weir"), Path("/var/lib/weir"), Path("/etc/weir/weir.toml"))


def analyze(*arguments: object) -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.fail("systemd-analyze is missing; install it with: sudo apt-get install systemd")
    done = subprocess.run(
        [program, *map(str, arguments)],
        env=environment() | {"XDG_RUNTIME_DIR": "/run"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def unit_file(folder: Path, place: Place) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "weir.service"
    file.write_text(systemd_unit(place))
    return file


@pytest.fixture
def here(tmp_path: Path) -> Place:
    """A place with a program, as systemd wants to see one."""
    program = tmp_path / "with a space" / "100% weir"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return Place(program, Path("/var/lib/weir"))


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path, here: Place):
    assert analyze("verify", "--man=no", unit_file(tmp_path / "system", here)) == ""
    mine = Place(here.program, tmp_path / "data", of_the_system=False)
    assert analyze("verify", "--user", "--man=no", unit_file(tmp_path / "user", mine)) == ""


def test_the_service_is_hardly_exposed(tmp_path: Path):
    file = unit_file(tmp_path, OURS)
    said = analyze(
        "security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSURE * 10:.0f}", file
    )
    assert float(said.rpartition("weir.service: ")[2].split()[0]) <= MOST_EXPOSURE


def test_the_files_that_are_installed_are_what_the_code_writes():
    unit = (ROOT / "installers/systemd/weir.service").read_text()
    assert unit == systemd_unit(Place(PROGRAM, DATA, OPTIONS))
    home = PurePosixPath("/Library/Application Support/Weir")
    mac = Place(Path("/usr/local/lib/weir/weir"), Path(home / "data"), Path(home / "weir.toml"))
    assert (ROOT / "installers/macos/org.weir.weir.plist").read_bytes() == launchd_plist(mac)


def test_the_unit_has_room_for_devices_and_stops_in_ten_seconds():
    lines = systemd_unit(OURS).splitlines()
    assert {"LimitNOFILE=65536", "TimeoutStopSec=10", "WatchdogSec=30", "Type=notify"} <= set(lines)


def test_a_server_does_all_its_work_with_what_the_unit_leaves_it(tmp_path: Path):
    confined = [sys.executable, "tests/installers/confined.py", "installers/systemd/weir.service"]
    municipality = found(tmp_path / "data")
    weir = start(tmp_path / "data", program=[*confined, *WEIR], within=90)
    try:
        said = {"username": "ada", "password": PASSWORD}
        answer = httpx.post(f"{weir.url}/api/v1/auth/login", json=said, timeout=30)
        assert answer.status_code == 200, answer.text
        assert municipality
        export = tmp_path / "readings.parquet"
        command(tmp_path / "data", "export", "readings", "--output", str(export))
        assert export.exists()
    finally:
        assert weir.stop() == 0
    assert weir.log == ""


def test_launchd_keeps_it_alive_with_room_for_devices():
    said = plistlib.loads(launchd_plist(OURS))
    assert said["KeepAlive"] is True
    assert said["ProgramArguments"] == OURS.command
    assert said["SoftResourceLimits"]["NumberOfFiles"] == 65_536
    assert said["UserName"] == "_weir"
    mine = plistlib.loads(launchd_plist(Place(OURS.program, OURS.data, of_the_system=False)))
    assert "UserName" not in mine


def test_a_dry_run_says_every_step_and_changes_nothing(tmp_path: Path):
    done = subprocess.run(
        [*WEIR, "service", "install", "--user", "--dry-run", "--data", str(tmp_path / "data")],
        cwd=ROOT,
        env=environment() | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == [
        f"would write {tmp_path}/.config/systemd/user/weir.service",
        "would systemctl --user daemon-reload",
        "would systemctl --user enable --now weir.service",
        "would loginctl enable-linger",
    ]
    assert list(tmp_path.iterdir()) == []


def test_installing_writes_the_unit_and_uninstalling_removes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    mine = Place(OURS.program, tmp_path / "data", of_the_system=False)
    files = [s for s in installing(mine, "linux") if isinstance(s, Write)]
    carry_out(files, dry=False, show=str)
    unit = tmp_path / ".config/systemd/user/weir.service"
    assert unit.read_text() == systemd_unit(mine)
    carry_out(
        [s for s in uninstalling(mine, "linux") if isinstance(s, Remove)], dry=False, show=str
    )
    assert not unit.exists()


def test_a_service_of_the_system_is_not_made_of_a_program_in_a_home():
    with pytest.raises(StartRefused) as refused:
        installing(Place(Path("/home/ada/weir/current/weir"), OURS.data), "linux")
    assert "/opt" in refused.value.advice


def test_beside_the_package_s_service_there_is_no_second_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(services, "PACKAGED", tmp_path)
    with pytest.raises(StartRefused, match="Debian package"):
        installing(OURS, "linux")


def test_a_step_that_fails_says_which_and_why(tmp_path: Path):
    with pytest.raises(StartRefused, match=r"`sh -c .*` failed: no such luck"):
        Run(("sh", "-c", "echo no such luck >&2; exit 3")).do()
    with pytest.raises(StartRefused, match="can't be run"):
        Run(("/nonexistent/program",)).do()
    Run(("/nonexistent/program",), may_fail=True).do()
    (tmp_path / "file").write_text("")
    with pytest.raises(StartRefused, match="can't be written"):
        Write(tmp_path / "file" / "below", b"").do()


def test_windows_is_told_everything_by_sc_exe():
    said = [str(step) for step in installing(OURS, "win32")]
    (create,) = [line for line in said if line.startswith("sc.exe create Weir")]
    assert "start= delayed-auto" in create
    assert '"NT SERVICE\\Weir"' in create
    assert "/opt/weir/current/weir service run --data /var/lib/weir" in create
    assert any("restart/5000/restart/5000/restart/60000" in line for line in said)
    assert asking(OURS, "win32") == ("sc.exe", "query", "Weir")
    assert "sc.exe delete Weir" in [str(step) for step in uninstalling(OURS, "win32")]


def test_windows_manager_hears_of_every_state_and_stops_the_server():
    told: list[int] = []
    stopped: list[bool] = []

    def serve(started):
        started(lambda: stopped.append(True))
        assert service.control(CONTROL_INTERROGATE) == 0
        assert service.control(200) == CALL_NOT_IMPLEMENTED
        assert service.control(CONTROL_STOP) == 0
        return 1

    service = WindowsService(lambda status: told.append(status.state), serve)
    service.main()
    assert told == [START_PENDING, RUNNING, STOP_PENDING, STOPPED]
    assert stopped == [True]
    assert service.result == 1


def test_status_says_that_there_is_no_service(tmp_path: Path):
    done = subprocess.run(
        [*WEIR, "service", "status", "--user"],
        cwd=ROOT,
        env=environment() | {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout + done.stderr
