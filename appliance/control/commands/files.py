"""`weir import` and `weir export`."""

import asyncio
from pathlib import Path
from typing import Final

from appliance.control.commands.people import chosen_municipality
from appliance.control.desk import CONSOLE, Desk, Order, Outcome
from appliance.domain import instant
from appliance.domain.access import EditNetwork, Grant, ViewNetwork, authorise
from appliance.domain.errors import Invalid
from appliance.domain.instant import EARLIEST, LATEST, Instant
from appliance.domain.work import Report
from appliance.ports.exporting import ExportFormat
from appliance.services.files import exports, imports, sensor_import

SHOWN: Final = 20
TAKEN: Final = ("added", "replaced", "stored", "duplicate", "quarantined")
"""Figures of what a file held that was good."""


async def import_network(desk: Desk, order: Order) -> Outcome:
    """Read a network file onto the map."""
    said = order.arguments
    model = await asyncio.to_thread(
        desk.read_network, order.files[0], said.get("crs"), said.get("local_origin")
    )
    report = await imports.import_network(await _grant(desk, order), desk.world, model, order.show)
    return _outcome(report)


async def import_sensors(desk: Desk, order: Order) -> Outcome:
    """Add the sensors of a CSV file and give their keys."""
    report = await sensor_import.import_sensors(
        await _grant(desk, order), desk.world, order.files[0], order.output, order.show
    )
    outcome = _outcome(report)
    if "to_text" in order.arguments:
        rows = await asyncio.to_thread(_take, order.output)
        return Outcome(rows, outcome.figures, notes=outcome.text, failed=outcome.failed)
    return outcome


async def import_readings(desk: Desk, order: Order) -> Outcome:
    """Put the readings of a CSV file into history."""
    report = await imports.import_readings(
        await _grant(desk, order), desk.world, desk.walk, order.files[0], order.show
    )
    return _outcome(report)


async def export_readings(desk: Desk, order: Order) -> Outcome:
    """Write readings to a file."""
    said = order.arguments
    grant: Grant[ViewNetwork] = authorise(
        CONSOLE, ViewNetwork, await chosen_municipality(desk, order)
    )
    await desk.world.history.settled(desk.world.journal.last)
    wanted = exports.Wanted(
        since=_time("--from", said.get("since"), EARLIEST),
        until=_time("--to", said.get("until"), LATEST),
        output=order.output,
        form=ExportFormat(said["format"]),
    )
    report = await exports.export_readings(grant, desk.world, desk.exporter, wanted, order.show)
    outcome = _outcome(report)
    if "to_text" in said:
        rows = await asyncio.to_thread(_take, order.output)
        return Outcome(rows, outcome.figures, notes=outcome.text, failed=outcome.failed)
    return outcome


async def _grant(desk: Desk, order: Order) -> Grant[EditNetwork]:
    return authorise(CONSOLE, EditNetwork, await chosen_municipality(desk, order))


def _take(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    file.unlink()
    return text


def _time(option: str, text: str | None, otherwise: Instant) -> Instant:
    if text is None:
        return otherwise
    try:
        return instant.parse(text)
    except ValueError as error:
        raise Invalid(
            field=option, problem=f"{text!r} is not an ISO 8601 time with zone ({error})"
        ) from None


def _outcome(report: Report) -> Outcome:
    figures: dict[str, object] = {
        **report.figures,
        "refused_lines": [
            {"line": r.line, "reason": r.reason, "excerpt": r.excerpt} for r in report.refused
        ],
    }
    text = report.summary + "\n" + _refused_lines(report)
    return Outcome(text, figures, failed=_took_nothing(report))


def _took_nothing(report: Report) -> bool:
    """Say whether all that there was has been refused."""
    return bool(report.refused) and not any(report.figures.get(name) for name in TAKEN)


def _refused_lines(report: Report) -> str:
    lines = [f"line {r.line}: {r.reason} — {r.excerpt}" for r in report.refused[:SHOWN]]
    if len(report.refused) > SHOWN:
        lines.append("… the other refused lines are listed with --json")
    return "\n".join(lines)
