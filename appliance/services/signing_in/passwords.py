"""Passwords: what may be one, how they are kept, and how they are compared."""

import asyncio
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from appliance.domain.errors import Invalid, TooMany
from appliance.domain.sayings import saying

SHORTEST: Final = 12
LONGEST: Final = 256
"""Argon2 takes more, but nobody types more, and hashing must stay bounded."""
AT_ONCE: Final = 1 if (os.cpu_count() or 1) < 4 else 2  # noqa: PLR2004 - cores
"""Passwords that are worked on at the same time: half a small computer's cores at most."""
MOST_WAITING: Final = 24
RESERVED: Final = 8
"""Places in the queue beyond these, for people who sign in from where they have before."""
UNGUESSABLE: Final = 1e8
"""Guesses that a password must withstand, as zxcvbn estimates them: a hundred a second for twelve
days. What it knows: 30,000 common passwords (from leaks, as Xato counted them), names, English
words, keyboard rows, dates, repeats, and letters written as digits."""
LOOKED_AT: Final = 24
"""Characters of a password that are judged: the time that takes grows fast with them."""
CODE_AT_END: Final = re.compile(
    r" (\d{6}|[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})\Z", re.IGNORECASE | re.ASCII
)
"""What follows a password where an application has no field for a code."""
_NICE: Final = 5

T = TypeVar("T")

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


def must_be_strong(password: str, *about: str) -> None:
    """Raise Invalid unless the password is long enough and not among the first that are tried.

    Length and a blocklist, no composition rules (NIST SP 800-63B-4, 3.1.1.2, but 12 characters).
    `about` is what anybody knows of the person: the username, the e-mail address. Takes some
    milliseconds, for a mischievous one up to a second: not for the event loop.
    """
    problem = _too_simple(password) or _too_close(password, about) or _guessable(password, about)
    if problem:
        raise Invalid(field="password", problem=problem)


def _too_simple(password: str) -> str:
    plain = password.casefold()
    if len(password) < SHORTEST:
        return saying(
            "at_least_characters", "at least {least} characters are needed", least=SHORTEST
        )
    if len(password) > LONGEST:
        return saying("at_most_characters", "at most {most} characters are taken", most=LONGEST)
    if plain in COMMONEST or len(set(plain)) < len("1234"):
        return saying("commonest_password", "this is among the commonest passwords")
    if CODE_AT_END.search(password):
        return saying(
            "ends_like_code",
            "it must not end like a code of a second factor: a space and six digits",
        )
    return ""


def _too_close(password: str, about: tuple[str, ...]) -> str:
    plain = password.casefold()
    for known in about:
        if known and plain.replace(known.casefold(), "").strip("0123456789!@#") == "":
            return saying("like_username", "this is little more than the username")
    return ""


def _guessable(password: str, about: tuple[str, ...]) -> str:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - takes 14 MiB, and few runs of Weir set a password

    inputs = [part for known in about for part in (known, *re.split(r"[\W_]+", known)) if part]
    found = zxcvbn(password[:LOOKED_AT], user_inputs=[*inputs, "weir", "water", "utility"])
    if float(found["guesses"]) >= UNGUESSABLE:
        return ""
    return saying(
        "easily_guessed",
        "this is easily guessed: take four words that have nothing to do with each other",
    )


def without_code(password: str) -> tuple[str, str]:
    """Split what was typed into the password and the code that follows it after a space, if any."""
    found = CODE_AT_END.search(password)
    if found is None:
        return password, ""
    return password[: found.start()], found.group(1)


class Passwords:
    """Hashes and compares with Argon2id (OWASP: 19 MiB, 2 passes) beside the event loop.

    At most AT_ONCE run at the same time, in threads that give way to everything else where the
    system can tell threads apart (Linux), and MOST_WAITING wait; beyond that TooMany is raised, so
    that a flood of sign-ins can take neither the memory nor the processor.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._threads = ThreadPoolExecutor(AT_ONCE, "passwords", _give_way)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._nobody = ""

    @property
    def is_full(self) -> bool:
        """Whether strangers are sent away now."""
        return self._waiting >= MOST_WAITING

    async def hash(self, password: str) -> str:
        """Give the PHC string under which a password is kept."""
        return await self._work(lambda: self._hasher.hash(password))

    async def accept(self, password: str, *about: str) -> str:
        """Give the PHC string of a new password, or raise Invalid with what is wrong with it."""

        def work() -> str:
            must_be_strong(password, *about)
            return self._hasher.hash(password)

        return await self._work(work)

    async def matches(self, kept: str | None, password: str, *, is_known: bool = False) -> bool:
        """Compare; None (an unknown user) takes the same time and is never right.

        Somebody who is known where they sign in from may wait where strangers are sent away.
        """
        if len(password) > LONGEST:
            return False
        if not self._nobody:
            self._nobody = await self.hash("nobody has this password")
        found = await self._work(
            lambda: self._verify(kept or self._nobody, password), RESERVED if is_known else 0
        )
        return found and kept is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    async def _work(self, work: Callable[[], T], reserved: int = 0) -> T:
        async with self._bounded(reserved):
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @asynccontextmanager
    async def _bounded(self, reserved: int) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING + reserved:
            raise too_many_at_once()
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turn.release()


def too_many_at_once() -> TooMany:
    """What somebody is told who has to come again."""
    return TooMany(
        what=saying("too_many_signing_in", "too many people are signing in right now"),
        retry_after=5,
    )


def _give_way() -> None:
    """Let this thread run when no other wants to; elsewhere niceness is of the whole process."""
    if sys.platform != "linux":
        return
    mine = threading.get_native_id()
    # Started with `nice`, a thread is below that already, and may not rise.
    if os.getpriority(os.PRIO_PROCESS, mine) < _NICE:
        os.setpriority(os.PRIO_PROCESS, mine, _NICE)
