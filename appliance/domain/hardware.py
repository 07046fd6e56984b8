"""What a device is called on its own network: LoRaWAN, NB-IoT, GSM."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from appliance.domain.errors import Invalid

LONGEST_CHANNEL: Final = 64
_SEPARATORS: Final = re.compile(r"[\s:.\-()/]+")
_EUI: Final = re.compile(r"[0-9A-Fa-f]{16}")
_IMEI: Final = re.compile(r"[0-9]{14,16}")
_PHONE: Final = re.compile(r"\+?[0-9]{3,15}")


class HardwareKind(StrEnum):
    """How devices are told apart on a network."""

    EUI = "eui"
    """LoRaWAN: an EUI-64, 16 hexadecimal digits."""
    IMEI = "imei"
    """NB-IoT and other mobile networks (3GPP TS 23.003, 6.2)."""
    PHONE = "tel"
    """GSM: the number of its SIM (E.164)."""


PROTOCOLS: Final[Mapping[HardwareKind, str]] = {
    HardwareKind.EUI: "lorawan",
    HardwareKind.IMEI: "nbiot",
    HardwareKind.PHONE: "gsm",
}
"""What a sensor's protocol is called."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """A device on its own network. Two municipalities may note the same one: the key decides."""

    kind: HardwareKind
    number: str

    def __str__(self) -> str:
        """Write it as it is kept: `eui:0004A30B001C0530`."""
        return f"{self.kind.value}:{self.number}"


def hardware_from(text: str) -> Hardware:
    """Read what `str` has written."""
    kind, _, number = text.partition(":")
    return Hardware(HardwareKind(kind), number)


def dev_eui(text: str) -> Hardware:
    """Read a DevEUI in any of the usual spellings; Invalid where it is none."""
    number = _SEPARATORS.sub("", text[:64])
    if not _EUI.fullmatch(number):
        raise Invalid(field="dev_eui", problem="16 hexadecimal digits, such as 0004A30B001C0530")
    return Hardware(HardwareKind.EUI, number.upper())


def imei(text: str) -> Hardware:
    """Read an IMEI; Invalid where it is none."""
    number = _SEPARATORS.sub("", text[:64])
    if not _IMEI.fullmatch(number):
        raise Invalid(field="imei", problem="14 to 16 digits, such as 490154203237518")
    return Hardware(HardwareKind.IMEI, number)


def phone(text: str) -> Hardware:
    """Read a phone number; `0049…` is `+49…`; Invalid where it is none."""
    number = _SEPARATORS.sub("", text[:64])
    if not _PHONE.fullmatch(number):
        raise Invalid(field="phone_number", problem="a phone number, such as +49301234567")
    return Hardware(HardwareKind.PHONE, "+" + number[2:] if number.startswith("00") else number)
