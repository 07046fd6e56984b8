"""What others wrote that is in this program, and the terms of each."""

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

from appliance.ports.software import SoftwarePart

_PROGRAM: Final = "weir"
_BILL: Final = "weir.cdx.json"
_TERMS: Final = "THIRD-PARTY-LICENCES.txt"
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_LICENCE_FILE: Final = re.compile(r"(?i)(licen[cs]e|copying|notice|authors)[^/]*$")
_LONGEST: Final = 100
"""Characters of a licence's name; some paste the whole text instead."""


class InstalledSoftware:
    """Implements Software."""

    def parts(self) -> tuple[SoftwarePart, ...]:
        return _parts()

    def licences(self) -> str:
        return _texts()


@cache
def _parts() -> tuple[SoftwarePart, ...]:
    bill = Path(sys.prefix) / _BILL
    found = _of_build(bill) if bill.is_file() else map(_installed, _needed())
    return tuple(sorted(set(found), key=lambda part: part.name.lower()))


@cache
def _texts() -> str:
    file = Path(sys.prefix) / _TERMS
    if file.is_file():
        return file.read_text(encoding="utf-8")
    return "\n\n".join(_said(package) for package in _needed())


def _of_build(bill: Path) -> Iterator[SoftwarePart]:
    components: list[dict[str, Any]] = json.loads(bill.read_bytes())["components"]
    for one in components:
        if not str(one.get("purl", "")).startswith("pkg:npm/"):  # the screens name their own
            yield SoftwarePart(one["name"], str(one.get("version", "")), _licences(one))


def _licences(component: dict[str, Any]) -> str:
    said = component.get("licenses") or []
    inner = (one.get("license") or {} for one in said)
    names = (one.get("expression") for one in said)
    named = [n or i.get("id") or i.get("name") or "" for n, i in zip(names, inner, strict=True)]
    return ", ".join(filter(None, named))


def _needed() -> list[Distribution]:
    """Give what the program requires here, and what that requires, by name."""
    met: dict[str, Distribution] = {}
    waiting = [_PROGRAM]
    while waiting:
        name = waiting.pop()
        key = name.lower().replace("_", "-")
        if key in met:
            continue
        try:
            met[key] = distribution(name)
        except PackageNotFoundError:
            continue  # not on this platform
        waiting += _requirements(met[key])
    met.pop(_PROGRAM, None)
    return [met[key] for key in sorted(met)]


def _requirements(package: Distribution) -> Iterator[str]:
    for line in package.requires or ():
        named = _NAME.match(line)
        if named is not None and "extra ==" not in line:
            yield named.group()


def _installed(package: Distribution) -> SoftwarePart:
    said = _first(package, "License-Expression") or _first(package, "License")
    if "\n" in said or len(said) > _LONGEST or not said:
        classes = package.metadata.get_all("Classifier") or []
        terms = [c.rpartition("::")[2].strip() for c in classes if c.startswith("License ::")]
        said = ", ".join(terms)
    return SoftwarePart(package.metadata["Name"], package.version, said)


def _said(package: Distribution) -> str:
    part = _installed(package)
    head = f"{part.name} {part.version} – {part.licence or 'see below'}\n{'=' * 72}\n"
    files = [f for f in package.files or () if _LICENCE_FILE.search(f.as_posix())]
    paths = [Path(str(package.locate_file(file))) for file in files]
    texts = [p.read_text("utf-8", "replace") for p in paths if p.suffix != ".py" and p.is_file()]
    return head + "\n\n".join(texts)


def _first(package: Distribution, name: str) -> str:
    return str((package.metadata.get_all(name) or [""])[0])
