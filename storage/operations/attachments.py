"""What is known of the files of incidents; the files themselves are in storage/attachments."""

from appliance.domain.attachments import Attachment
from appliance.domain.ids import AttachmentId, IncidentId
from storage.operations.columns import place, position
from storage.operations.statements import OwnStatements, Row, sql, unique

_SELECT = (
    "SELECT id, municipality, incident, file, name, media_type, size, sha256, width, height,"
    " longitude, latitude, added_by, added_at FROM attachment WHERE municipality = :mine"
)


class AttachmentRows:
    """The port's AttachmentTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def of(self, incident: IncidentId) -> list[Attachment]:
        rows = self._run.rows(
            sql(_SELECT, "AND incident = :incident ORDER BY added_at, id"), incident=incident
        )
        return [_attachment(row) for row in rows]

    def get(self, attachment: AttachmentId) -> Attachment | None:
        row = self._run.row(sql(_SELECT, "AND id = :id"), id=attachment)
        return None if row is None else _attachment(row)

    def add(self, attachment: Attachment) -> None:
        self._run.must_own(attachment.municipality)
        with unique("there is another attachment of this id"):
            self._run.change(
                "INSERT INTO attachment VALUES (:id, :mine, :incident, :file, :name, :media_type,"
                " :size, :sha256, :width, :height, :longitude, :latitude, :added_by, :added_at)",
                id=attachment.id,
                incident=attachment.incident,
                file=attachment.file,
                name=attachment.name,
                media_type=attachment.media_type,
                size=attachment.size,
                sha256=attachment.sha256,
                width=attachment.width,
                height=attachment.height,
                **place(attachment.position),
                added_by=attachment.added_by,
                added_at=attachment.added_at,
            )

    def remove(self, attachment: AttachmentId) -> None:
        self._run.change(
            "DELETE FROM attachment WHERE municipality = :mine AND id = :id", id=attachment
        )

    def bytes_kept(self) -> int:
        return self._run.number(
            "SELECT coalesce(sum(size), 0) FROM attachment WHERE municipality = :mine"
        )

    def files(self) -> frozenset[str]:
        rows = self._run.rows("SELECT file FROM attachment WHERE municipality = :mine")
        return frozenset(row[0] for row in rows)


def _attachment(row: Row) -> Attachment:
    return Attachment(
        id=row[0],
        municipality=row[1],
        incident=row[2],
        file=row[3],
        name=row[4],
        media_type=row[5],
        size=row[6],
        sha256=row[7],
        width=row[8],
        height=row[9],
        position=position(row[10], row[11]),
        added_by=row[12],
        added_at=row[13],
    )
