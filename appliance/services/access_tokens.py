"""Access tokens: short-lived, signed with Ed25519, read without asking anybody."""

from dataclasses import dataclass
from typing import Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.types import Options

from appliance.domain.errors import NotSignedIn
from appliance.domain.ids import SessionId, UserId
from appliance.domain.instant import MINUTE, SECOND, Instant
from appliance.ports.operations import SystemTables

LIFETIME: Final = 10 * MINUTE
ALGORITHM: Final = "EdDSA"
_ISSUER: Final = "weir"
_KEY: Final = "signing_key"
_REQUIRED: Final = ("iss", "sub", "sid", "stp", "iat", "exp")
_CHECKED_HERE: Final[Options] = {"verify_exp": False, "verify_iat": False, "verify_aud": False}


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says."""

    user: UserId
    session: SessionId
    stamp: int
    expires_at: Instant


def keep_signing_key(tables: SystemTables) -> bytes:
    """Give this installation's private key; makes one the first time."""
    kept = tables.recall(_KEY)
    if kept is None:
        kept = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.Raw,
            serialization.PrivateFormat.Raw,
            serialization.NoEncryption(),
        )
        tables.remember(_KEY, kept)
    return kept


class AccessTokens:
    """Makes and reads access tokens of this installation; nobody else's are believed."""

    def __init__(self, signing_key: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(signing_key)
        self._public = self._private.public_key()

    def issue(self, user: UserId, session: SessionId, stamp: int, now: Instant) -> str:
        """Make a token that is good for LIFETIME."""
        claims = {
            "iss": _ISSUER,
            "sub": str(user),
            "sid": session,
            "stp": stamp,
            "iat": now // SECOND,
            "exp": (now + LIFETIME) // SECOND,
        }
        return jwt.encode(claims, self._private, algorithm=ALGORITHM)

    def read(self, token: str) -> Claims:
        """Give what a token of ours says, expired or not; NotSignedIn for anything else."""
        options: Options = {**_CHECKED_HERE, "require": list(_REQUIRED)}
        try:
            said = jwt.decode(
                token, self._public, algorithms=[ALGORITHM], issuer=_ISSUER, options=options
            )
            return Claims(
                UserId(int(said["sub"])),
                SessionId(int(said["sid"])),
                int(said["stp"]),
                Instant(int(said["exp"]) * SECOND),
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            raise NotSignedIn(reason="this access token is not one of ours") from None
