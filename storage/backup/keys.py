"""The keys of a data folder in a backup: as they are, or under a passphrase (scrypt, RFC 7914)."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from appliance.domain.errors import Invalid

SHORTEST: Final = 12
"""Characters of a passphrase: whoever has the backup can try as many as they like."""
_COST: Final = 2**17
"""128 MiB and about half a second for each try."""
_LARGEST: Final = 1 << 16


def key_name(key: bytes) -> str:
    """Give a name that tells this key from others and nothing about it."""
    return HKDF(hashes.SHA256(), 8, salt=None, info=b"weir key name").derive(key).hex()


def sealed(keys: Mapping[str, bytes], passphrase: str) -> bytes:
    """Give the keys under a passphrase; Invalid for one that is too short."""
    if len(passphrase) < SHORTEST:
        raise Invalid(
            field="the passphrase", problem=f"it must have at least {SHORTEST} characters"
        )
    salt, nonce = os.urandom(16), os.urandom(12)
    plain = json.dumps({name: b64encode(key).decode() for name, key in keys.items()}).encode()
    box = ChaCha20Poly1305(_derived(passphrase, salt, _COST)).encrypt(nonce, plain, b"weir keys")
    said = {"kdf": "scrypt", "n": _COST, "r": 8, "p": 1}
    texts = {"salt": salt, "nonce": nonce, "box": box}
    return json.dumps(said | {n: b64encode(v).decode() for n, v in texts.items()}).encode()


def opened(content: bytes, passphrase: str) -> dict[str, bytes]:
    """Give the keys that were sealed; Invalid when the passphrase does not fit."""
    try:
        said = json.loads(content[:_LARGEST])
        salt, nonce, box = (b64decode(said[name]) for name in ("salt", "nonce", "box"))
        cost = min(int(said["n"]), 2**20)
        plain = ChaCha20Poly1305(_derived(passphrase, salt, cost)).decrypt(nonce, box, b"weir keys")
    except InvalidTag:
        raise Invalid(field="the passphrase", problem="it is not the one of this backup") from None
    except (ValueError, KeyError, TypeError):
        raise Invalid(field="keys.sealed", problem="it is damaged") from None
    return {str(name): b64decode(key) for name, key in json.loads(plain).items()}


def _derived(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode())
