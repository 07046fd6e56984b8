"""The door for devices that report through another network: LoRaWAN, NB-IoT, GSM.

What a network server or gateway posts is made into the message that the device would have sent over HTTP,
and takes the same way: on disk before the answer, and in one column of the ledger.
"""

from dataclasses import replace
from typing import Any, Final

import msgspec

from appliance.domain import instant
from appliance.domain.hardware import Hardware, HardwareKind
from appliance.domain.ids import DeviceId
from appliance.domain.readings import AdmittedHardware, Reason, Refusal
from appliance.domain.sensors import Sensor
from appliance.domain.uplinks import Measured, Sms, Uplink, UplinkKind, assigned
from appliance.flow.frames import NAMELESS_WINDOW, WINDOW, Frames
from appliance.ports.doors import Settled
from appliance.ports.gateways import Unclear
from appliance.services.device_door import DeviceDoor
from appliance.services.world import World

MOST_NAMED: Final = 10
"""Channels that a refusal lists."""

Outcome = Settled | Refusal | None
"""None: nothing that is to be kept."""


class GatewayDoor:
    """Takes what network servers and gateways post, one frame or message a request."""

    def __init__(self, world: World, door: DeviceDoor) -> None:
        self._directory = world.directory
        self._codecs = world.codecs
        self._clock = world.clock
        self._door = door
        self._frames = Frames()

    async def lorawan(self, payload: bytes, event: str, key: str, address: str) -> Outcome:
        """Take a frame of a LoRaWAN device; raises as DeviceDoor.take."""
        try:
            uplink = self._codecs.lorawan(payload, event)
        except Unclear as problem:
            return self._unclear(problem, key, address)
        return await self._uplink(uplink, key, payload, address)

    async def nbiot(self, payload: bytes, key: str, address: str) -> Outcome:
        """Take a message of an NB-IoT device; its key may be in the body."""
        try:
            uplink = self._codecs.nbiot(payload)
        except Unclear as problem:
            return self._unclear(problem, key, address)
        return await self._uplink(uplink, key or uplink.key, payload, address)

    async def sms(self, payload: bytes, key: str, address: str) -> Outcome:
        """Take a text message; the number it came from must be the one noted for its device.

        Where none is noted, only the device's own key will do.
        """
        try:
            said = self._codecs.sms(payload)
        except Unclear as problem:
            return self._unclear(problem, key, address)
        admitted = self._directory.admit_named(said.device_id, key or said.key, said.sender)
        if isinstance(admitted, Refusal):
            return self._door.refuse(replace(admitted, address=address))
        sensor = admitted.sensors[0]
        if not _is_its_number(sensor, said.sender, by_gateway=admitted.by_gateway):
            return self._refuse(Reason.WRONG_NUMBER, admitted, "the SMS came from another number")
        return await self._pass_on(admitted, [_sms_reading(said)], len(payload))

    async def _uplink(self, uplink: Uplink, key: str, payload: bytes, address: str) -> Outcome:
        admitted = self._directory.admit_hardware(uplink.hardware, key)
        if isinstance(admitted, Refusal):
            said = _shown(uplink).encode()
            return self._door.refuse(replace(admitted, address=address), payload=said)
        if uplink.kind is UplinkKind.OTHER:
            return None
        if uplink.kind is UplinkKind.STATUS:
            about = {"device_id": admitted.sensors[0].device_id, "battery_level": uplink.battery}
            return await self._pass_on(admitted, about, len(payload), "status")
        if uplink.problem:
            return self._refuse(Reason.MALFORMED, admitted, uplink.problem)
        found = assigned(admitted.sensors, uplink.values)
        if not found:
            names = ", ".join(value.channel for value in uplink.values[:MOST_NAMED])
            return self._refuse(Reason.UNKNOWN_CHANNEL, admitted, f"it sent the channels {names}")
        time = self._time(admitted, uplink)
        readings = [_reading(sensor, value, uplink, time) for sensor, value in found]
        return await self._pass_on(admitted, readings, len(payload))

    async def _pass_on(
        self, admitted: AdmittedHardware, said: object, size: int, stream: str = "data"
    ) -> Outcome:
        encoded = msgspec.json.encode(said)
        return await self._door.pass_on(admitted.device, encoded, size, stream)

    def _time(self, admitted: AdmittedHardware, uplink: Uplink) -> str | float | None:
        """Give the time of a frame: all copies of one have that of the first."""
        now = self._clock.now()
        if uplink.hardware.kind is not HardwareKind.EUI:
            return uplink.time
        said = instant.text(now) if uplink.time is None else uplink.time
        device = admitted.device.municipality, uplink.hardware
        if uplink.frame:
            return self._frames.time_of((*device, uplink.frame), now, said, WINDOW)
        return self._frames.time_of((*device, uplink.values), now, said, NAMELESS_WINDOW)

    def _refuse(self, reason: Reason, admitted: AdmittedHardware, detail: str) -> Refusal:
        device = admitted.device
        refusal = Refusal(reason, admitted.sensors[0].device_id, (device.municipality,))
        return self._door.refuse(refusal, detail)

    def _unclear(self, problem: Unclear, key: str, address: str) -> Refusal:
        """Refuse what does not say whose it is; to whom has no key, nothing more is said."""
        speaker = self._directory.speaker(key)
        if speaker is None:
            return self._door.refuse(Refusal(Reason.WRONG_KEY, DeviceId(""), address=address))
        whose = (speaker.municipality,)
        refusal = Refusal(problem.reason, speaker.device_id, whose, address=address)
        return self._door.refuse(refusal, problem.detail)


def _is_its_number(sensor: Sensor, sender: Hardware, *, by_gateway: bool) -> bool:
    noted = sensor.hardware
    if noted is None or noted.kind is not HardwareKind.PHONE:
        return not by_gateway
    return noted == sender


def _sms_reading(said: Sms) -> dict[str, Any]:
    return _said(device_id=said.device_id, value=said.value, unit=said.unit, timestamp=said.time)


def _reading(
    sensor: Sensor, value: Measured, uplink: Uplink, time: str | float | None
) -> dict[str, Any]:
    return _said(
        device_id=sensor.device_id,
        timestamp=time,
        value=value.value,
        unit=value.unit,
        battery_level=uplink.battery,
        signal_strength=uplink.signal,
    )


def _said(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - what devices may say
    return {name: value for name, value in fields.items() if value is not None}


def _shown(uplink: Uplink) -> str:
    """Say what a device that nobody knows has sent, without its key."""
    return ", ".join(f"{v.channel or 'value'}={v.value}" for v in uplink.values[:MOST_NAMED])
