"""Small things remembered per municipality."""

from appliance.domain.instant import Instant
from storage.operations.statements import OwnStatements

_ADD = "INSERT INTO preference VALUES (:mine, :kind, :key, :value, :at)"


class PreferenceRows:
    """The port's PreferenceTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def remember(self, kind: str, key: str, value: bytes, at: Instant) -> bool:
        unless_there = f"{_ADD} ON CONFLICT DO NOTHING"
        return self._run.change(unless_there, kind=kind, key=key, value=value, at=at) == 1

    def recall(self, kind: str, key: str) -> bytes | None:
        row = self._run.row(
            "SELECT value FROM preference"
            " WHERE municipality = :mine AND kind = :kind AND key = :key",
            kind=kind,
            key=key,
        )
        return None if row is None else bytes(row[0])

    def replace(self, kind: str, key: str, value: bytes, at: Instant) -> None:
        in_any_case = f"{_ADD} ON CONFLICT DO UPDATE SET value = :value, at = :at"
        self._run.change(in_any_case, kind=kind, key=key, value=value, at=at)
