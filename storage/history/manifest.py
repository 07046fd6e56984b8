"""The list of what is sealed: one file and its copy, each written whole, synced, and then renamed.

The first line is the SHA-256 of the rest. A list that does not fit its hash is not believed; then
the copy is. Where both are damaged, nobody knows what is sealed, and history does not start over
as if nothing were.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.instant import Instant
from storage.durable import write_whole
from storage.history.sealed import Catalogue, Kind, Sealed, SealedFile

NAME: Final = "manifest.json"
COPY: Final = "manifest.copy.json"


class _Damaged(Exception):
    """The bytes are not what was written."""


def save(folder: Path, catalogue: Catalogue) -> None:
    """Have the list on disk, twice; the first rename is the moment from which it holds."""
    body = json.dumps(asdict(catalogue), separators=(",", ":")).encode()
    content = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    for name in (NAME, COPY):
        write_whole(folder / name, content)


def load(folder: Path) -> Catalogue:
    """Give the newest list that is whole; where there has never been any, an empty one is made.

    Raises StorageFailed when there are lists and all of them are damaged.
    """
    found: list[Catalogue] = []
    problems: list[str] = []
    for name in (NAME, COPY):
        try:
            found.append(_parsed((folder / name).read_bytes()))
        except FileNotFoundError:
            continue
        except (_Damaged, OSError) as error:
            problems.append(f"{name}: {error}")
    if found:
        return max(found, key=lambda catalogue: catalogue.edition)
    if problems or any(folder.glob("*.parquet")):
        raise StorageFailed(
            store="the list of sealed history",
            problem="; ".join(problems)
            or f"{NAME} and {COPY} are gone, and there are sealed files",
        )
    save(folder, Catalogue())  # before the first file, so that files without a list mean a loss
    return Catalogue()


def mend(folder: Path) -> list[str]:
    """Write a damaged list anew from the other one; name it."""
    newest = load(folder)
    damaged = []
    for name in (NAME, COPY):
        try:
            _parsed((folder / name).read_bytes())
        except FileNotFoundError:
            continue
        except _Damaged:
            damaged.append(name)
    if damaged:
        save(folder, newest)
    return damaged


def _parsed(content: bytes) -> Catalogue:
    digest, _, body = content.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise _Damaged("it does not fit its hash")
    given = json.loads(body)
    entries = tuple(_sealed(one) for one in given.pop("entries"))
    given["resume"], given["resume_at"] = Sequence(given["resume"]), Instant(given["resume_at"])
    return Catalogue(**given, entries=entries)


def _sealed(given: dict[str, Any]) -> Sealed:
    return Sealed(
        MunicipalityId(given["municipality"]),
        Instant(given["since"]),
        Instant(given["until"]),
        given["epoch"],
        Sequence(given["through"]),
        _files(given["files"]),
        Instant(given["cut"]),
        _files(given["damaged"]),
    )


def _files(given: list[dict[str, Any]]) -> tuple[SealedFile, ...]:
    return tuple(SealedFile(**{**file, "kind": Kind(file["kind"])}) for file in given)
