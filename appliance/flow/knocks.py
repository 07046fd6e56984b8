"""The devices that knocked and that nobody here knows: whoever they are can be let in in one step.

Kept in memory only, so that whoever knocks costs the disk nothing; after a start, devices knock again.
"""

from dataclasses import replace
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from appliance.domain.ids import DeviceId, MunicipalityId
from appliance.domain.instant import Instant
from appliance.domain.knocks import Knock
from appliance.domain.readings import Door, Refusal
from appliance.ports.clock import IdSource

MOST_UNPROVEN: Final = 500
"""In all; when full, the address that has most of them loses its oldest."""
MOST_OF_AN_ADDRESS: Final = 25
"""Somebody who makes up names pushes out but their own."""
MOST_RELAYED: Final = 200
"""By the gateways of a municipality; the one that was silent for longest goes first."""
LONGEST_NAME: Final = 128
LONGEST_PAYLOAD: Final = 200


_Key = tuple[MunicipalityId | None, str, DeviceId, Door]
"""Whose, from where, who, by which way."""


class Knocks:
    """Remembers knocks, the most recent ones. Every step takes a short and bounded time."""

    def __init__(self, ids: IdSource) -> None:
        self._ids = ids
        self._known: dict[_Key, Knock] = {}
        """In the order in which they were last seen."""
        self._crowds: dict[tuple[MunicipalityId | None, str], dict[_Key, None]] = {}
        """Of each address, or of each municipality's gateways, in that order too."""

    def note(self, door: Door, refusal: Refusal, at: Instant, payload: str) -> None:
        """Remember that a device was here which nobody knows."""
        whose = refusal.municipalities[0] if refusal.relayed_by is not None else None
        home = "" if whose is not None else _home(refusal.address)
        name = DeviceId(_shown(refusal.device_id[:LONGEST_NAME]))
        if not name:
            return
        key = (whose, home, name, door)
        before = self._known.pop(key, None)
        if before is None:
            self._make_room(whose, home)
            before = Knock(self._ids.new_id(), name, door, refusal.address, at, at, 0, "", whose)
        self._known[key] = replace(
            before,
            address=refusal.address,
            last_seen=at,
            count=before.count + 1,
            payload=_shown(payload[:LONGEST_PAYLOAD]) or before.payload,
            gateway=refusal.relayed_by,
            hardware=refusal.hardware,
        )
        crowd = self._crowds.setdefault((whose, home), {})
        crowd.pop(key, None)
        crowd[key] = None

    def of(self, municipality: MunicipalityId | None) -> list[Knock]:
        """Give those that a municipality's gateways brought, or (None) those of nobody; newest first."""
        return [k for k in reversed(self._known.values()) if k.municipality == municipality]

    def forget(self, knock: Knock) -> None:
        """Drop every knock of a device that is known now: by whichever way and address."""
        for key in [key for key in self._known if key[2] == knock.device_id]:
            if key[0] is None or key[0] == knock.municipality:
                self._drop(key)

    def _make_room(self, whose: MunicipalityId | None, home: str) -> None:
        crowd = self._crowds.get((whose, home), {})
        most = MOST_OF_AN_ADDRESS if whose is None else MOST_RELAYED
        if len(crowd) >= most:
            self._drop(next(iter(crowd)))
        unproven = [(len(c), place) for place, c in self._crowds.items() if place[0] is None]
        if whose is None and sum(count for count, _ in unproven) >= MOST_UNPROVEN:
            _, largest = max(unproven)
            self._drop(next(iter(self._crowds[largest])))

    def _drop(self, key: _Key) -> None:
        del self._known[key]
        place = key[0], key[1]
        del self._crowds[place][key]
        if not self._crowds[place]:
            del self._crowds[place]


def _home(host: str) -> str:
    """Name what one subscriber of a network has: an IPv4 address, or 64 bits of an IPv6 one."""
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return str(found)


def _shown(text: str) -> str:
    """Make text harmless: it came from a stranger, and a person will look at it."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
