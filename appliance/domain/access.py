"""Who may do what: one policy table, and grants that only `authorise` can make."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from appliance.domain.errors import NotAllowed, NotFound
from appliance.domain.ids import MunicipalityId, TokenId, UserId


class Permission:
    """Something that may be done. Each subclass is one permission, named by `name`."""

    name = ""


class ViewNetwork(Permission):
    """See sensors, readings, the network, alerts and incidents."""

    name = "network.view"


class HandleAlerts(ViewNetwork):
    """Acknowledge, work on, resolve and comment alerts."""

    name = "alerts.handle"


class ReportIncidents(ViewNetwork):
    """Make and work on incidents and maintenance entries."""

    name = "incidents.report"


class EditNetwork(ViewNetwork):
    """Add, change and remove sensors, devices and network assets; import."""

    name = "network.edit"


class EditRules(ViewNetwork):
    """Add, change and remove rules."""

    name = "rules.edit"


class PublishTopics(ViewNetwork):
    """Publish and hear MQTT topics that are free, where the town has any (`--mqtt-free-topics`)."""

    name = "topics.publish"


class InspectIntake(ViewNetwork):
    """See the ledger, rejected messages and unknown devices."""

    name = "intake.inspect"


class Administer(ViewNetwork):
    """Manage the people, notification channels and settings of a municipality."""

    name = "municipality.administer"


class AdministerSystem(Permission):
    """Manage municipalities and what they share; look into any of them."""

    name = "system.administer"


class Role(StrEnum):
    """What a person or program is here for."""

    SUPER_ADMIN = "super_admin"
    ADMIN = "admin"
    OPERATOR = "operator"
    TECHNICIAN = "technician"
    VIEWER = "viewer"


_OPERATOR: Final = frozenset({ViewNetwork, HandleAlerts, ReportIncidents, InspectIntake})
_ADMIN: Final = _OPERATOR | {EditNetwork, EditRules, PublishTopics, Administer}

POLICY: Final[dict[Role, frozenset[type[Permission]]]] = {
    Role.SUPER_ADMIN: _ADMIN | {AdministerSystem},
    Role.ADMIN: _ADMIN,
    Role.OPERATOR: _OPERATOR | {EditRules, PublishTopics},
    Role.TECHNICIAN: frozenset({ViewNetwork, HandleAlerts, ReportIncidents}),
    Role.VIEWER: frozenset({ViewNetwork}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or program that has signed in. Only sign-in makes one."""

    user: UserId
    name: str
    role: Role
    municipality: MunicipalityId | None
    """None for a super admin, who belongs to none and may enter any."""
    token: TokenId | None = None


P_co = TypeVar("P_co", bound=Permission, covariant=True)

_KEY: Final = object()


class Grant(Generic[P_co]):
    """The permission P, for this actor, in this municipality. Made by `authorise` alone.

    A grant of a stronger permission serves where a weaker one is asked for.
    """

    __slots__ = ("actor", "municipality")

    def __init__(self, key: object, actor: Actor, municipality: MunicipalityId) -> None:
        if key is not _KEY:
            raise TypeError("only authorise() makes a Grant")
        self.actor = actor
        self.municipality = municipality


class SystemGrant(Generic[P_co]):
    """The permission P beyond any one municipality. Made by `authorise_system` alone."""

    __slots__ = ("actor",)

    def __init__(self, key: object, actor: Actor) -> None:
        if key is not _KEY:
            raise TypeError("only authorise_system() makes a SystemGrant")
        self.actor = actor


P = TypeVar("P", bound=Permission)


def authorise(actor: Actor, permission: type[P], municipality: MunicipalityId | None) -> Grant[P]:
    """Give the grant, or raise: NotFound for a foreign municipality, NotAllowed for the rest.

    Without a municipality the actor's own is meant. Another's municipality is answered as if it
    were not there, so that nobody can learn which exist.
    """
    wanted = municipality if municipality is not None else actor.municipality
    if wanted is None:
        raise NotFound(kind="municipality", name="(none named)")
    if actor.role is not Role.SUPER_ADMIN and actor.municipality != wanted:
        raise NotFound(kind="municipality", name=wanted)
    if permission not in POLICY[actor.role]:
        raise NotAllowed(permission=permission.name)
    return Grant(_KEY, actor, wanted)


def authorise_system(actor: Actor, permission: type[P]) -> SystemGrant[P]:
    """Give the grant beyond municipalities, or raise NotAllowed."""
    if actor.role is not Role.SUPER_ADMIN or permission not in POLICY[actor.role]:
        raise NotAllowed(permission=permission.name)
    return SystemGrant(_KEY, actor)
