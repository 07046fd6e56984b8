"""The computer's clock and its source of randomness."""

import secrets
import time

from appliance.domain.instant import Instant


class SystemClock:
    """Implements Clock."""

    def now(self) -> Instant:
        """Give the time of day; it jumps when somebody sets the computer's clock."""
        return Instant(time.time_ns() // 1_000)

    def monotonic(self) -> float:
        """Give seconds that only go forward."""
        return time.monotonic()


class RandomIds:
    """Implements IdSource."""

    def new_id(self) -> int:
        """Give a random 48-bit integer, never 0."""
        return secrets.randbelow(2**48 - 1) + 1

    def new_secret(self) -> str:
        """Give nearly 160 random bits in base 64, URL-safe, that begin with a letter or digit.

        One that began with a hyphen would be an option on a command line, and a formula in a
        spreadsheet.
        """
        while not (found := secrets.token_urlsafe(20))[0].isalnum():
            pass
        return found
