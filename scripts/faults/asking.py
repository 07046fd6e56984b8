"""Asks a real server whatever its OpenAPI document allows, and some of what it does not.

Two municipalities, and of each role somebody: each case is put by one of them, in turns. Ids in
paths are mostly ones that the server has mentioned. What counts: no answer of 500 or more (but 502
where a message to another program was asked for), and no answer that the document does not describe.
"""

import argparse
import collections
import json
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.running import PASSWORD, Running, command, running

ROLES = ("super_admin", "admin", "operator", "technician", "viewer")
MIGHTY = ("super_admin", "admin")
"""Who may do most gets three turns where others get one: what is refused tells little."""
WITHIN_S = 20.0
KNOWN_ID = 0.7
"""How often an id in a path is one that exists."""
MOST_IDS = 400
CHECKS = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
ASKS_OTHERS = ("/test",)
"""Where 502 says that another program did not take a message."""
A_SENSOR = {"device_id": "PS-1", "name": "One", "sensor_type": "pressure", "unit": "bar"}
_SERVER_ERROR, _BAD_GATEWAY, _NOT_SIGNED_IN = 500, 502, 401


@dataclass
class Somebody:
    """Who asks."""

    role: str
    session: requests.Session
    name: str = ""


@dataclass
class Asked:
    """What came of it."""

    cases: int = 0
    statuses: collections.Counter[int] = field(default_factory=collections.Counter)
    failures: dict[str, str] = field(default_factory=dict)
    """By route and kind, the first of each."""
    count: int = 0
    """All of them."""


class Asking:
    """One run over a server."""

    def __init__(self, weir: Running, chosen: random.Random) -> None:
        self._weir = weir
        self._random = chosen
        self._ids: list[int] = []
        self._numbers = 0
        self.asked = Asked()
        self._people = [Somebody("nobody", requests.Session()), self._device()]
        self._people += [self._person(role) for role in ROLES]
        mighty = [one for one in self._people if one.role in MIGHTY]
        self._turns = [*self._people, *mighty, *mighty]

    def run(self, cases: int, first: int, only: str) -> Asked:
        """Put about so many cases, an even part to each route; few go to some routes only."""
        document = requests.get(f"{self._weir.url}/api/v1/openapi.json", timeout=WITHIN_S).json()
        schema = schemathesis.openapi.from_dict(document)
        operations = [found.ok() for found in schema.get_all_operations()]
        operations = [one for one in operations if one.path.startswith(only)]
        if cases < 2 * len(operations):
            operations = self._random.sample(operations, max(1, cases // 2))
        each = max(1, cases // len(operations))
        for number, operation in enumerate(operations):
            for mode, part in ((GenerationMode.POSITIVE, 0.7), (GenerationMode.NEGATIVE, 0.3)):
                self._ask(operation, mode, max(1, round(each * part)), first + number)
        return self.asked

    def _ask(self, operation: APIOperation, mode: GenerationMode, count: int, first: int) -> None:
        @seed(first)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def put(case: Case) -> None:
            self._put(case)

        try:
            put()
        except Unsatisfiable:
            pass  # nothing about it can be wrong
        except Exception as error:  # noqa: BLE001 - schemathesis could not make a case
            if "Unsatisfiable" not in type(error).__name__ and mode is GenerationMode.POSITIVE:
                self._note(f"{operation.method} {operation.path}", "no case", repr(error)[:300])

    def _put(self, case: Case) -> None:
        person = self._turns[self.asked.cases % len(self._turns)]
        for name, value in dict(case.path_parameters or {}).items():
            is_id = isinstance(value, int)
            if is_id and self._ids and self._random.random() < KNOWN_ID:
                case.path_parameters[name] = self._random.choice(self._ids)
        self.asked.cases += 1
        where = f"{case.method} {case.operation.path}"
        try:
            response = case.call(base_url=self._weir.url, session=person.session, timeout=WITHIN_S)
        except requests.RequestException as error:
            self._note(where, "no answer", repr(error)[:300])
            return
        self._look(case, person, response, where)

    def _look(self, case: Case, person: Somebody, response: Response, where: str) -> None:
        status = response.status_code
        self.asked.statuses[status] += 1
        expected = status == _BAD_GATEWAY and case.operation.path.endswith(ASKS_OTHERS)
        if status >= _SERVER_ERROR and not expected:
            said = f"{case.as_curl_command()[:600]}\n      {response.content[:300]!r}"
            self._note(where, str(status), f"as {person.role}: {said}")
        try:
            case.validate_response(response, checks=CHECKS)
        except (FailureGroup, AssertionError) as failure:
            several = failure.exceptions if isinstance(failure, FailureGroup) else (failure,)
            for one in several:
                text = f"{status} as {person.role}: {str(one)[:700]}"
                self._note(where, f"{status} {type(one).__name__}", text)
        self._remember(response)
        if status == _NOT_SIGNED_IN and person.role in ROLES:
            self._sign_in(person)

    def _note(self, where: str, kind: str, text: str) -> None:
        self.asked.count += 1
        self.asked.failures.setdefault(f"{where}: {kind}", text)

    def _remember(self, response: Response | requests.Response) -> None:
        """Keep ids that it mentioned."""
        if not response.content.startswith((b"{", b"[")) or len(self._ids) > MOST_IDS:
            return
        try:
            self._ids.extend(set(ids_in(json.loads(response.content))) - set(self._ids))
        except ValueError:
            return

    # Who asks

    def _person(self, role: str) -> Somebody:
        person = Somebody(role, requests.Session())
        self._make(person)
        return person

    def _make(self, person: Somebody) -> None:
        """Add a user and sign in; through the command line, which asks for no right."""
        self._numbers += 1
        person.name = f"{person.role.replace('_', '-')}-{self._numbers}"
        file = self._weir.folder.parent / "password"
        file.write_text(PASSWORD + "\n")
        town = (
            [] if person.role == "super_admin" else ["--municipality", str(self._weir.municipality)]
        )
        command(
            self._weir.folder,
            *("user", "add", person.name, "--role", person.role, *town),
            *("--password-file", str(file)),
        )
        self._try_sign_in(person)

    def _sign_in(self, person: Somebody) -> None:
        """Sign in again: what was asked has ended the session, or changed who it was."""
        if not self._try_sign_in(person):
            self._make(person)

    def _try_sign_in(self, person: Somebody) -> bool:
        said = {"username": person.name, "password": PASSWORD}
        at = f"{self._weir.url}/api/v1/auth/login"
        answer = requests.post(at, json=said, timeout=WITHIN_S)
        token = answer.json().get("access_token") if answer.ok else None
        if token:
            person.session.headers["Authorization"] = f"Bearer {token}"
        return bool(token)

    def _device(self) -> Somebody:
        return Somebody("device", requests.Session())

    def found_two_towns(self) -> None:
        """Make a second municipality and a sensor in each, and learn the first ids."""
        (chief,) = (one for one in self._people if one.role == "super_admin")
        (device,) = (one for one in self._people if one.role == "device")
        there = self._add(chief, "municipalities", {"name": "Otherton"})
        for town in (self._weir.municipality, there["id"]):
            sensor = self._add(chief, "sensors", A_SENSOR | {"municipality_id": town})
            device.session.headers["X-API-Key"] = sensor["api_key"]
        for noun in ("rules", "users", "sensors", "municipalities", "sensor-types"):
            answer = chief.session.get(f"{self._weir.url}/api/v1/{noun}", timeout=WITHIN_S)
            self._remember(answer)

    def _add(self, chief: Somebody, noun: str, what: dict[str, Any]) -> Any:  # noqa: ANN401
        at = f"{self._weir.url}/api/v1/{noun}"
        answer = chief.session.post(at, json=what, timeout=WITHIN_S)
        answer.raise_for_status()
        return answer.json()


def ids_in(said: Any) -> Iterator[int]:  # noqa: ANN401
    """Give every `id` in an answer."""
    if isinstance(said, list):
        for one in said[:50]:
            yield from ids_in(one)
    elif isinstance(said, dict):
        if isinstance(said.get("id"), int):
            yield said["id"]
        for value in said.values():
            if isinstance(value, list | dict):
                yield from ids_in(value)


@contextmanager
def asking(folder: Path, first: int) -> Iterator[Asking]:
    """Start a server with two municipalities and everybody in it."""
    warnings.simplefilter("ignore")
    with running(folder) as weir:
        one = Asking(weir, random.Random(first))  # noqa: S311 - what to ask, no secret
        one.found_two_towns()
        yield one


def main() -> None:
    """Ask, and say what came of it; status 1 where something should not have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="/", help="paths that begin so")
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, asking(Path(folder) / "data", said.seed) as one:
        asked = one.run(said.cases, said.seed, said.only)
    took = time.monotonic() - begun
    if said.json:
        print(json.dumps({"cases": asked.cases, "failures": asked.failures, "seconds": took}))
    else:
        for where, text in asked.failures.items():
            print(f"{where}\n      {text}")
        print(f"{asked.cases:,} cases in {took:.0f} s: {dict(sorted(asked.statuses.items()))}")
        print(f"500 or more, or not as described: {asked.count} (promised: 0)")
    sys.exit(1 if asked.failures else 0)


if __name__ == "__main__":
    main()
