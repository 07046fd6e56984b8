"""What holds for the page's files: small, nothing from elsewhere, and data never becomes markup."""

import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "web" / "static"
LONGEST = 300
MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
ELSEWHERE = re.compile(r"https?://(?!www\.w3\.org/2000/svg)\S+")


def found(pattern: re.Pattern[str]) -> dict[str, list[str]]:
    hits = {file.name: pattern.findall(file.read_text()) for file in STATIC.rglob("*.*")}
    return {name: lines for name, lines in hits.items() if lines}


def test_no_file_of_the_page_is_longer_than_300_lines():
    sizes = {file.name: len(file.read_text().splitlines()) for file in STATIC.rglob("*.*")}
    assert sizes
    assert {name: size for name, size in sizes.items() if size > LONGEST} == {}


def test_data_never_becomes_markup_or_code():
    assert found(MARKUP) == {}


def test_nothing_is_fetched_from_elsewhere():
    assert found(ELSEWHERE) == {}


def test_every_script_asks_to_be_type_checked():
    unchecked = [
        f.name for f in STATIC.glob("*.js") if not f.read_text().startswith("// @ts-check")
    ]
    assert unchecked == []
