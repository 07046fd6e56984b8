"""Who may do what: one policy table, and grants that only `authorise` can make."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, Generic, TypeVar

from appliance.domain.enclave import Enclave, ZoneId
from appliance.domain.errors import NotAllowed, NotFound
from appliance.domain.ids import MunicipalityId, SessionId, TokenId, UserId


class Permission:
    """Something that may be done. Each subclass is one permission, named by `name`.

    A subclass includes what it is made from: who may handle alerts may see them.
    """

    name: ClassVar[str] = ""
    within_zones: ClassVar[bool] = False
    """Whether somebody who is limited to zones can have it: only what a store can limit.

    Not inherited: who makes a permission says it again, or it is for those who see everything.
    """

    def __init_subclass__(cls) -> None:
        """Take back what a permission that includes this one would inherit."""
        if "within_zones" not in vars(cls):
            cls.within_zones = False


class ViewNetwork(Permission):
    """See sensors, readings, the network, alerts and incidents."""

    name = "network.view"
    within_zones = True


class HandleAlerts(ViewNetwork):
    """Acknowledge, work on, resolve and comment alerts."""

    name = "alerts.handle"
    within_zones = True


class ReportIncidents(ViewNetwork):
    """Make and work on incidents."""

    name = "incidents.report"
    within_zones = True


class LogMaintenance(ViewNetwork):
    """Log work that was done, and plan it."""

    name = "maintenance.log"
    within_zones = True


class DiscardRecords(ViewNetwork):
    """Delete incidents with their files, and maintenance entries."""

    name = "records.discard"


class EditNetwork(ViewNetwork):
    """Add, change and remove network assets and zones; import a network."""

    name = "network.edit"


class ManageDevices(ViewNetwork):
    """Add, change and remove sensors, and give their devices keys."""

    name = "devices.manage"


class EditRules(ViewNetwork):
    """Add, change and remove rules."""

    name = "rules.edit"


class ExportData(ViewNetwork):
    """Take readings and records out in bulk, as files."""

    name = "data.export"


class PublishTopics(ViewNetwork):
    """Publish and hear MQTT topics that are free, where the town has any (`--mqtt-free-topics`)."""

    name = "topics.publish"


class InspectIntake(ViewNetwork):
    """See the ledger, rejected messages and unknown devices."""

    name = "intake.inspect"


class ManageChannels(Permission):
    """Manage whom and what alerts notify, and see what was sent."""

    name = "channels.manage"


class ManageUsers(Permission):
    """Manage the people of a municipality and their roles."""

    name = "users.manage"


class ManageTokens(Permission):
    """Make and end the tokens with which programs sign in."""

    name = "tokens.manage"


class ManageSettings(Permission):
    """Change a municipality's settings and how long readings are kept."""

    name = "settings.manage"


class ViewAudit(Permission):
    """See, verify and export the audit log of a municipality."""

    name = "audit.view"


class AdministerSystem(Permission):
    """Manage municipalities and what they share; look into any of them."""

    name = "system.administer"


class DeliverReadings(Permission):
    """Hand in readings, status and heartbeats: a device its own, a gateway those of its devices."""

    name = "readings.deliver"


class Role(StrEnum):
    """What a person, program or device is here for."""

    SUPER_ADMIN = "super_admin"
    ADMIN = "admin"
    OPERATOR = "operator"
    TECHNICIAN = "technician"
    VIEWER = "viewer"
    DEVICE = "device"
    CUSTOM = "custom"
    """A role of the municipality's own, or a token's scopes: it says itself what it may."""


_TECHNICIAN: Final = frozenset({ViewNetwork, HandleAlerts, ReportIncidents, LogMaintenance})
_OPERATOR: Final = _TECHNICIAN | {InspectIntake, ExportData, EditRules, PublishTopics}
_ADMIN: Final = _OPERATOR | {
    DiscardRecords,
    EditNetwork,
    ManageDevices,
    ManageChannels,
    ManageUsers,
    ManageTokens,
    ManageSettings,
    ViewAudit,
}

POLICY: Final[dict[Role, frozenset[type[Permission]]]] = {
    Role.SUPER_ADMIN: _ADMIN | {AdministerSystem},
    Role.ADMIN: _ADMIN,
    Role.OPERATOR: _OPERATOR,
    Role.TECHNICIAN: _TECHNICIAN,
    Role.VIEWER: frozenset({ViewNetwork}),
    Role.DEVICE: frozenset({DeliverReadings}),
    Role.CUSTOM: frozenset(),
}

FOR_PEOPLE: Final = POLICY[Role.ADMIN]
"""What custom roles and tokens can be made of."""
MAY_BE_LIMITED: Final = frozenset({Role.TECHNICIAN, Role.CUSTOM})
"""Roles whose people may be limited to zones."""


def permissions_named(names: Iterable[str]) -> frozenset[type[Permission]]:
    """Give the permissions of these names, with those they include; what has gone is left out."""
    by_name = {permission.name: permission for permission in FOR_PEOPLE}
    return including(by_name[name] for name in names if name in by_name)


def including(permissions: Iterable[type[Permission]]) -> frozenset[type[Permission]]:
    """Give these permissions and those they include."""
    return frozenset(
        kind
        for permission in permissions
        for kind in permission.__mro__
        if issubclass(kind, Permission) and kind is not Permission
    )


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or program that has signed in. Only sign-in makes one."""

    user: UserId
    name: str
    role: Role
    municipality: MunicipalityId | None
    """None for a super admin, who belongs to none and may enter any."""
    token: TokenId | None = None
    own: frozenset[type[Permission]] | None = None
    """What a custom role or a token allows; None: what the role does."""
    zones: frozenset[ZoneId] | None = None
    """To which zones it is limited; None: not at all, and empty: to none."""
    session: SessionId | None = None
    """The sign-in of a person; None for a program."""
    is_outsiders: bool = False
    """Whether it is a program whose maker belongs to no municipality."""

    @property
    def looks_in(self) -> bool:
        """Whether what it sees of a municipality is seen by somebody who does not belong there."""
        return self.role is Role.SUPER_ADMIN or self.is_outsiders

    @property
    def permissions(self) -> frozenset[type[Permission]]:
        """Everything that it may do, somewhere."""
        held = POLICY[self.role] if self.own is None else self.own
        return held if self.zones is None else frozenset(p for p in held if p.within_zones)


P_co = TypeVar("P_co", bound=Permission, covariant=True)

_KEY: Final = object()
A_PROGRAM: Final = UserId(0)
"""Who a program is, where it is asked what somebody has reported."""


class Grant(Generic[P_co]):
    """The permission P, for this actor, in this municipality. Made by `authorise` alone.

    A grant of a stronger permission serves where a weaker one is asked for. `municipality` is what
    stores open: for an actor who is limited to zones it is an `Enclave`, of which they open no more.
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
    must_hold(actor, permission)
    if actor.zones is not None:
        person = (
            actor.user if actor.token is None else A_PROGRAM
        )  # what its maker reported is not it
        wanted = MunicipalityId(Enclave(wanted, actor.zones, person))
    return Grant(_KEY, actor, wanted)


def authorise_system(actor: Actor, permission: type[P]) -> SystemGrant[P]:
    """Give the grant beyond municipalities, or raise NotAllowed."""
    if actor.role is not Role.SUPER_ADMIN:
        raise NotAllowed(permission=AdministerSystem.name)
    must_hold(actor, permission)
    return SystemGrant(_KEY, actor)


def must_hold(actor: Actor, permission: type[Permission]) -> None:
    """Raise NotAllowed unless the actor may do this at all, wherever that is."""
    if permission not in actor.permissions:
        raise NotAllowed(permission=permission.name)


def must_not_exceed(actor: Actor, permissions: frozenset[type[Permission]]) -> None:
    """Raise NotAllowed unless the actor has all of this: nobody gives what they don't have."""
    missing = sorted(permission.name for permission in permissions - actor.permissions)
    if missing:
        raise NotAllowed(permission=missing[0])
