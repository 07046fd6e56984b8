"""The page of the control room, and the page that shows the API: files, served as they are."""

import asyncio
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from quart import Quart, Response, request
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

REFERENCE: Final = Path(__file__).parent / "reference"
LARGEST: Final = 16 * 1024 * 1024
_NOT_PAGES: Final = ("api/", "ws/")
_INDEX: Final = "index.html"
_UNKNOWN: Final = "application/octet-stream"

PAGES: Final = frozenset({"docs", "docs file", "page", "page file"})
"""What anybody may have: files that came with the program, and nothing else."""

KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
}
"""Our own table: what the operating system believes differs from machine to machine."""


@dataclass(frozen=True, slots=True)
class _Found:
    data: bytes
    kind: str
    etag: str


class Pages:
    """Serves a folder at `/`; what is no file there is the page itself, which knows the way."""

    def __init__(self, static: Path) -> None:
        self._static = static

    def attach(self, app: Quart) -> None:
        """Add the pages to an application; routes of the API come first."""
        app.add_url_rule("/api/docs", "docs", self.reference)
        app.add_url_rule("/api/docs/<path:name>", "docs file", self.reference)
        app.add_url_rule("/", "page", self.page)
        app.add_url_rule("/<path:name>", "page file", self.page)

    async def reference(self, name: str = "docs.html") -> Response:
        """Show the API."""
        return await _answer(await asyncio.to_thread(_find, REFERENCE, name))

    async def page(self, name: str = _INDEX) -> Response:
        """Give a file of the page, or the page."""
        if name.startswith(_NOT_PAGES):
            raise NotFound("There is nothing here; /api/docs shows what there is")
        found = await asyncio.to_thread(_find, self._static, name)
        if found is None and "." not in name.rpartition("/")[2]:
            found = await asyncio.to_thread(_find, self._static, _INDEX)
        return await _answer(found)


def _find(folder: Path, name: str) -> _Found | None:
    """Read a file inside the folder; nothing outside of it can be named."""
    place = safe_join(str(folder), name)
    if place is None:
        return None
    path = Path(place).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return None
    if path.stat().st_size > LARGEST:
        return None
    data = path.read_bytes()
    etag = blake2b(data, digest_size=16).hexdigest()
    return _Found(data, KINDS.get(path.suffix.lower(), _UNKNOWN), etag)


async def _answer(found: _Found | None) -> Response:
    if found is None:
        raise NotFound("There is no such page")
    response = Response(found.data, content_type=found.kind)
    response.set_etag(found.etag)
    response.headers["Cache-Control"] = "no-cache"
    await response.make_conditional(request, accept_ranges=True, complete_length=len(found.data))
    return response
