"""Each import contract is broken on purpose in a copy of the tree, and must say so by its name."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("appliance", "broker", "storage", "web")

VIOLATIONS = {
    "Imports point down": {"appliance/domain/planted.py": "import appliance.ports"},
    "Every part of the appliance has its layer": {"appliance/planted.py": ""},
    "Broker, storage and outbound know only ports and domain": {
        "storage/planted.py": "import appliance.services"
    },
    "Web knows only services, ports and domain": {"web/planted.py": "import appliance.detection"},
    "Domain and detection are pure": {"appliance/domain/planted.py": "import time"},
    "amqtt stays inside broker": {"web/planted.py": "from amqtt.client import MQTTClient"},
    "Databases stay inside storage": {"appliance/jobs/planted.py": "import sqlite3"},
    "Quart and Hypercorn stay inside web": {"appliance/health/planted.py": "import quart"},
    "E-mail leaves only through outbound": {"appliance/jobs/planted.py": "import aiosmtplib"},
    "APScheduler stays inside jobs": {"appliance/services/planted.py": "import apscheduler"},
    "No circles": {
        "storage/planted_one.py": "import storage.planted_two",
        "storage/planted_two.py": "import storage.planted_one",
    },
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            target = copy / source.relative_to(ROOT)
            if "node_modules" not in target.parts:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
    shutil.copyfile(ROOT / ".importlinter", copy / ".importlinter")
    return copy


def broken_contracts(tree: Path) -> set[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    outcome = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    broken = set(re.findall(r"^(.+) BROKEN", outcome.stdout, re.MULTILINE))
    assert (outcome.returncode != 0) == bool(broken), outcome.stdout + outcome.stderr
    return broken


def test_the_tree_keeps_every_contract(tree: Path):
    assert broken_contracts(tree) == set()


def test_every_contract_has_a_planted_violation():
    names = re.findall(r"^name = (.+)$", (ROOT / ".importlinter").read_text(), re.MULTILINE)
    assert set(names) == set(VIOLATIONS)


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_planted_violation_is_reported_by_the_contract_it_breaks(contract: str, tree: Path):
    planted = {tree / path: line for path, line in VIOLATIONS[contract].items()}
    for path, line in planted.items():
        path.write_text(f"{line}\n")
    try:
        assert contract in broken_contracts(tree)
    finally:
        for path in planted:
            path.unlink()
