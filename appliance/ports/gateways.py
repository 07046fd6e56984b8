"""What is needed of the codecs for devices that report through another network."""

from typing import Protocol

from appliance.domain.readings import Reason
from appliance.domain.uplinks import Sms, Uplink


class Unclear(Exception):
    """What came can't be read, and does not say whose it is."""

    def __init__(self, detail: str, reason: Reason = Reason.MALFORMED) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason


class Codecs(Protocol):
    """Read what network servers and gateways post. No I/O; raise nothing but Unclear."""

    def lorawan(self, payload: bytes, event: str) -> Uplink:
        """Read a frame as Weir, ChirpStack or The Things Stack writes it.

        `event` is what ChirpStack says in the query; empty where nobody says.
        """
        ...

    def nbiot(self, payload: bytes) -> Uplink:
        """Read a message of a device that is known by its IMEI."""
        ...

    def sms(self, payload: bytes) -> Sms:
        """Read a text message."""
        ...
