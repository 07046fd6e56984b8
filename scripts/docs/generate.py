"""Writes the reference: every page comes from the table in the code that the program itself uses.

tests/docs/test_reference.py fails when a page is not what this makes of the code.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from scripts.docs import audit, checks, command_line, events, http, tables

ROOT: Final = Path(__file__).parents[2]
REFERENCE: Final = "appliance/docs/reference"

PAGES: Final[dict[str, Callable[[], str]]] = {
    f"{REFERENCE}/cli.md": command_line.commands,
    f"{REFERENCE}/options.md": command_line.options,
    f"{REFERENCE}/http-api.md": http.routes,
    f"{REFERENCE}/metrics.md": http.metrics,
    f"{REFERENCE}/events.md": events.events,
    f"{REFERENCE}/checks.md": checks.checks,
    f"{REFERENCE}/audit.md": audit.audit,
    f"{REFERENCE}/permissions.md": tables.permissions,
    f"{REFERENCE}/rejections.md": tables.rejections,
    f"{REFERENCE}/units.md": tables.units,
    f"{REFERENCE}/sensor-types.md": tables.sensor_types,
    "web/reference/openapi.json": http.openapi,
    "web/ui/src/format/units.gen.json": tables.units_of_screens,
}


def main() -> None:
    """Write every page, and say which have changed."""
    for name, make in PAGES.items():
        file, text = ROOT / name, make()
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
