"""What is raised for bytes that are not MQTT 3.1.1."""

from appliance.domain.errors import Refused


class ProtocolViolation(Refused):
    """The peer broke [{clause}]: {problem}."""

    hint = "the connection is closed, as [MQTT-4.8.0-1] asks; correct or replace the peer's client"

    def __init__(self, clause: str, problem: str) -> None:
        super().__init__(clause=clause, problem=problem)
        self.clause = clause


class PacketTooLarge(ProtocolViolation):
    """A packet of {length} bytes is larger than the {largest} that are taken here."""

    hint = "send fewer readings in one message"

    def __init__(self, length: int, largest: int) -> None:
        Refused.__init__(self, length=length, largest=largest)
        self.clause = "MQTT-2.2.3"
