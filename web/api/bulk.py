"""Much at once: files out (CSV, GeoJSON, Parquet) and files in, tried before they are done."""

import csv
import io
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from appliance.domain.access import EditNetwork, ExportData, ManageDevices
from appliance.domain.instant import EARLIEST, LATEST
from appliance.domain.spreadsheets import guarded
from appliance.ports.exporting import ExportFormat
from appliance.services.files.asset_files import read_features, read_rows
from appliance.services.files.bulk_imports import Outcome, Wish
from web.asking import Ask, Reply
from web.files import NEVER_RUN, blocks_of_scratch, saved_as
from web.routes import PREFIX, Handler, Route
from web.shapes import Range, moment_of

LARGEST: Final = 16 * 2**20
CSV: Final = "text/csv"
GEOJSON: Final = "application/geo+json"
PARQUET: Final = "application/vnd.apache.parquet"


class AssetsOut(Struct, frozen=True):
    """As what the assets are written."""

    format: Literal["csv", "geojson"] = "geojson"


class ReadingsOut(Range, frozen=True, rename={"since": "from", "until": "to"}):
    """Which readings, and as what they are written."""

    format: Literal["csv", "parquet"] = "csv"


class HowIn(Struct, frozen=True):
    """`dry_run` changes nothing; with `partial` the good lines are taken though others are refused."""

    dry_run: bool = False
    partial: bool = False


class SensorsIn(HowIn, frozen=True):
    """With `format=csv` the answer is the table that `weir import sensors` writes."""

    format: Literal["json", "csv"] = "json"


class AssetsIn(HowIn, frozen=True):
    """What the file is."""

    format: Literal["csv", "geojson"] = "geojson"


class TakenLine(Struct, frozen=True):
    """A line that was taken; `api_key` is a new device's, shown this once."""

    line: int
    id: int
    name: str
    api_key: str


class LeftLine(Struct, frozen=True):
    """A line that was not taken, and why. Of GeoJSON it is the number of the feature, from 1."""

    line: int
    reason: str
    excerpt: str


class Imported(Struct, frozen=True):
    """What came of a file; with `dry_run`, what would. `refused` has the first thousand."""

    done: bool
    figures: Annotated[dict[str, int], Meta(description="added, replaced, refused")]
    added: list[TakenLine]
    refused: list[LeftLine]


async def export_table(what: str, ask: Ask[ExportData]) -> Reply:
    """Give a table as CSV."""
    return _file(await ask.services.record_exports.table(await ask.one(), what), what, "csv", CSV)


async def export_assets(ask: Ask[ExportData]) -> Reply:
    """Give the assets."""
    if ask.query.format == "csv":
        return await export_table("assets", ask)
    path = await ask.services.record_exports.features(await ask.one())
    return _file(path, "assets", "geojson", GEOJSON)


async def export_readings(ask: Ask[ExportData]) -> Reply:
    """Give readings."""
    query: ReadingsOut = ask.query
    since = EARLIEST if query.since is None else moment_of(query.since)
    until = LATEST if query.until is None else moment_of(query.until)
    form = ExportFormat(query.format)
    path = await ask.services.record_exports.readings(await ask.one(), since, until, form)
    return _file(path, "readings", form, CSV if form is ExportFormat.CSV else PARQUET)


def _file(path: Path, name: str, ending: str, media_type: str) -> Reply:
    charset = "; charset=utf-8" if media_type == CSV else ""
    return Reply(
        headers={
            "Content-Type": f"{media_type}{charset}",
            "Content-Disposition": saved_as(f"{name}.{ending}"),
            **NEVER_RUN,
        },
        stream=blocks_of_scratch(path),
    )


async def import_sensors(ask: Ask[ManageDevices]) -> Reply:
    """Add the sensors of a file."""
    query: SensorsIn = ask.query
    wish = Wish(query.dry_run, query.partial)
    outcome = await ask.services.bulk_imports.sensors(await ask.one(), ask.file.path, wish)
    if query.format == "csv" and outcome.is_done:
        return Reply(_keys(outcome), headers={"Content-Type": f"{CSV}; charset=utf-8"})
    return _answer(outcome, wish)


async def import_assets(ask: Ask[EditNetwork]) -> Reply:
    """Add and replace the assets of a file."""
    query: AssetsIn = ask.query
    wish = Wish(query.dry_run, query.partial)
    read = partial(read_rows if query.format == "csv" else read_features, ask.file.path)
    return _answer(await ask.services.bulk_imports.assets(await ask.one(), read, wish), wish)


def _answer(outcome: Outcome, wish: Wish) -> Reply:
    if not outcome.is_done and not wish.dry_run:
        return Reply({"detail": list(_problems(outcome)), "code": "lines_refused"}, status=422)
    keys = outcome.is_done
    return Reply(
        Imported(
            done=outcome.is_done,
            figures=outcome.figures,
            added=[
                TakenLine(one.line, one.id, one.name, one.api_key if keys else "")
                for one in outcome.added
            ],
            refused=[LeftLine(one.line, one.reason, one.excerpt) for one in outcome.refused],
        )
    )


def _problems(outcome: Outcome) -> Iterable[dict[str, Any]]:
    for one in outcome.refused:
        yield {"loc": ["body", str(one.line)], "msg": one.reason, "type": "value_error"}


def _keys(outcome: Outcome) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(("device_id", "sensor_id", "api_key"))
    writer.writerows((guarded(one.name), one.id, one.api_key) for one in outcome.added)
    return written.getvalue().encode()


def _out(
    what: str, handler: Handler, summary: str, *kinds: str, query: type | None = None
) -> Route:
    return Route(
        method="GET",
        path=f"{PREFIX}/exports/{what}",
        access=ExportData,
        handler=handler,
        query=query,
        gives_file=kinds,
        on_full_disk=False,
        summary=summary,
    )


ROUTES = (
    *(
        _out(what, partial(export_table, what), f"All {what} as CSV", CSV)
        for what in ("alerts", "incidents", "maintenance", "sensors")
    ),
    _out("assets", export_assets, "All assets as GeoJSON or CSV", GEOJSON, CSV, query=AssetsOut),
    _out(
        "readings", export_readings, "Readings as CSV or Parquet", CSV, PARQUET, query=ReadingsOut
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/imports/sensors",
        access=ManageDevices,
        handler=import_sensors,
        query=SensorsIn,
        answer=Imported,
        gives_file=(CSV,),
        largest_body=LARGEST,
        takes_file=(CSV,),
        summary="Add the sensors of a CSV file, all or none, and give their devices keys",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/imports/assets",
        access=EditNetwork,
        handler=import_assets,
        query=AssetsIn,
        answer=Imported,
        largest_body=LARGEST,
        takes_file=(GEOJSON, CSV),
        summary="Add and replace the assets of a GeoJSON or CSV file, all or none",
    ),
)
