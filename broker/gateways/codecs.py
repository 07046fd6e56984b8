"""The codecs for devices that report through another network, as the services ask for them."""

from appliance.domain.uplinks import Sms, Uplink
from broker.gateways import lorawan, mobile


class GatewayCodecs:
    """Implements Codecs."""

    def lorawan(self, payload: bytes, event: str) -> Uplink:
        """Read a frame of a LoRaWAN network server."""
        return lorawan.read(payload, event)

    def nbiot(self, payload: bytes) -> Uplink:
        """Read an NB-IoT message."""
        return mobile.nbiot(payload)

    def sms(self, payload: bytes) -> Sms:
        """Read a text message."""
        return mobile.sms(payload)
