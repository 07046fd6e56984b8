"""Sessions of devices: of a device only what QoS 2 needs is kept between connections."""

import json
from collections.abc import Iterable
from typing import Final, NamedTuple

from appliance.domain.ids import DeviceId, MunicipalityId
from appliance.ports.sessions import Dropped, KeptSession, Opened
from broker.engine.record import Record
from broker.engine.unfinished import Unfinished

_KIND: Final = "device"


class SessionKey(NamedTuple):
    """Whose session: a client id is private to the identity that uses it."""

    municipality: MunicipalityId
    device: DeviceId
    client_id: str

    @property
    def name(self) -> str:
        """Its name in the record."""
        return _KIND + json.dumps(self, ensure_ascii=False)


def is_of_a_device(name: str) -> bool:
    """Say whether a session in the record is a device's."""
    return name.startswith(_KIND)


class DeviceSessions:
    """Sessions of devices that asked to be remembered. Full forgets the one absent for longest."""

    def __init__(self, most: int, record: Record) -> None:
        self._most = most
        self._record = record
        self._kept: dict[str, Unfinished] = {}

    def restore(self, kept: Iterable[KeptSession]) -> None:
        """Know again what was kept."""
        for session in kept:
            taken = frozenset(session.taken)
            self._kept[session.name] = Unfinished(self._record, session.number, taken)

    def open(self, key: SessionKey, *, clean: bool) -> tuple[Unfinished, bool]:
        """Give the session and whether it was there; a clean one is new and is not kept."""
        kept = self._kept.pop(key.name, None)
        if clean:
            self._drop(kept)
            return Unfinished(self._record), False
        session = kept if kept is not None else self._begin(key.name)
        self._kept[key.name] = session
        if len(self._kept) > self._most:
            self._forget_one()
        return session, kept is not None

    def _begin(self, name: str) -> Unfinished:
        number = self._record.new_session()
        self._record.note(Opened(number, name))
        return Unfinished(self._record, number)

    def _forget_one(self) -> None:
        for name, session in self._kept.items():
            if session.present is None:
                del self._kept[name]
                self._drop(session)
                return

    def _drop(self, session: Unfinished | None) -> None:
        if session is not None and session.session is not None:
            self._record.note(Dropped(session.session))
