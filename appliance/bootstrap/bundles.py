"""`weir doctor --bundle`: one file for who helps, with the state of everything and no secret in it."""

import asyncio
import hashlib
import json
import platform
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Final

from appliance.bootstrap.core import Core
from appliance.config.configuration import Configuration
from appliance.config.options import OPTIONS
from appliance.control.commands.inspection import doctor
from appliance.control.desk import Desk, Order, Outcome
from appliance.domain.errors import WeirError
from appliance.domain.redaction import Redaction
from appliance.machine.disk import SystemVolume
from appliance.machine.folder import DataFolder
from appliance.machine.kept_log import kept_lines
from appliance.ports.operations import SystemTables
from appliance.ports.pages import Page
from appliance.services.monitoring import Monitoring
from storage import inventory
from storage.formats import formats
from web.metrics import text_of

_AT_ONCE: Final = 500
_UPDATES: Final = ("state.json", "log.txt", "output.log")
_LONGEST: Final = 4 << 20
"""Bytes of each text; of a longer one the end is taken."""
_PRIVATE: Final = frozenset({"smtp_username", "smtp_from", "public_url", "update_url"})


class Bundler:
    """Makes the bundle of a Weir that runs, or could."""

    def __init__(self, configuration: Configuration, folder: DataFolder, core: Core) -> None:
        self._configuration = configuration
        self._folder = folder
        self._core = core

    async def write(self, desk: Desk, order: Order) -> Outcome:
        """Write it, and say what is in it."""
        names = await desk.world.operations.read_system(_people)
        key = self._folder.key()
        redaction = Redaction(_of(key), names)
        figures = await Monitoring(self._core.world).figures()
        found = (await doctor(desk, Order("doctor", {}, (), order.output, order.show))).figures
        for rejection in _several(found["rejections"]):
            rejection.pop("excerpt", None)  # what a stranger's device sent may be anything
        texts = {"doctor.json": _json(found), "metrics.txt": text_of(figures)}
        texts["journal.json"] = _json(
            {
                "first": desk.world.journal.first,
                "last": desk.world.journal.last,
                "history": desk.world.history.applied,
            }
        )
        texts |= await asyncio.to_thread(_of_folder, self._folder, self._configuration, key)
        return await asyncio.to_thread(_write, order.output, texts, redaction)


async def bare_bundle(configuration: Configuration, output: Path, problem: WeirError) -> Outcome:
    """Write what can be had of a folder with which Weir does not start, and why it does not."""
    folder = DataFolder(configuration.data)

    def work() -> Outcome:
        try:
            key = folder.key() if folder.path.is_dir() else b""
        except (WeirError, OSError):
            key = b""
        texts = {"problem.txt": f"{problem}\n{problem.advice}\n"}
        texts |= _of_folder(folder, configuration, key)
        return _write(output, texts, Redaction(_of(key)))

    return await asyncio.to_thread(work)


def _of_folder(folder: DataFolder, configuration: Configuration, key: bytes) -> dict[str, str]:
    texts = {"about.json": _json(_about()), "configuration.json": _json(_said(configuration))}
    for name, text in kept_lines(folder.log):
        texts[f"log/{name}"] = text
    for name in _UPDATES:
        file = folder.path / "updates" / name
        if file.is_file():
            texts[f"updates/{name}"] = file.read_text(encoding="utf-8", errors="replace")
    looks: dict[str, Callable[[], object]] = {
        "files.json": lambda: list(inventory.files(folder.path)),
        "tables.json": lambda: {
            file.name: inventory.tables(file, key)
            for file in (folder.operations, folder.sessions)
            if file.exists() and key
        },
        "sealed.json": lambda: inventory.sealed(folder.sealed),
        "disk.json": lambda: _disk(folder),
    }
    for name, look in looks.items():
        try:
            texts[name] = _json(look())
        except (WeirError, OSError) as error:
            texts[name] = _json({"problem": str(error)})
    return texts


def _write(output: Path, texts: Mapping[str, str], redaction: Redaction) -> Outcome:
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in sorted(texts.items()):
            clear = (
                text if name in {"files.json", "sealed.json"} else redaction.text(text[-_LONGEST:])
            )
            bundle.writestr(name, clear)
    return Outcome(
        "it holds " + ", ".join(sorted(texts)),
        {"files": sorted(texts)},
        "no keys, passwords or readings are in it, and people's names are hashes; look into it "
        "before you send it",
    )


def _people(tables: SystemTables) -> list[str]:
    """Give what people are called: user names, full names and addresses."""
    found: list[str] = []
    for mine in (tables.nobody(), *(tables.of(m.id) for m in tables.municipalities())):
        done = 0
        while rows := mine.users.page(Page(_AT_ONCE, done))[0]:
            found += [text for user in rows for text in (user.username, user.full_name, user.email)]
            done += len(rows)
    return found


def _about() -> dict[str, object]:
    return {
        "version": version("weir"),
        "formats": formats(),
        "python": sys.version,
        "frozen": bool(getattr(sys, "frozen", False)),
        "system": platform.platform(),
        "machine": platform.machine(),
        "packages": sorted(f"{one.name} {one.version}" for one in distributions()),
    }


def _said(configuration: Configuration) -> dict[str, object]:
    """Give every option but secrets and what names somebody: of these only whether they are set."""
    hidden = _PRIVATE | {option.key for option in OPTIONS if option.secret}
    return {
        field.name: ("(set)" if value else "(not set)") if field.name in hidden else _plain(value)
        for field in fields(configuration)
        for value in (getattr(configuration, field.name),)
    }


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [_plain(each) for each in value]
    return value if isinstance(value, bool | int | float | None) else str(value)


def _disk(folder: DataFolder) -> dict[str, int]:
    volume = SystemVolume(folder.path)
    usage = volume.usage()
    return {"total": usage.total, "free": usage.free, "ballast": volume.ballast()}


def _several(found: object) -> Iterable[dict[str, object]]:
    return found if isinstance(found, list) else []


def _of(key: bytes) -> bytes:
    return hashlib.sha256(b"weir bundle" + key).digest()


def _json(found: object) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False, default=str)
