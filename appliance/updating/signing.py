"""Making packages: for who releases Weir, and for utilities that sign their own. See scripts/sign-update."""

import hashlib
import json
import stat
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.updating.looking import ABOUT as ABOUT_LATEST
from appliance.updating.package import ABOUT, FILES, LIST, SIGNATURE
from appliance.updating.release import Release, ReleaseFile, written

_THEN = (1980, 1, 1, 0, 0, 0)
"""The time of every entry: the same release gives the same package."""


def files_of(source: Path) -> Iterator[ReleaseFile]:
    """List a built folder, or one built file."""
    if source.is_file():
        yield ReleaseFile("weir", source.stat().st_size, _sha256(source), executable=True)
        return
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source).as_posix()
        if path.is_symlink():
            yield ReleaseFile(name, link=str(path.readlink()))
        elif path.is_file():
            found = path.stat()
            executable = bool(found.st_mode & stat.S_IXUSR)
            yield ReleaseFile(name, found.st_size, _sha256(path), executable=executable)


def pack(
    source: Path, release: Release, key: Ed25519PrivateKey, to: Path, *, quick: bool = False
) -> None:
    """Write the signed package of what was built; `quick` ones are larger."""
    content, way = written(release), zipfile.ZIP_STORED if quick else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(to, "w") as archive:
        _add(archive, LIST, content, way)
        _add(archive, SIGNATURE, key.sign(ABOUT + b"\n" + content), way)
        for file in release.files:
            if not file.link:
                place = source if source.is_file() else source / file.path
                _add(archive, FILES + file.path, place.read_bytes(), way)


def latest(release: Release, package: str, key: Ed25519PrivateKey) -> bytes:
    """Write what is put at --update-url: which version there is, signed."""
    said: Mapping[str, str] = {
        "version": release.version,
        "platform": release.platform,
        "package": package,
    }
    content = json.dumps(said, separators=(",", ":"))
    signature = key.sign(ABOUT_LATEST + b"\n" + content.encode())
    return json.dumps({"latest": content, "signature": b64encode(signature).decode()}).encode()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, way: int) -> None:
    entry = zipfile.ZipInfo(name, _THEN)
    entry.compress_type = way
    archive.writestr(entry, content)


def _sha256(file: Path) -> str:
    with file.open("rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest()
