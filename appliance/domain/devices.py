"""Device keys: at least 128 bits at random, shown once, kept only as a digest."""

from hashlib import blake2b


def key_digest(key: str) -> bytes:
    """Give the BLAKE2b-256 digest under which a key is kept; 32 bytes.

    A fast hash is right here: a key is random, so there is nothing to guess from a word list.
    """
    return blake2b(key.encode(), digest_size=32).digest()
