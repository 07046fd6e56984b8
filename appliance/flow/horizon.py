"""How far somebody sees who is limited to zones: in events, and in copies over MQTT."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from appliance.domain.enclave import Enclave, ZoneId
from appliance.domain.ids import DeviceId, MunicipalityId, SensorId
from appliance.domain.sensors import Position, Sensor
from appliance.domain.telling import LiveEvent
from appliance.domain.zones import KnownZone

_NAMES = ("device_id", "sensor_id")
_INCIDENTS = frozenset({"incident", "incident_removed"})


@dataclass(frozen=True, slots=True)
class Horizon:
    """What lies in some zones of one municipality, as the program has it in memory."""

    sensors: frozenset[SensorId]
    devices: frozenset[DeviceId]
    zones: tuple[KnownZone, ...]

    def shows(self, event: LiveEvent, enclave: Enclave) -> bool:
        """Whether somebody sees an event: by its sensor; without one, by its place or reporter."""
        data, is_incident = event.data, event.type in _INCIDENTS
        if is_incident and data.get("reported_by") == enclave.person:
            return True
        if data.get("sensor_id") is not None:
            return data["sensor_id"] in self.sensors
        return is_incident and self._has(data.get("location"))

    def _has(self, location: object) -> bool:
        if not isinstance(location, dict):
            return False
        longitude, latitude = location["coordinates"][:2]
        return any(zone.has(Position(longitude, latitude)) for zone in self.zones)

    def lets_hear(self, topic: str, payload: bytes) -> bool:
        """Whether somebody hears a copy; one of which it can't be told is not heard."""
        kind, _, rest = topic.partition("/")
        if kind == "alerts":
            return any(said.get("sensor_id") in self.sensors for said in _objects(payload))
        device = DeviceId(rest.rpartition("/")[0])
        return kind == "sensors" and device in self.devices and self._all_known(payload)

    def _all_known(self, payload: bytes) -> bool:
        """Whether a gateway's backlog speaks of no other device."""
        return all(
            said[name] in self.devices or said[name] in self.sensors
            for said in _objects(payload)
            for name in _NAMES
            if isinstance(said.get(name), str | int)
        )


def horizon_of(
    zones: Iterable[ZoneId],
    municipality: MunicipalityId,
    known: Mapping[ZoneId, KnownZone],
    sensors: Mapping[SensorId, Sensor],
) -> Horizon:
    """Give the horizon of these zones; one that is gone adds nothing."""
    mine = tuple(known[zone] for zone in zones if zone in known)
    inside = frozenset(
        sensor
        for zone in mine
        for sensor in zone.sensors
        if sensor in sensors and sensors[sensor].municipality == municipality
    )
    return Horizon(inside, frozenset(sensors[sensor].device_id for sensor in inside), mine)


def _objects(payload: bytes) -> list[dict[str, object]]:
    """Give the objects of a payload; what is no JSON is an object that says nothing known."""
    try:
        read = json.loads(payload)
    except (ValueError, RecursionError):
        return [{"device_id": ""}]
    several = read if isinstance(read, list) else [read]
    return [one if isinstance(one, dict) else {"device_id": ""} for one in several]
