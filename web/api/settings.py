"""Settings: of a municipality, and of the installation."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain.access import AdministerSystem, Grant, ManageSettings
from appliance.domain.instant import SECOND
from appliance.domain.people import Municipality
from appliance.services.installation import SystemSettings
from appliance.services.municipalities import MunicipalityChanges
from web.api.retention import RetentionBody, retention_body, retention_of
from web.asking import Ask
from web.routes import PREFIX, Route
from web.shapes import given

Name = Annotated[str, Meta(min_length=1, max_length=128)]
Text = Annotated[str, Meta(max_length=300)]
Seconds = Annotated[float, Meta(ge=0, le=31_622_400)]


class SettingsOut(Struct, frozen=True):
    """The settings of one municipality; a super admin can change its name."""

    municipality_id: int
    name: str
    time_zone: str
    lateness_seconds: float
    require_whitelist: bool
    retention: RetentionBody


class SettingsPatch(Struct, frozen=True):
    """What to change. A reading older than `lateness_seconds` when it arrives counts as late."""

    time_zone: Name | UnsetType = UNSET
    lateness_seconds: Seconds | UnsetType = UNSET
    require_whitelist: bool | UnsetType = UNSET
    retention: RetentionBody | UnsetType = UNSET


class SystemSettingsOut(Struct, frozen=True):
    """What holds for the whole installation."""

    name: str
    contact: str
    default_time_zone: str


class SystemSettingsPatch(Struct, frozen=True):
    """What to change."""

    name: Name | UnsetType = UNSET
    contact: Text | UnsetType = UNSET
    default_time_zone: Name | UnsetType = UNSET


async def get(ask: Ask[ManageSettings]) -> SettingsOut:
    """Give a municipality's."""
    grant = await ask.one()
    return await _out(ask, grant, await ask.services.settings.own(grant))


async def change(ask: Ask[ManageSettings]) -> SettingsOut:
    """Change a municipality's."""
    fields = given(ask.body)
    retention = fields.pop("retention", None)
    grant = await ask.one()
    changed = await ask.services.settings.change(grant, MunicipalityChanges(**fields))
    if retention is not None:
        await ask.services.retention.replace(grant, retention_of(retention))
    return await _out(ask, grant, changed)


async def _out(
    ask: Ask[ManageSettings], grant: Grant[ManageSettings], found: Municipality
) -> SettingsOut:
    return SettingsOut(
        found.id,
        found.name,
        found.time_zone,
        found.lateness / SECOND,
        found.require_whitelist,
        retention_body(await ask.services.retention.get(grant)),
    )


async def get_system(ask: Ask[AdministerSystem]) -> SystemSettingsOut:
    """Give the installation's."""
    return _system(await ask.services.settings.system(ask.system()))


async def change_system(ask: Ask[AdministerSystem]) -> SystemSettingsOut:
    """Change the installation's."""
    changes = given(ask.body)
    return _system(await ask.services.settings.change_system(ask.system(), changes))


def _system(found: SystemSettings) -> SystemSettingsOut:
    return SystemSettingsOut(found.name, found.contact, found.default_time_zone)


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/settings",
        access=ManageSettings,
        handler=get,
        answer=SettingsOut,
        summary="Everything that a municipality can set",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/settings",
        access=ManageSettings,
        handler=change,
        body=SettingsPatch,
        answer=SettingsOut,
        summary="Change what a municipality can set",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/admin/settings",
        access=AdministerSystem,
        handler=get_system,
        answer=SystemSettingsOut,
        summary="What holds for the whole installation",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/admin/settings",
        access=AdministerSystem,
        handler=change_system,
        body=SystemSettingsPatch,
        answer=SystemSettingsOut,
        summary="Change what holds for the whole installation",
    ),
)
