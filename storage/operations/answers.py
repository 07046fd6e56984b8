"""Answers kept for requests that come again under the same Idempotency-Key."""

from appliance.domain.instant import Instant
from appliance.ports.answers import KeptAnswer, KeyOfRequest
from storage.operations.statements import Statements, sql, unique

_THIS = "WHERE actor = :actor AND municipality = :municipality AND key_hash = :digest"


class AnswerRows:
    """The port's AnswerTable."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    def get(self, key: KeyOfRequest, since: Instant) -> KeptAnswer | None:
        row = self._run.row(
            sql("SELECT fingerprint, answer FROM answer", _THIS, "AND at >= :since"),
            **_values(key),
            since=since,
        )
        return None if row is None else KeptAnswer(bytes(row[0]), row[1])

    def begin(self, key: KeyOfRequest, fingerprint: bytes, at: Instant) -> None:
        with unique("a request with this Idempotency-Key is under way"):
            self._run.change(
                "INSERT INTO answer VALUES"
                " (:actor, :municipality, :digest, :fingerprint, NULL, :at)",
                **_values(key),
                fingerprint=fingerprint,
                at=at,
            )

    def finish(self, key: KeyOfRequest, answer: bytes) -> None:
        self._run.change(
            sql("UPDATE answer SET answer = :answer", _THIS), **_values(key), answer=answer
        )

    def forget(self, actor: int, before: Instant) -> None:
        self._run.change(
            "DELETE FROM answer WHERE actor = :actor AND at < :before", actor=actor, before=before
        )

    def count(self, actor: int) -> int:
        return self._run.number("SELECT count(*) FROM answer WHERE actor = :actor", actor=actor)

    def size(self, actor: int) -> int:
        return self._run.number(
            "SELECT coalesce(sum(length(answer)), 0) FROM answer WHERE actor = :actor", actor=actor
        )


def _values(key: KeyOfRequest) -> dict[str, object]:
    return {"actor": key.actor, "municipality": key.municipality, "digest": key.digest}
