"""What a route is: nothing is reachable that does not say who may reach it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from appliance.domain.access import AdministerSystem, Permission, ViewNetwork
from web.listings import Listing

PREFIX: Final = "/api/v1"
LARGEST_ID: Final = 2**48 - 1
LARGEST_BODY: Final = 1024 * 1024
LARGEST_OF_ANYBODY: Final = 16 * 1024
"""Bytes of a body that anybody may send: a sign-in, for example."""


class Open(Enum):
    """Routes that ask for no permission, and say so."""

    PUBLIC = "public"
    """Anybody."""
    SIGNED_IN = "signed_in"
    """Anybody who is signed in, about themselves."""
    DEVICE = "device"
    """A device with its key."""


Access = type[Permission] | Open
Handler = Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method on one path. `access` has no default: who forgets it can't make a route."""

    method: str
    path: str
    """`{name}` stands for an id, `{name:text}` for a text; an ending may follow, as in `{y}.mvt`."""
    access: Access
    handler: Handler
    """Takes an Ask, gives a body or a Reply."""
    summary: str
    answer: Any = None
    """The type of the body; None for none."""
    body: type | None = None
    query: type | None = None
    status: int = 200
    listing: Listing | None = None
    """How its list can be ordered; gives it `sort` and `cursor`."""
    on_full_disk: bool | None = None
    """Whether it is answered while the disk takes nothing; None: if it only looks (GET)."""

    while_enrolling: bool = False
    """Whether it serves those who must set a second factor up before anything else."""
    largest_body: int = LARGEST_BODY
    """Bytes; 413 for more."""
    takes_file: tuple[str, ...] = ()
    """The media types of a file that is its body, raw or in a multipart form; it goes to the disk."""
    gives_file: tuple[str, ...] = ()
    """The media types of an answer that is no JSON."""
    asks_others: bool = False
    """Whether it waits for another program: 502 when that one fails."""
    reads: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """What its body may be, by media type, where the handler reads it itself: any of these types;
    none for text that no type describes."""

    def __post_init__(self) -> None:
        """Refuse a route whose access is neither a permission nor explicitly open."""
        is_permission = isinstance(self.access, type) and issubclass(self.access, Permission)
        is_permission = is_permission and self.access is not Permission  # which nobody has
        if not is_permission and not isinstance(self.access, Open):
            raise TypeError(f"{self.method} {self.path} does not say who may use it")
        if self.access is Open.PUBLIC:
            object.__setattr__(self, "largest_body", min(self.largest_body, LARGEST_OF_ANYBODY))

    @property
    def takes_body(self) -> bool:
        """Whether there is something in a request beside what is in its address and headers."""
        return self.body is not None or bool(self.reads) or bool(self.takes_file)

    @property
    def is_repeatable(self) -> bool:
        """Whether an Idempotency-Key is honoured: wherever somebody signed in has something done."""
        return self.method == "POST" and self.access not in {Open.PUBLIC, Open.DEVICE}

    @property
    def needs_room(self) -> bool:
        """Whether it is refused while the disk takes nothing."""
        return self.method != "GET" if self.on_full_disk is None else not self.on_full_disk

    @property
    def rule(self) -> str:
        """The path as Werkzeug writes it."""
        return "/".join(_rule_part(part) for part in self.path.split("/"))

    @property
    def template(self) -> str:
        """The path as OpenAPI writes it."""
        return self.path.replace(":text}", "}")

    @property
    def names(self) -> dict[str, str]:
        """The names in the path and what they stand for: `id` or `text`."""
        parts = [part[1:].partition("}")[0] for part in self.path.split("/") if part[:1] == "{"]
        return {name: kind or "id" for name, _, kind in (part.partition(":") for part in parts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One WebSocket endpoint. What holds for routes holds for it: no access, no endpoint."""

    path: str
    access: type[ViewNetwork]
    """What it takes to see one municipality's."""
    beyond: type[AdministerSystem]
    """What it takes to see all of them at once."""
    endpoint: str = "live"

    def __post_init__(self) -> None:
        """Refuse an endpoint whose access is no permission."""
        asked: tuple[Any, ...] = (self.access, self.beyond)
        for access in asked:
            if not (isinstance(access, type) and issubclass(access, Permission) and access.name):
                raise TypeError(f"{self.path} does not say who may use it")


def _rule_part(part: str) -> str:
    if not part.startswith("{"):
        return part
    said, _, ending = part[1:].partition("}")
    name, _, kind = said.partition(":")
    return (f"<string:{name}>" if kind else f"<int(max={LARGEST_ID}):{name}>") + ending
