"""Alerts as signed webhooks, to a real HTTP server."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.errors import DeliveryFailed
from appliance.domain.instant import MINUTE, SECOND, Instant
from appliance.domain.telling import ChannelKind, Parcel
from appliance.outbound.reachable import Reachable
from appliance.outbound.webhook import WebhookMessenger, WebhookOptions
from tests.builders import HERE, NOON, THERE
from tests.fakes import FixedClock
from tests.outbound.certificate import server_and_client
from tests.outbound.hook_server import a_hook_server, an_answer
from tests.outbound.parcels import a_channel, a_parcel, of

LATER = Instant(NOON + MINUTE)


def a_messenger(**options: Any) -> WebhookMessenger:
    fields: dict[str, Any] = {
        "reachable": Reachable(loopback=True),
        "public_url": "https://weir.example",
        "total_seconds": 5.0,
    }
    return WebhookMessenger(WebhookOptions(**fields | options), FixedClock(LATER))


def owed_to(url: str, **channel: Any) -> Parcel:
    hook = a_channel(**{"kind": ChannelKind.WEBHOOK, "target": url, "secret": "k3y"} | channel)
    return a_parcel(channel=hook)


async def refusal(messenger: WebhookMessenger, parcel: Parcel) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        await messenger.send(parcel)
    return caught.value


async def test_a_webhook_carries_the_alert_and_its_change():
    async with a_hook_server() as server:
        await a_messenger().send(owed_to(server.url))
    (request,) = server.received
    assert request.line == "POST /hook?from=weir HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    told = request.json
    assert told["type"] == "alert.opened"
    assert told["municipality"] == {"id": HERE, "name": "Brookfield"}
    assert told["url"] == "https://weir.example/alerts/161"
    assert told["alert"]["severity"] == "critical"
    assert told["alert"]["status"] == "open"
    assert told["alert"]["created_at"] == "2026-05-01T12:00:00Z"
    assert told["alert"]["location"] == {"type": "Point", "coordinates": [13.4, 52.5]}
    assert told["alert"]["evidence"]["numbers"] == {"value": 1.1e5, "limit": 2e5}
    assert told["change"]["number"] == 1


async def test_the_signature_covers_the_time_and_the_body():
    async with a_hook_server() as server:
        await a_messenger().send(owed_to(server.url))
    (request,) = server.received
    seconds = LATER // SECOND
    expected = hmac.new(b"k3y", f"{seconds}.".encode() + request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-weir-signature"] == f"t={seconds},v1={expected}"


async def test_a_channel_without_a_secret_is_told_without_a_signature():
    async with a_hook_server() as server:
        await a_messenger().send(owed_to(server.url, secret=""))
    assert "x-weir-signature" not in server.received[0].headers


async def test_a_second_copy_has_the_same_idempotency_key():
    async with a_hook_server() as server:
        messenger, parcel = a_messenger(), owed_to(server.url)
        await messenger.send(parcel)
        await messenger.send(parcel)
    assert [r.headers["idempotency-key"] for r in server.received] == 2 * ["161:1:193"]
    assert [r.json["delivery"] for r in server.received] == 2 * ["161:1:193"]


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        *((status, False) for status in (408, 425, 429, 500, 503, 599)),
        *((status, True) for status in (301, 307, 400, 401, 404, 410)),
    ],
)
async def test_which_answers_are_worth_another_attempt(status: int, *, permanent: bool):
    async with a_hook_server(an_answer(status)) as server:
        failed = await refusal(a_messenger(), owed_to(server.url))
    assert failed.will_never_work is permanent
    assert failed.problem == f"it answered {status}"


async def test_a_redirect_is_not_followed():
    async with a_hook_server() as elsewhere:
        moved = an_answer(307, f"Location: {elsewhere.url}")
        async with a_hook_server(moved) as server:
            failed = await refusal(a_messenger(), owed_to(server.url))
    assert failed.will_never_work
    assert elsewhere.received == []


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("120", 120.0),
        ("999999999999999", 3600.0),
        ("Fri, 01 May 2026 12:05:00 GMT", 240.0),
        ("Fri, 01 May 2020 12:05:00 GMT", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
    ],
)
async def test_a_pause_that_the_other_side_asks_for_is_kept_up_to_an_hour(
    given: str, seconds: float
):
    async with a_hook_server(an_answer(429, f"Retry-After: {given}")) as server:
        failed = await refusal(a_messenger(), owed_to(server.url))
    assert failed.wait_seconds == seconds


async def test_a_server_that_says_nothing_is_left_after_the_deadline():
    async with a_hook_server(None) as server:
        failed = await refusal(a_messenger(total_seconds=0.1), owed_to(server.url))
    assert not failed.will_never_work
    assert failed.problem == "no answer in time"


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 2", b"x" * 100_000])
async def test_what_is_no_answer_is_worth_another_attempt(answer: bytes):
    async with a_hook_server(answer) as server:
        failed = await refusal(a_messenger(), owed_to(server.url))
    assert not failed.will_never_work


async def test_an_endless_answer_is_read_no_further_than_its_bound():
    endless = an_answer(200, body=b"")[:-4].replace(b"Content-Length: 0", b"X: y") + b"\r\n\r\n"
    async with a_hook_server(endless + b"x" * 5_000_000) as server:
        await a_messenger().send(owed_to(server.url))
    assert len(server.received) == 1


async def test_nobody_listening_is_worth_another_attempt():
    async with a_hook_server() as server:
        pass
    failed = await refusal(a_messenger(), owed_to(server.url))
    assert not failed.will_never_work


async def test_the_certificate_is_verified(tmp_path: Path):
    theirs, ours = server_and_client(tmp_path)
    async with a_hook_server(tls=theirs) as server:
        parcel = owed_to(f"https://localhost:{server.port}/")
        stranger = await refusal(a_messenger(), parcel)
        assert server.received == []
        await a_messenger(tls_context=ours).send(parcel)
    assert not stranger.will_never_work
    assert len(server.received) == 1


async def test_this_machine_is_not_called_unless_allowed():
    async with a_hook_server() as server:
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            failed = await refusal(a_messenger(reachable=Reachable()), owed_to(url))
            assert failed.will_never_work
    assert server.received == []


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://224.0.0.1/",
        "http://0.0.0.0/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://user:secret@127.0.0.1/",
        "http://",
        "http://127.0.0.1:99999/",
        "nonsense",
        "",
    ],
)
async def test_what_is_never_called_is_refused_for_good(url: str):
    assert (await refusal(a_messenger(), owed_to(url))).will_never_work


async def test_a_line_break_in_a_url_adds_no_header():
    async with a_hook_server() as server:
        await a_messenger().send(owed_to(f"{server.url}&x=ü y\r\nX-Evil: 1"))
    (request,) = server.received
    assert "x-evil" not in request.headers


async def test_another_municipalitys_channel_gets_only_its_own():
    async with a_hook_server() as ours, a_hook_server() as theirs:
        parcel = owed_to(ours.url)
        messenger = a_messenger()
        await messenger.send(parcel)
        hook = {"kind": ChannelKind.WEBHOOK, "target": theirs.url, "secret": "other"}
        await messenger.send(of(parcel, THERE, **hook))
    assert [r.json["municipality"]["id"] for r in ours.received] == [HERE]
    assert [r.json["municipality"]["id"] for r in theirs.received] == [THERE]
