"""Device keys: at least 128 bits at random, shown once, kept only as a digest."""

from dataclasses import dataclass
from hashlib import blake2b

from appliance.domain.instant import Instant


@dataclass(frozen=True, slots=True)
class KeptKey:
    """What is kept of one key of a device."""

    digest: bytes
    until: Instant | None
    """None: the present key; else the old one, valid until then."""
    used_at: Instant | None
    """When a device last showed it, None: never. Noted once a minute."""

    @property
    def fingerprint(self) -> str:
        """Tell keys apart without saying anything of their characters."""
        return self.digest[:4].hex()


def key_digest(key: str) -> bytes:
    """Give the BLAKE2b-256 digest under which a key is kept; 32 bytes.

    A fast hash is right here: a key is random, so there is nothing to guess from a word list.
    """
    return blake2b(key.encode(), digest_size=32).digest()
