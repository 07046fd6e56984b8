"""The demo's instruments: what measures where, and through which door it reports."""

from dataclasses import dataclass
from typing import Final

from appliance.domain.readings import Door


@dataclass(frozen=True, slots=True)
class Instrument:
    """One device with one sensor."""

    device_id: str
    column: str
    """Its name in the simulated weeks: P, F or L and the code of its node or pipe."""
    name: str
    door: Door

    @property
    def code(self) -> str:
        """The node or pipe at which it sits."""
        return self.column[1:]

    @property
    def sensor_type(self) -> str:
        """The code of its type."""
        return {"P": "pressure", "F": "flow", "L": "level"}[self.column[0]]

    @property
    def unit(self) -> str:
        """What it reports in."""
        return {"P": "bar", "F": "m³/h", "L": "m"}[self.column[0]]


_PLACES: Final = (
    ("P139", "Dyke Road"),
    ("P141", "Mill Lane"),
    ("P143", "North Quay"),
    ("P145", "Chapel Street"),
    ("P147", "Lighthouse Road"),
    ("P149", "School Lane"),
    ("P151", "Station Road"),
    ("P119", "Waterworks Gate"),
    ("P117", "Meadow Way"),
    ("P105", "Market Square"),
    ("P111", "Town Hall"),
    ("P191", "Hospital"),
    ("P157", "Ring Road North"),
    ("P171", "Ring Road South"),
    ("P184", "Orchard Street"),
    ("P199", "Dairy"),
    ("P209", "Fire Station"),
    ("P219", "Harbour Basin"),
    ("P231", "Sluice"),
    ("P251", "Far Polder"),
    ("F101", "Lake works, outflow"),
    ("F329", "River main"),
    ("F173", "Trunk main"),
    ("F155", "North district, inflow"),
    ("L1", "Tank South"),
    ("L2", "Tank Polder"),
    ("L3", "Tank North"),
)
_DOORS: Final = (Door.MQTT, Door.HTTP, Door.TCP)


def fleet() -> tuple[Instrument, ...]:
    """Give all 27 instruments, a third behind each door, neighbours behind different ones."""
    return tuple(
        Instrument(f"demo-{column.lower()}", column, name, _DOORS[index % len(_DOORS)])
        for index, (column, name) in enumerate(_PLACES)
    )
