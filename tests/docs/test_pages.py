"""Every command on a page that a person follows works as it stands there."""

import re
from pathlib import Path

import pytest

from tests.docs.terminal import blocks, follow, looks_like, terminal
from tests.running import ROOT, found
from web.table import ROUTES

DOCS = ROOT / "appliance" / "docs"
FOLLOWED = [ROOT / "README.md", *sorted((DOCS / "how-to").glob("*.md"))]
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
KNOWN = {"sh", "text", "json", "python", "toml"}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def begins_anew(page: Path) -> bool:
    """Say whether a page shows how a Weir is begun; readers of the others have one."""
    text = page.read_text(encoding="utf-8")
    return "weir init" in text or "scripts/serve" in text


@pytest.mark.parametrize("page", FOLLOWED, ids=name)
def test_a_reader_can_follow_the_page(page: Path, tmp_path: Path):
    with terminal(tmp_path) as at:
        if not begins_anew(page):
            at.data.mkdir(parents=True)
            found(at.data)
        assert follow(page, at) > 0
        assert at.server is None or at.server.log == "", "the server had nothing to complain about"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_is_plain_text_that_fits_a_line(page: Path):
    text = page.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if len(line) > 120] == []
    assert text.count("\n# ") + text.startswith("# ") >= 1
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert {block.language for block in blocks(page)} <= KNOWN


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_of_a_page_leads_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_a_page_names_is_there(page: Path):
    named = re.findall(
        r"`((?:appliance|broker|storage|web|scripts|tests)/[\w./*-]+)`", page.read_text()
    )
    missing = [path for path in named if not list(ROOT.glob(path.rstrip("/")))]
    assert missing == []


def test_dots_stand_for_anything_and_nothing_else_does():
    assert looks_like("a … c", "a b\nb c\n")
    assert not looks_like("a … c", "a b")
    assert not looks_like("a.c", "abc")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_endpoint_that_a_page_names_is_there(page: Path):
    routes = {(r.method, re.sub(r"\{[^}]*\}", "{}", r.template)) for r in ROUTES}
    named = re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^\s`]*)", page.read_text(encoding="utf-8"))
    wanted = {(method, re.sub(r"\{[^}]*\}|PS-001", "{}", path)) for method, path in named}
    assert wanted - routes == set()


def test_decisions_are_numbered_without_gaps_and_all_in_the_index():
    files = sorted((DOCS / "decisions").glob("0*.md"))
    assert [f.name[:4] for f in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
    titles = [f.read_text(encoding="utf-8").partition("\n")[0] for f in files]
    numbers = [title[:7] for title in titles]
    assert numbers == [f"# {f.name[:4]} " for f in files]
    rows = [f"- [{title[2:]}]({f.name})" for f, title in zip(files, titles, strict=True)]
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [row for row in index.splitlines() if row.startswith("- [")] == rows


def test_a_decision_that_the_code_cites_exists():
    numbers = {f.name[:4] for f in (DOCS / "decisions").glob("0*.md")}
    for package in ("appliance", "broker", "storage", "web", "scripts"):
        for source in (ROOT / package).rglob("*.py"):
            assert (
                set(re.findall(r"decision (\d{4})", source.read_text(encoding="utf-8"))) <= numbers
            )
