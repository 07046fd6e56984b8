"""The Debian package: the built folder in /usr/lib/weir, the unit, the options in /etc/weir."""

import gzip
import hashlib
import subprocess
import tempfile
from email.utils import formatdate
from pathlib import Path

from appliance.machine.service_files import Place, systemd_unit
from scripts.packaging.staging import (
    INSTALLERS,
    ROOT,
    built,
    copy,
    epoch,
    machine,
    oldest_glibc,
    put,
    settle,
    tool,
)

PROGRAM = Path("/usr/lib/weir/weir")
DATA = Path("/var/lib/weir")
OPTIONS = Path("/etc/weir/weir.toml")
_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
MAINTAINER = "Weir <weir@localhost>"
_SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def make_deb(folder: Path, version: str, target: Path, *, quick: bool = False) -> Path:
    """Make `weir_VERSION_ARCH.deb` in the target folder; equal input gives equal bytes."""
    architecture = _ARCHITECTURES[machine()]
    file = target / f"weir_{version}_{architecture}.deb"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "weir"
        root.mkdir()
        _lay_out(built(folder), root)
        _documents(folder, root, version)
        _control(root, version, architecture)
        settle(root)
        compression = ["-Znone"] if quick else ["-Zxz", "-z6"]
        subprocess.run(  # noqa: S603
            [tool("dpkg-deb", "dpkg"), "--root-owner-group", *compression, "--build", root, file],
            check=True,
            stdout=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": str(epoch())},
        )
    return file


def _lay_out(folder: Path, root: Path) -> None:
    copy(folder, root / "usr/lib/weir")
    debian = INSTALLERS / "debian"
    put((debian / "weir").read_text(), root / "usr/bin/weir", 0o755)
    put((debian / "weir.toml").read_text(), root / "etc/weir/weir.toml")
    unit = systemd_unit(Place(PROGRAM, DATA, OPTIONS))
    put(unit, root / "lib/systemd/system/weir.service")


def _documents(folder: Path, root: Path, version: str) -> None:
    """Put what Debian's policy (12.5, 12.7, 12.1) wants to find beside a program."""
    debian, documents = INSTALLERS / "debian", root / "usr/share/doc/weir"
    for page in sorted((ROOT / "appliance/docs/how-to").glob("*.md")):
        put(page.read_text(encoding="utf-8"), documents / "how-to" / page.name)
    put((debian / "copyright").read_text(), documents / "copyright")
    licences = folder.parent / "THIRD-PARTY-LICENCES.txt"
    if licences.exists():
        _packed(licences.read_bytes(), documents / "THIRD-PARTY-LICENCES.txt.gz")
    _packed(_changes(version).encode(), documents / "changelog.gz")
    _packed((debian / "weir.1").read_bytes(), root / "usr/share/man/man1/weir.1.gz")
    put((debian / "lintian-overrides").read_text(), root / "usr/share/lintian/overrides/weir")


def _changes(version: str) -> str:
    return f"""\
weir ({version}) unstable; urgency=medium

  * Version {version}.

 -- {MAINTAINER}  {formatdate(epoch())}
"""


def _packed(content: bytes, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(content, 9, mtime=0))
    target.chmod(0o644)


def _control(root: Path, version: str, architecture: str) -> None:
    installed = sum(f.lstat().st_size for f in root.rglob("*") if not f.is_dir()) // 1024
    needs = (
        f"libc6 (>= {oldest_glibc(root)})",
        "libstdc++6",
        "libgcc-s1",
        "zlib1g",
        "adduser",
        "debconf (>= 0.5) | debconf-2.0",
    )
    control = f"""\
Package: weir
Version: {version}
Architecture: {architecture}
Maintainer: {MAINTAINER}
Installed-Size: {installed}
Depends: {", ".join(needs)}
Recommends: systemd
Section: misc
Priority: optional
Description: all-in-one server of a water utility
 Takes readings from devices in the field, keeps them, notices what is wrong,
 tells a person, and shows the network on a map. Needs no internet.
"""
    put(control, root / "DEBIAN/control")
    put(f"{OPTIONS}\n", root / "DEBIAN/conffiles")
    put(_sums(root), root / "DEBIAN/md5sums")
    put((INSTALLERS / "debian/templates").read_text(), root / "DEBIAN/templates")
    for name in _SCRIPTS:
        script = (INSTALLERS / "debian" / name).read_text().replace("@VERSION@", version)
        put(script, root / "DEBIAN" / name, 0o755)


def _sums(root: Path) -> str:
    """Give what `dpkg --verify weir` compares the installed files with."""
    found = ""
    for file in sorted(root.rglob("*")):
        name = file.relative_to(root)
        if file.is_file() and not file.is_symlink() and name.parts[0] not in {"DEBIAN", "etc"}:
            with file.open("rb") as content:
                found += f"{hashlib.file_digest(content, 'md5').hexdigest()}  {name}\n"
    return found
