"""Files of incidents: taken by their content, kept whole, given back and never run."""

import asyncio
import hashlib
import signal
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.attachments import LARGEST
from appliance.services.housekeeping import Housekeeping
from storage import attachments as on_disk
from tests.api.appliance import Answer, Client, Town, Weir, bare, eventually, sign_in
from tests.api.test_incidents import leak


def a_png(width: int = 4, height: int = 3, more: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * (1 + 3 * 4) * 3)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
        + more
    )


def a_jpeg(exif: bytes = b"", width: int = 640, height: int = 480) -> bytes:
    app1 = b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + b"Exif\0\0" + exif if exif else b""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda" + struct.pack(">H", 8) + b"\x01\x01\x00\x00\x3f\x00" + b"\x12\x34"
    return b"\xff\xd8" + app1 + frame + scan + b"\xff\xd9"


def gps_of(latitude: tuple[int, int, int], longitude: tuple[int, int, int]) -> bytes:
    """TIFF with one IFD whose GPS part says so, south and west."""
    entries = [
        (1, 2, 2, b"S\0\0\0"),
        (2, 5, 3, struct.pack("<I", 80)),
        (3, 2, 2, b"W\0\0\0"),
        (4, 5, 3, struct.pack("<I", 104)),
    ]
    first = struct.pack("<HHHII", 1, 0x8825, 4, 1, 26) + bytes(4)
    gps = struct.pack("<H", 4) + b"".join(
        struct.pack("<HHI", tag, kind, count) + value for tag, kind, count, value in entries
    )
    gps = gps.ljust(54, b"\0")
    numbers = [
        struct.pack("<6I", *(part for n in place for part in (n, 1)))
        for place in (latitude, longitude)
    ]
    return b"II*\0" + struct.pack("<I", 8) + first + gps + b"".join(numbers)


async def an_incident(weir: Weir, town: Town) -> dict[str, Any]:
    made = await town.admin.post("incidents", leak(weir, municipality_id=town.id))
    assert made.status == 201, made
    found: dict[str, Any] = made.body
    return found


async def send(who: Client, incident: int, content: bytes, name: str = "", **more: Any) -> Answer:
    query = {"params": {"name": name}} if name else {}
    return await who("POST", f"incidents/{incident}/attachments", content=content, **query, **more)


def files(weir: Weir) -> list[Path]:
    folder = weir.core.files._folder
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def download(weir: Weir, who: Client, path: str, **headers: str) -> Any:
    asked = {"Authorization": f"Bearer {who.token}", **headers}
    return await weir.http.get(f"/api/v1/{path}", headers=asked)


async def test_a_photo_comes_back_byte_by_byte_and_is_never_run(weir: Weir):
    incident = await an_incident(weir, weir.here)
    phone = await weir.person(weir.here, "technician")
    photo = a_png(more=b"<script>alert(1)</script>")
    made = await send(phone, incident["id"], photo, name="broken pipe.png")
    assert made.status == 201, made
    assert (
        made.body.items()
        >= {
            "name": "broken pipe.png",
            "media_type": "image/png",
            "size": len(photo),
            "sha256": hashlib.sha256(photo).hexdigest(),
            "width": 4,
            "height": 3,
            "location": None,
            "added_by": phone.user["id"],
        }.items()
    )
    path = f"incidents/{incident['id']}/attachments/{made.body['id']}/content"
    got = await download(weir, phone, path)
    assert (got.status_code, got.content) == (200, photo)
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"].startswith('attachment; filename="broken pipe.png"')
    again = await download(weir, phone, path, **{"If-None-Match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    story = (await phone.get(f"incidents/{incident['id']}/timeline")).body
    assert [(s["kind"], s["note"]) for s in story] == [
        ("reported", ""),
        ("attached", "broken pipe.png"),
    ]
    (kept,) = files(weir)
    assert kept.read_bytes() == photo
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "broken" not in str(kept)


async def test_a_form_of_a_phone_brings_its_photo_too(weir: Weir):
    incident = await an_incident(weir, weir.here)
    photo = a_jpeg(gps_of((33, 30, 0), (70, 36, 36)))
    path = f"incidents/{incident['id']}/attachments"
    form = {"file": ("../../etc/DCIM\\IMG 1.png", photo, "image/png")}
    made = await weir.here.admin("POST", path, files=form, data={"notes": "from the street"})
    assert made.status == 201, made
    assert (made.body["name"], made.body["media_type"]) == ("IMG 1.png.jpg", "image/jpeg")
    assert (made.body["width"], made.body["height"]) == (640, 480)
    assert made.body["location"]["coordinates"] == [-70.61, -33.5]
    assert [f["id"] for f in (await weir.here.admin.get(path)).body] == [made.body["id"]]


async def test_the_same_photo_of_an_incident_is_kept_once(weir: Weir):
    incident = await an_incident(weir, weir.here)
    first = await send(weir.here.admin, incident["id"], a_png())
    again = await send(weir.here.admin, incident["id"], a_png())
    assert (first.status, again.body) == (201, first.body)
    several = await asyncio.gather(
        *(send(weir.here.admin, incident["id"], a_jpeg()) for _ in range(3))
    )
    assert len({answer.body["id"] for answer in several}) == 1
    assert len(files(weir)) == 2


async def test_another_municipality_finds_none_of_it(weir: Weir):
    mine, theirs = await an_incident(weir, weir.here), await an_incident(weir, weir.there)
    made = (await send(weir.here.admin, mine["id"], a_png())).body
    await send(weir.there.admin, theirs["id"], a_jpeg())
    for incident in (mine["id"], theirs["id"]):
        path = f"incidents/{incident}/attachments/{made['id']}"
        assert (await weir.there.admin.get(path)).status == 404
        assert (await weir.there.admin.get(f"{path}/content")).status == 404
        assert (await weir.there.admin("DELETE", path)).status == 404
    assert (await weir.there.admin.get(f"incidents/{mine['id']}/attachments")).status == 404
    assert (await send(weir.there.admin, mine["id"], a_png(5))).status == 404
    viewer = await weir.person(weir.here, "viewer")
    assert (await send(viewer, mine["id"], a_png(5))).status == 403
    assert len(files(weir)) == 2
    other = await an_incident_of(weir, title="Another")
    path = f"incidents/{other['id']}/attachments/{made['id']}"
    assert (await weir.here.admin.get(path)).status == 404, "it belongs to the first incident"


async def an_incident_of(weir: Weir, **more: Any) -> dict[str, Any]:
    made = await weir.here.admin.post("incidents", leak(weir, **more))
    found: dict[str, Any] = made.body
    return found


HOSTILE = {
    "nothing": b"",
    "a web page": b"<!doctype html><script>alert(1)</script>",
    "a drawing with a script": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a program": b"MZ" + bytes(200),
    "an archive": b"PK\x03\x04" + bytes(200),
    "half a PNG": a_png()[:-14],
    "a PNG without a header": b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 0, b"IEND") + bytes(4),
    "a PNG as wide as a country": a_png(width=2**31 - 1),
    "a PNG of nothing": a_png(width=0),
    "a JPEG cut before its picture": a_jpeg()[:12],
    "a JPEG cut in its picture": a_jpeg()[:-2],
    "a JPEG of nothing": b"\xff\xd8\xff\xd9",
    "a WebP that claims more": b"RIFF" + struct.pack("<I", 9_999) + b"WEBPVP8X" + bytes(20),
    "a HEIC of no picture": struct.pack(">I4s4s", 12, b"ftyp", b"heic"),
    "a HEIC with a box too long": struct.pack(">I4s4sI4s", 12, b"ftyp", b"heic", 99, b"meta"),
    "half a PDF": b"%PDF-1.7\n1 0 obj",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_whole_picture_is_not_recognised(content: bytes):
    from appliance.domain.pictures import NotTaken, recognised  # noqa: PLC0415

    with pytest.raises(NotTaken):
        recognised(content)


async def test_what_is_refused_leaves_nothing_behind(weir: Weir):
    incident = await an_incident(weir, weir.here)
    path = f"incidents/{incident['id']}/attachments"
    for content in (b"", HOSTILE["a web page"], HOSTILE["half a PNG"]):
        answer = await send(weir.here.admin, incident["id"], content, name="photo.png")
        assert answer.status == 422, answer
    huge = await send(weir.here.admin, incident["id"], bytes(LARGEST + 1))
    assert huge.status == 413
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    cut = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + a_png()
    for form in (b"", b"--x--\r\n", cut, b"--x\r\n" + b"a: b\r\n" * 50_000):
        answer = await weir.here.admin("POST", path, content=form, headers=head)
        assert answer.status in {400, 413}, answer
    bare = {"Content-Type": "multipart/form-data"}
    assert (await weir.here.admin("POST", path, content=b"x", headers=bare)).status == 400
    assert (await weir.here.admin.get(path)).body == []
    assert files(weir) == []
    scratch = weir.core.files._scratch
    assert not scratch.exists() or list(scratch.iterdir()) == []


async def test_a_phone_that_goes_away_in_the_middle_leaves_nothing(weir: Weir):
    incident = await an_incident(weir, weir.here)
    reader, writer = await asyncio.open_connection("127.0.0.1", weir.port)
    writer.write(
        f"POST /api/v1/incidents/{incident['id']}/attachments HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {weir.here.admin.token}\r\nContent-Length: 100000\r\n\r\n".encode()
        + a_png()
    )
    await writer.drain()
    scratch = weir.core.files._scratch

    async def coming() -> bool:
        return bool(list(scratch.glob("upload-*/upload")))

    async def gone() -> bool:
        return not list(scratch.glob("upload-*"))

    await eventually(coming)
    writer.close()
    await writer.wait_closed()
    await eventually(gone)
    assert await reader.read() == b""
    assert files(weir) == []
    assert (await weir.here.admin.get(f"incidents/{incident['id']}/attachments")).body == []


async def test_a_phone_that_stalls_is_told_so_and_leaves_nothing(
    weir: Weir, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("web.http.bodies.STALLED", 0.1)
    incident = await an_incident(weir, weir.here)
    reader, writer = await asyncio.open_connection("127.0.0.1", weir.port)
    path = f"/api/v1/incidents/{incident['id']}/attachments"
    head = f"Host: x\r\nAuthorization: Bearer {weir.here.admin.token}\r\nContent-Length: 100000"
    writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n\r\n".encode() + a_png())
    async with asyncio.timeout(5):
        assert b" 408 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert files(weir) == []
    assert (await weir.here.admin.get(f"incidents/{incident['id']}/attachments")).body == []


async def test_what_a_crash_left_is_swept_away_and_nothing_else(
    weir: Weir, monkeypatch: pytest.MonkeyPatch
):
    incident = await an_incident(weir, weir.here)
    await send(weir.here.admin, incident["id"], a_png())
    (kept,) = files(weir)
    orphan = kept.with_name("0" * 24 + "." + "0" * 64)
    orphan.write_bytes(b"half")
    foreign = kept.with_name("notes.txt")
    foreign.write_bytes(b"somebody else's")
    keeping = Housekeeping(weir.core.world)
    await keeping.each_night()
    assert files(weir) == sorted([kept, orphan, foreign]), "it may still get its row"
    monkeypatch.setattr("appliance.services.attachments.YOUNG", -1.0)
    await keeping.each_night()
    assert files(weir) == sorted([kept, foreign])


async def test_an_incident_goes_with_its_files(weir: Weir):
    incident = await an_incident(weir, weir.here)
    one = (await send(weir.here.admin, incident["id"], a_png())).body
    await send(weir.here.admin, incident["id"], a_jpeg())
    await send(weir.there.admin, (await an_incident(weir, weir.there))["id"], a_jpeg())
    path = f"incidents/{incident['id']}"
    assert (await weir.here.admin("DELETE", f"{path}/attachments/{one['id']}")).status == 204
    assert len(files(weir)) == 2
    phone = await weir.person(weir.here, "technician")
    assert (await phone("DELETE", path)).status == 403
    assert (await weir.there.admin("DELETE", path)).status == 404
    assert (await weir.here.admin("DELETE", path)).status == 204
    assert (await weir.here.admin.get(path)).status == 404
    (left,) = files(weir)
    assert left.parent.name == str(weir.there.id)


async def test_a_scrub_names_a_file_that_is_not_what_was_written(weir: Weir):
    incident = await an_incident(weir, weir.here)
    await send(weir.here.admin, incident["id"], a_png())
    assert await weir.core.files.flaws() == ()
    (kept,) = files(weir)
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    (flaw,) = await weir.core.scrub.run()
    assert flaw.file == f"{on_disk.STORE}/{weir.here.id}/{kept.name}"


async def test_files_are_refused_while_the_disk_is_nearly_full(
    weir: Weir, monkeypatch: pytest.MonkeyPatch
):
    incident = await an_incident(weir, weir.here)
    monkeypatch.setattr(type(weir.core.disk), "refuses_uploads", True)
    assert (await send(weir.here.admin, incident["id"], a_png())).status == 507
    assert files(weir) == []


async def test_how_many_files_there_may_be_is_bounded(weir: Weir, monkeypatch: pytest.MonkeyPatch):
    incident = await an_incident(weir, weir.here)
    monkeypatch.setattr("appliance.services.attachments.MOST_PER_INCIDENT", 1)
    assert (await send(weir.here.admin, incident["id"], a_png())).status == 201
    assert (await send(weir.here.admin, incident["id"], a_jpeg())).status == 429
    monkeypatch.setattr("appliance.services.attachments.MOST_PER_INCIDENT", 9)
    monkeypatch.setattr("appliance.services.attachments.MOST_BYTES_PER_MUNICIPALITY", 10)
    assert (await send(weir.here.admin, incident["id"], a_jpeg())).status == 429
    assert len(files(weir)) == 1


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from storage.operations.attachments import AttachmentRows
from tests.api.appliance import running
from tests.api.test_attachments import a_png, an_incident, send

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    async with running(Path(sys.argv[1])) as weir:
        incident = await an_incident(weir, weir.here)
        print(incident["id"], flush=True)
        AttachmentRows.add = die
        await send(weir.here.admin, incident["id"], a_png())

asyncio.run(main())
"""


async def test_a_kill_between_file_and_row_leaves_no_half_attachment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    command = (sys.executable, "-c", KILLED, str(tmp_path))
    died = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        said, _ = await died.communicate()
    assert died.returncode == -signal.SIGKILL
    incident = int(said)
    async with bare(tmp_path) as (core, services, http, _):
        folder = core.files._folder
        (orphan,) = [path for path in folder.rglob("*") if path.is_file()]
        chief = await sign_in(http, "chief")
        path = f"incidents/{incident}/attachments"
        assert (await chief.get(path)).body == []
        assert [s["kind"] for s in (await chief.get(f"incidents/{incident}/timeline")).body] == [
            "reported"
        ]
        again = await send(chief, incident, a_png())
        assert again.status == 201, again
        monkeypatch.setattr("appliance.services.attachments.YOUNG", -1.0)
        assert await services.attachments.sweep() == 1
        assert not orphan.exists()
        assert [one["id"] for one in (await chief.get(path)).body] == [again.body["id"]]
