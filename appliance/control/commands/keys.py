"""`weir keys`: new keys for many devices."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Final

from appliance.control.commands.people import chosen_municipality
from appliance.control.desk import CONSOLE, Desk, Order, Outcome
from appliance.domain.access import ManageDevices, authorise
from appliance.domain.errors import Invalid
from appliance.services.device_keys import MOST_AT_ONCE, DeviceKeys, IssuedKey
from appliance.services.files.csv_rows import BadLine, CsvFile

COLUMN: Final = "device_id"
USUAL_OVERLAP: Final = 86_400.0


async def issue_keys(desk: Desk, order: Order) -> Outcome:
    """Give new keys to the devices of a CSV file; the old ones stay valid for a while.

    In transactions of 10,000. What was issued before a failure is lost with it, and its devices go on
    with their old keys as long as those are valid.
    """
    grant = authorise(CONSOLE, ManageDevices, await chosen_municipality(desk, order))
    overlap = _seconds(order.arguments.get("overlap"))
    names = await asyncio.to_thread(_names, order.files[0])
    keys, issued = DeviceKeys(desk.world), list[IssuedKey]()
    for first in range(0, max(len(names), 1), MOST_AT_ONCE):
        issued += await keys.issue(grant, names[first : first + MOST_AT_ONCE], overlap)
    refused = [one for one in issued if one.api_key is None]
    figures: dict[str, object] = {
        "issued": len(issued) - len(refused),
        "refused": [{"device_id": one.device_id, "reason": one.problem} for one in refused],
    }
    notes = f"{len(issued) - len(refused):,} keys issued, {len(refused):,} devices refused\n"
    rows, failed = _written(issued), len(refused) == len(issued)
    if "to_text" in order.arguments:
        return Outcome(rows, figures, notes=notes, failed=failed)
    await asyncio.to_thread(_write, order.output, rows)
    return Outcome(notes, figures, failed=failed)


def _names(path: Path) -> list[str]:
    file = CsvFile(path, (COLUMN,), ())
    try:
        place = file.layout.places[COLUMN]
        rows = [file.layout.fields(line) for block in file.blocks() for _, line in block.numbered()]
    except BadLine as problem:
        raise Invalid(field=path.name, problem=str(problem)) from None
    finally:
        file.close()
    return [row[place].strip() for row in rows]


def _written(issued: list[IssuedKey]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((COLUMN, "api_key", "problem"))
    writer.writerows((one.device_id, one.api_key or "", one.problem) for one in issued)
    return text.getvalue()


def _write(path: Path, rows: str) -> None:
    path.touch(mode=0o600)
    path.write_text(rows, encoding="utf-8")


def _seconds(text: str | None) -> float:
    try:
        return USUAL_OVERLAP if text is None else float(text)
    except ValueError:
        raise Invalid(field="--overlap", problem=f"{text!r} is no number of seconds") from None
