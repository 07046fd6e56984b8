"""The page of the control room, and the page that shows the API: files, served as they are."""

from pathlib import Path
from typing import Final

from quart import Quart, Response, send_from_directory
from werkzeug.exceptions import NotFound

REFERENCE: Final = Path(__file__).parent / "reference"
_NOT_PAGES: Final = ("api/", "ws/")
_INDEX: Final = "index.html"


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
        return await _file(REFERENCE, name)

    async def page(self, name: str = _INDEX) -> Response:
        """Give a file of the page, or the page."""
        if name.startswith(_NOT_PAGES):
            raise NotFound("There is nothing here; /api/docs shows what there is")
        try:
            return await _file(self._static, name)
        except NotFound:
            if "." in name.rpartition("/")[2]:
                raise
            return await _file(self._static, _INDEX)


async def _file(folder: Path, name: str) -> Response:
    response = await send_from_directory(folder, name, conditional=True)
    response.headers["Cache-Control"] = "no-cache"
    return response
