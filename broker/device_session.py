"""What is kept of a device between PUBLISH and PUBREL, so that QoS 2 is taken exactly once.

In memory: after a restart a device's QoS 2 message may be taken twice, and the walk recognises
the second by device and time.
"""

from typing import NamedTuple, Protocol

from appliance.domain.ids import DeviceId, MunicipalityId


class SessionKey(NamedTuple):
    """Whose session: a client id is private to the identity that uses it."""

    municipality: MunicipalityId
    device: DeviceId
    client_id: str


class Present(Protocol):
    """The peer that is connected with a session now."""

    def recorded(self, packet_id: int) -> None:
        """Send PUBREC: the message has settled."""
        ...


class DeviceSession:
    """QoS 2 messages whose PUBREL has not come yet: bounded by whoever calls `begin`."""

    def __init__(self) -> None:
        self.present: Present | None = None
        self._settled: dict[int, bool] = {}

    def __len__(self) -> int:
        """Count the unfinished messages."""
        return len(self._settled)

    def knows(self, packet_id: int) -> bool:
        """Say whether this message has been taken [MQTT-4.3.3-2]."""
        return packet_id in self._settled

    def begin(self, packet_id: int) -> None:
        """Note that a message was taken."""
        self._settled[packet_id] = False

    def settle(self, packet_id: int) -> None:
        """Note that it is on disk, and say so to whoever is present."""
        if packet_id not in self._settled:
            return
        self._settled[packet_id] = True
        if self.present is not None:
            self.present.recorded(packet_id)

    def has_settled(self, packet_id: int) -> bool:
        """Say whether it is on disk."""
        return self._settled.get(packet_id, False)

    def forget(self, packet_id: int) -> None:
        """Note that it is finished, or was not kept after all."""
        self._settled.pop(packet_id, None)


class DeviceSessions:
    """Sessions of devices that asked to be remembered. Full forgets the one absent for longest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[SessionKey, DeviceSession] = {}

    def open(self, key: SessionKey, *, clean: bool) -> tuple[DeviceSession, bool]:
        """Give the session and whether it was there; a clean one is new and is not kept."""
        kept = self._kept.pop(key, None)
        if clean:
            return DeviceSession(), False
        session = kept if kept is not None else DeviceSession()
        self._kept[key] = session
        if len(self._kept) > self._most:
            self._forget_one()
        return session, kept is not None

    def _forget_one(self) -> None:
        for key, session in self._kept.items():
            if session.present is None:
                del self._kept[key]
                return
