"""What became of every message, and the rejected ones to look at."""

from collections.abc import Sequence
from typing import Final

from appliance.domain.ids import NOBODY, DeviceId, MunicipalityId
from appliance.domain.instant import MINUTE, Instant
from appliance.domain.readings import Counts, Door, Reason, Rejection
from appliance.ports.pages import Page
from storage.operations.ordering import Order
from storage.operations.statements import OwnStatements, Row, sql

KEPT_PER_DEVICE: Final = 50
KEPT_PER_MUNICIPALITY: Final = 10_000
"""Bounds what a peer that makes up device ids can fill; the oldest go first, the counts stay."""

_COUNT = (
    "INSERT INTO ledger VALUES (:mine, :minute, :door, :outcome, :reason, :readings)"
    " ON CONFLICT DO UPDATE SET readings = readings + :readings"
)
_SUM = (
    "SELECT outcome, reason, sum(readings) FROM ledger WHERE municipality = :mine"
    " AND minute >= :since AND minute < :until GROUP BY outcome, reason"
)
_CHOSEN = (
    "AND (:device IS NULL OR device_id = :device)"
    " AND (:search IS NULL OR instr(casefold(device_id), :search)"
    " OR instr(casefold(detail), :search) OR instr(casefold(excerpt), :search))"
)
_ORDER = Order(("-at",), {"at": "at", "device_id": "device_id", "reason": "reason"})
_SELECT = (
    "SELECT municipality, device_id, at, door, reason, detail, excerpt, id"
    " FROM rejection WHERE municipality = :mine"
)
_KEEP_NEWEST = (
    "DELETE FROM rejection WHERE municipality = :mine AND device_id = :device AND id <="
    " (SELECT id FROM rejection WHERE municipality = :mine AND device_id = :device"
    " ORDER BY id DESC LIMIT 1 OFFSET :kept)"
)
_KEEP_NEWEST_OF_ALL = (
    "DELETE FROM rejection WHERE municipality = :mine AND id <="
    " (SELECT id FROM rejection WHERE municipality = :mine ORDER BY id DESC LIMIT 1 OFFSET :kept)"
)


class LedgerRows:
    """The port's LedgerTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def count(self, minute: Instant, door: Door, counts: Counts) -> None:
        for outcome, reason, readings in _entries(counts):
            self._run.change(
                _COUNT,
                minute=minute - minute % MINUTE,
                door=door,
                outcome=outcome,
                reason=reason,
                readings=readings,
            )

    def sum(self, *, since: Instant, until: Instant) -> Counts:
        total = Counts()
        for outcome, reason, readings in self._run.rows(_SUM, since=since, until=until):
            if outcome == "rejected":
                total.rejected[reason] = readings
            else:
                setattr(total, outcome, readings)
        return total

    def reject(self, rejections: Sequence[Rejection]) -> None:
        for rejection in rejections:
            self._add(rejection)
        for device in {_writable(rejection.device_id) for rejection in rejections}:
            self._run.change(_KEEP_NEWEST, device=device, kept=KEPT_PER_DEVICE)
        self._run.change(_KEEP_NEWEST_OF_ALL, kept=KEPT_PER_MUNICIPALITY)

    def rejections(
        self, device: DeviceId | None, page: Page, search: str | None = None
    ) -> tuple[list[Rejection], int]:
        values = {
            "device": device,
            "search": None if search is None else search.casefold(),
        }
        window, place = _ORDER.window(page)
        rows = self._run.rows(sql(_SELECT, _CHOSEN, window), **values, **place)
        count = sql("SELECT count(*) FROM rejection WHERE municipality = :mine", _CHOSEN)
        return [_rejection(row) for row in rows], self._run.number(count, **values)

    def _add(self, rejection: Rejection) -> None:
        self._run.must_own(rejection.municipality)
        self._run.change(
            "INSERT INTO rejection (municipality, device_id, at, door, reason, detail, excerpt)"
            " VALUES (:mine, :device, :at, :door, :reason, :detail, :excerpt)",
            device=_writable(rejection.device_id),
            at=rejection.at,
            door=rejection.door,
            reason=rejection.reason,
            detail=_writable(rejection.detail),
            excerpt=_writable(rejection.excerpt),
        )


def _writable(text: str) -> str:
    """Replace halves of surrogate pairs: JSON lets a peer send them, UTF-8 can't hold them."""
    return text.encode("utf-8", "replace").decode()


def _entries(counts: Counts) -> list[tuple[str, str, int]]:
    columns = [
        ("stored", "", counts.stored),
        ("duplicate", "", counts.duplicate),
        ("late", "", counts.late),
        ("quarantined", "", counts.quarantined),
        *(("rejected", str(reason), n) for reason, n in counts.rejected.items()),
    ]
    return [column for column in columns if column[2]]


def _rejection(row: Row) -> Rejection:
    municipality, device, at, door, reason, detail, excerpt, number = row
    return Rejection(
        None if municipality == NOBODY else MunicipalityId(municipality),
        device,
        at,
        Door(door),
        Reason(reason),
        detail,
        excerpt,
        number,
    )
