"""What holds for the whole installation."""

import json
from dataclasses import asdict, dataclass
from typing import Final

from appliance.ports.operations import SystemTables

_KEY: Final = "system_settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSettings:
    """What holds for the whole installation."""

    name: str = "Weir"
    """What it is called, by whoever runs it."""
    contact: str = ""
    """Whom to ask."""
    default_time_zone: str = "UTC"
    """Of a municipality that is added without one."""


def system_settings(system: SystemTables) -> SystemSettings:
    """Give the installation's settings, in this transaction."""
    kept = system.recall(_KEY)
    return SystemSettings() if kept is None else SystemSettings(**json.loads(kept))


def keep_system_settings(system: SystemTables, settings: SystemSettings) -> None:
    """Keep the installation's settings."""
    system.remember(_KEY, json.dumps(asdict(settings)).encode())
