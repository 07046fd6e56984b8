"""Whose packages are taken: Ed25519 keys (RFC 8032), of which only the public halves are here."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from importlib.resources import files
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.domain.errors import StartRefused

_KIND: Final = "ed25519"
_LENGTH: Final = 32
_OURS: Final = "release.pub"
"""Put into the package by the build, from the file that WEIR_RELEASE_KEY names; none in the source."""


class Trust:
    """The keys of which one must have signed."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._keys = tuple(Ed25519PublicKey.from_public_bytes(key) for key in keys)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def has_signed(self, about: bytes, content: bytes, signature: bytes) -> bool:
        """Say whether one of them has signed this content for this purpose."""
        return any(_fits(key, signature, about + b"\n" + content) for key in self._keys)


def trust(own: Path | None) -> Trust:
    """Give the keys: that of the release, and those in the utility's own file.

    Raises StartRefused for a file that can't be read or is none, and where there is no key at all.
    """
    keys = []
    ours = files("appliance.updating") / _OURS
    if ours.is_file():
        keys += _keys_in(str(ours), ours.read_text(encoding="ascii"))
    if own is not None:
        try:
            keys += _keys_in(str(own), own.read_text(encoding="ascii", errors="replace"))
        except OSError as error:
            raise _wrong(str(own), f"can't be read ({error.strerror})") from None
    if not keys:
        raise StartRefused(
            problem="this Weir was built without a release key, so it can't tell a right package "
            "from a wrong one",
            remedy="name the public key of who signs your packages with --update-key FILE",
        )
    return Trust(tuple(keys))


def line_of(public: bytes, name: str) -> str:
    """Write a public key as a line of such a file."""
    return f"{_KIND} {b64encode(public).decode()} {name}\n"


def _keys_in(name: str, text: str) -> list[bytes]:
    found = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            key = b64decode(words[1], validate=True)
        except (NotBase64, IndexError, ValueError):
            key = b""
        if words[0] != _KIND or len(key) != _LENGTH:
            raise _wrong(name, "is no file of public keys: its lines are `ed25519 BASE64 NAME`")
        found.append(key)
    return found


def _fits(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _wrong(file: str, problem: str) -> StartRefused:
    return StartRefused(problem=f"--update-key {file} {problem}", remedy="correct --update-key")
