"""A package: a ZIP file with `release.json`, its signature `release.sig`, and `files/…`.

Nothing of it is believed before the signature is: then the list says which files there are, how
long they are and what their hashes are, and only those are unpacked. The format of ZIP gives no
name, size or mode.
"""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from appliance.domain.errors import FileRefused
from appliance.domain.work import Progress, ShowProgress
from appliance.updating.release import Release, ReleaseFile, parsed
from appliance.updating.trust import Trust

LIST: Final = "release.json"
SIGNATURE: Final = "release.sig"
FILES: Final = "files/"
ABOUT: Final = b"weir release"
ENDING: Final = ".weir-update"
_LONGEST_LIST: Final = 8 << 20
_SIGNATURE: Final = 64
_PIECE: Final = 1 << 20


def read(package: Path, trust: Trust) -> Release:
    """Give what a package brings; FileRefused when nobody who is trusted has signed it."""
    with _opened(package) as archive:
        content = _whole(package, archive, LIST, _LONGEST_LIST)
        signature = _whole(package, archive, SIGNATURE, _SIGNATURE)
    if not trust.has_signed(ABOUT, content, signature):
        raise FileRefused(
            file=package,
            problem="nobody whom this Weir trusts has signed it",
            remedy="get it from where you have Weir from; if it is signed with your own key, name "
            "that with --update-key",
        )
    return parsed(str(package), content)


def unpack(package: Path, release: Release, to: Path, show: ShowProgress) -> None:
    """Write the release into a new folder, synced; FileRefused for a file that is not as listed.

    Then, or when the disk fails (OSError), nothing is left of the folder.
    """
    try:
        to.mkdir(mode=0o755, parents=True)
        with _opened(package) as archive:
            done = 0
            for file in release.files:
                _write(package, archive, file, to)
                done += file.size
                show(Progress("unpacked MiB", done >> 20, release.size >> 20))
    except BaseException:
        shutil.rmtree(to, ignore_errors=True)
        raise


def _write(package: Path, archive: zipfile.ZipFile, file: ReleaseFile, to: Path) -> None:
    target = to / file.path
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if file.link:
        target.symlink_to(file.link)
        return
    mode = 0o755 if file.executable else 0o644
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as writing:
        if not _is_copied(archive, file, writing):
            raise _broken(package, f"{file.path} is not what was signed")
        writing.flush()
        os.fsync(descriptor)
    target.chmod(mode)  # whatever the umask


def _is_copied(archive: zipfile.ZipFile, file: ReleaseFile, writing: BinaryIO) -> bool:
    digest, left = hashlib.sha256(), file.size
    try:
        with archive.open(FILES + file.path) as reading:
            while piece := reading.read(min(_PIECE, left + 1)):
                left -= len(piece)
                if left < 0:
                    return False  # however much it would grow to
                digest.update(piece)
                writing.write(piece)
    except KeyError:
        return False
    return left == 0 and digest.hexdigest() == file.sha256


def _whole(package: Path, archive: zipfile.ZipFile, name: str, longest: int) -> bytes:
    try:
        with archive.open(name) as file:
            content = file.read(longest + 1)
    except KeyError:
        raise _broken(package, "it is no package of Weir") from None
    if len(content) > longest:
        raise _broken(package, f"its {name} is too long")
    return content


@contextmanager
def _opened(package: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(package) as archive:
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError) as error:
        raise _broken(package, f"it is cut off or damaged ({error})") from None
    except FileNotFoundError as error:
        if error.filename != str(package):
            raise
        raise _broken(package, "there is no such file") from None


def _broken(package: Path, problem: str) -> FileRefused:
    return FileRefused(file=package, problem=problem, remedy="get it anew; nothing was changed")
