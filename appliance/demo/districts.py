"""The demo's metered districts: made up, as its place is, round the flow meters that feed them."""

from typing import Final

from appliance.domain.enclave import ZoneId
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import Instant
from appliance.domain.sensors import Position
from appliance.domain.zones import Zone, ZoneKind
from appliance.ports.clock import IdSource

_OUTLINES: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "North district": (
        (8.7235, 54.6250),
        (8.7500, 54.6240),
        (8.7720, 54.6310),
        (8.7650, 54.6400),
        (8.7420, 54.6420),
        (8.7240, 54.6380),
    ),
    "South polder": (
        (8.7085, 54.6340),
        (8.7200, 54.6340),
        (8.7225, 54.6230),
        (8.7880, 54.6120),
        (8.7880, 54.5960),
        (8.7560, 54.5870),
        (8.7085, 54.5990),
    ),
    "West town": (
        (8.6540, 54.6420),
        (8.6720, 54.6430),
        (8.6900, 54.6340),
        (8.7078, 54.6335),
        (8.7078, 54.6120),
        (8.6900, 54.6120),
        (8.6560, 54.6320),
    ),
}
"""Longitude and latitude; in each lies the meter of what flows in."""


def districts(municipality: MunicipalityId, ids: IdSource, now: Instant) -> tuple[Zone, ...]:
    """Give a zone for each district."""
    return tuple(
        Zone(
            id=ZoneId(ids.new_id()),
            municipality=municipality,
            name=name,
            kind=ZoneKind.DMA,
            area=((_ring(outline),),),
            created_at=now,
            updated_at=now,
        )
        for name, outline in _OUTLINES.items()
    )


def _ring(outline: tuple[tuple[float, float], ...]) -> tuple[Position, ...]:
    """Close an outline (RFC 7946 3.1.6: its last point is its first)."""
    return tuple(Position(*point) for point in (*outline, outline[0]))
