"""The key that seals the audit log: Ed25519 (RFC 8032), in a file that is not the database."""

from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from appliance.domain.errors import StartRefused
from appliance.machine.durable import write_durably

_LENGTH = 32


class AuditSeal:
    """Signs with one private key, and checks with its public one."""

    def __init__(self, private: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(private)
        self._public = self._key.public_key()
        self.public_key = self._public.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, content: bytes) -> bytes:
        return self._key.sign(content)

    def is_signed(self, content: bytes, signature: bytes) -> bool:
        try:
            self._public.verify(signature, content)
        except InvalidSignature:
            return False
        return True


def audit_seal(file: Path, *, may_make: bool) -> AuditSeal:
    """Give the seal whose private key is in this file; made at first use, where it may be.

    Raises StartRefused when it is missing though there are lines it has sealed, or damaged: with a
    new key every line so far would look forged.
    """
    if not file.exists():
        if not may_make:
            raise StartRefused(
                problem=f"the key of the audit log {file} is missing",
                remedy="put it back from where your backups of keys are",
            )
        private = Ed25519PrivateKey.generate()
        write_durably(file, private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    content = file.read_bytes()
    if len(content) != _LENGTH:
        raise StartRefused(
            problem=f"the key of the audit log {file} is damaged",
            remedy="put it back from a backup",
        )
    return AuditSeal(content)
