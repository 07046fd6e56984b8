"""Files that came with the program, read once and kept in memory, as small as the asker can take them."""

import asyncio
import gzip
import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from werkzeug.datastructures import Accept
from werkzeug.security import safe_join

LARGEST: Final = 16 * 1024 * 1024
"""A file that is bigger is not given; nothing that comes with the program is."""
KEPT: Final = 32 * 1024 * 1024
"""Bytes that are kept; when it is full, what was asked for longest ago is read from disk again."""

BROTLI: Final = ".br"
"""Ends the name of what the build compressed; that file is beside the plain one."""
_WORTH_IT: Final = 1024
_GZIP_LEVEL: Final = 9
_UNKNOWN: Final = "application/octet-stream"

KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".wasm": "application/wasm",
    ".pbf": "application/x-protobuf",
    ".txt": "text/plain; charset=utf-8",
}
"""Our own table: what the operating system believes differs from machine to machine."""
_COMPRESSIBLE: Final = frozenset(
    {".html", ".js", ".mjs", ".css", ".json", ".webmanifest", ".svg", ".wasm", ".txt"}
)


@dataclass(frozen=True, slots=True)
class Form:
    """One representation of a file (RFC 9110, 8.4.1), with a tag of its own (8.8.3.3)."""

    data: bytes
    encoding: str
    etag: str


@dataclass(frozen=True, slots=True)
class Found:
    """A file in every form that there is of it; the plain one always is."""

    kind: str
    forms: Mapping[str, Form]
    stamp: tuple[int, int, int]
    """What the disk said of it: a file that was replaced has another."""

    @property
    def varies(self) -> bool:
        """Whether who asks is given one or another form."""
        return len(self.forms) > 1

    @property
    def size(self) -> int:
        """How many bytes all of its forms have."""
        return sum(len(form.data) for form in self.forms.values())

    def for_whom(self, accepts: Accept, *, plain: bool = False) -> Form:
        """Give the smallest form that is accepted (RFC 9110, 12.5.3)."""
        if plain:
            return self.forms["identity"]
        wanted = [form for name, form in self.forms.items() if accepts.quality(name) > 0]
        return min(wanted or [self.forms["identity"]], key=lambda form: len(form.data))


class Shelf:
    """Gives the files of one folder; it is asked in the event loop and reads in threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[str, Found] = OrderedDict()

    async def find(self, name: str, *, for_ever: bool = False) -> Found | None:
        """Give a file inside the folder; nothing outside of it, and nothing hidden, can be named.

        One that is the same `for_ever` is not even looked at again, for its name tells its content.
        """
        known = self._kept.get(name)
        if known is None or not for_ever:
            known = await asyncio.to_thread(_read, self._folder, name, known)
            self._keep(name, known)
        if known is not None:
            self._kept.move_to_end(name)
        return known

    def _keep(self, name: str, found: Found | None) -> None:
        self._kept.pop(name, None)
        if found is None:
            return
        self._kept[name] = found
        while sum(each.size for each in self._kept.values()) > KEPT and len(self._kept) > 1:
            self._kept.popitem(last=False)


def _read(folder: Path, name: str, known: Found | None) -> Found | None:
    path = _inside(folder, name)
    if path is None:
        return None
    state = path.stat()
    stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
    if known is not None and known.stamp == stamp:
        return known
    if state.st_size > LARGEST:
        return None
    ending = path.suffix.lower()
    return Found(KINDS.get(ending, _UNKNOWN), _forms(path, ending), stamp)


def _inside(folder: Path, name: str) -> Path | None:
    """Give the file of this name; none where it is hidden or another form of a file."""
    place = safe_join(os.fspath(folder), name)
    if place is None or name.endswith(BROTLI) or any(p.startswith(".") for p in name.split("/")):
        return None
    path = Path(place).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return None
    return path


def _forms(path: Path, ending: str) -> dict[str, Form]:
    data = path.read_bytes()
    forms = {"identity": data}
    if ending in _COMPRESSIBLE and len(data) >= _WORTH_IT:
        # Over plain HTTP browsers take no brotli, and a control room's LAN often has no TLS.
        forms["gzip"] = gzip.compress(data, _GZIP_LEVEL, mtime=0)
        brotli = path.with_name(path.name + BROTLI)
        if brotli.is_file():
            forms["br"] = brotli.read_bytes()
    return {name: Form(content, name, _tag(content)) for name, content in forms.items()}


def _tag(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()
