"""Identities.

Every id is a random 48-bit integer: exact in JSON and JavaScript, at home in an int64 array,
and silent about how many others there are.
"""

from typing import NewType

MunicipalityId = NewType("MunicipalityId", int)
NOBODY = MunicipalityId(0)
"""Owner of refusals that concern no municipality here; only a super admin sees them."""

UserId = NewType("UserId", int)
SessionId = NewType("SessionId", int)
TokenId = NewType("TokenId", int)
SensorId = NewType("SensorId", int)
SensorTypeId = NewType("SensorTypeId", int)
RuleId = NewType("RuleId", int)
AlertId = NewType("AlertId", int)
IncidentId = NewType("IncidentId", int)
MaintenanceId = NewType("MaintenanceId", int)
AttachmentId = NewType("AttachmentId", int)
ChecklistItemId = NewType("ChecklistItemId", int)
ChannelId = NewType("ChannelId", int)
AssetId = NewType("AssetId", int)

DeviceId = NewType("DeviceId", str)
"""What a device calls itself: its MQTT user name, unique within its municipality only."""

Sequence = NewType("Sequence", int)
"""Position of a batch in the journal: 1, 2, 3 … without gaps, the same for every view."""
