"""The installer for Windows, compiled by NSIS around the folder that the build on Windows makes."""

import subprocess
from pathlib import Path

from scripts.packaging.staging import INSTALLERS, built, epoch, tool


def make_windows(folder: Path, version: str, target: Path, *, quick: bool = False) -> Path:
    """Make `weir-VERSION-windows-setup.exe` in the target folder."""
    target.mkdir(parents=True, exist_ok=True)
    file = target.resolve() / f"weir-{version}-windows-setup.exe"
    defined = {
        "VERSION": version,
        "BUILT": str(built(folder).resolve()),
        "OUTPUT": str(file),
        "COMPRESSION": "zlib" if quick else "lzma",
    }
    subprocess.run(  # noqa: S603
        [
            tool("makensis", "nsis"),
            "-V2",
            "-WX",
            *(f"-D{name}={value}" for name, value in defined.items()),
            str(INSTALLERS / "windows/weir.nsi"),
        ],
        check=True,
        env={"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": str(epoch()), "LC_ALL": "C.UTF-8"},
    )
    return file
