"""Telling people: e-mail through a real mail server, and signed webhooks."""

import email
import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.outside.town import THRESHOLD, WAIT, Town, eventually
from tests.running import Running


@dataclass
class Postbox:
    """Takes what a mail server would deliver."""

    letters: "queue.Queue[EmailMessage]" = field(default_factory=queue.Queue)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        letter = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.put(letter)
        return "250 OK"


@pytest.fixture
def webhook() -> Iterator[tuple[str, "queue.Queue[tuple[dict[str, str], bytes]]"]]:
    """A URL, and what was posted to it."""
    posted: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted.put((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/alerts", posted
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_dead_mail_server_delays_a_letter_and_neither_loses_nor_repeats_it(
    weir: Running, here: Town, there: Town
) -> None:
    for town, name in ((here, "duty"), (there, "neighbour")):
        said = {"name": "Duty", "kind": "email", "target": f"{name}@example.org"}
        town.admin.post("channels", said)
    mild, loud = here.device(), here.device()
    here.rule(mild, THRESHOLD, severity="low")
    rule = here.rule(loud, THRESHOLD, severity="critical")
    mild.post({"value": 9})
    loud.post({"value": 9.5})
    alert = here.alert(rule)

    def failed() -> list[dict[str, Any]]:
        found = here.admin.get("deliveries")
        return [d for d in found if d["attempts"] and d["state"] == "waiting"]

    (delivery,) = eventually(failed)
    assert delivery["alert_id"] == alert["id"]
    assert delivery["last_problem"]
    postbox = Postbox()
    server = Controller(postbox, hostname="127.0.0.1", port=weir.extra["smtp"])
    server.start()
    try:
        letter = postbox.letters.get(timeout=3 * WAIT)
        assert letter["To"] == "duty@example.org"
        assert loud.sensor["name"] in letter["Subject"]
        text = letter.get_body(("plain",))
        assert text is not None
        assert "9.5 bar" in text.get_content()
        eventually(lambda: here.admin.get("deliveries")[0]["state"] == "sent")
        loud.post({"value": 9.6})
        with pytest.raises(queue.Empty):
            postbox.letters.get(timeout=0.5)
    finally:
        server.stop()


def test_each_town_is_written_to_in_the_language_of_its_channel(
    weir: Running, here: Town, there: Town
) -> None:
    postbox = Postbox()
    server = Controller(postbox, hostname="127.0.0.1", port=weir.extra["smtp"])
    server.start()
    letters: dict[str, list[EmailMessage]] = {"guardia@example.org": [], "munawib@example.org": []}

    def come(address: str, count: int) -> list[EmailMessage]:
        while len(letters[address]) < count:
            letter = postbox.letters.get(timeout=3 * WAIT)
            letters.setdefault(str(letter["To"]), []).append(letter)
        return letters[address]

    try:
        spoken = ((here, "es", "guardia"), (there, "ar", "munawib"))
        for town, language, name in spoken:
            said = {"name": "Duty", "kind": "email", "target": f"{name}@example.org"}
            channel = town.admin.post("channels", said | {"language": language})
            town.admin.post(f"channels/{channel['id']}/test", status=200)
        for town, *_ in spoken:
            device = town.device(threshold_config={"min": 1.5, "max": 5.0})
            device.post({"value": 1.1})
        (trial, spanish), (_, arabic) = (come(f"{name}@example.org", 2) for *_, name in spoken)
    finally:
        server.stop()
    assert trial["Subject"] == f"[INFORMACIÓN] Mensaje de prueba de Weir – {here.name}"
    assert str(spanish["Subject"]).startswith("[ALTA] Fuera de los límites de operación: Sensor ")
    assert str(arabic["Subject"]).startswith("[عالٍ] خارج حدود التشغيل: Sensor ")
    for letter, seen, language in (
        (
            spanish,
            "<bdi>1,1 bar</bdi>, por debajo del límite de servicio <bdi>1,5 bar</bdi>",
            'lang="es" dir="ltr"',
        ),
        (arabic, "<bdi>1.1 bar</bdi>، دون حد التشغيل <bdi>1.5 bar</bdi>", 'lang="ar" dir="rtl"'),
    ):
        page = letter.get_body(("html",))
        assert page is not None
        assert language in page.get_content()
        assert seen in page.get_content()
    assert there.name not in str(spanish)
    assert here.name not in str(arabic)


def test_a_webhook_is_signed_and_called_once(
    here: Town, there: Town, webhook: tuple[str, "queue.Queue[tuple[dict[str, str], bytes]]"]
) -> None:
    url, posted = webhook
    said = {"name": "Hook", "kind": "webhook", "target": url, "least_severity": "high"}
    channel = there.admin.post("channels", said)
    assert "secret" not in there.admin.get("channels")[-1]
    device = there.device()
    rule = there.rule(device, THRESHOLD, severity="high")
    other = here.device()
    here.rule(other, THRESHOLD, severity="critical")
    other.post({"value": 9})
    device.post({"value": 9})
    headers, body = posted.get(timeout=WAIT)
    alert = there.alert(rule)
    told = json.loads(body)
    assert (told["type"], told["alert"]["id"]) == ("alert.opened", alert["id"])
    assert told["municipality"]["id"] == there.id
    time, _, proof = headers["X-Weir-Signature"].removeprefix("t=").partition(",v1=")
    expected = hmac.new(channel["secret"].encode(), f"{time}.".encode() + body, hashlib.sha256)
    assert proof == expected.hexdigest()
    with pytest.raises(queue.Empty):
        posted.get(timeout=0.5)
    assert there.admin("DELETE", f"channels/{channel['id']}").status_code == 204
