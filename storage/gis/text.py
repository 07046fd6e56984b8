"""Text of files whose encoding nobody wrote down."""

import codecs
from pathlib import Path
from typing import Final

from appliance.domain.errors import FileRefused

LARGEST: Final = 1 << 30
"""Bytes; a network of a million pipes is a fifth of it."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_bytes(path: Path) -> bytes:
    """Give a whole file of at most 1 GiB; raises FileRefused with what stands in the way."""
    try:
        if path.stat().st_size > LARGEST:
            raise FileRefused(
                file=path.name,
                problem="it is larger than 1 GiB",
                remedy="split it into parts; importing merges them",
            )
        return path.read_bytes()
    except OSError as error:
        raise FileRefused(
            file=path.name, problem=error.strerror or str(error), remedy="check the path"
        ) from error


def decode(data: bytes) -> str:
    """Give the text: by its byte order mark, else as UTF-8, else as Windows-1252. Never fails."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
