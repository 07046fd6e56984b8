"""Access tokens: short-lived, signed with Ed25519, read without asking anybody."""

import json
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.types import Options
from jwt.utils import base64url_decode, base64url_encode

from appliance.domain.errors import NotSignedIn
from appliance.domain.ids import SessionId, UserId
from appliance.domain.instant import MINUTE, SECOND, Instant
from appliance.ports.operations import SystemTables

LIFETIME: Final = 10 * MINUTE
ALGORITHM: Final = "EdDSA"
TYPE: Final = "at+jwt"
"""Says what it is for, so that no other token of ours can be taken for one (RFC 8725, 3.11)."""
LONGEST: Final = 1_024
"""Characters; ours have about 300."""
MOST_REMEMBERED: Final = 4_096
"""Tokens whose signature need not be checked again, about 3 MB; of more the longest unused go."""
CLOCK_SET_BACK: Final = MINUTE
"""By so much a token may seem to come from the future."""
_ISSUER: Final = "weir"
_AUDIENCE: Final = "weir"
_KEY: Final = "signing_key"
_CLAIMS: Final = ("iss", "aud", "sub", "sid", "stp", "iat", "nbf", "exp")
"""In this order, and no others."""
_LARGEST: Final = 2**53
# The times are compared with our Clock, by whoever asks; everything else here.
_CHECKED_LATER: Final[Options] = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says."""

    user: UserId
    session: SessionId
    stamp: int
    not_before: Instant
    expires_at: Instant

    def must_hold(self, now: Instant) -> None:
        """Raise NotSignedIn unless the token is good now."""
        if self.expires_at <= now:
            raise NotSignedIn(reason="This access token has expired; refresh it")
        if self.not_before > now + CLOCK_SET_BACK:
            raise NotSignedIn(reason="This access token is not valid yet; refresh it")


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
    """Makes and reads access tokens of this installation; nobody else's are believed.

    A token must be, character for character, one that `issue` writes. Its header is compared
    before anything in it is looked at: no algorithm, key, `kid`, `jku` or `crit` can be chosen
    from outside (RFC 8725, 3.1 and 3.10). Its claims are compared after the signature.
    """

    def __init__(self, signing_key: bytes) -> None:
        self._marking = blake2b(signing_key, person=b"weir mark").digest()
        self._private = Ed25519PrivateKey.from_private_bytes(signing_key)
        self._public = self._private.public_key()
        self._beginning = self._write({}).partition(".")[0] + "."
        self._checked = lru_cache(MOST_REMEMBERED)(self._check)

    def issue(self, user: UserId, session: SessionId, stamp: int, now: Instant) -> str:
        """Make a token that is good for LIFETIME."""
        return self._write(
            {
                "iss": _ISSUER,
                "aud": _AUDIENCE,
                "sub": str(user),
                "sid": session,
                "stp": stamp,
                "iat": now // SECOND,
                "nbf": now // SECOND,
                "exp": (now + LIFETIME) // SECOND,
            }
        )

    def _write(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._private, algorithm=ALGORITHM, headers={"typ": TYPE})

    def mark(self, said: str) -> str:
        """Give 128 bits that show, to us alone, that we said this."""
        return blake2b(said.encode(errors="replace"), key=self._marking, digest_size=16).hexdigest()

    def read(self, token: str) -> Claims:
        """Give what a token of ours says, expired or not; NotSignedIn for anything else."""
        if len(token) > LONGEST or not token.isascii() or not token.startswith(self._beginning):
            raise _not_ours()
        return self._checked(token)

    def _check(self, token: str) -> Claims:
        options: Options = {**_CHECKED_LATER, "require": list(_CLAIMS)}
        try:
            said = jwt.decode(
                token,
                self._public,
                algorithms=[ALGORITHM],
                issuer=_ISSUER,
                audience=_AUDIENCE,
                options=options,
            )
            found = _claims(said)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise _not_ours() from None
        if not _is_as_written(token, said):
            raise _not_ours()
        return found


def _not_ours() -> NotSignedIn:
    return NotSignedIn(reason="This access token is not one of ours")


def _claims(said: dict[str, Any]) -> Claims:
    if tuple(said) != _CLAIMS or said["aud"] != _AUDIENCE:
        raise ValueError("other claims than ours")
    numbers = [said[name] for name in ("sid", "stp", "nbf", "exp", "iat")]
    user = int(said["sub"])
    if any(type(number) is not int or not 0 <= number < _LARGEST for number in (user, *numbers)):
        raise ValueError("a number is none, or far too large")
    if str(user) != said["sub"]:
        raise ValueError("the subject is no number as we write it")
    session, stamp, not_before, expires, _ = numbers
    return Claims(
        UserId(user),
        SessionId(session),
        stamp,
        Instant(not_before * SECOND),
        Instant(expires * SECOND),
    )


def _is_as_written(token: str, said: dict[str, Any]) -> bool:
    """Say whether all is written as PyJWT writes it: no name twice, no blanks, nothing padded."""
    _, claims, signature = token.split(".")
    plain = json.dumps(said, separators=(",", ":")).encode()
    return claims == _encoded(plain) and signature == _encoded(base64url_decode(signature))


def _encoded(data: bytes) -> str:
    return base64url_encode(data).decode()
