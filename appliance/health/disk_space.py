"""Is there room on the disk?"""

from typing import Final

from appliance.domain.disk import MIB, Pressure, percent_used
from appliance.health.base import Issue, Severity, Surroundings

_DOES: Final[dict[Pressure, tuple[Severity, str]]] = {
    Pressure.WARNS: ("medium", "everything still works"),
    Pressure.GIVES_UP_DERIVED: (
        "high",
        "what can be made again gave its room back, and history is put in order no more",
    ),
    Pressure.REFUSES: ("critical", "QoS 0 readings, uploads and imports are refused"),
    Pressure.WITHHOLDS: ("critical", "nothing is acknowledged: devices keep their data"),
}


async def check(surroundings: Surroundings) -> list[Issue]:
    """Say how full it is, what that means now, and how much room ends it; from 80 % on."""
    disk = surroundings.world.disk
    if disk.level is Pressure.NONE:
        return []
    severity, does = _DOES[disk.level]
    return [
        Issue(
            "disk_space",
            severity,
            f"the disk with {surroundings.folder} is {percent_used(disk.usage):.0f} % full "
            f"({disk.usage.free // MIB:,} MiB left): {does}",
            f"make {disk.lacking // MIB + 1:,} MiB of room on it, and it gets better by itself; "
            "or move the data folder to a larger disk",
        )
    ]
