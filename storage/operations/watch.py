"""State of the view that detects and alerts."""

from typing import Final

import msgspec

from appliance.domain.ids import SensorId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.sensors import LastContact
from appliance.ports.operations import WatchMark
from storage.operations.columns import json_text
from storage.operations.statements import Statements

PASSES_KEPT: Final = 10_000

_SAVE_CONTACT = (
    "INSERT INTO contact SELECT :sensor, :time, :value_si, :arrived, :battery_percent,"
    " :signal_dbm, :usual_interval WHERE EXISTS (SELECT 1 FROM sensor WHERE id = :sensor)"
    " ON CONFLICT (sensor) DO UPDATE SET time = :time, value_si = :value_si, arrived = :arrived,"
    " battery_percent = :battery_percent, signal_dbm = :signal_dbm,"
    " usual_interval = :usual_interval"
)


class WatchRows:
    """The port's WatchTable."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    def mark(self) -> WatchMark:
        (row,) = self._run.rows(
            "SELECT sequence, watched_until, snapshot, snapshot_until FROM watch_mark"
        )
        return WatchMark(*row)

    def move(self, sequence: Sequence, watched_until: Instant) -> None:
        self._run.change(
            "UPDATE watch_mark SET sequence = :sequence, watched_until = :until",
            sequence=sequence,
            until=watched_until,
        )

    def save(self, states: dict[str, bytes], sequence: Sequence, until: Instant) -> None:
        self._run.change("DELETE FROM watch_state")
        for name, state in states.items():
            self._run.change(
                "INSERT INTO watch_state VALUES (:name, :state)", name=name, state=state
            )
        self._run.change(
            "UPDATE watch_mark SET snapshot = :sequence, snapshot_until = :until",
            sequence=sequence,
            until=until,
        )

    def load(self) -> dict[str, bytes]:
        return dict(self._run.rows("SELECT name, state FROM watch_state ORDER BY name"))

    def save_contacts(self, contacts: list[LastContact]) -> None:
        for contact in contacts:
            self._run.change(
                _SAVE_CONTACT,
                sensor=int(contact.sensor),
                time=contact.time,
                value_si=contact.value_si,
                arrived=contact.arrived,
                battery_percent=contact.battery_percent,
                signal_dbm=contact.signal_dbm,
                usual_interval=contact.usual_interval,
            )

    def contacts(self) -> list[LastContact]:
        rows = self._run.rows(
            "SELECT sensor, time, value_si, arrived, battery_percent, signal_dbm, usual_interval"
            " FROM contact ORDER BY sensor"
        )
        return [LastContact(SensorId(row[0]), *row[1:]) for row in rows]

    def add_pass(self, first: Sequence, last: Sequence, times: dict[str, Instant]) -> None:
        self._run.change(
            "INSERT INTO pass (first, last, times) VALUES (:first, :last, :times)",
            first=first,
            last=last,
            times=json_text(times),
        )
        self._run.change(
            "DELETE FROM pass WHERE id <= (SELECT max(id) FROM pass) - :kept", kept=PASSES_KEPT
        )

    def passes(self, sequence: Sequence) -> dict[str, Instant]:
        row = self._run.row(
            "SELECT times FROM pass WHERE last >= :sequence AND first <= :sequence"
            " ORDER BY id DESC LIMIT 1",
            sequence=sequence,
        )
        return {} if row is None else msgspec.json.decode(row[0], type=dict[str, Instant])

    def add_gap(self, stopped: Instant, resumed: Instant) -> None:
        self._run.change(
            "INSERT INTO gap (stopped, resumed) VALUES (:stopped, :resumed)",
            stopped=stopped,
            resumed=resumed,
        )

    def gaps(self) -> list[tuple[Instant, Instant]]:
        return [
            (Instant(stopped), Instant(resumed))
            for stopped, resumed in self._run.rows("SELECT stopped, resumed FROM gap ORDER BY id")
        ]
