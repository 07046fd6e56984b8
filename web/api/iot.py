"""The doors for devices that report through another network: LoRaWAN, NB-IoT, GSM."""

from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import Permission
from appliance.domain.readings import Refusal
from appliance.services.gateway_door import Outcome
from web.api.devices import Taken, refused, settled
from web.asking import Ask, Reply, bearer
from web.posted import FRAMES, NbiotIn, SmsIn
from web.routes import PREFIX, Open, Route
from web.writing import JSON

NOTHING = Taken(received=0, stored=0, duplicate=0, late=0, quarantined=0, rejected={})
"""What became of something that was no reading."""


class UplinkQuery(Struct, frozen=True):
    """What ChirpStack tells beside the frame."""

    event: Annotated[str, Meta(max_length=32)] = ""


async def lorawan(ask: Ask[Permission]) -> Reply:
    """Take a frame of a LoRaWAN device."""
    door, event = ask.services.gateway_door, ask.query.event
    return _answer(await door.lorawan(ask.payload, event, _key(ask), ask.address))


async def nbiot(ask: Ask[Permission]) -> Reply:
    """Take a message of an NB-IoT device."""
    return _answer(await ask.services.gateway_door.nbiot(ask.payload, _key(ask), ask.address))


async def sms(ask: Ask[Permission]) -> Reply:
    """Take a text message."""
    return _answer(await ask.services.gateway_door.sms(ask.payload, _key(ask), ask.address))


def _key(ask: Ask[Permission]) -> str:
    return ask.headers.get("X-API-Key") or bearer(ask.headers) or ""


def _answer(outcome: Outcome) -> Reply:
    if outcome is None:
        return Reply(NOTHING)
    return refused(outcome) if isinstance(outcome, Refusal) else settled(outcome)


_SUMMARIES = (
    (
        "lorawan/uplink",
        lorawan,
        UplinkQuery,
        FRAMES,
        "Report a LoRaWAN frame, as ChirpStack and The Things Stack do or in hexadecimal Cayenne LPP",
    ),
    (
        "nbiot/message",
        nbiot,
        None,
        (NbiotIn,),
        "Report a reading of an NB-IoT device by its IMEI; the key may be in `api_key`",
    ),
    (
        "gsm/sms",
        sms,
        None,
        (SmsIn,),
        "Report a reading that came by SMS as `<device_id>:<value>:<unit>`",
    ),
)

ROUTES = tuple(
    Route(
        method="POST",
        path=f"{PREFIX}/iot/{path}",
        on_full_disk=True,  # the door itself says what is not taken
        access=Open.DEVICE,
        handler=handler,
        query=query,
        reads={JSON: posted},
        answer=Taken,
        status=201,
        summary=summary,
    )
    for path, handler, query, posted, summary in _SUMMARIES
)
