"""How settings and calls that have no shape of their own are shown in the audit log."""

import json
from collections.abc import Mapping
from typing import Any

from appliance.domain.audit import Thing
from appliance.domain.audit_actions import Action
from appliance.domain.audit_details import difference, fields_of, is_secret, plain

_PHONE = "push_device"


def setting_change(
    kind: str, key: str, before: bytes | None, after: bytes
) -> tuple[Action, Thing, dict[str, Any]]:
    """Say which setting was changed from what to what; of what can't be read, only that it was."""
    if kind == _PHONE:  # the value holds push tokens
        return Action.PHONE_ADDED, Thing("phone", key.partition(":")[0]), {}
    old, new = _json(before), _json(after)
    details: dict[str, Any] = {}
    if isinstance(new, Mapping):
        details = {"changed": difference(old if isinstance(old, Mapping) else {}, new)}
    elif new is not None:
        details = {"changed": {kind: {"before": plain(old, kind), "after": plain(new, kind)}}}
    return Action.SETTING_CHANGED, Thing("setting", kind, key), details


def is_setting(kind: str, value: bytes) -> bool:
    """Whether a value of the installation may be shown: it is JSON, and its name is no key's."""
    return kind == _PHONE or (not is_secret(kind) and _json(value) is not None)


def value_details(given: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
    """Show what a call was given, without secrets."""
    shown: dict[str, Any] = {}
    for number, value in enumerate(given, start=1):
        if not callable(value):
            shown[f"argument_{number}"] = fields_of(value) or plain(value)
    shown |= {name: plain(value, name) for name, value in named.items() if not callable(value)}
    return {"given": shown} if shown else {}


def _json(value: bytes | None) -> Any:  # noqa: ANN401 - JSON
    if value is None:
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None
