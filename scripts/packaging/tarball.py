"""The plain archive: unpacked anywhere, updated by `weir update`, made a service by `weir service install`."""

import gzip
import io
import tarfile
from pathlib import Path

from scripts.packaging.staging import built, epoch, machine, runs

README = """\
Weir {version}

  current/weir                          runs it here; the page is http://127.0.0.1:8000
  sudo current/weir service install     has it run from the start of the computer on, under a user of its own
  current/weir service install --user   the same for you alone
  current/weir --help                   the other commands
"""


def make_tarball(folder: Path, version: str, target: Path, *, quick: bool = False) -> Path:
    """Make `weir-VERSION-linux-ARCH.tar.gz` in the target folder; equal input gives equal bytes."""
    target.mkdir(parents=True, exist_ok=True)
    file = target / f"weir-{version}-linux-{machine()}.tar.gz"
    top = f"weir-{version}"
    with (
        file.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=1 if quick else 6, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        readme = README.format(version=version).encode()
        entry = tarfile.TarInfo(f"{top}/README.txt")
        entry.size = len(readme)
        archive.addfile(_settled(entry), io.BytesIO(readme))
        link = tarfile.TarInfo(f"{top}/current")
        link.type, link.linkname = tarfile.SYMTYPE, f"releases/{version}"
        archive.addfile(_settled(link))
        release = f"{top}/releases/{version}"
        archive.add(built(folder), release, recursive=False, filter=_settled)
        for path in sorted(folder.rglob("*")):
            name = f"{release}/{path.relative_to(folder)}"
            archive.add(path, name, recursive=False, filter=_settled)
    return file


def _settled(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = epoch()
    open_to_all = entry.isdir() or entry.issym() or runs(entry.name, entry.mode)
    entry.mode = 0o755 if open_to_all else 0o644
    return entry
