"""The page of pictures shows every screen that the application has, in files that are there."""

import re

from scripts.picturing.camera import SIZES, THEMES
from scripts.picturing.scenes import screens_of_the_router
from tests.running import ROOT

FOLDER = ROOT / "appliance" / "docs" / "screens"
MOST_BYTES = 8_000_000
"""Of all of them together: whoever clones the sources fetches them."""


def scenes_of_the_page() -> set[str]:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    return set(re.findall(r"^## (\S+)$", page, re.MULTILINE))


def test_every_screen_of_the_router_is_on_the_page():
    assert set(screens_of_the_router()) | {"setUp", "signIn"} <= scenes_of_the_page()


def test_each_is_there_at_every_size_and_in_both_themes():
    wanted = {
        f"{scene}-{size}-{theme}.webp"
        for scene in scenes_of_the_page()
        for size in SIZES
        for theme in THEMES
    }
    there = {file.name for file in FOLDER.glob("*.webp")}
    assert there == wanted
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\((\S+\.webp)\)", page)) == wanted


def test_they_are_small_together():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < MOST_BYTES
