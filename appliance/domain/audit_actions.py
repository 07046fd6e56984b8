"""What the audit log can say was done: one list, which also makes the reference page.

A name is for ever: programs of auditors search for it. New ones are added, none is renamed.
"""

from enum import StrEnum
from typing import Self


class Action(StrEnum):
    """A stable dotted name; `words` says when it is written."""

    words: str

    def __new__(cls, name: str, words: str) -> Self:
        """Make one from its name and words."""
        made = str.__new__(cls, name)
        made._value_ = name
        made.words = words
        return made

    SIGNED_IN = "session.began", "somebody signed in"
    SIGNED_OUT = "session.ended", "a session was ended: by signing out, or because it was revoked"
    REFUSED = (
        "request.refused",
        "a request was refused for want of a sign-in or of a permission (401, 403)",
    )
    LOOKED = "data.looked_at", "somebody of no municipality looked at data of this one"
    CHANGED = "data.changed", "something was changed that has no name of its own in this list"

    SET_UP = "system.set_up", "Weir was set up: the first super admin and the first municipality"
    KEY_MADE = "system.key_made", "a key of the installation was made or changed"
    SETTING_CHANGED = "setting.changed", "a setting was changed"

    SECOND_FACTOR_SET = "user.second_factor_set", "somebody set up or confirmed a second factor"
    SECOND_FACTOR_REMOVED = "user.second_factor_removed", "somebody's second factor was removed"
    RECOVERY_CODES_MADE = "user.recovery_codes_made", "somebody got new recovery codes"
    RECOVERY_CODE_USED = "user.recovery_code_used", "somebody signed in with a recovery code"

    MUNICIPALITY_ADDED = "municipality.added", "a municipality was added"
    MUNICIPALITY_CHANGED = "municipality.changed", "a municipality was changed"

    USER_ADDED = "user.added", "a person was added"
    USER_CHANGED = "user.changed", "a person was changed"
    USER_ENABLED = "user.enabled", "a person may sign in again"
    USER_DISABLED = "user.disabled", "a person may sign in no more"
    USER_REMOVED = "user.removed", "a person was removed"
    PASSWORD_CHANGED = "user.password_changed", "a person got a new password"
    ROLE_ADDED = "role.added", "a role was made of permissions"
    ROLE_CHANGED = "role.changed", "a role was changed"
    ROLE_GIVEN = "role.given", "everybody who had a role was given another"
    ROLE_REMOVED = "role.removed", "a role was removed"
    ZONE_CHANGED = "zone.changed", "a zone was changed"
    ZONE_OVERRIDDEN = "zone.overridden", "something was put into a zone, left out of it, or neither"
    TOKEN_ADDED = "token.added", "an API token was made"
    TOKEN_CHANGED = "token.changed", "an API token was changed"
    TOKEN_REMOVED = "token.removed", "an API token was revoked"
    PHONE_ADDED = "phone.added", "a phone asked to be told of alarms"

    SENSOR_ADDED = "sensor.added", "a sensor was added, or several at once by an import"
    SENSOR_CHANGED = "sensor.changed", "a sensor was changed"
    SENSOR_REMOVED = "sensor.removed", "a sensor was removed"
    DEVICE_KEYS_REVOKED = "device.keys_revoked", "all keys of a device were ended"
    DEVICE_LIMITS_CHANGED = "device.limits_changed", "how much devices may send was changed"
    DEVICE_KEY_ROTATED = "device.key_rotated", "a device got a new key"
    SENSOR_TYPE_ADDED = "sensor_type.added", "a sensor type was added"
    SENSOR_TYPE_CHANGED = "sensor_type.changed", "a sensor type was changed"

    RULE_ADDED = "rule.added", "a rule was added"
    RULE_CHANGED = "rule.changed", "a rule was changed"
    RULE_REMOVED = "rule.removed", "a rule was removed"

    ALERT_ADDED = "alert.added", "an alert was made by somebody"
    ALERT_MOVED = "alert.moved", "an alert was acknowledged, worked on, resolved or closed"
    ALERT_ASSIGNED = "alert.assigned", "somebody was made responsible for an alert"
    ALERT_COMMENTED = "alert.commented", "an alert was commented"

    INCIDENT_ADDED = "incident.added", "an incident was reported"
    INCIDENT_CHANGED = "incident.changed", "an incident was changed"
    INCIDENT_REMOVED = "incident.removed", "an incident was deleted with its story and files"
    INCIDENT_ALERT_LINKED = "incident.alert_linked", "an alert was said to belong to an incident"
    INCIDENT_ALERT_UNLINKED = "incident.alert_unlinked", "an alert belongs to an incident no more"
    INCIDENT_COMMENTED = "incident.commented", "an incident was commented"
    INCIDENT_ITEM_ADDED = "incident.item_added", "something was put on an incident's checklist"
    INCIDENT_ITEM_CHANGED = (
        "incident.item_changed",
        "something on an incident's checklist was done, taken back, moved or worded anew",
    )
    INCIDENT_ITEM_REMOVED = (
        "incident.item_removed",
        "something was taken off an incident's checklist",
    )
    ATTACHMENT_ADDED = "attachment.added", "a file was added to an incident"
    ATTACHMENT_REMOVED = "attachment.removed", "a file of an incident was removed"
    MAINTENANCE_CHANGED = "maintenance.changed", "a line of the maintenance log was changed"
    MAINTENANCE_REMOVED = "maintenance.removed", "a line of the maintenance log was removed"
    MAINTENANCE_ADDED = "maintenance.added", "a line was added to the maintenance log"

    PIPELINE_ADDED = "pipeline.added", "a link was added to the network"
    PIPELINE_CHANGED = "pipeline.changed", "a link of the network was changed"
    NODE_ADDED = "node.added", "a node was added to the network"
    NODE_CHANGED = "node.changed", "a node of the network was changed"
    ASSET_REMOVED = "asset.removed", "a node or link of the network was removed"
    ZONE_ADDED = "zone.added", "a zone was added"
    ZONE_REMOVED = "zone.removed", "a zone was removed"
    NETWORK_IMPORTED = "network.imported", "a network was read from a file"

    EDIT_UNDONE = "edit.undone", "an edit of the network was taken back"
    BASE_MAP_ADDED = "base_map.added", "a base map was put below the network"
    BASE_MAP_REMOVED = "base_map.removed", "a base map was removed"

    CHANNEL_ADDED = "channel.added", "a notification channel was added"
    CHANNEL_CHANGED = "channel.changed", "a notification channel was changed"
    CHANNEL_REMOVED = "channel.removed", "a notification channel was removed"
    DELIVERY_AGAIN = "delivery.again", "a message was sent once more"
    CHANNEL_TESTED = "channel.tested", "a test message was sent"

    READINGS_EXPORTED = "readings.exported", "readings were exported"
    READINGS_IMPORTED = "readings.imported", "readings of the past were imported"
    DATA_EXPORTED = "data.exported", "something other than readings was exported"
    BACKUP_ASKED = "backup.asked", "a person asked for a backup of everything, now"
    BACKED_UP = "backup.made", "a backup of everything was made"
    AUDIT_ACCEPTED = "audit.accepted", "somebody took notice of lines that do not add up"
    AUDIT_EXPORTED = "audit.exported", "lines of this log were exported"
