"""Damages one file of a data folder, starts the product on it, asks everything, and compares."""

import json
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import httpx

from tests.faults.killing import PATIENCE
from tests.faults.town import Town
from tests.running import PASSWORD, ROOT, WEIR, Running, environment, start

PAGE: Final = 4096
KINDS: Final = ("bits", "zeroed", "swapped", "truncated")
NOT_PERSISTED: Final = ("weir.lock", "weir.log", "control.json", ".part", ".tmp")
QUESTIONS: Final = (
    "/api/v1/municipalities",
    "/api/v1/users",
    "/api/v1/tokens",
    "/api/v1/sensors?limit=100",
    "/api/v1/readings/rollup?{range}&step=86400",
    "/api/v1/pipelines?limit=200",
    "/api/v1/network/nodes?limit=200",
    "/api/v1/rules?limit=100",
    "/api/v1/alerts?limit=100",
    "/api/v1/alerts/statistics/summary",
    "/api/v1/incidents",
    "/api/v1/maintenance",
    "/api/v1/channels",
    "/api/v1/deliveries?limit=100",
    "/api/v1/ledger",
    "/api/v1/intake/rejections",
    "/api/v1/sensor-types?limit=100",
)
OF_EACH_SENSOR: Final = (
    "/api/v1/sensors/{id}",
    "/api/v1/sensors/{id}/readings?limit=1000&{range}",
    "/api/v1/sensors/{id}/readings?limit=1000&offset=1000&{range}",
    "/api/v1/sensors/{id}/series?points=200&{range}",
)
WORDS: Final = {
    "weir.key": re.compile(r"weir\.key|the key"),
    "operations.db": re.compile(r"operations\.db|operations database"),
    "broker.db": re.compile(r"broker\.db|MQTT sessions"),
    "journal": re.compile(r"journal|\d{8}\.log|mark="),
    "history": re.compile(r"history"),
    "sealed": re.compile(r"sealed|\.parquet|manifest"),
    "tls": re.compile(r"tls|authority|certificate"),
    "audit.heads": re.compile(r"audit\.heads"),
    "audit.key": re.compile(r"audit\.key"),
}
"""How a person is told which file it is, by the beginning of its name."""


@dataclass(frozen=True)
class Damage:
    """What was done to which file; `after` is what is now at `place`."""

    file: str
    kind: str
    place: int
    after: bytes

    @property
    def family(self) -> str:
        return _family(self.file)


class Outcome(StrEnum):
    """What came of one damage. The last two must not happen."""

    REFUSED = "refused to start, in plain words"
    NAMED = "named, and every answer right"
    NAMED_LOSS = "named, and answers miss what was lost"
    ERRORS = "named, and some questions answered with an error"
    HARMLESS = "gone without a trace: it was in what nothing reads any more"
    OVERLOOKED = "OVERLOOKED: still there, and not named"
    SILENT = "SILENT: a wrong answer, and nothing named"
    CRASHED = "CRASHED: it did not start, and not in plain words"


BAD: Final = (Outcome.OVERLOOKED, Outcome.SILENT, Outcome.CRASHED)


@dataclass
class Run:
    """One damage and what came of it."""

    damage: Damage
    outcome: Outcome = Outcome.HARMLESS
    said: list[str] = field(default_factory=list)
    """Where the damage was named."""
    wrong: list[str] = field(default_factory=list)
    """Questions that were answered otherwise."""
    errors: list[str] = field(default_factory=list)
    """Questions that were answered with an error."""
    healed: bool = False
    """After another start every answer was right, and nothing was left to name."""


Answers = dict[str, tuple[int, dict[str, Any]]]


def persisted(folder: Path) -> list[Path]:
    """Give the files that hold anything beyond a run, but SQLite's index of a log."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file()
        and file.stat().st_size
        and not file.name.endswith((*NOT_PERSISTED, "-shm"))
    )


def do_damage(folder: Path, chance: random.Random) -> Damage:
    """Damage one file so that it is not what it was; every kind of file has its turn."""
    while True:
        files = persisted(folder)
        family = chance.choice(sorted({_family(str(file.relative_to(folder))) for file in files}))
        file = chance.choice([f for f in files if _family(str(f.relative_to(folder))) == family])
        kind = chance.choice(KINDS)
        before = file.read_bytes()
        place, after = _damaged(before, kind, chance)
        if after != before:
            file.write_bytes(after)
            return Damage(
                str(file.relative_to(folder)), kind, place, after[place : place + 2 * PAGE]
            )


def _family(name: str) -> str:
    found = [family for family in WORDS if name.startswith(family)]
    assert found, f"nobody has said by which words damage of {name} is named"
    return found[0]


def _damaged(before: bytes, kind: str, chance: random.Random) -> tuple[int, bytes]:
    content = bytearray(before)
    # Files of the journal are made whole ahead: what was written is at their beginning.
    used = max(1, len(before.rstrip(b"\0")))
    reach = len(before) if chance.random() < 0.2 else used
    if kind == "truncated":
        place = chance.randrange(reach)
        return place, bytes(content[:place])
    if kind == "bits":
        first = place = chance.randrange(reach)
        for _ in range(chance.randint(1, 64)):
            content[place] ^= 1 << chance.randrange(8)
            place = min(len(content) - 1, first + chance.randrange(PAGE))
        return first, bytes(content)
    pages = range(0, reach, PAGE)
    one = chance.choice(pages)
    if kind == "zeroed":
        content[one : one + PAGE] = bytes(len(content[one : one + PAGE]))
        return one, bytes(content)
    other = chance.choice(pages)
    first_page, second_page = bytes(content[one : one + PAGE]), bytes(content[other : other + PAGE])
    if len(first_page) == len(second_page):
        content[one : one + PAGE], content[other : other + PAGE] = second_page, first_page
    return one, bytes(content)


class Bench:
    """A folder with known content, to be damaged again and again in copies."""

    def __init__(self, town: Town, states: dict[str, Path], scratch: Path) -> None:
        self._states = states
        """Folders as different ends have left them, by name."""
        self._scratch = scratch
        self._sensors: list[int] = []
        with_all = self._on_copy(next(iter(states.values())))
        weir = start(with_all, within=PATIENCE)
        with _signed_in(weir) as api:
            self._sensors = [each["id"] for each in api.get("/api/v1/sensors?limit=100").json()]
        assert weir.stop() == 0
        assert len(self._sensors) == len(town.keys)
        first, second = ({n: self._asked(f) for n, f in states.items()} for _ in range(2))
        self._right = {name: _agreed(first[name], second[name]) for name in states}

    def questions_with_content(self) -> int:
        """Count the values that are compared, over all questions."""
        return sum(len(flat) for _, flat in next(iter(self._right.values())).values())

    def run(self, chance: random.Random) -> Run:
        """Damage one file of one state, and see."""
        state = chance.choice(sorted(self._states))
        folder = self._on_copy(self._states[state])
        damage = do_damage(folder, chance)
        run = Run(damage)
        try:
            weir = start(folder, within=PATIENCE)
        except AssertionError as problem:
            self._judge_refusal(run, folder, str(problem))
            return run
        try:
            answers = self._ask(weir)
            self._compare(run, self._right[state], answers)
            self._name(run, folder, weir)
        finally:
            if weir.process.poll() is None:
                weir.stop()
        run.outcome = self._judged(run, folder)
        if run.outcome in {Outcome.NAMED, Outcome.ERRORS}:
            run.healed = self._is_healed(folder, self._right[state])
        return run

    def _judge_refusal(self, run: Run, folder: Path, problem: str) -> None:
        lines = [line for line in problem.splitlines() if line.startswith("weir: ")]
        plain = len(lines) == 1 and "Traceback" not in problem and ";" in lines[0]
        if plain and WORDS[run.damage.family].search(lines[0]):
            run.outcome, run.said = Outcome.REFUSED, lines
        else:
            run.outcome, run.said = Outcome.CRASHED, problem.splitlines()[-12:]
        run.said += self._scrubbed(folder)

    def _name(self, run: Run, folder: Path, weir: Running) -> None:
        loud = re.compile(r" (WARNING|ERROR|CRITICAL) ")
        lines = [line for line in weir.log.splitlines() if loud.search(line)]
        said = [*lines, *self._scrubbed(folder)]
        run.said = [line for line in said if WORDS[run.damage.family].search(line)]

    def _scrubbed(self, folder: Path) -> list[str]:
        done = subprocess.run(
            [*WEIR, "scrub", "--data", str(folder), "--json"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environment(),
            timeout=120,
            check=False,
        )
        if not done.stdout.startswith("{"):
            return [f"scrub: {done.stderr.strip()}"]
        return [
            f"{flaw['file']}: {flaw['problem']}: {flaw['affected']}"
            for flaw in json.loads(done.stdout)["flaws"]
        ]

    def _judged(self, run: Run, folder: Path) -> Outcome:
        if run.said:
            if run.wrong:
                return Outcome.NAMED_LOSS
            return Outcome.ERRORS if run.errors else Outcome.NAMED
        if run.wrong:
            return Outcome.SILENT
        return Outcome.OVERLOOKED if _is_there(run.damage, folder) else Outcome.HARMLESS

    def _is_healed(self, folder: Path, right: Answers) -> bool:
        weir = start(folder, within=PATIENCE)
        try:
            again = Run(Damage("", "", 0, b""))
            self._compare(again, right, self._ask(weir))
        finally:
            weir.stop()
        return not again.wrong and not again.errors

    def _asked(self, state: Path) -> Answers:
        weir = start(self._on_copy(state), within=PATIENCE)
        try:
            return self._ask(weir)
        finally:
            assert weir.stop() == 0, weir.log

    def _ask(self, weir: Running) -> Answers:
        span = "from=2020-01-01T00:00:00Z&to=2040-01-01T00:00:00Z"
        questions = [question.format(range=span) for question in QUESTIONS]
        questions += [
            question.format(id=sensor, range=span)
            for sensor in self._sensors
            for question in OF_EACH_SENSOR
        ]
        answers: Answers = {}
        try:
            with _signed_in(weir) as api:
                for question in questions:
                    answers[question] = _answer(api, question)
                for alert in _ids(answers.get("/api/v1/alerts?limit=100")):
                    question = f"/api/v1/alerts/{alert}/changes"
                    answers[question] = _answer(api, question)
        except (httpx.HTTPError, KeyError, ValueError):
            answers["signing in"] = (500, {})
        return answers

    def _compare(self, run: Run, right: Answers, answers: Answers) -> None:
        for question, (status, values) in right.items():
            got_status, got = answers.get(question, (500, {}))
            if got_status >= 500:
                run.errors.append(question)
            elif got_status != status or any(got.get(k) != v for k, v in values.items()):
                run.wrong.append(question)

    def _on_copy(self, state: Path) -> Path:
        for file in self._scratch.glob("data*"):
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        subprocess.run(
            ["cp", "-r", "--sparse=always", str(state), str(self._scratch / "data")], check=True
        )
        return self._scratch / "data"


@contextmanager
def _signed_in(weir: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=weir.url, timeout=20) as api:
        answer = api.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
        token = answer.raise_for_status().json()["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"
        yield api


def _answer(api: httpx.Client, question: str) -> tuple[int, dict[str, Any]]:
    try:
        answer = api.get(question)
        return answer.status_code, dict(_flat(answer.json()))
    except (httpx.HTTPError, ValueError):
        return 500, {}


def _ids(answer: tuple[int, dict[str, Any]] | None) -> list[Any]:
    values = {} if answer is None else answer[1]
    return [value for key, value in values.items() if re.fullmatch(r"/\d+/id", key)]


def _flat(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        parts = [(f"{path}/{key}", each) for key, each in value.items()]
    elif isinstance(value, list):
        parts = [(f"{path}/{number}", each) for number, each in enumerate(value)]
        parts.append((f"{path}/#", len(value)))
    else:
        return [(path, value)]
    return [leaf for name, each in parts for leaf in _flat(each, name)]


def _agreed(one: Answers, other: Answers) -> Answers:
    """Give what two askings agree on: the rest depends on the time of day."""
    assert one.keys() == other.keys()
    bad = [question for question, (status, _) in one.items() if status != 200]
    assert not bad, f"there should be an answer to {bad}: {one[bad[0]]}"
    return {
        question: (status, {k: v for k, v in values.items() if other[question][1].get(k) == v})
        for question, (status, values) in one.items()
    }


def _is_there(damage: Damage, folder: Path) -> bool:
    file = folder / damage.file
    if not file.exists():
        return False
    content = file.read_bytes()
    if damage.kind == "truncated":
        return len(content) == damage.place
    return content.startswith(damage.after, damage.place)
