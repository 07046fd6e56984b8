"""What each noun of a path is in the database: by this, ETag and If-Match hold for every route.

An edition covers what somebody can change. Figures that change by themselves (the last reading of a
sensor, how often an alert was seen) are part of the ETag too, but not of what If-Match asks for,
or nobody could ever change a sensor that reports.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final

from werkzeug.datastructures import ETags
from werkzeug.http import parse_etags

from appliance.domain.access import AdministerSystem
from appliance.domain.enclave import RoleId, ZoneId
from appliance.domain.errors import NotFound
from appliance.domain.ids import (
    AlertId,
    AssetId,
    AttachmentId,
    ChecklistItemId,
    IncidentId,
    MaintenanceId,
    MunicipalityId,
    RuleId,
    SensorId,
    UserId,
)
from appliance.ports.operations import SystemTables
from appliance.ports.tables import Tables
from appliance.services.installation import system_settings
from appliance.services.preferences import recalled
from appliance.services.undertakings import ANY, NONE, Look, Undertaking
from web.asking import Ask
from web.routes import Route

Noun = Callable[[SystemTables, Tables | None, Any], object]


def _own(find: Callable[[Tables, int], object]) -> Noun:
    """Look only in the municipality of the transaction."""
    return lambda _, tables, named: None if tables is None else find(tables, named)


def _with_id(rows: list[Any], wanted: int) -> object:
    return next((row for row in rows if row.id == wanted), None)


def _alert(tables: Tables, named: int) -> object:
    found = tables.alerts.get(AlertId(named))
    return None if found is None else (found.id, found.version)


def _municipality(system: SystemTables, _: Tables | None, named: int) -> object:
    try:
        return system.of(MunicipalityId(named)).municipality
    except NotFound:
        return None


def _token(tables: Tables, named: int) -> object:
    """When it was used last is nothing that somebody changes."""
    found = next((one for one in tables.users.tokens() if one.id == named), None)
    return None if found is None else replace(found, last_used_at=None)


def _settings(system: SystemTables, tables: Tables | None, ask: Ask[Any]) -> object:
    """Look at the municipality that is meant, or the installation where it is beyond them."""
    if issubclass(ask.permission, AdministerSystem):
        return system_settings(system)
    whose = ask.municipality or ask.signed_in.municipality
    if whose is None and tables is None:
        real = [one.id for one in system.municipalities() if not one.demo]
        whose = real[0] if len(real) == 1 else None
    own = tables if whose is None else system.of(whose)
    return None if own is None else (own.municipality, own.preferences.recall("retention", ""))


NOUNS: Final[Mapping[str, Noun]] = {
    "alert": _own(_alert),
    "asset": _own(lambda t, named: t.assets.get(AssetId(named))),
    "attachment": _own(lambda t, named: t.attachments.get(AttachmentId(named))),
    "base": _own(lambda t, _: t.base_maps.own()),
    "channel": _own(lambda t, named: _with_id(t.channels.all(), named)),
    "edit": _own(lambda t, named: t.edits.get(named)),
    "entry": _own(lambda t, named: t.maintenance.get(MaintenanceId(named))),
    "incident": _own(lambda t, named: t.incidents.get(IncidentId(named))),
    "item": _own(lambda t, named: t.checklists.get(ChecklistItemId(named))),
    "limits": _own(lambda t, _: t.devices.limits()),
    "municipality": _municipality,
    "preferences": lambda system, _, ask: recalled(system, ask.signed_in),
    "pipeline": _own(lambda t, named: t.network.pipeline(AssetId(named))),
    "retention": _own(lambda t, _: t.preferences.recall("retention", "") or b""),
    "rule": _own(lambda t, named: t.rules.get(RuleId(named))),
    "sensor": _own(lambda t, named: t.sensors.get(SensorId(named))),
    "role": _own(lambda t, named: t.roles.get(RoleId(named))),
    "settings": _settings,
    "token": _own(_token),
    "user": _own(lambda t, named: t.users.get(UserId(named))),
    "webhook": _own(lambda t, named: _with_id(t.channels.all(), named)),
    "zone": _own(lambda t, named: t.zones.get(ZoneId(named))),
}
"""By the last name in a path, else its last word."""

WITHOUT: Final = frozenset({"rules", "session", "sessions"})
"""Nouns that are only replaced or ended as a whole, whatever they were before."""


def noun_of(route: Route) -> str:
    """Give what a route is about."""
    return next(reversed(route.names), route.path.rpartition("/")[2])


def has_edition(route: Route) -> bool:
    """Whether what a route is about can be told apart from what it was before."""
    return noun_of(route) in NOUNS


def shows_it(route: Route) -> bool:
    """Whether the answer is the thing itself, rather than something of it."""
    return has_edition(route) and (route.path.endswith("}") or not route.names)


def undertaking_of(route: Route, ask: Ask[Any]) -> Undertaking:
    """Say what a request expects of what it is about."""
    if not has_edition(route) or (route.method == "GET" and not shows_it(route)):
        return Undertaking()
    noun = noun_of(route)
    headers = ask.headers
    look, named = NOUNS[noun], ask.path.get(noun, ask)
    looking: Look = lambda system, tables: look(system, tables, named)  # noqa: E731
    if route.method == "GET":
        return Undertaking(looking)
    wanted = _editions(headers.get("If-Match"), weak=False)
    return Undertaking(looking, wanted, _editions(headers.get("If-None-Match"), weak=True) or NONE)


def _editions(header: str | None, *, weak: bool) -> frozenset[str] | None:
    """Read the editions out of ETags; for If-Match a weak tag is none (RFC 9110 8.8.3.2)."""
    if header is None or not header.strip():
        return None
    tags: ETags = parse_etags(header)
    if tags.star_tag:
        return ANY
    named = tags.as_set(include_weak=weak)
    # Werkzeug gives None for an empty tag, which names nothing of ours.
    return frozenset(tag.partition(".")[0] for tag in named if tag)


def etag(edition: str | None, *content: bytes) -> str:
    """Name a representation: strong, it differs with every difference in the content (8.8.1)."""
    digest = blake2b(digest_size=9)
    for part in content:
        digest.update(part)
    return f'"{edition}.{digest.hexdigest()}"' if edition else f'"{digest.hexdigest()}"'
