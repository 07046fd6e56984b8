"""A device that knocked and that nobody knows."""

from dataclasses import dataclass

from appliance.domain.hardware import Hardware
from appliance.domain.ids import DeviceId, MunicipalityId
from appliance.domain.instant import Instant
from appliance.domain.readings import Door


@dataclass(frozen=True, slots=True)
class Knock:
    """A device that is not known, as it was seen last."""

    id: int
    device_id: DeviceId
    door: Door
    address: str
    first_seen: Instant
    last_seen: Instant
    count: int
    payload: str
    """The beginning of what it sent last; empty where it got no further than its name."""
    municipality: MunicipalityId | None = None
    """Whose gateway brought it; None: nothing says whose it is."""
    gateway: DeviceId | None = None
    hardware: Hardware | None = None
