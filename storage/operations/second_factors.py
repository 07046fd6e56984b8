"""Second factors, recovery codes, and the places from which people sign in."""

from collections.abc import Iterable

from appliance.domain.ids import SessionId, UserId
from appliance.domain.instant import Instant
from appliance.domain.people import SecondFactor, Session
from storage.operations.accounts import SESSIONS, session_of
from storage.operations.statements import Statements, sql


class SessionRows:
    """The port's SessionTable."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    def of(self, user: UserId) -> list[Session]:
        rows = self._run.rows(
            sql(SESSIONS, "WHERE person = :person ORDER BY used_at DESC, id"), person=user
        )
        return [session_of(row) for row in rows]

    def end(self, user: UserId, session: SessionId) -> bool:
        statement = "DELETE FROM session WHERE person = :person AND id = :id"
        return bool(self._run.change(statement, person=user, id=session))

    def end_others(self, user: UserId, kept: SessionId | None) -> int:
        statement = "DELETE FROM session WHERE person = :person AND id IS NOT :kept"
        return self._run.change(statement, person=user, kept=kept)

    def keep_newest(self, user: UserId, most: int) -> None:
        self._run.change(
            "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE person = :person"
            " ORDER BY used_at DESC, id LIMIT -1 OFFSET :most)",
            person=user,
            most=most,
        )


class SecondFactorRows:
    """The port's SecondFactorTable."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    def get(self, user: UserId) -> SecondFactor | None:
        row = self._run.row(
            "SELECT person, secret, confirmed_at, last_step FROM second_factor"
            " WHERE person = :person",
            person=user,
        )
        if row is None:
            return None
        return SecondFactor(
            user=row[0], secret=bytes(row[1]), confirmed_at=row[2], last_step=row[3]
        )

    def put(self, factor: SecondFactor) -> None:
        self._run.change(
            "INSERT INTO second_factor VALUES (:person, :secret, :confirmed_at, :last_step)"
            " ON CONFLICT (person) DO UPDATE SET secret = :secret,"
            " confirmed_at = :confirmed_at, last_step = :last_step",
            person=factor.user,
            secret=factor.secret,
            confirmed_at=factor.confirmed_at,
            last_step=factor.last_step,
        )

    def spend_step(self, user: UserId, step: int) -> bool:
        return bool(
            self._run.change(
                "UPDATE second_factor SET last_step = :step"
                " WHERE person = :person AND last_step < :step",
                person=user,
                step=step,
            )
        )

    def remove(self, user: UserId) -> bool:
        statement = "DELETE FROM second_factor WHERE person = :person"
        return bool(self._run.change(statement, person=user))

    def replace_codes(self, user: UserId, digests: Iterable[bytes]) -> None:
        self._run.change("DELETE FROM recovery_code WHERE person = :person", person=user)
        for digest in digests:
            self._run.change(
                "INSERT INTO recovery_code VALUES (:person, :digest)", person=user, digest=digest
            )

    def spend_code(self, user: UserId, digest: bytes) -> bool:
        statement = "DELETE FROM recovery_code WHERE person = :person AND digest = :digest"
        return bool(self._run.change(statement, person=user, digest=digest))

    def codes_left(self, user: UserId) -> int:
        statement = "SELECT count(*) FROM recovery_code WHERE person = :person"
        return self._run.number(statement, person=user)


class PlaceRows:
    """The port's PlaceTable."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    def knows(self, user: UserId, place: str) -> bool:
        statement = "SELECT count(*) FROM known_place WHERE person = :person AND place = :place"
        return bool(self._run.number(statement, person=user, place=place))

    def newest(self, limit: int) -> list[tuple[str, str]]:
        rows = self._run.rows(
            "SELECT username_key, place FROM known_place JOIN person ON person.id = person"
            " ORDER BY at DESC LIMIT :limit",
            limit=limit,
        )
        return [(row[0], row[1]) for row in rows]

    def remember(self, user: UserId, place: str, at: Instant, most: int) -> None:
        self._run.change(
            "INSERT INTO known_place VALUES (:person, :place, :at)"
            " ON CONFLICT (person, place) DO UPDATE SET at = :at",
            person=user,
            place=place,
            at=at,
        )
        self._run.change(
            "DELETE FROM known_place WHERE person = :person AND place IN (SELECT place"
            " FROM known_place WHERE person = :person ORDER BY at DESC LIMIT -1 OFFSET :most)",
            person=user,
            most=most,
        )
