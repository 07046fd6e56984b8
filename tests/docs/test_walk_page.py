"""The page about the life of a reading names things that exist, and its last step is what trace says."""

import importlib
import inspect
import re

import pytest

from appliance.control.commands import inspection
from appliance.flow import intake, watcher
from broker.options import DoorOptions
from tests.running import ROOT

PAGE = (ROOT / "appliance" / "docs" / "walk.md").read_text(encoding="utf-8")
SYMBOLS = sorted(set(re.findall(r"`((?:appliance|broker|storage|web)(?:\.\w+)+)`", PAGE)))
TRACED = ("arrived", "checked", "stored", "acknowledged", "watched", "alert", "told")


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_name_on_the_page_exists(symbol: str):
    parts = symbol.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            found = getattr(found, name)
        return
    pytest.fail(f"there is no {symbol}")


def test_the_page_has_its_ten_steps_and_says_at_each_what_a_crash_does():
    steps = re.split(r"^## \d+\. ", PAGE, flags=re.MULTILINE)[1:]
    assert len(steps) == 10
    assert [step.splitlines()[0] for step in steps if "*The power fails" not in step] == []


def test_the_steps_that_trace_prints_are_on_the_page():
    source = inspect.getsource(inspection)
    assert [step for step in TRACED if f'"{step}"' not in source] == []
    assert ", ".join(TRACED) in " ".join(PAGE.split())


def test_the_bounds_on_the_page_are_those_of_the_code():
    page = " ".join(PAGE.split())
    assert f"{intake.MOST_MESSAGES:,} messages, {intake.MOST_BYTES >> 20} MiB" in page
    assert f"at most {intake.ROUND_MESSAGES:,} messages" in page
    assert f"at most {watcher.SAVE_EVERY:.0f} s ago" in page
    options = DoorOptions()
    assert (
        f"at most {options.largest_connect >> 10} KiB within {options.connect_within:.0f} s" in page
    )
