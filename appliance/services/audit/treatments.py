"""How changes that are not merely put or removed become lines of the audit log."""

from dataclasses import replace
from typing import Any, Final

from appliance.domain.alerts import ChangeKind
from appliance.domain.audit import AuthorKind, Thing
from appliance.domain.audit_actions import Action
from appliance.domain.audit_details import difference, fields_of
from appliance.domain.ids import NOBODY
from appliance.services.audit.calls import Call, Treat, thing
from appliance.services.audit.values import is_setting, setting_change

QUIET_PREFERENCES: Final = {
    "person": "what people prefer for themselves",
    "preferences": "what super admins prefer for themselves",
    "idempotency": "which report a key has made; the report has its own line",
    "pattern": "learned from readings",
    "learning": "how far learning is",
    "backup_runs": "how backups went, which have lines",
}


def sensors_added(call: Call) -> Any:  # noqa: ANN401
    """Treat sensors that are added: one has a line of its own, an import one for each transaction."""
    added = list(call.first)
    call.given = (added,)
    result = call.make()
    sensors = [sensor for sensor, _ in added]
    if len(sensors) == 1:
        call.note(Action.SENSOR_ADDED, thing("sensor", sensors[0]), {"new": fields_of(sensors[0])})
    elif sensors:
        details = {"sensors": len(sensors), "device_ids": [s.device_id for s in sensors]}
        call.note(Action.SENSOR_ADDED, Thing("sensor"), details)
    return result


def about_sensor(action: Action) -> Treat:
    """Treat what is done to a sensor named by its id."""

    def treat(call: Call) -> Any:  # noqa: ANN401
        sensor = call.tables.sensors.get(call.first)
        result = call.make()
        details = {"device_id": sensor.device_id} if sensor is not None else {}
        until = call.named.get("old_until")
        if until is not None:
            details["old_key_until"] = until
        call.note(action, thing("sensor", sensor), details)
        return result

    return treat


_OF_CHANGE: Final = {
    ChangeKind.COMMENTED: Action.ALERT_COMMENTED,
    ChangeKind.ASSIGNED: Action.ALERT_ASSIGNED,
}


def alert_changed(call: Call) -> Any:  # noqa: ANN401
    """Treat what happens to an alert."""
    alert, change = call.given[:2]
    result = call.make()
    if result is False:
        return result
    if call.key == "alerts.add":
        action = Action.ALERT_ADDED
    else:
        action = _OF_CHANGE.get(change.kind, Action.ALERT_MOVED)
    details: dict[str, Any] = {"change": change.kind.value}
    if change.kind is ChangeKind.ASSIGNED:
        details["assigned_to"] = alert.assigned_to
    if change.before is not None and change.before is not change.after:
        details["status"] = {"before": change.before.value, "after": change.after.value}
    if change.note:
        details["note"] = fields_of({"note": change.note})["note"]
    call.note(action, thing("alert", alert), details)
    return result


def network_merged(call: Call) -> Any:  # noqa: ANN401
    """Treat a network that is read from a file."""
    model = call.first
    added, replaced = call.make()
    details = {
        "nodes": len(model.nodes),
        "links": len(model.links),
        "added": added,
        "replaced": replaced,
    }
    call.note(Action.NETWORK_IMPORTED, Thing("network", "", str(model.source)), details)
    return added, replaced


def assets_put(call: Call) -> Any:  # noqa: ANN401
    """Treat assets that are read from a file."""
    result = call.make()
    call.note(Action.NETWORK_IMPORTED, Thing("network"), {"assets": len(call.first)})
    return result


def user_put(call: Call) -> Any:  # noqa: ANN401
    """Treat a person who is added or changed."""
    new = call.first
    lookup = call.tables.user if call.municipality is None else call.tables.users.get
    before = lookup(new.id)
    result = call.make()
    whose = new.municipality or NOBODY
    if before is None:
        call.note(Action.USER_ADDED, thing("user", new), {"new": fields_of(new)}, whose)
        return result
    differs = difference(before, new)
    if not differs:
        return result
    action = Action.USER_CHANGED
    if set(differs) == {"password_hash"}:
        action = Action.PASSWORD_CHANGED
    elif set(differs) == {"enabled"}:
        action = Action.USER_ENABLED if new.enabled else Action.USER_DISABLED
    call.note(action, thing("user", new), {"changed": differs}, whose)
    return result


def municipality_put(call: Call) -> Any:  # noqa: ANN401
    """Treat a municipality that is added (told in the system's chain too) or changed."""
    new = call.first
    before = next((m for m in call.tables.municipalities() if m.id == new.id), None)
    result = call.make()
    on = thing("municipality", new)
    if before is None:
        call.note(Action.MUNICIPALITY_ADDED, on, {"new": fields_of(new)})
        call.note(Action.MUNICIPALITY_ADDED, on, {"new": fields_of(new)}, new.id)
    elif differs := difference(before, new):
        call.note(Action.MUNICIPALITY_CHANGED, on, {"changed": differs}, new.id)
    return result


def session_put(call: Call) -> Any:  # noqa: ANN401
    """Treat a session: the first time is a sign-in, later it only gets a new refresh token."""
    session = call.first
    result = call.make()
    if call.named.get("was") is None and result:
        _note_of_user(call, Action.SIGNED_IN, session.user, {"until": session.expires_at}, own=True)
    return result


def session_ended(call: Call) -> Any:  # noqa: ANN401
    """Treat the end of a session."""
    session = call.tables.session(call.first)
    result = call.make()
    if session is not None:
        _note_of_user(call, Action.SIGNED_OUT, session.user)
    return result


def of_user(action: Action, *, count: str = "", own: bool = False) -> Treat:
    """Treat a call whose first argument is a user's id, or has it as `user`."""

    def treat(call: Call) -> Any:  # noqa: ANN401
        user = getattr(call.first, "user", call.first)
        result = call.make()
        if result is None or result:
            _note_of_user(call, action, user, {count: result} if count else None, own=own)
        return result

    return treat


def _note_of_user(
    call: Call,
    action: Action,
    user_id: int,
    details: dict[str, Any] | None = None,
    *,
    own: bool = False,
) -> None:
    user = call.tables.user(user_id)
    on = Thing("user", str(user_id)) if user is None else thing("user", user)
    whose = NOBODY if user is None else user.municipality or NOBODY
    who = call.author
    if own and user is not None and who.kind is AuthorKind.NOBODY:
        who = replace(who, kind=AuthorKind.USER, id=user.id, name=user.username)
    call.note(action, on, details, whose, who=who)


def system_remembered(call: Call) -> Any:  # noqa: ANN401
    """Treat a value of the installation: of a key only that it was changed, of a setting what."""
    key, value = str(call.first), call.given[1]
    before = call.tables.recall(key)
    result = call.make()
    kind = key.partition(":")[0]
    if before == value or kind in QUIET_PREFERENCES:
        return result
    if is_setting(kind, value):
        call.note(*setting_change(kind, key.partition(":")[2], before, value))
    else:
        call.note(Action.KEY_MADE, Thing("setting", kind))
    return result


def preference_kept(call: Call) -> Any:  # noqa: ANN401
    """Treat a setting."""
    kind, key, value = call.given[:3]
    before = call.tables.preferences.recall(kind, key)
    result = call.make()
    if kind not in QUIET_PREFERENCES and result is not False and before != value:
        call.note(*setting_change(kind, key, before, value))
    return result


def limits_put(call: Call) -> Any:  # noqa: ANN401
    """Treat new limits of devices."""
    before = call.tables.devices.limits()
    result = call.make()
    if differs := difference(before, call.first):
        call.note(Action.DEVICE_LIMITS_CHANGED, Thing("limits"), {"changed": differs})
    return result


def linked(action: Action) -> Treat:
    """Treat an alert that is tied to an incident or let go."""

    def treat(call: Call) -> Any:  # noqa: ANN401
        incident, alert = call.given[:2]
        result = call.make()
        if result:
            on = thing("incident", call.tables.incidents.get(incident))
            call.note(action, on, {"alert": str(alert)})
        return result

    return treat


def entry_added(call: Call) -> Any:  # noqa: ANN401
    """Treat an entry in an incident's story."""
    entry = call.first
    result = call.make()
    if entry.kind.value == "commented":  # the others come with a change of their own
        on = thing("incident", call.tables.incidents.get(entry.incident))
        call.note(Action.INCIDENT_COMMENTED, on, fields_of({"note": entry.note}))
    return result
