"""What it takes to make Weir a service of this computer, and to undo that: lists of steps."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Final

from appliance.domain.errors import StartRefused
from appliance.machine.service_files import LABEL, Place, launchd_plist, systemd_unit
from appliance.machine.steps import Remove, Run, Step, Write

PACKAGED: Final = Path("/lib/systemd/system/weir.service")
_UNIT: Final = Path("/etc/systemd/system/weir.service")
_OPTIONS: Final = b"# Options, as `weir serve --help` lists them. Restart Weir after a change.\n"
_HOMES: Final = ("home", "root")
WINDOWS_NAME: Final = "Weir"


def program() -> Path:
    """Give the program that a service starts: the one of `current`, where updates exchange that."""
    if not getattr(sys, "frozen", False):
        return Path(sys.executable).with_name("weir")
    found = Path(sys.executable).resolve()
    for above in found.parents:
        link = above.parent / "current"
        if above.name == "releases" and link.is_symlink():
            return link / found.name
    return found


def place(*, of_the_system: bool, data: Path, platform: str = sys.platform) -> Place:
    """Give where a service has its things; `data` is the person's folder for a service of theirs."""
    if not of_the_system:
        return Place(program(), data, of_the_system=False)
    match platform:
        case "win32":
            home = Path(os.path.expandvars("%ProgramData%")) / "Weir"
            return Place(program(), home / "data", home / "weir.toml")
        case "darwin":
            home = Path("/Library/Application Support/Weir")
            return Place(program(), home / "data", home / "weir.toml")
        case _:
            return Place(program(), Path("/var/lib/weir"), Path("/etc/weir/weir.toml"))


def installing(at: Place, platform: str = sys.platform) -> Sequence[Step]:
    """Give the steps after which Weir runs, and does again after each start of the computer."""
    match platform:
        case "linux":
            return _systemd(at)
        case "darwin":
            return _launchd(at)
        case "win32":
            return _windows(at)
        case _:
            raise StartRefused(problem=f"services of {platform} are unknown to Weir", remedy="")


def uninstalling(at: Place, platform: str = sys.platform) -> Sequence[Step]:
    """Give the steps after which no service is left. The data stays."""
    match platform:
        case "win32":
            return (
                Run(("sc.exe", "stop", WINDOWS_NAME), may_fail=True),
                Run(("sc.exe", "delete", WINDOWS_NAME)),
            )
        case "darwin":
            domain, file = _launchd_place(at)
            return (Run(("launchctl", "bootout", f"{domain}/{LABEL}"), may_fail=True), Remove(file))
        case _:
            _not_packaged()
            systemctl = _systemctl(at)
            return (
                Run((*systemctl, "disable", "--now", "weir.service"), may_fail=True),
                Remove(_unit_file(at)),
                Run((*systemctl, "daemon-reload")),
            )


def asking(at: Place, platform: str = sys.platform) -> Sequence[str]:
    """Give the command that says how the service is."""
    match platform:
        case "win32":
            return ("sc.exe", "query", WINDOWS_NAME)
        case "darwin":
            return ("launchctl", "print", f"{_launchd_place(at)[0]}/{LABEL}")
        case _:
            return (*_systemctl(at), "status", "--no-pager", "--lines=0", "weir.service")


def _systemd(at: Place) -> Sequence[Step]:
    _not_packaged()
    unit = Write(_unit_file(at), systemd_unit(at).encode())
    start = (
        Run((*_systemctl(at), "daemon-reload")),
        Run((*_systemctl(at), "enable", "--now", "weir.service")),
    )
    if not at.of_the_system:
        # Else it would stop when the person leaves.
        return (unit, *start, Run(("loginctl", "enable-linger"), may_fail=True))
    if at.program.parts[1:2] and at.program.parts[1] in _HOMES:
        raise StartRefused(
            problem=f"{at.program} lies in somebody's home, which a service of the system can't see",
            remedy="move the whole folder to /opt, or say --user",
        )
    options = at.configuration
    first = () if options is None or options.exists() else _options(options)
    # Fails where there is one already: then nothing is left to do.
    user = Run(
        (
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            str(at.data),
            "--shell",
            "/usr/sbin/nologin",
            "weir",
        ),
        may_fail=True,
    )
    return (user, *first, unit, *start)


def _options(file: Path) -> Sequence[Step]:
    """Give the file that nobody but the service may read: a password of the mail server may stand in it."""
    return (
        Write(file, _OPTIONS),
        Run(("chown", "root:weir", str(file))),
        Run(("chmod", "0640", str(file))),
    )


def _not_packaged() -> None:
    if PACKAGED.exists():
        raise StartRefused(
            problem="the Debian package has installed a service already",
            remedy="use that one (systemctl status weir), or remove the package first",
        )


def _unit_file(at: Place) -> Path:
    return _UNIT if at.of_the_system else Path("~/.config/systemd/user/weir.service").expanduser()


def _systemctl(at: Place) -> tuple[str, ...]:
    return ("systemctl",) if at.of_the_system else ("systemctl", "--user")


def _launchd_place(at: Place) -> tuple[str, Path]:
    if at.of_the_system:
        return "system", Path("/Library/LaunchDaemons") / f"{LABEL}.plist"
    user = os.getuid() if sys.platform != "win32" else 0
    return f"gui/{user}", Path(f"~/Library/LaunchAgents/{LABEL}.plist").expanduser()


def _launchd(at: Place) -> Sequence[Step]:
    domain, file = _launchd_place(at)
    # launchd opens the log before Weir makes its folder.
    folder = Run(("mkdir", "-p", str(at.data)))
    owner = (Run(("chown", "_weir:_weir", str(at.data))),) if at.of_the_system else ()
    return (
        folder,
        *owner,
        Write(file, launchd_plist(at)),
        Run(("launchctl", "bootout", f"{domain}/{LABEL}"), may_fail=True),
        Run(("launchctl", "bootstrap", domain, str(file))),
    )


def _windows(at: Place) -> Sequence[Step]:
    """Give sc.exe's commands; the program answers its service manager itself: windows_service.py."""
    if not at.of_the_system:
        raise StartRefused(
            problem="Windows has no services of a person",
            remedy="leave --user out, as administrator",
        )
    words = (str(at.program), "service", "run", "--data", str(at.data))
    options = at.configuration
    told = () if options is None else ("--config", str(options))
    line = " ".join(f'"{w}"' if " " in w else w for w in (*words, *told))
    account = f"NT SERVICE\\{WINDOWS_NAME}"
    folder = str(PurePath(at.data).parent)
    first = () if options is None or options.exists() else (Write(options, _OPTIONS),)
    return (
        *first,
        Run(
            (
                "sc.exe",
                "create",
                WINDOWS_NAME,
                "binPath=",
                line,
                "start=",
                "delayed-auto",
                "obj=",
                account,
                "DisplayName=",
                "Weir",
            ),
        ),
        Run(
            (
                "sc.exe",
                "failure",
                WINDOWS_NAME,
                "reset=",
                "86400",
                "actions=",
                "restart/5000/restart/5000/restart/60000",
            ),
        ),
        # Also after an exit with an error, not only after a crash.
        Run(("sc.exe", "failureflag", WINDOWS_NAME, "1")),
        Run(
            (
                "icacls",
                folder,
                "/inheritance:r",
                "/grant",
                f"{account}:(OI)(CI)F",
                "*S-1-5-18:(OI)(CI)F",
                "*S-1-5-32-544:(OI)(CI)F",
            )
        ),
        Run(("sc.exe", "start", WINDOWS_NAME)),
    )
