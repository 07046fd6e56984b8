"""Files that people send: onto the disk as they come, never whole in memory.

Raw, or as the one file of a multipart form (RFC 7578), which is what phones send. A sender may hold
AT_ONCE bytes in memory; TCP keeps the rest until they are written. At most MOST_AT_ONCE files come
at the same time, of which one municipality gets MOST_OF_TOWN, so that what waits on the disk is bounded
too; the next is told to come again.
"""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote

from quart import Request
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, File, MultipartDecoder, NeedData

from appliance.domain.access import Actor
from appliance.domain.errors import DiskFull, TooMany
from appliance.domain.ids import MunicipalityId, UserId
from appliance.services.assembly import Services
from appliance.services.attachments import Upload
from web.http.bodies import BoundedBody
from web.routes import Route

MOST_AT_ONCE: Final = 8
MOST_OF_ONE: Final = 3
MOST_OF_TOWN: Final = 6
"""Of one municipality: a place is left for the others, however slowly its people send."""
MOST_PARTS: Final = 16
LARGEST_HEAD: Final = 64 * 1024
"""Bytes of a multipart form that are not the file: its other fields and the parts' headers."""
BETWEEN: Final = 512 * 1024


class Incoming:
    """Whose files are coming; there is room for MOST_AT_ONCE, of which one person gets a few."""

    def __init__(self) -> None:
        self._coming: list[tuple[MunicipalityId | None, UserId]] = []

    @contextmanager
    def place(self, actor: Actor) -> Iterator[None]:
        """Take a place; TooMany when there is none."""
        who = actor.municipality, actor.user
        of_town = sum(town == actor.municipality for town, _ in self._coming)
        is_full = len(self._coming) >= MOST_AT_ONCE or of_town >= MOST_OF_TOWN
        if is_full or self._coming.count(who) >= MOST_OF_ONE:
            raise TooMany(what="too many files are being sent just now", retry_after=5)
        self._coming.append(who)
        try:
            yield
        finally:
            self._coming.remove(who)


@dataclass(slots=True)
class _Spool:
    """The file that is being written. Its methods block."""

    file: BinaryIO
    largest: int
    size: int = 0
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def write(self, data: bytes) -> None:
        """Put more at the end; 413 when it is too much."""
        self.size += len(data)
        if self.size > self.largest:
            raise RequestEntityTooLarge(f"The file may have {self.largest:,} bytes at most")
        self.hash.update(data)
        self.file.write(data)


@asynccontextmanager
async def spooled(
    route: Route, request: Request, services: Services, place: AbstractContextManager[None]
) -> AsyncIterator[Upload]:
    """Have the file of a request on the disk while this lasts, if it is taken at all.

    Refused before a byte of it is looked at: while the disk is too full for uploads, or when it says
    itself that it is too large.
    """
    must_have_room(services)
    body = request.body
    if not isinstance(body, BoundedBody):
        raise BadRequest("There is no body")
    with place:
        folder = await asyncio.to_thread(services.files.scratch)
        try:
            yield await _received(route, request, body, folder / "upload", services)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def must_have_room(services: Services) -> None:
    """Raise DiskFull while the disk is too full for uploads, also where one that is large filled it."""
    if services.disk.refuses_uploads:
        raise DiskFull(store="an upload")


async def _received(
    route: Route, request: Request, body: BoundedBody, path: Path, services: Services
) -> Upload:
    largest = route.largest_body
    pieces = body.pieces(largest + LARGEST_HEAD)
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    with await asyncio.to_thread(path.open, "xb") as file:
        spool = _Spool(file, largest)
        if kind == "multipart/form-data":
            name, media_type = await _from_form(
                _while_room(pieces, services), spool, options.get("boundary", "")
            )
        else:
            name, media_type = _said_name(request), kind
            async for piece in _while_room(pieces, services):
                await asyncio.to_thread(spool.write, piece)
        await asyncio.to_thread(file.flush)
    return Upload(path, spool.size, spool.hash.digest(), name, media_type)


async def _while_room(pieces: AsyncIterator[bytes], services: Services) -> AsyncIterator[bytes]:
    async for piece in pieces:
        must_have_room(services)
        yield piece


def _said_name(request: Request) -> str:
    """Give the name in `Content-Disposition` (RFC 6266) or in the query, as `?name=`."""
    _, options = parse_options_header(request.headers.get("Content-Disposition", ""))
    return unquote(options.get("filename", "")) or request.args.get("name", "")


async def _from_form(pieces: AsyncIterator[bytes], spool: _Spool, boundary: str) -> tuple[str, str]:
    if not boundary or len(boundary) > 70 or not boundary.isascii():  # noqa: PLR2004 RFC 2046, 5.1.1
        raise BadRequest("The multipart form has no usable boundary")
    form = _Form(MultipartDecoder(boundary.encode(), BETWEEN, max_parts=MOST_PARTS), spool)
    async for piece in pieces:
        await asyncio.to_thread(form.take, piece)
    return form.ended()


class _Form:
    """A multipart form on its way: its one file goes to the spool, its fields nowhere."""

    def __init__(self, decoder: MultipartDecoder, spool: _Spool) -> None:
        self._decoder = decoder
        self._spool = spool
        self._file: File | None = None
        self._in_file = False
        self._beside = 0

    def take(self, piece: bytes) -> None:
        """Work off what has come. Blocks."""
        for start in range(0, len(piece), LARGEST_HEAD):
            self._feed(piece[start : start + LARGEST_HEAD])

    def ended(self) -> tuple[str, str]:
        """Give the file's name and media type; BadRequest when the form is cut off or has none."""
        self._feed(None)
        if self._file is None:
            raise BadRequest("The multipart form has no file")
        return self._file.filename or "", self._file.headers.get("Content-Type", "")

    def _feed(self, piece: bytes | None) -> None:
        try:
            self._decoder.receive_data(piece)
            for data in self._events():
                self._keep(data)
        except HTTPException:
            raise
        except ValueError as error:
            raise BadRequest(f"The multipart form can't be read: {error}") from None

    def _events(self) -> Iterator[Data]:
        while not isinstance(event := self._decoder.next_event(), NeedData | Epilogue):
            if isinstance(event, Data):
                yield event
            elif isinstance(event, File):
                if self._file is not None:
                    raise BadRequest("One file at a time")
                self._file, self._in_file = event, True
            else:
                self._in_file = False

    def _keep(self, event: Data) -> None:
        if self._in_file:
            self._spool.write(event.data)
            return
        self._beside += len(event.data)
        if self._beside > LARGEST_HEAD:
            raise RequestEntityTooLarge("The form has too much in it beside the file")
