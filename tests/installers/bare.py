"""A system with nothing on it but the libraries of C and C++, and the executable in a folder that nobody may write to."""

import faulthandler
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from appliance.updating.trust import line_of
from tests.running import ROOT, environment

NOBODY = 65534
SIGNER = Ed25519PrivateKey.from_private_bytes(b"the tests of Weir sign with this")
"""Signs the packages of tests. Everybody may know it: no build that is given away trusts it."""
LIBRARIES = (
    "ld-linux-*.so.*",
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libresolv.so.2",
    "libutil.so.1",
    "libz.so.1",
    "libstdc++.so.6",
    "libgcc_s.so.1",
)

SYSTEM = Path(os.environ.get("WEIR_BARE", "/"))
"""Whose libraries these are; another and older one than this machine's is what debootstrap makes."""


def public_line(key: Ed25519PrivateKey) -> str:
    """Write the public half as a build is told whom to trust."""
    return line_of(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), "tests")


def signer() -> Ed25519PrivateKey | None:
    """Give the key whose packages the build takes; None for somebody else's build, with a key that isn't here."""
    if "WEIR_TESTED" not in os.environ:
        return SIGNER
    theirs = os.environ.get("WEIR_TESTED_KEY")
    if not theirs:
        return None
    key = load_pem_private_key(Path(theirs).read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def write_key(key: Ed25519PrivateKey, folder: Path) -> Path:
    """Write both halves as scripts/sign-update does, and give the file of the private one."""
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "release.key").write_bytes(private)
    (folder / "release.pub").write_text(public_line(key))
    return folder / "release.key"


def build() -> Path:
    """Give the folder of a build of these sources, made now unless it was made before.

    The true one where its compiled parts are there already; else one with this machine's own Python
    and SpatiaLite, which takes three minutes the first time instead of half an hour. WEIR_TESTED names
    a folder with a build that is to be taken as it is, as scripts/release does with what it gives away,
    and WEIR_TESTED_KEY the private half of the key that it trusts.
    """
    given = os.environ.get("WEIR_TESTED")
    if given:
        return Path(given)
    cache = Path(os.environ.get("WEIR_BUILD_CACHE", ROOT / ".cache" / "build"))
    faulthandler.cancel_dump_traceback_later()  # minutes are no sign of a hang here
    compiled = all(any(cache.glob(f"{part}-*/parts.json")) for part in ("python", "spatialite"))
    dist = cache / "tested"
    done = subprocess.run(
        [ROOT / "scripts" / "build", *([] if compiled else ["--local"])],
        env={
            **environment(),
            "WEIR_DIST": str(dist),
            "WEIR_BUILD_CACHE": str(cache),
            "WEIR_RELEASE_KEY": public_line(SIGNER).rstrip(),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dist


@dataclass
class Bare:
    """The root of the bare system; `home` is the same folder inside and outside, and nobody's."""

    root: Path
    home: Path
    dist: Path

    @property
    def program(self) -> list[str]:
        """What runs `/opt/weir/weir` in there as nobody, with an empty environment."""
        return self.enter("/opt/weir/weir")

    def enter(self, *inside: str, temporary: str = "") -> list[str]:
        """Give what runs a command in there; `temporary` are mount options for /tmp."""
        root, home = shlex.quote(str(self.root)), shlex.quote(str(self.home))
        script = f"""
            mount --rbind /proc {root}/proc
            mount --bind {shlex.quote(str(self.dist / "weir"))} {root}/opt/weir
            mount -o remount,bind,ro {root}/opt/weir
            mount --bind {shlex.quote(str(self.dist / "weir-onefile"))} {root}/opt/onefile
            mount -o remount,bind,ro {root}/opt/onefile
            mount -t tmpfs -o {temporary or "mode=1777"} tmpfs {root}/tmp
            mkdir -p {root}{home}
            mount --bind {home} {root}{home}
            exec env -i /usr/sbin/chroot --userspec={NOBODY}:{NOBODY} {root} "$@"
        """
        # One process from here to Weir, so that a signal reaches it.
        return ["unshare", "--mount", "sh", "-ec", script, "sh", *inside]


def in_system(file: Path) -> Path:
    """Give the file that a link in SYSTEM means there: some of its links begin at its root."""
    while file.is_symlink():
        file = SYSTEM / str(file.parent / file.readlink()).removeprefix(str(SYSTEM)).lstrip("/")
    return file


def make_bare(root: Path, home: Path, dist: Path) -> Bare:
    """Lay out the bare system; `home` is handed to nobody."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.fail(
            "a bare system is made by root, with unshare: sudo scripts/test tests/installers"
        )
    for folder in ("proc", "tmp", "opt/weir", "opt/onefile", "dev", "etc"):
        (root / folder).mkdir(parents=True)
    for pattern in LIBRARIES:
        for place in (SYSTEM / "lib64", *(SYSTEM / "lib").glob("*-linux-gnu")):
            for file in place.glob(pattern):
                copy = root / file.relative_to(SYSTEM)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(in_system(file), copy)
    os.chown(home, NOBODY, NOBODY)
    return Bare(root, home, dist)
