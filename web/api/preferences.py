"""Preferences: what people set for themselves."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from appliance.domain.access import Permission
from appliance.services.preferences import Preferences
from web.asking import Ask
from web.routes import PREFIX, Open, Route
from web.shapes import given

Theme = Literal["system", "light", "dark"]
Units = Annotated[dict[str, Annotated[str, Meta(max_length=32)]], Meta(max_length=64)]
Zone = Annotated[str, Meta(max_length=128)]
Language = Annotated[str, Meta(max_length=35)]
Ui = Annotated[
    dict[str, Any], Meta(description="Whatever a screen wants to remember; 16 KiB of JSON at most")
]


class PreferencesBody(Struct, frozen=True):
    """What somebody prefers; null where the municipality's or the screen's own holds."""

    units: Units = field(default_factory=dict)
    time_zone: Zone | None = None
    language: Language | None = None
    theme: Theme = "system"
    ui: Ui = field(default_factory=dict)


class PreferencesPatch(Struct, frozen=True):
    """What to change; each field is replaced as a whole."""

    units: Units | UnsetType = UNSET
    time_zone: Zone | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    theme: Theme | UnsetType = UNSET
    ui: Ui | UnsetType = UNSET


async def get(ask: Ask[Permission]) -> PreferencesBody:
    """Give one's own."""
    return _out(await ask.services.preferences.get(ask.signed_in))


async def change(ask: Ask[Permission]) -> PreferencesBody:
    """Change one's own."""
    return _out(await ask.services.preferences.change(ask.signed_in, given(ask.body)))


def _out(found: Preferences) -> PreferencesBody:
    theme: Any = found.theme
    return PreferencesBody(
        dict(found.units), found.time_zone, found.language, theme, dict(found.ui)
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/preferences",
        access=Open.SIGNED_IN,
        handler=get,
        answer=PreferencesBody,
        summary="What one prefers: units, time zone, language, theme, and what screens remember",
    ),
    Route(
        method="PUT",
        path=f"{PREFIX}/preferences",
        access=Open.SIGNED_IN,
        handler=change,
        body=PreferencesBody,
        answer=PreferencesBody,
        summary="Replace what one prefers; what is left out becomes as usual",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/preferences",
        access=Open.SIGNED_IN,
        handler=change,
        body=PreferencesPatch,
        answer=PreferencesBody,
        summary="Change some of what one prefers",
    ),
)
