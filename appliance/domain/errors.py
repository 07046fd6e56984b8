"""The error tree.

WeirError                     message: the docstring, filled with the fields; `hint`: what to do
├── Refused                   what was asked can't be done as asked (a person's or peer's doing)
│   ├── Invalid               a field is wrong
│   │   └── UnitUnknown
│   ├── FileRefused           a file is not what it should be; says where and what to do
│   ├── NotFound              nothing of that name in this municipality
│   ├── Conflict              it is already there, or has changed meanwhile
│   │   └── TransitionRefused
│   ├── Outdated              what was to be changed has changed since it was read
│   ├── KeyReused             an Idempotency-Key that belongs to another request
│   ├── NotSignedIn           no or wrong credentials
│   │   └── TotpRequired      the password is right; a code must come with it
│   ├── NotAllowed            signed in, but not permitted
│   │   └── TotpEnrolmentRequired
│   ├── TooMany               a limit was reached; try again later
│   └── StartRefused          the program can't start as it was told to
└── Failed                    something of ours broke
    ├── StorageFailed         a store can't be read or written; after a failed sync: fail-stop
    │   └── DiskFull          nothing was written, and nothing is damaged: do it again with room
    └── DeliveryFailed        a notification did not get out; `permanent` says whether to retry
"""

import re
from typing import ClassVar


class WeirError(Exception):
    """Something went wrong."""

    hint: ClassVar[str] = ""
    permanent: ClassVar[bool] = True

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        template = (type(self).__doc__ or "").partition("\n")[0]
        super().__init__(template.format(**fields))

    @property
    def code(self) -> str:
        """The kind of error, for programs: `not_found`, `too_many`, …; it never changes."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def advice(self) -> str:
        """What the reader of the message can do, filled with the fields."""
        return self.hint.format(**self.fields)


class Refused(WeirError):
    """What was asked can't be done as asked."""


class Invalid(Refused):
    """{field}: {problem}."""


class UnitUnknown(Invalid):
    """Unit {symbol!r} is not a unit of {quantity}."""

    hint = "use one of: {known}"

    def __init__(self, *, symbol: str, quantity: str, known: tuple[str, ...]) -> None:
        super().__init__(symbol=symbol, quantity=quantity, known=", ".join(known))


class FileRefused(Refused):
    """{file}: {problem}."""

    hint = "{remedy}"


class NotFound(Refused):
    """There is no {kind} {name!r}."""


class Conflict(Refused):
    """{what}."""


class TransitionRefused(Conflict):
    """An alert that is {status} can't become {wanted}."""


class Outdated(Refused):
    """It has changed since you read it; nothing was done."""

    hint = "read it again, and send the change with the new ETag in If-Match"


class KeyReused(Refused):
    """This Idempotency-Key came with another request before."""

    hint = "make a new key for each new request, and repeat a request as it was"


class NotSignedIn(Refused):
    """{reason}."""


class TotpRequired(NotSignedIn):
    """Type your password, a space and the six digits that your authenticator app shows."""


class NotAllowed(Refused):
    """This needs the permission {permission}."""


class TotpEnrolmentRequired(NotAllowed):
    """Your role needs a second factor: open Weir in a browser and set it up under your name."""


class TooMany(Refused):
    """{what}."""

    permanent = False


class StartRefused(Refused):
    """{problem}."""

    hint = "{remedy}"


class Failed(WeirError):
    """Something of ours broke."""

    permanent = False


class StorageFailed(Failed):
    """{store} failed: {problem}."""


class DiskFull(StorageFailed):
    """{store} takes nothing: the disk is full."""

    hint = "make room on the disk with the data folder; Weir goes on by itself"


class DeliveryFailed(Failed):
    """{channel} did not take the message: {problem}."""

    def __init__(
        self, *, channel: str, problem: str, permanent: bool, wait_seconds: float = 0.0
    ) -> None:
        super().__init__(channel=channel, problem=problem)
        self.problem = problem
        self.will_never_work = permanent
        self.wait_seconds = wait_seconds
        """How long the other side asked us to leave it alone."""
