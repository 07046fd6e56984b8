"""The appliance's own authority in the data folder: made at first start, renewing by itself."""

import datetime as dt
import logging
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from appliance.domain.errors import StartRefused
from appliance.domain.instant import to_datetime
from appliance.machine.authority import Key, make_leaf, make_root, names_in, new_key, pin_of
from appliance.machine.durable import write_durably
from appliance.machine.identity import Identity
from appliance.ports.clock import Clock

_UNUSABLE: Final = (OSError, ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm)
_log: Final = logging.getLogger(__name__)
RENEWED: Final = dt.timedelta(days=60)
"""So long before the end of a certificate the next one is made."""


class OwnAuthority:
    """Keeps a root and a server's certificate; the keys are encrypted with the folder's key.

    A renewal keeps the server's key, so whoever has pinned it notices nothing.
    """

    own = True

    def __init__(self, folder: Path, secret: bytes, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"weir tls keys").derive(secret)
        self._passphrase = derived.hex()
        self._certificate: x509.Certificate | None = None

    @property
    def root(self) -> bytes:
        """The root's certificate, PEM."""
        return (self._folder / "root.crt").read_bytes()

    @property
    def root_pin(self) -> str:
        """The pin of the root's key."""
        return pin_of(x509.load_pem_x509_certificate(self.root).public_key())

    def load(self, names: tuple[str, ...]) -> Identity:
        """Give what to serve; makes what is missing. StartRefused for a damaged authority."""
        try:
            return self._load(names)
        except OSError as error:
            raise StartRefused(
                problem=f"the folder {self._folder} of Weir's own authority can't be used "
                f"({error.strerror})",
                remedy="make room, or see who may write there",
            ) from None

    def _load(self, names: tuple[str, ...]) -> Identity:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        root_key, root = self._root(names[0])
        key = self._server_key()
        found = self._kept(root, key)
        if found is None or self._is_due(found, names):
            found = self._issue(make_leaf(root, root_key, key, names, self._now()), found)
        self._certificate = found
        return Identity(
            found, self._folder / "server.crt", self._folder / "server.key", self._passphrase
        )

    def renew(self, names: tuple[str, ...]) -> Identity | None:
        """Give what to serve from now on, None for no change."""
        is_due = self._certificate is None or self._is_due(self._certificate, names)
        return self.load(names) if is_due else None

    def _issue(self, made: x509.Certificate, before: x509.Certificate | None) -> x509.Certificate:
        """Keep a new certificate; where there is no room, the one of before must do for now."""
        try:
            write_durably(self._folder / "server.crt", made.public_bytes(Encoding.PEM))
        except OSError:
            if before is None:
                raise
            return before
        return made

    def _now(self) -> dt.datetime:
        return to_datetime(self._clock.now())

    def _is_due(self, certificate: x509.Certificate, names: tuple[str, ...]) -> bool:
        now = self._now()
        is_in_time = (
            certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEWED
        )
        return not is_in_time or set(names_in(certificate)) != set(names)

    def _root(self, host: str) -> tuple[Key, x509.Certificate]:
        key_file, file = self._folder / "root.key", self._folder / "root.crt"
        if file.exists():
            return _together(self._read_key(key_file), _read(file), file)
        key = self._read_key(key_file) if key_file.exists() else self._write_key(key_file)
        root = make_root(key, host, self._now())
        write_durably(file, root.public_bytes(Encoding.PEM))
        return key, root

    def _server_key(self) -> Key:
        file = self._folder / "server.key"
        return self._read_key(file) if file.exists() else self._write_key(file)

    def _write_key(self, file: Path) -> Key:
        key = new_key()
        encryption = BestAvailableEncryption(self._passphrase.encode())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        write_durably(file, pem)
        return key

    def _read_key(self, file: Path) -> Key:
        try:
            key = load_pem_private_key(file.read_bytes(), self._passphrase.encode())
        except _UNUSABLE:
            raise _damaged(file) from None
        if not isinstance(key, Key):
            raise _damaged(file)
        return key

    def _kept(self, root: x509.Certificate, key: Key) -> x509.Certificate | None:
        """Read the certificate that is there; one that is of no use is simply made anew."""
        file = self._folder / "server.crt"
        if not file.exists():
            return None
        try:
            kept = x509.load_pem_x509_certificate(file.read_bytes())
            kept.verify_directly_issued_by(root)
        except _UNUSABLE:
            kept = None
        if kept is None or kept.public_key() != key.public_key():
            _log.warning("the certificate %s is damaged; another one is made", file)
            return None
        return kept


def _together(key: Key, root: x509.Certificate, file: Path) -> tuple[Key, x509.Certificate]:
    """Give both if they belong together and every bit is as it was signed."""
    try:
        root.verify_directly_issued_by(root)
    except _UNUSABLE:
        raise _damaged(file) from None
    if root.public_key() != key.public_key():
        raise _damaged(file)
    return key, root


def _read(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except _UNUSABLE:
        raise _damaged(file) from None


def _damaged(file: Path) -> StartRefused:
    return StartRefused(
        problem=f"{file} of Weir's own authority is missing or damaged",
        remedy=f"put {file.parent} back from a backup, or remove it: a new authority is made "
        "then, which every device and phone must trust anew",
    )
