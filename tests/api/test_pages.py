"""The files of the screens: small on the way, read once, and never older than they may be."""

import gzip
import os
from pathlib import Path

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Asker

from tests.api.appliance import Weir
from web import shelf
from web.pages import Pages
from web.shelf import Shelf

SCRIPT = b"export const words = 'water';\n" * 100
FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as the build of the screens leaves it."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><p>first")
    (folder / "assets" / "main-A1.js").write_bytes(SCRIPT)
    (folder / "assets" / "main-A1.js.br").write_bytes(b"brotli")
    (folder / "assets" / "inter-B2.woff2").write_bytes(b"wOF2" * 1000)
    (folder / ".made-from").write_text("a fingerprint")
    (tmp_path / "secret.txt").write_text("not for anybody")
    return folder


@pytest.fixture
def pages(built: Path) -> Asker:
    app = Quart(__name__, static_folder=None)
    Pages(built).attach(app)
    return app.test_client()


@pytest.mark.parametrize(
    ("accepts", "encoding", "content"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip, deflate", "gzip", None),
        ("br;q=0, gzip;q=0.5", "gzip", None),
        ("identity", None, SCRIPT),
        ("", None, SCRIPT),
    ],
)
async def test_a_file_is_given_as_small_as_the_browser_takes_it(
    pages: Asker, accepts: str, encoding: str | None, content: bytes | None
):
    answer = await pages.get("/assets/main-A1.js", headers={"Accept-Encoding": accepts})
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    data = await answer.get_data(as_text=False)
    assert int(answer.headers["Content-Length"]) == len(data)
    assert (gzip.decompress(data) == SCRIPT) if content is None else (data == content)


async def test_each_form_has_a_tag_of_its_own_by_which_it_is_known(pages: Asker):
    tags = {}
    for accepts in ("br", "gzip", "identity"):
        headers = {"Accept-Encoding": accepts}
        tag = (await pages.get("/assets/main-A1.js", headers=headers)).headers["ETag"]
        again = await pages.get("/assets/main-A1.js", headers=headers | {"If-None-Match": tag})
        assert (again.status_code, again.headers["ETag"]) == (304, tag)
        assert again.headers["Cache-Control"] == FOR_EVER
        assert again.headers["Vary"] == "Accept-Encoding"
        tags[accepts] = tag
    assert len(set(tags.values())) == 3


async def test_what_is_named_by_its_content_is_kept_for_ever_and_the_page_is_asked_for_each_time(
    pages: Asker,
):
    assets = ("/assets/main-A1.js", "/assets/inter-B2.woff2")
    kept = [(await pages.get(path)).headers["Cache-Control"] for path in assets]
    assert kept == [FOR_EVER, FOR_EVER]
    for path in ("/", "/index.html", "/sensors/12"):
        answer = await pages.get(path)
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["ETag"]


async def test_a_missing_asset_is_no_page(pages: Asker):
    assert (await pages.get("/assets/main-OLD.js")).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/.made-from", "/assets/main-A1.js.br", "/../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt"],
)
async def test_nothing_hidden_or_outside_is_given(pages: Asker, path: str):
    answer = await pages.get(path)
    assert answer.status_code == 404 or b"<p>first" in await answer.get_data(as_text=False)


async def test_a_part_is_a_part_of_the_plain_file(pages: Asker):
    headers = {"Accept-Encoding": "br, gzip", "Range": "bytes=7-11"}
    part = await pages.get("/assets/main-A1.js", headers=headers)
    assert part.status_code == 206
    assert "Content-Encoding" not in part.headers
    assert await part.get_data(as_text=False) == SCRIPT[7:12]
    assert part.headers["Content-Range"] == f"bytes 7-11/{len(SCRIPT)}"


async def test_a_page_that_was_replaced_is_given_at_once_and_an_asset_is_read_once(
    pages: Asker, built: Path
):
    await pages.get("/")
    await pages.get("/assets/main-A1.js")
    (built / "index.html").write_text("<!doctype html><p>second")
    (built / "assets" / "main-A1.js").unlink()
    assert b"second" in await (await pages.get("/")).get_data(as_text=False)
    assert await (await pages.get("/assets/main-A1.js")).get_data(as_text=False) == SCRIPT


async def test_what_is_kept_is_bounded_and_what_was_dropped_is_read_again(
    built: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shelf, "KEPT", 2500)
    for number in range(4):
        (built / "assets" / f"{number}.woff2").write_bytes(os.urandom(1000))
    files = Shelf(built)
    found = [await files.find(f"assets/{number}.woff2", for_ever=True) for number in range(4)]
    assert [each.size for each in found if each] == [1000] * 4
    assert list(files._kept) == ["assets/2.woff2", "assets/3.woff2"]
    assert await files.find("assets/0.woff2", for_ever=True) == found[0]


async def test_a_page_varies_by_who_asks_from_where_and_what_they_take(weir: Weir):
    answer = await weir.nobody.get("/api/docs/openapi.json", headers={"Origin": "null"})
    assert {each.strip() for each in answer.headers["Vary"].split(",")} == {
        "Accept-Encoding",
        "Origin",
    }
    assert answer.headers["Content-Encoding"] == "gzip"


async def test_head_says_what_get_would(weir: Weir):
    got = await weir.nobody.get("/api/docs/openapi.json")
    said = await weir.nobody("HEAD", "/api/docs/openapi.json")
    changing = {"date", "x-request-id"}
    assert {k: v for k, v in said.headers.items() if k not in changing} == {
        k: v for k, v in got.headers.items() if k not in changing
    }
    assert said.body == ""
