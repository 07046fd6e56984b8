"""The screens: nothing from elsewhere, and no file that is too big to read."""

import re
from pathlib import Path

UI = Path(__file__).parents[2] / "web" / "ui"
LARGEST = 400


def sources() -> list[Path]:
    kinds = {".ts", ".tsx", ".css", ".html", ".json"}
    return [f for f in (UI / "src").rglob("*") if f.suffix in kinds and ".gen." not in f.name]


def test_the_screens_name_no_address_of_another_computer():
    pattern = re.compile(r"https?://(?!localhost|127\.0\.0\.1|www\.w3\.org)[a-z0-9.-]+")
    hits = {f.name: pattern.findall(f.read_text(encoding="utf-8")) for f in sources()}
    assert {name: found for name, found in hits.items() if found} == {}


def test_the_files_of_the_screens_stay_short():
    sizes = {f.name: len(f.read_text(encoding="utf-8").splitlines()) for f in sources()}
    assert {name: lines for name, lines in sizes.items() if lines > LARGEST} == {}


def test_every_version_of_a_package_that_is_shipped_is_fixed():
    text = (UI / "package.json").read_text(encoding="utf-8")
    shipped = text.partition('"dependencies"')[2].partition("}")[0]
    assert re.findall(r'"[\^~>]', shipped) == []
