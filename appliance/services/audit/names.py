"""What each change that a table is asked for is called in the audit log.

`TREATED` has every method of every table that changes something: how it becomes a line, or why it becomes
none. Methods that only look are named in `READS`. A method that is in neither is written down as
`data.changed`: a change is never forgotten, at worst it has no good name.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from appliance.domain.audit_actions import Action
from appliance.services.audit.calls import Find, Quiet, Treat, moved, of_thing, put, remove
from appliance.services.audit.treatments import (
    about_sensor,
    alert_changed,
    assets_put,
    entry_added,
    limits_put,
    linked,
    municipality_put,
    network_merged,
    of_user,
    preference_kept,
    sensors_added,
    session_ended,
    session_put,
    system_remembered,
    user_put,
)


def _in_all(find_all: Callable[[Any], Iterable[Any]]) -> Find:
    def find(tables: Any, wanted: Any) -> Any:  # noqa: ANN401
        wanted_id = getattr(wanted, "id", wanted)
        return next((one for one in find_all(tables) if one.id == wanted_id), None)

    return find


_channel: Final = _in_all(lambda t: t.channels.all())
_token: Final = _in_all(lambda t: t.users.tokens())

TREATED: Final[dict[str, Treat]] = {
    "sensors.add": sensors_added,
    "sensors.change": put(
        "sensor", Action.SENSOR_ADDED, Action.SENSOR_CHANGED, lambda t, one: t.sensors.get(one.id)
    ),
    "sensors.remove": remove("sensor", Action.SENSOR_REMOVED, lambda t, i: t.sensors.get(i)),
    "sensors.rotate_key": about_sensor(Action.DEVICE_KEY_ROTATED),
    "devices.revoke_keys": about_sensor(Action.DEVICE_KEYS_REVOKED),
    "devices.put_limits": limits_put,
    "rules.put": put(
        "rule", Action.RULE_ADDED, Action.RULE_CHANGED, lambda t, one: t.rules.get(one.id)
    ),
    "rules.remove": remove("rule", Action.RULE_REMOVED, lambda t, i: t.rules.get(i)),
    "alerts.add": alert_changed,
    "alerts.apply": alert_changed,
    "alerts.count_repeats": Quiet("readings count themselves on an alert"),
    "incidents.put": put(
        "incident",
        Action.INCIDENT_ADDED,
        Action.INCIDENT_CHANGED,
        lambda t, one: t.incidents.get(one.id),
    ),
    "incidents.remove": remove(
        "incident", Action.INCIDENT_REMOVED, lambda t, i: t.incidents.get(i)
    ),
    "incidents.add_entry": entry_added,
    "incidents.link": linked(Action.INCIDENT_ALERT_LINKED),
    "incidents.unlink": linked(Action.INCIDENT_ALERT_UNLINKED),
    "attachments.add": put(
        "attachment", Action.ATTACHMENT_ADDED, Action.ATTACHMENT_ADDED, lambda _t, _one: None
    ),
    "attachments.remove": remove(
        "attachment", Action.ATTACHMENT_REMOVED, lambda t, i: t.attachments.get(i)
    ),
    "checklists.put": put(
        "checklist_item",
        Action.INCIDENT_ITEM_ADDED,
        Action.INCIDENT_ITEM_CHANGED,
        lambda t, one: t.checklists.get(one.id),
    ),
    "checklists.move": moved(
        "checklist_item", Action.INCIDENT_ITEM_CHANGED, lambda t, i: t.checklists.get(i)
    ),
    "checklists.remove": remove(
        "checklist_item", Action.INCIDENT_ITEM_REMOVED, lambda t, i: t.checklists.get(i)
    ),
    "maintenance.put": put(
        "maintenance",
        Action.MAINTENANCE_ADDED,
        Action.MAINTENANCE_CHANGED,
        lambda t, one: t.maintenance.get(one.id),
    ),
    "maintenance.remove": remove(
        "maintenance", Action.MAINTENANCE_REMOVED, lambda t, i: t.maintenance.get(i)
    ),
    "assets.put_node": put(
        "node", Action.NODE_ADDED, Action.NODE_CHANGED, lambda t, one: t.assets.get(one.id)
    ),
    "assets.put_link": put(
        "pipeline",
        Action.PIPELINE_ADDED,
        Action.PIPELINE_CHANGED,
        lambda t, one: t.assets.get(one.id),
    ),
    "assets.put_all": assets_put,
    "assets.remove": remove("asset", Action.ASSET_REMOVED, lambda t, i: t.assets.get(i)),
    "network.add_pipeline": put(
        "pipeline", Action.PIPELINE_ADDED, Action.PIPELINE_ADDED, lambda _t, _one: None
    ),
    "network.merge": network_merged,
    "edits.add": Quiet("what the edit did to assets has lines of its own"),
    "edits.note_undone": of_thing("edit", Action.EDIT_UNDONE),
    "base_maps.put": put(
        "base_map", Action.BASE_MAP_ADDED, Action.BASE_MAP_ADDED, lambda _t, _one: None
    ),
    "base_maps.remove": of_thing("base_map", Action.BASE_MAP_REMOVED),
    "channels.put": put("channel", Action.CHANNEL_ADDED, Action.CHANNEL_CHANGED, _channel),
    "channels.remove": remove("channel", Action.CHANNEL_REMOVED, _channel),
    "outbox.again": of_thing("delivery", Action.DELIVERY_AGAIN),
    "outbox.owe": Quiet("an alert that is moved owes messages; the move has a line"),
    "ledger.count": Quiet("what devices sent is in the ledger"),
    "ledger.reject": Quiet("what was refused of devices is in the ledger"),
    "anomalies.add": Quiet("found by detection"),
    "events.add": Quiet("tells screens of a change that has a line"),
    "users.put": user_put,
    "users.add_token": put("token", Action.TOKEN_ADDED, Action.TOKEN_CHANGED, _token),
    "roles.put": put(
        "role", Action.ROLE_ADDED, Action.ROLE_CHANGED, lambda t, one: t.roles.get(one.id)
    ),
    "roles.give_instead": of_thing("role", Action.ROLE_GIVEN),
    "roles.remove": remove("role", Action.ROLE_REMOVED, lambda t, i: t.roles.get(i)),
    "zones.put": put(
        "zone", Action.ZONE_ADDED, Action.ZONE_CHANGED, lambda t, one: t.zones.get(one.id)
    ),
    "zones.override": of_thing("zone", Action.ZONE_OVERRIDDEN),
    "zones.remove": remove("zone", Action.ZONE_REMOVED, lambda t, i: t.zones.get(i)),
    "users.remove_token": remove("token", Action.TOKEN_REMOVED, _token),
    "preferences.remember": preference_kept,
    "preferences.replace": preference_kept,
    "audit.add": Quiet("the log itself"),
    "tables.prune": Quiet("the nightly retention, whose settings have lines"),
    "system.put_municipality": municipality_put,
    "system.put_user": user_put,
    "system.put_session": session_put,
    "system.end_session": session_ended,
    "system.put_sensor_type": put(
        "sensor_type",
        Action.SENSOR_TYPE_ADDED,
        Action.SENSOR_TYPE_CHANGED,
        lambda t, one: t.sensor_type(one.id),
    ),
    "system.lease_deliveries": Quiet("sending messages; each delivery is in the outbox"),
    "system.delivered": Quiet("sending messages; each delivery is in the outbox"),
    "system.note_channel": Quiet("whether messages get out; each delivery is in the outbox"),
    "system.not_delivered": Quiet("sending messages; each delivery is in the outbox"),
    "system.note_key_use": Quiet("when a device's key was used last"),
    "system.note_token_use": Quiet("when a token was used last"),
    "system.remember": system_remembered,
    "system.prune": Quiet("the nightly retention, whose settings have lines"),
    "sessions.end": of_user(Action.SIGNED_OUT),
    "sessions.end_others": of_user(Action.SIGNED_OUT, count="sessions"),
    "sessions.keep_newest": Quiet("of very many sessions of a person the oldest ends"),
    "second_factors.put": of_user(Action.SECOND_FACTOR_SET),
    "second_factors.remove": of_user(Action.SECOND_FACTOR_REMOVED),
    "second_factors.spend_step": Quiet("part of a sign-in, which has a line"),
    "second_factors.replace_codes": of_user(Action.RECOVERY_CODES_MADE),
    "second_factors.spend_code": of_user(Action.RECOVERY_CODE_USED, own=True),
    "places.remember": Quiet("part of a sign-in, which has a line"),
    "answers.begin": Quiet("keeps the answer to a request, whose change has a line"),
    "answers.finish": Quiet("keeps the answer to a request, whose change has a line"),
    "answers.forget": Quiet("forgets answers that are too old"),
    "watch.move": Quiet("the state of detection"),
    "watch.save": Quiet("the state of detection"),
    "watch.save_contacts": Quiet("the state of detection"),
    "watch.add_pass": Quiet("the state of detection"),
    "watch.add_gap": Quiet("the state of detection"),
}

READS: Final = frozenset(
    [
        "after",
        "alerts",
        "all",
        "api_tokens",
        "between",
        "bounds",
        "by_device",
        "bytes_kept",
        "changed",
        "changes",
        "codes_left",
        "contacts",
        "count",
        "counts",
        "daily_counts",
        "device_keys",
        "edition",
        "entries",
        "everything",
        "find",
        "files",
        "gaps",
        "get",
        "keys",
        "known_zones",
        "knows",
        "last",
        "last_entry",
        "last_number",
        "latest_of_cause",
        "limited_people",
        "limits",
        "link_coded",
        "links",
        "links_at",
        "load",
        "mark",
        "members",
        "municipalities",
        "nearest_pipeline",
        "newest",
        "node_coded",
        "nodes",
        "of",
        "of_hardware",
        "own",
        "overridden",
        "page",
        "passes",
        "people",
        "pipeline",
        "pipelines",
        "rate_limits",
        "recall",
        "rejections",
        "same_report",
        "sensor_type",
        "sensors",
        "sensors_on",
        "session",
        "shelved",
        "size",
        "spent_keys",
        "story",
        "sum",
        "summary",
        "tally",
        "tokens",
        "top",
        "types",
        "user",
        "used",
        "user_named",
        "users",
        "windows",
        "zones",
    ]
)
