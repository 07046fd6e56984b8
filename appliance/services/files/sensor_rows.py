"""Rows of a file of sensors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from appliance.domain.errors import WeirError
from appliance.domain.hardware import PROTOCOLS, Hardware, dev_eui, imei, phone
from appliance.domain.ids import AssetId, DeviceId, MunicipalityId, SensorId
from appliance.domain.instant import Instant
from appliance.domain.sensors import (
    Limits,
    Position,
    Sensor,
    SensorStatus,
    SensorType,
    unit_for,
)
from appliance.domain.spreadsheets import unguarded
from appliance.ports.pages import Page
from appliance.ports.tables import Tables
from appliance.services.files.csv_rows import BadLine, Layout
from appliance.services.names import must_be_named
from appliance.services.sensors import must_be_a_device_id, type_coded

HARDWARE: Final = {"dev_eui": dev_eui, "imei": imei, "phone_number": phone}
"""How what a device is called on each network is read."""
REQUIRED: Final = ("device_id", "name", "sensor_type", "unit", "latitude", "longitude")
OPTIONAL: Final = ("pipeline_id", "gateway_device_id", *HARDWARE, "channel")
_PAGE: Final = 5_000


@dataclass(slots=True)
class SensorRows:
    """Makes sensors of rows, within one transaction.

    A pipeline may be given by its code in the utility's books or by its id here.
    """

    tables: Tables
    municipality: MunicipalityId
    layout: Layout
    seen: dict[str, int]
    """The device ids of the file so far, and the line of each; grows."""
    new_id: Callable[[], int]
    now: Instant
    _pipelines: Mapping[str, AssetId] | None = None
    _types: dict[str, SensorType] = field(default_factory=dict)

    def sensor(self, line: int, fields: list[str]) -> Sensor:
        """Give the sensor that a row describes, or raise BadLine with what to do."""
        said = {n: unguarded(fields[at].strip()) for n, at in self.layout.places.items()}
        try:
            return self._sensor(line, said)
        except WeirError as error:
            advice = f" {error.advice}" if error.advice else ""
            raise BadLine(f"{error}{advice}") from None

    def _sensor(self, line: int, said: Mapping[str, str]) -> Sensor:
        if any("\ufffd" in value for value in said.values()):
            raise BadLine("a character can't be read: save the file as UTF-8")
        device_id = self._device_id(line, said["device_id"])
        must_be_named(said["name"], "name")
        sensor_type = self._type(said["sensor_type"])
        hardware = _hardware(said)
        sensor = Sensor(
            id=SensorId(self.new_id()),
            municipality=self.municipality,
            device_id=device_id,
            name=said["name"],
            type=sensor_type,
            unit=unit_for(sensor_type, said["unit"]),
            status=SensorStatus.ACTIVE,
            whitelisted=True,
            protocol="mqtt" if hardware is None else PROTOCOLS[hardware.kind],
            position=self._position(said["latitude"], said["longitude"]),
            pipeline=self._pipeline(said.get("pipeline_id", "")),
            operating=Limits(),
            created_at=self.now,
            updated_at=self.now,
            gateway=self._gateway(said.get("gateway_device_id", "")),
            hardware=hardware,
            channel=said.get("channel") or None,
        )
        self.seen[device_id] = line
        return sensor

    def _device_id(self, line: int, text: str) -> DeviceId:
        must_be_a_device_id(text)
        if text in self.seen:
            raise BadLine(f"device {text!r} is already in line {self.seen[text]}")
        if self.tables.sensors.by_device(DeviceId(text)) is not None:
            self.seen[text] = line
            raise BadLine(f"there is a device {text!r} already; its key stays as it is")
        return DeviceId(text)

    def _gateway(self, text: str) -> DeviceId | None:
        if not text:
            return None
        if text not in self.seen and self.tables.sensors.by_device(DeviceId(text)) is None:
            raise BadLine(f"there is no gateway {text!r}; put its line before this one")
        return DeviceId(text)

    def _type(self, code: str) -> SensorType:
        if code not in self._types:
            self._types[code] = type_coded(self.tables, code)
        return self._types[code]

    def _position(self, latitude: str, longitude: str) -> Position | None:
        if not latitude and not longitude:
            return None
        try:
            north, east = (float(self.layout.decimal(text)) for text in (latitude, longitude))
        except ValueError:
            raise BadLine("latitude and longitude are decimal degrees, or both empty") from None
        if not (abs(north) <= 90 and abs(east) <= 180):  # noqa: PLR2004 - the globe's; NaN fails
            raise BadLine(f"latitude {latitude} and longitude {longitude} are not on the globe")
        return Position(longitude=east, latitude=north)

    def _pipeline(self, text: str) -> AssetId | None:
        if not text:
            return None
        if self._pipelines is None:
            self._pipelines = _pipelines(self.tables)
        found = self._pipelines.get(text)
        if found is None:
            raise BadLine(f"there is no pipeline {text!r}; import the network before the sensors")
        return found


def _hardware(said: Mapping[str, str]) -> Hardware | None:
    names = [name for name in HARDWARE if said.get(name)]
    if len(names) > 1:
        raise BadLine(f"a device is on one network only: {' or '.join(names)}")
    return HARDWARE[names[0]](said[names[0]]) if names else None


def _pipelines(tables: Tables) -> dict[str, AssetId]:
    """Give every pipeline's id by its code, and by itself where no code is in the way."""
    by_code: dict[str, AssetId] = {}
    offset, total = 0, 1
    while offset < total:
        page, total = tables.network.pipelines(Page(_PAGE, offset))
        by_code.update((pipeline.link.code, pipeline.id) for pipeline in page)
        offset += _PAGE
    return {str(asset): asset for asset in by_code.values()} | by_code
