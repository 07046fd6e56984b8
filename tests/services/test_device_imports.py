"""Devices on other networks come in by CSV like every other, with what their networks call them."""

from tests.builders import THERE
from tests.services.desk import SENSOR_HEAD, Desk

HEAD = f"{SENSOR_HEAD},gateway_device_id,dev_eui,imei,phone_number,channel"


def row(device_id: str, rest: str = ",,,,") -> str:
    return f"{device_id},n,temperature,°C,,,,{rest}"


async def test_sensors_are_imported_with_what_their_networks_call_them(desk: Desk):
    before = await desk.all(THERE)
    report = await desk.sensors(
        row("LNS-1"),
        row("T-3", "LNS-1,00-04-A3-0B-00-1C-05-30,,,3"),
        row("NB-1", ",,490154203237518,,"),
        row("SMS-1", "LNS-1,,,0049 171 5550100,"),
        row("BAD-1", "GHOST,,,,"),
        row("BAD-2", ",xyz,,,"),
        row("BAD-3", ",0004A30B001C0530,490154203237518,,"),
        head=HEAD,
    )
    assert [refused.line for refused in report.refused] == [6, 7, 8]
    found = {s.device_id: s for s in await desk.all()}
    assert {name: str(s.hardware) for name, s in found.items() if s.hardware} == {
        "T-3": "eui:0004A30B001C0530",
        "NB-1": "imei:490154203237518",
        "SMS-1": "tel:+491715550100",
    }
    third = found["T-3"]
    assert (third.gateway, third.channel, third.protocol) == ("LNS-1", "3", "lorawan")
    assert await desk.all(THERE) == before
