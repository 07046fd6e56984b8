"""Webhooks as people set them up, and as the programs behind them see them."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from appliance.domain.ids import ChannelId
from appliance.domain.instant import DAY, Instant
from tests.api.appliance import Weir


@dataclass
class Receiver:
    """A program that takes webhooks, and keeps what it was sent."""

    port: int = 0
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        raw = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(fields["content-length"]))
        self.taken.append(({name.lower(): value for name, value in raw.items()}, body))
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % self.status)
        writer.close()


@contextlib.asynccontextmanager
async def a_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


def is_signed(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """Verify as the libraries of Standard Webhooks do."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    return f"v1,{mac}" in headers["webhook-signature"].split()


async def added(weir: Weir, url: str, **fields: Any) -> dict[str, Any]:
    answer = await weir.here.admin.post("webhooks", {"name": "Office", "url": url, **fields})
    assert answer.status == 201, answer
    body: dict[str, Any] = answer.body
    return body


async def test_a_webhook_is_a_channel_with_a_secret_that_is_shown_once(weir: Weir):
    admin = weir.here.admin
    made = await added(weir, "https://office.example/weir", events=["opened", "moved"])
    assert made["secret"].startswith("whsec_")
    shown = (await admin.get(f"webhooks/{made['id']}")).body
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert (await admin.get("webhooks")).body == [shown]
    assert [one["id"] for one in (await admin.get("channels")).body] == [made["id"]]
    changed = await admin(
        "PATCH", f"webhooks/{made['id']}", {"events": ["moved"], "enabled": False}
    )
    assert (changed.body["events"], changed.body["enabled"]) == (["moved"], False)
    assert (await admin("DELETE", f"webhooks/{made['id']}")).status == 204
    assert (await admin.get("webhooks")).body == []


async def test_another_municipality_finds_no_such_webhook(weir: Weir):
    made = await added(weir, "https://office.example/weir")
    there, one = weir.there.admin, f"webhooks/{made['id']}"
    for method, path in (
        ("GET", one),
        ("PATCH", one),
        ("DELETE", one),
        ("POST", f"{one}/test"),
        ("GET", f"{one}/deliveries"),
        ("POST", f"{one}/deliveries/1:1:1/redeliver"),
    ):
        assert (await there(method, path, {})).status == 404, path
    assert (await there.get("webhooks")).body == []


async def test_an_e_mail_channel_is_no_webhook(weir: Weir):
    channel = {"name": "Duty", "kind": "email", "target": "duty@example.org"}
    made = (await weir.here.admin.post("channels", channel)).body
    assert (await weir.here.admin.get(f"webhooks/{made['id']}")).status == 404
    assert (await weir.here.admin.get("webhooks")).body == []


async def test_a_webhook_gets_the_events_that_it_wants_signed_and_can_have_them_again(weir: Weir):
    admin = weir.here.admin
    made = await added(weir, "http://127.0.0.1:9/", events=["moved"])
    alert = await weir.raise_alert(weir.here)
    assert (await admin.get(f"webhooks/{made['id']}/deliveries")).body == []
    moved = await admin.post(f"alerts/{alert['id']}/acknowledge")
    assert moved.status == 200, moved
    (owed,) = (await admin.get(f"webhooks/{made['id']}/deliveries")).body
    again = f"webhooks/{made['id']}/deliveries/{owed['key']}/redeliver"
    assert (await admin.post(again)).body["attempts"] == 0
    assert (await admin.post(f"webhooks/{made['id']}/deliveries/none/redeliver")).status == 404


async def test_a_test_message_is_signed_as_standard_webhooks_are(weir: Weir):
    async with a_receiver() as receiver:
        made = await added(weir, f"http://127.0.0.1:{receiver.port}/weir")
        assert (await weir.here.admin.post(f"webhooks/{made['id']}/test")).status == 200
    ((headers, body),) = receiver.taken
    assert is_signed(headers, body, made["secret"])
    assert not is_signed(headers, body + b" ", made["secret"])
    assert json.loads(body)["delivery"] == headers["webhook-id"]


async def test_a_webhook_that_nothing_reaches_for_days_is_switched_off_until_a_person_tries_again(
    weir: Weir,
):
    made = await added(weir, "https://office.example/weir")
    other = await weir.there.admin.post("webhooks", {"name": "Fine", "url": "https://a.example/"})
    channel, operations = ChannelId(made["id"]), weir.core.operations

    async def fails(day: int) -> None:
        at, since = Instant(10 * DAY + day * DAY), Instant(10 * DAY + (day - 3) * DAY)
        await operations.write_system(lambda t: t.note_channel(channel, at, "refused", since))

    async def enabled() -> tuple[bool, str]:
        shown = (await weir.here.admin.get(f"webhooks/{made['id']}")).body
        return shown["enabled"], shown["stopped"]

    for day in range(3):
        await fails(day)
    assert await enabled() == (True, "")
    await fails(3)
    assert await enabled() == (False, "refused")
    await weir.here.admin("PATCH", f"webhooks/{made['id']}", {"enabled": True})
    assert await enabled() == (True, "")
    await fails(4)
    assert await enabled() == (True, ""), "its days begin anew"
    untouched = (await weir.there.admin.get(f"webhooks/{other.body['id']}")).body
    assert (untouched["enabled"], untouched["failing_since"]) == (True, None)
