"""Tables of who may do what, and of where: roles, zones and preferences of one municipality."""

from typing import Protocol

from appliance.domain.enclave import RoleId, ZoneId
from appliance.domain.instant import Instant
from appliance.domain.people import CustomRole
from appliance.domain.zones import Zone, ZonePart


class RoleTable(Protocol):
    """Roles that the municipality has made."""

    def all(self) -> list[CustomRole]:
        """Give all, by name."""
        ...

    def get(self, role: RoleId) -> CustomRole | None:
        """Give one."""
        ...

    def put(self, role: CustomRole) -> None:
        """Add or replace one; Conflict when its name is taken."""
        ...

    def people(self, role: RoleId) -> int:
        """Count who has it."""
        ...

    def give_instead(self, role: RoleId, built_in: str) -> None:
        """Give everybody who has it a built-in role; their sessions end."""
        ...

    def remove(self, role: RoleId) -> None:
        """Remove one that nobody has; Conflict where somebody does."""
        ...


class ZoneTable(Protocol):
    """Zones, and what lies in them."""

    def all(self) -> list[Zone]:
        """Give all, by name."""
        ...

    def get(self, zone: ZoneId) -> Zone | None:
        """Give one."""
        ...

    def put(self, zone: Zone) -> None:
        """Add or replace one, with what lies in it; Invalid where its outline crosses itself."""
        ...

    def remove(self, zone: ZoneId) -> None:
        """Remove one."""
        ...

    def members(self, zone: ZoneId, part: ZonePart) -> list[int]:
        """Give the ids of what lies in it."""
        ...

    def overridden(self, zone: ZoneId) -> list[tuple[ZonePart, int, bool]]:
        """Give what people have put into it (True) or left out of it, whatever geometry says."""
        ...

    def override(self, zone: ZoneId, part: ZonePart, thing: int, *, inside: bool | None) -> None:
        """Put something into it or leave it out; None: let geometry say."""
        ...

    def limited_people(self, zone: ZoneId) -> int:
        """Count the people and tokens that are limited to it, maybe among others."""
        ...


class PreferenceTable(Protocol):
    """Small things remembered per municipality: push tokens, idempotency keys, settings."""

    def remember(self, kind: str, key: str, value: bytes, at: Instant) -> bool:
        """Keep a value unless the key is there; say whether it was new."""
        ...

    def recall(self, kind: str, key: str) -> bytes | None:
        """Give the value kept under a key."""
        ...

    def replace(self, kind: str, key: str, value: bytes, at: Instant) -> None:
        """Keep a value whether or not the key is there."""
        ...
