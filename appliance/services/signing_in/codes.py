"""One-time codes: those of an authenticator app (RFC 6238), and those on paper for when it is lost."""

import base64
import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from appliance.domain.ids import UserId
from appliance.domain.instant import SECOND, Instant
from appliance.domain.people import SecondFactor
from appliance.ports.clock import IdSource
from appliance.ports.operations import SystemTables

DIGITS: Final = 6
STEP: Final = 30
"""Seconds; with SHA-1 and six digits what every authenticator app knows."""
STEPS_ASIDE: Final = 1
"""A code is good a step before and after its own (RFC 6238, 5.2): clocks differ, people type."""
MOST_RECOVERY: Final = 10
_SECRET_BYTES: Final = 20
"""As many as the hash has (RFC 4226, 4: R6 recommends 160 bits)."""
_RECOVERY_BYTES: Final = 10
"""80 bits: nobody finds one from its digest."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app must be told."""

    secret: str
    """Base32, to be typed."""
    uri: str
    """`otpauth://…`, to be shown as a QR code."""


def new_secret(ids: IdSource) -> bytes:
    """Make the secret of a second factor."""
    return sha256(ids.new_secret().encode()).digest()[:_SECRET_BYTES]


def enrolment_of(secret: bytes, username: str) -> Enrolment:
    """Write a secret for an authenticator app."""
    uri = _totp(secret).get_provisioning_uri(username, "Weir")
    return Enrolment(base64.b32encode(secret).decode(), uri)


def code_at(secret: bytes, step: int) -> str:
    """Give the code of a time step."""
    return _totp(secret).generate(step * STEP).decode()


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP)  # noqa: S303 - RFC 6238, 1.2: HMAC-SHA-1


def step_of(factor: SecondFactor, code: str, now: Instant) -> int | None:
    """Give the time step to which a code belongs, None when it is wrong or was used already."""
    middle = now // SECOND // STEP
    given = code.strip().encode()
    for step in range(max(middle - STEPS_ASIDE, 0), middle + STEPS_ASIDE + 1):
        is_right = hmac.compare_digest(code_at(factor.secret, step).encode(), given)
        if is_right and step > factor.last_step:
            return step
    return None


def take(tables: SystemTables, user: UserId, code: str, now: Instant) -> bool:
    """Spend a code, of the app or on paper; say whether it was good. Without a factor all are."""
    factor = tables.second_factors.get(user)
    if factor is None or factor.confirmed_at is None:
        return True
    step = step_of(factor, code, now)
    if step is not None:
        return tables.second_factors.spend_step(user, step)
    return tables.second_factors.spend_code(user, digest(code))


def new_recovery_codes(ids: IdSource) -> tuple[str, ...]:
    """Make the codes that a person keeps on paper: `XXXX-XXXX-XXXX-XXXX`."""
    return tuple(_recovery_code(ids.new_secret()) for _ in range(MOST_RECOVERY))


def _recovery_code(secret: str) -> str:
    letters = base64.b32encode(sha256(secret.encode()).digest()[:_RECOVERY_BYTES]).decode()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def digest(recovery_code: str) -> bytes:
    """Give that under which a recovery code is kept; case, spaces and hyphens mean nothing."""
    letters = "".join(c for c in recovery_code.upper() if c not in " -\t")
    return sha256(letters.encode("utf-8", "replace")).digest()
