"""Edits of assets with what was before and after, and base maps."""

from typing import Final

from appliance.domain.ids import NOBODY
from appliance.ports.map import BaseMap, Edit, EditPart
from appliance.ports.pages import Box, Page
from storage.operations.statements import OwnStatements, Row, sql

MOST_EDITS: Final = 2_000
"""Of one municipality; with one more the oldest can't be undone any longer."""

_EDITS = (
    "SELECT id, municipality, number, at, by, what, undoes, undone_by FROM edit"
    " WHERE municipality = :mine"
)
_PARTS = (
    "SELECT asset, code, before, after FROM edit_part WHERE municipality = :mine AND edit = :edit"
)
_OF_ASSET = (
    "AND id IN (SELECT edit FROM edit_part WHERE municipality = :mine AND asset = :asset)"
    " ORDER BY number DESC LIMIT :most"
)
_BASE_MAPS = (
    "SELECT municipality, file, name, format, tile_type, compression, size, sha256, least_zoom,"
    " most_zoom, west, south, east, north, attribution, added_by, added_at FROM base_map"
)


class EditRows:
    """The port's EditTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def add(self, edit: Edit) -> Edit:
        self._run.must_own(edit.municipality)
        number = 1 + self._run.number(
            "SELECT coalesce(max(number), 0) FROM edit WHERE municipality = :mine"
        )
        self._run.change(
            "INSERT INTO edit VALUES (:id, :mine, :number, :at, :by, :what, :undoes, NULL)",
            id=edit.id,
            number=number,
            at=edit.at,
            by=edit.by,
            what=edit.what,
            undoes=edit.undoes,
        )
        for position, part in enumerate(edit.parts):
            self._run.change(
                "INSERT INTO edit_part VALUES (:edit, :position, :mine, :asset, :code, :before,"
                " :after)",
                edit=edit.id,
                position=position,
                asset=part.asset,
                code=part.code,
                before=part.before,
                after=part.after,
            )
        self._run.change(
            "DELETE FROM edit WHERE municipality = :mine AND number <= :last",
            last=number - MOST_EDITS,
        )
        return _edit((*_row(edit)[:2], number, *_row(edit)[3:]), edit.parts)

    def get(self, edit: int) -> Edit | None:
        row = self._run.row(sql(_EDITS, "AND id = :id"), id=edit)
        return None if row is None else self._with_parts(row)

    def page(self, page: Page) -> tuple[list[Edit], int]:
        rows = self._run.rows(
            sql(_EDITS, "ORDER BY number DESC LIMIT :limit OFFSET :offset"),
            limit=page.limit,
            offset=page.offset,
        )
        count = self._run.number("SELECT count(*) FROM edit WHERE municipality = :mine")
        return [self._with_parts(row) for row in rows], count

    def of(self, asset: int, most: int) -> list[Edit]:
        found = []
        for row in self._run.rows(sql(_EDITS, _OF_ASSET), asset=asset, most=most):
            rows = self._run.rows(sql(_PARTS, "AND asset = :asset"), edit=row[0], asset=asset)
            found.append(_edit(row, _parts(rows)))
        return found

    def note_undone(self, edit: int, by: int) -> None:
        self._run.change(
            "UPDATE edit SET undone_by = :by WHERE municipality = :mine AND id = :id",
            id=edit,
            by=by,
        )

    def _with_parts(self, row: Row) -> Edit:
        rows = self._run.rows(sql(_PARTS, "ORDER BY position"), edit=row[0])
        return _edit(row, _parts(rows))


def _parts(rows: list[Row]) -> tuple[EditPart, ...]:
    return tuple(
        EditPart(asset=asset, code=code, before=before, after=after)
        for asset, code, before, after in rows
    )


def _row(edit: Edit) -> Row:
    return (
        edit.id,
        edit.municipality,
        edit.number,
        edit.at,
        edit.by,
        edit.what,
        edit.undoes,
        edit.undone_by,
    )


def _edit(row: Row, parts: tuple[EditPart, ...]) -> Edit:
    return Edit(
        id=row[0],
        municipality=row[1],
        number=row[2],
        at=row[3],
        by=row[4],
        what=row[5],
        undoes=row[6],
        undone_by=row[7],
        parts=parts,
    )


class BaseMapRows:
    """The port's BaseMapTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def own(self) -> BaseMap | None:
        return _base_map(self._run.row(sql(_BASE_MAPS, "WHERE municipality = :mine")))

    def used(self) -> BaseMap | None:
        return _base_map(
            self._run.row(
                sql(
                    _BASE_MAPS,
                    "WHERE municipality IN (:mine, :common) ORDER BY municipality DESC LIMIT 1",
                ),
                common=NOBODY,
            )
        )

    def put(self, base_map: BaseMap) -> None:
        self._run.must_own(base_map.municipality)
        box = base_map.bounds
        self._run.change(
            "INSERT OR REPLACE INTO base_map VALUES (:mine, :file, :name, :format, :tile_type,"
            " :compression, :size, :sha256, :least_zoom, :most_zoom, :west, :south, :east, :north,"
            " :attribution, :added_by, :added_at)",
            file=base_map.file,
            name=base_map.name,
            format=base_map.format,
            tile_type=base_map.tile_type,
            compression=base_map.compression,
            size=base_map.size,
            sha256=base_map.sha256,
            least_zoom=base_map.least_zoom,
            most_zoom=base_map.most_zoom,
            west=box.west,
            south=box.south,
            east=box.east,
            north=box.north,
            attribution=base_map.attribution,
            added_by=base_map.added_by,
            added_at=base_map.added_at,
        )

    def remove(self) -> None:
        self._run.change("DELETE FROM base_map WHERE municipality = :mine")


def _base_map(row: Row | None) -> BaseMap | None:
    if row is None:
        return None
    return BaseMap(
        municipality=row[0],
        file=row[1],
        name=row[2],
        format=row[3],
        tile_type=row[4],
        compression=row[5],
        size=row[6],
        sha256=row[7],
        least_zoom=row[8],
        most_zoom=row[9],
        bounds=Box(*row[10:14]),
        attribution=row[14],
        added_by=row[15],
        added_at=row[16],
    )
