"""The page of the control room, and the page that shows the API: files, served as they are."""

from pathlib import Path
from typing import Final

from quart import Quart, Response, request
from werkzeug.exceptions import NotFound

from web.shelf import Found, Shelf

REFERENCE: Final = Path(__file__).parent / "reference"
_NOT_PAGES: Final = ("api/", "ws/")
_INDEX: Final = "index.html"
_NAMED_BY_CONTENT: Final = "assets/"
"""Where the build puts files whose names are made from what is in them."""
_FOR_EVER: Final = "public, max-age=31536000, immutable"

PAGES: Final = frozenset({"docs", "docs file", "page", "page file"})
"""What anybody may have: files that came with the program, and nothing else."""


class Pages:
    """Serves a folder at `/`; what is no file there is the page itself, which knows the way."""

    def __init__(self, static: Path) -> None:
        self._static = Shelf(static)
        self._reference = Shelf(REFERENCE)

    def attach(self, app: Quart) -> None:
        """Add the pages to an application; routes of the API come first."""
        app.add_url_rule("/api/docs", "docs", self.reference)
        app.add_url_rule("/api/docs/<path:name>", "docs file", self.reference)
        app.add_url_rule("/", "page", self.page)
        app.add_url_rule("/<path:name>", "page file", self.page)

    async def reference(self, name: str = "docs.html") -> Response:
        """Show the API."""
        return await _answer(await self._reference.find(name))

    async def page(self, name: str = _INDEX) -> Response:
        """Give a file of the page, or the page."""
        if name.startswith(_NOT_PAGES):
            raise NotFound("There is nothing here; /api/docs shows what there is")
        if name.startswith(_NAMED_BY_CONTENT):
            return await _answer(await self._static.find(name, for_ever=True), for_ever=True)
        found = await self._static.find(name)
        if found is None and "." not in name.rpartition("/")[2]:
            found = await self._static.find(_INDEX)
        return await _answer(found)


async def _answer(found: Found | None, *, for_ever: bool = False) -> Response:
    if found is None:
        raise NotFound("There is no such page")
    # A part of a file is a part of its plain form: who resumes a download counts those bytes.
    form = found.for_whom(request.accept_encodings, plain="Range" in request.headers)
    response = Response(form.data, content_type=found.kind)
    response.set_etag(form.etag)
    response.headers["Cache-Control"] = _FOR_EVER if for_ever else "no-cache"
    if found.varies:
        response.vary.add("Accept-Encoding")
    if form.encoding != "identity":
        response.content_encoding = form.encoding
    await response.make_conditional(request, accept_ranges=True, complete_length=len(form.data))
    return response
