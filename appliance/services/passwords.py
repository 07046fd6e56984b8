"""Passwords: what may be one, how they are kept, and how they are compared."""

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from appliance.domain.errors import Invalid, TooMany

SHORTEST: Final = 12
LONGEST: Final = 256
"""Argon2 takes more, but nobody types more, and hashing must stay bounded."""
AT_ONCE: Final = 2
MOST_WAITING: Final = 32

COMMONEST: Final = frozenset(
    [
        "123456789012",
        "1234567890123",
        "12345678901234",
        "123456123456",
        "123123123123",
        "111222333444",
        "112233445566",
        "abcdefghijkl",
        "abcdefghijklm",
        "abc123abc123",
        "abcd1234abcd",
        "administrator",
        "administrator1",
        "adminadminadmin",
        "adminpassword",
        "admin1234567",
        "admin123456789",
        "changeme1234",
        "changemenow1",
        "changemeplease",
        "correcthorsebatterystaple",
        "iloveyou1234",
        "iloveyouforever",
        "letmein12345",
        "letmeinplease",
        "monkey123456",
        "mypassword12",
        "mypassword123",
        "mypassword1234",
        "passw0rd1234",
        "password0000",
        "password1111",
        "password1234",
        "password12345",
        "password123456",
        "passwordpassword",
        "password!123",
        "password@123",
        "p@ssw0rd1234",
        "p@ssword1234",
        "qazwsxedcrfv",
        "qwerty123456",
        "qwerty1234567",
        "qwertyqwerty",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwertyuiop[]",
        "q1w2e3r4t5y6",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "superadmin123",
        "superadmin1234",
        "sunshine1234",
        "superman1234",
        "testtesttest",
        "test12345678",
        "trustno1trustno1",
        "waterwater12",
        "waterwater123",
        "watercompany",
        "watercompany1",
        "waterutility",
        "welcome12345",
        "welcome123456",
        "welcomewelcome",
        "zaq12wsxcde3",
    ]
)


def must_be_strong(password: str, username: str) -> None:
    """Raise Invalid unless the password is long enough and not among the first that are tried.

    Length and a blocklist, no composition rules (NIST SP 800-63B-4, 3.1.1.2, but 12 characters).
    """
    plain = password.casefold()
    if len(password) < SHORTEST:
        raise Invalid(field="password", problem=f"at least {SHORTEST} characters are needed")
    if len(password) > LONGEST:
        raise Invalid(field="password", problem=f"at most {LONGEST} characters are taken")
    if plain in COMMONEST or len(set(plain)) < len("1234"):
        raise Invalid(field="password", problem="this is among the commonest passwords")
    if username and plain.replace(username.casefold(), "").strip("0123456789!@#") == "":
        raise Invalid(field="password", problem="this is little more than the username")


class Passwords:
    """Hashes and compares with Argon2id (OWASP: 19 MiB, 2 passes) beside the event loop.

    At most AT_ONCE run at the same time and MOST_WAITING wait; beyond that TooMany is raised, so
    that a flood of sign-ins can take neither the memory nor the processor.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """Give the PHC string under which a password is kept."""
        async with self._bounded():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, kept: str | None, password: str) -> bool:
        """Compare; None (an unknown user) takes the same time and is never right."""
        if len(password) > LONGEST:
            return False
        if not self._nobody:
            self._nobody = await self.hash("nobody has this password")
        async with self._bounded():
            found = await asyncio.to_thread(self._verify, kept or self._nobody, password)
        return found and kept is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def _bounded(self) -> "_Turn":
        if self._waiting >= MOST_WAITING:
            raise TooMany(what="too many people are signing in right now", retry_after=5)
        return _Turn(self)

    async def enter(self) -> None:
        """Wait for a turn."""
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        """Give the turn back."""
        self._turn.release()


class _Turn:
    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords

    async def __aenter__(self) -> None:
        await self._passwords.enter()

    async def __aexit__(self, *_: object) -> None:
        self._passwords.leave()
