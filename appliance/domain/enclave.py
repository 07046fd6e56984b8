"""A municipality as far as somebody may see it: the limit travels with its name."""

from typing import NewType, Self

from appliance.domain.ids import MunicipalityId, UserId

ZoneId = NewType("ZoneId", int)
RoleId = NewType("RoleId", int)


class Enclave(int):
    """The id of a municipality that opens nothing but these zones of it.

    It is what a Grant has as its municipality when its actor is limited to zones. It equals the
    plain id, so that what belongs to the municipality still does; but every store that is opened
    with it opens limited (`SqliteOperations`, `ZonedHistory`, `LiveHub`), or refuses. Thus who
    writes a service can't forget the limit: there is no other municipality at hand.
    """

    zones: frozenset[ZoneId]
    person: UserId
    """What this person reported is seen by them, wherever it was."""

    def __new__(
        cls, municipality: MunicipalityId, zones: frozenset[ZoneId], person: UserId
    ) -> Self:
        """Limit a municipality."""
        made = super().__new__(cls, municipality)
        made.zones = zones
        made.person = person
        return made


def enclave_of(municipality: int | None) -> Enclave | None:
    """Give the limit that an id carries; None when it is the whole municipality."""
    return municipality if isinstance(municipality, Enclave) else None
