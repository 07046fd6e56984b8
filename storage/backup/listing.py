"""The list of a backup, `backup.json`: written last, so a folder without it is no backup.

The first line is a seal (HMAC-SHA-256 under the folder's key) of the rest. So whoever has the key
can tell a list, and with it every file, that was changed after it was made.
"""

import hashlib
import hmac
import json
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from appliance.domain.backups import Backup, BackupPart, KeyCare
from appliance.domain.errors import FileRefused
from appliance.domain.instant import Instant
from storage.backup.writing import write

NAME: Final = "backup.json"
FORMAT: Final = 1
PREFIX: Final = "weir-"
_LARGEST: Final = 256 << 20


def save(folder: Path, backup: Backup, key: bytes) -> None:
    """Write the list; from then on the folder is a backup."""
    body = json.dumps({"format": FORMAT, **asdict(backup)}, separators=(",", ":")).encode()
    write(folder / NAME, _seal(body, key).encode() + b"\n" + body)


def load(folder: Path) -> Backup:
    """Read the list; FileRefused when the folder is no backup that this program knows."""
    return _parsed(folder, _content(folder)[1])


def is_sealed_with(folder: Path, key: bytes) -> bool:
    """Say whether the list is what was written by who had this key."""
    seal, body = _content(folder)
    return hmac.compare_digest(seal, _seal(body, key).encode())


def all_in(root: Path) -> list[tuple[Path, Backup]]:
    """Give the backups in a folder, or the folder itself where it is one; the oldest first."""
    folders = [root] if (root / NAME).exists() else sorted(root.glob(f"{PREFIX}*"))
    found = [(f, load(f)) for f in folders if (f / NAME).is_file()]
    return sorted(found, key=lambda pair: pair[1].made_at)


def place_of(folder: Path, part: BackupPart) -> Path:
    """Say where a file of the backup is; FileRefused for a path that leads out of it."""
    path = PurePosixPath(part.path)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise _refused(folder, f"it names the file {part.path!r}, which is outside")
    return folder.joinpath(*path.parts)


def _content(folder: Path) -> tuple[bytes, bytes]:
    try:
        with (folder / NAME).open("rb") as file:
            seal, _, body = file.read(_LARGEST).partition(b"\n")
    except OSError as error:
        raise _refused(folder, f"{NAME} can't be read ({error.strerror})") from None
    return seal, body


def _parsed(folder: Path, body: bytes) -> Backup:
    try:
        given: dict[str, Any] = json.loads(body)
        if given.pop("format") > FORMAT:
            raise _refused(folder, "a newer Weir has made it")
        given["made_at"] = Instant(given["made_at"])
        given["keys"] = KeyCare(given["keys"])
        given["parts"] = tuple(BackupPart(**part) for part in given["parts"])
        return Backup(**given)
    except (ValueError, KeyError, TypeError):
        raise _refused(folder, f"its {NAME} is damaged") from None


def _seal(body: bytes, key: bytes) -> str:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"weir backup list").derive(key)
    return hmac.new(derived, body, hashlib.sha256).hexdigest()


def _refused(folder: Path, problem: str) -> FileRefused:
    return FileRefused(
        file=folder,
        problem=problem,
        remedy="name a folder that `weir backup create` has made, or the folder around several",
    )
