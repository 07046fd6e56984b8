"""People who change things while a server is killed, and what the audit log must say of it after."""

import csv
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.faults.town import Town
from tests.running import command

ADDED, CHANGED, REMOVED = "rule.added", "rule.changed", "rule.removed"
NAME = "Never"
NEVER = {"type": "threshold", "operator": ">", "value": 1e6, "for_seconds": 0}


class Clerk(threading.Thread):
    """Adds, changes and removes rules of one municipality, whatever happens to the server.

    `done` has (action, id of the rule) of every change that was answered with success.
    """

    def __init__(self, town: Town, municipality: int) -> None:
        super().__init__(name=f"clerk {municipality}", daemon=True)
        self._town = town
        self.municipality = municipality
        self._stopping = threading.Event()
        self.done: list[tuple[str, int]] = []

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._town.signed_in() as api:
                    self._work(api)
            except httpx.HTTPError as problem:
                if (
                    isinstance(problem, httpx.HTTPStatusError)
                    and problem.response.status_code == 401
                ):
                    self._town.token = ""  # it has run out
                self._stopping.wait(0.01)  # it is dead just now

    def wait_for_changes(self, more: int, within: float = 20.0) -> None:
        """Wait until so many more changes were answered with success."""
        wanted, deadline = len(self.done) + more, time.monotonic() + within
        while len(self.done) < wanted:
            assert time.monotonic() < deadline, "nobody could change anything"
            time.sleep(0.002)  # the other thread works meanwhile

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self.join(20)
        assert not self.is_alive()

    def _work(self, api: httpx.Client) -> None:
        while not self._stopping.is_set():
            rule = {
                "name": NAME,
                "sensor_type": "pressure",
                "municipality_id": self.municipality,
                "severity": "low",
                "alert_type": "pressure",
                "condition": NEVER,
            }
            made = api.post("/api/v1/rules", json=rule).raise_for_status().json()
            self.done.append((ADDED, made["id"]))
            at = f"/api/v1/rules/{made['id']}"
            api.patch(at, json={"severity": "high"}).raise_for_status()
            self.done.append((CHANGED, made["id"]))
            if made["id"] % 8:
                api.delete(at).raise_for_status()
                self.done.append((REMOVED, made["id"]))


@dataclass
class Verdict:
    """What the log of one municipality says, held against what its clerk was told."""

    answered: int
    lines: int
    missing: list[tuple[str, int]] = field(default_factory=list)
    """Answered with success, and not in the log."""
    twice: list[tuple[str, int]] = field(default_factory=list)
    unrecorded: list[int] = field(default_factory=list)
    """Rules that are there or gone without a line, or the other way round."""


def verified(folder: Path, status: int = 0) -> list[dict[str, Any]]:
    """Have `weir audit verify` judge all chains, whether a server runs or not."""
    chains: list[dict[str, Any]] = command(folder, "audit", "verify", status=status)["chains"]
    return chains


def hold(town: Town, clerk: Clerk) -> Verdict:
    """Compare the log and the rules of a running server with what was answered."""
    lines = log_of(town.folder, clerk.municipality)
    recorded = Counter(
        (line["action"], int(line["thing"]))
        for line in lines
        if line["kind"] == "rule" and line["thing_name"] == NAME
    )
    added, gone = ({rule for action, rule in recorded if action == a} for a in (ADDED, REMOVED))
    return Verdict(
        answered=len(clerk.done),
        lines=len(lines),
        missing=[change for change in clerk.done if change not in recorded],
        twice=[change for change, times in recorded.items() if times > 1],
        unrecorded=sorted((added - gone) ^ _rules(town, clerk.municipality)),
    )


def log_of(folder: Path, municipality: int) -> list[dict[str, str]]:
    """Give the lines of a municipality, oldest first."""
    file = folder.parent / f"audit-{municipality}.csv"
    command(folder, "audit", "export", f"--municipality={municipality}", "--output", str(file))
    with file.open(newline="", encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


def _rules(town: Town, municipality: int) -> set[int]:
    """Give the rules that clerks made and left."""
    found: set[int] = set()
    url = f"/api/v1/rules?municipality_id={municipality}&limit=1000&cursor="
    with town.signed_in() as api:
        while url:
            answer = api.get(url).raise_for_status()
            found |= {rule["id"] for rule in answer.json() if rule["name"] == NAME}
            url = answer.links.get("next", {}).get("url", "")
    return found
