"""What all packages share: the version, the moment, and the built folder put where it belongs."""

import os
import platform
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
INSTALLERS = ROOT / "installers"


class Missing(Exception):
    """Something that a package is made of, or with, is not there; says what to do."""


def project_version() -> str:
    """Give the version in pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def epoch() -> int:
    """Give the moment that all files get, which only a change of the sources changes."""
    said = os.environ.get("SOURCE_DATE_EPOCH")  # noqa: TID251  the custom of all builds
    if said:
        return int(said)
    done = subprocess.run(  # noqa: S603
        ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip() else 1_767_225_600


def machine() -> str:
    """Give the processor as in the names of files: x86_64 or arm64."""
    return {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())


def built(folder: Path) -> Path:
    """Give the built folder; Missing says how it's made."""
    if not (folder / "weir").is_file() and not (folder / "weir.exe").is_file():
        raise Missing(f"{folder} holds no built Weir; make it with: scripts/build")
    return folder


def tool(name: str, package: str) -> str:
    """Give the path of a program; Missing says how it's installed."""
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is missing; install it with: sudo apt-get install {package}")
    return found


def copy(source: Path, target: Path) -> None:
    """Copy a folder with the rights that installed files have, whatever the umask was."""
    shutil.copytree(source, target, symlinks=True)
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or runs(path.name, path.stat().st_mode) else 0o644)


def runs(name: str, mode: int) -> bool:
    """Say whether an installed file is a program; a library is loaded and isn't started (Debian's policy 8.1)."""
    return bool(mode & 0o100) and not re.search(r"\.so(\.|$)", name)


def put(text: str, target: Path, mode: int = 0o644) -> None:
    """Write a file with these rights."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="\n")
    target.chmod(mode)


def settle(folder: Path) -> None:
    """Give everything in a folder the same moment, and folders the same rights."""
    moment = epoch()
    for path in [*sorted(folder.rglob("*")), folder]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
        os.utime(path, (moment, moment), follow_symlinks=False)


def oldest_glibc(folder: Path) -> str:
    """Give the glibc that the programs in a folder need at least, from the symbols they name."""
    newest = (2, 17)
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            content = file.read_bytes()
            if content.startswith(b"\x7fELF"):
                for found in re.findall(rb"GLIBC_(\d+)\.(\d+)", content):
                    newest = max(newest, (int(found[0]), int(found[1])))
    return f"{newest[0]}.{newest[1]}"
