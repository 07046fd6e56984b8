"""What is really inside a build: the bill of materials and the licences, made from what PyInstaller collected."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackagePath, distributions
from pathlib import Path

_LICENCE_FILE = re.compile(r"(?i)(licen[cs]e|copying|notice|authors)[^/]*$")


@dataclass(frozen=True, slots=True)
class Part:
    """Something that others wrote and that is inside, with the terms it comes under."""

    name: str
    version: str
    licence: str
    text: str
    purl: str
    within: str = ""


def _sqlite() -> str:
    import apsw  # noqa: PLC0415 - only where it is inside

    return str(apsw.sqlite_lib_version())


def _multiple_ciphers() -> str:
    import apsw  # noqa: PLC0415

    return str(apsw.mc_version).rpartition(" ")[2]


def _openssl() -> str:
    from cryptography.hazmat.backends.openssl import backend  # noqa: PLC0415

    return backend.openssl_version_text().split()[1]


def _yaml() -> str:
    from yaml import _yaml as binding  # noqa: PLC0415

    return str(binding.get_version_string())


def _not_said() -> str:
    return ""


VENDORED: dict[str, tuple[tuple[str, str, Callable[[], str]], ...]] = {
    "apsw-sqlite3mc": (
        ("sqlite", "blessing", _sqlite),
        ("sqlite3multipleciphers", "MIT", _multiple_ciphers),
    ),
    "argon2-cffi-bindings": (("argon2", "CC0-1.0 OR Apache-2.0", _not_said),),
    "cffi": (("libffi", "MIT", _not_said),),
    "cryptography": (("openssl", "Apache-2.0", _openssl),),
    "numpy": (
        ("openblas", "BSD-3-Clause", _not_said),
        ("libgfortran", "GPL-3.0-or-later WITH GCC-exception-3.1", _not_said),
        ("libquadmath", "LGPL-2.1-or-later", _not_said),
    ),
    "pyyaml": (("libyaml", "MIT", _yaml),),
    "uvloop": (("libuv", "MIT", _not_said),),
}
"""Libraries within wheels, which only the wheel's own licence file or nothing names."""


@cache
def _owners() -> dict[str, Distribution]:
    """Give the package that each installed file belongs to."""
    return {
        str(Path(str(found.locate_file(file))).resolve()): found
        for found in distributions()
        for file in found.files or ()
    }


def packages(files: Iterable[str]) -> list[Distribution]:
    """Give the packages that these files come from, by name, each once."""
    met = {}
    for file in files:
        owner = _owners().get(str(Path(file).resolve())) if file else None
        if owner is not None:
            met[owner.metadata["Name"].lower()] = owner
    return [met[name] for name in sorted(met)]


def parts(files: Iterable[str], described: Iterable[Path], ui: Path | None = None) -> list[Part]:
    """Give everything inside: packages, what their wheels carry, what was compiled here, and the screens' parts.

    `described` are folders with the parts.json of installers/python and installers/spatialite, `ui` is web/ui.
    """
    found = [part for package in packages(files) for part in _of_package(package)]
    found += [part for folder in described for part in _compiled(folder)]
    found += screens(ui) if ui is not None else []
    return sorted(set(found), key=lambda p: (p.name.lower(), p.version, p.within))


def _of_package(package: Distribution) -> Iterator[Part]:
    name, text = package.metadata["Name"], _texts(package)
    yield Part(
        name, package.version, _licence(package), text, f"pkg:pypi/{name.lower()}@{package.version}"
    )
    for library, licence, version in VENDORED.get(name.lower().replace("_", "-"), ()):
        yield Part(library, version(), licence, "", f"pkg:generic/{library}", within=name)


def _licence(package: Distribution) -> str:
    if package.metadata["Name"].lower() == "pyinstaller":
        return "GPL-2.0-or-later WITH Bootloader-exception"
    said = package.metadata.get("License-Expression") or package.metadata.get("License") or ""
    if said and "\n" not in said and len(said) < 100:  # noqa: PLR2004 - some paste the whole text
        return said
    classes = [
        c.rpartition(" :: ")[2]
        for c in package.metadata.get_all("Classifier") or ()
        if c.startswith("License")
    ]
    return ", ".join(classes) or "see its text"


def _texts(package: Distribution) -> str:
    named: list[PackagePath] = [
        f for f in package.files or () if _LICENCE_FILE.search(str(f)) and ".dist-info" in str(f)
    ]
    return "\n\n".join(_read(package, file) for file in sorted(named, key=str))


def _read(package: Distribution, file: PackagePath) -> str:
    return (
        Path(str(package.locate_file(file))).read_text(encoding="utf-8", errors="replace").strip()
    )


def _compiled(folder: Path) -> Iterator[Part]:
    for said in json.loads((folder / "parts.json").read_text("utf-8")):
        text = (folder / said["text"]).read_text("utf-8", errors="replace").strip()
        purl = f"pkg:deb/debian/{said['name']}@{said['version']}?arch=source"
        yield Part(
            said["name"], said["version"], said["licence"], text, purl, ", ".join(said["files"])
        )


def screens(ui: Path) -> list[Part]:
    """Give what the screens were built from, as their lock says; tools that only build them are not inside."""
    packages = json.loads((ui / "package-lock.json").read_text("utf-8"))["packages"]
    return [
        _of_screens(ui, place, said)
        for place, said in packages.items()
        if place and not said.get("dev") and not said.get("optional")
    ]


def _of_screens(ui: Path, place: str, said: dict[str, str]) -> Part:
    name, version = place.rpartition("node_modules/")[2], said["version"]
    texts = sorted(
        f for f in (ui / place).glob("*") if _LICENCE_FILE.fullmatch(f.name) and f.is_file()
    )
    text = "\n\n".join(f.read_text("utf-8", errors="replace").strip() for f in texts)
    purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
    return Part(name, version, said.get("license", ""), text, purl, within="web/static")


def bill_of_materials(version: str, inside: list[Part], moment: str) -> str:
    """Give the bill of materials as CycloneDX 1.6."""
    components = [_component(part) for part in inside]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": _serial(version, inside),
        "version": 1,
        "metadata": {
            "timestamp": moment,
            "component": {
                "type": "application",
                "bom-ref": "weir",
                "name": "weir",
                "version": version,
            },
        },
        "components": components,
        "dependencies": [{"ref": "weir", "dependsOn": [c["bom-ref"] for c in components]}],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _component(part: Part) -> dict[str, object]:
    described: dict[str, object] = {
        "type": "library",
        "bom-ref": part.purl + (f"#{part.within}" if part.within else ""),
        "name": part.name,
        "licenses": [
            {"expression": part.licence}
            if _is_expression(part.licence)
            else {"license": {"name": part.licence}}
        ],
        "purl": part.purl,
    }
    if part.version:
        described["version"] = part.version
    if part.within:
        described["properties"] = [{"name": "weir:within", "value": part.within}]
    return described


def _is_expression(licence: str) -> bool:
    """Say whether it reads as an SPDX expression and not as somebody's own words."""
    words = re.split(r"[\s()]+| (?:AND|OR|WITH) ", licence.strip("() "))
    return all(
        w in {"", "AND", "OR", "WITH"} or re.search(r"\d|^MIT|^ISC$|^Zlib$|^blessing$", w)
        for w in words
    )


def _serial(version: str, inside: list[Part]) -> str:
    """Give the same number to the same contents, as RFC 9562 5.8 allows."""
    digest = hashlib.sha256(repr((version, inside)).encode()).hexdigest()
    return f"urn:uuid:{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


_FOREWORD = """Weir contains the work of many others, under these terms. First the list, then the texts.

SpatiaLite and GEOS may be used under the LGPL 2.1 or newer: they are in the file `mod_spatialite` in the folder
`spatialite`, which you may replace by one of your own; Weir's repository builds it with installers/spatialite/build
from the sources of Debian that installers/native/sources.lock names. PyInstaller's bootloader is under the GPL 2 with
an exception that lets it start programs under any terms.
"""


def licences(inside: list[Part]) -> str:
    """Give the list of what is inside, and every text once."""
    lines = [
        f"{p.name} {p.version}{f' (in {p.within})' if p.within else ''}: {p.licence}"
        for p in inside
    ]
    texts: dict[str, list[str]] = {}
    for part in inside:
        if part.text:
            texts.setdefault(part.text, []).append(part.name)
    blocks = [
        f"{'=' * 78}\n{', '.join(dict.fromkeys(names))}\n{'=' * 78}\n\n{text}"
        for text, names in texts.items()
    ]
    return "\n\n".join([_FOREWORD, "\n".join(lines), *blocks]) + "\n"


def without_terms(inside: list[Part]) -> list[str]:
    """Give what nobody said the terms of: a build that has such parts must not leave the house."""
    return [p.name for p in inside if not p.licence or (not p.text and not p.within)]
