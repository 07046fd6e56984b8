"""Webhooks: a signed POST for every change of an alert."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import ssl
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import h11
import msgspec

from appliance.domain.errors import DeliveryFailed
from appliance.domain.instant import SECOND, Instant, from_datetime, text
from appliance.domain.telling import ChannelKind, Parcel
from appliance.outbound import words
from appliance.outbound.http import Answer, NotToBeCalled, Poster, target_of
from appliance.outbound.reachable import Reachable
from appliance.ports.clock import Clock

_LONGEST_PAUSE: Final = 3600.0
_WORTH_ANOTHER: Final = (408, 425, 429)
"""Request Timeout, Too Early, Too Many Requests: the request itself was good."""
_SUCCESS: Final = range(200, 300)
_SERVER_ERROR: Final = 500
_PREFIX: Final = "whsec_"
_ODD: Final = "the other side does not speak HTTP"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookOptions:
    """How webhooks are sent."""

    reachable: Reachable = field(default_factory=Reachable)
    total_seconds: float = 15.0
    """Longest wait for one webhook, connection and answer together."""
    public_url: str = ""
    tls_context: ssl.SSLContext | None = None
    """None verifies against the system's certificate authorities."""


class WebhookMessenger:
    """Posts alerts to URLs.

    2xx is taken. 408, 425, 429, 5xx and lost connections are worth another attempt, after
    Retry-After where given (at most an hour). Other answers, redirects too, are permanent.
    """

    def __init__(self, options: WebhookOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._poster = Poster(options.reachable, options.tls_context)

    @property
    def kind(self) -> ChannelKind:
        return ChannelKind.WEBHOOK

    async def send(self, parcel: Parcel) -> None:
        # In a thread: the first reads the file of the words.
        said = await asyncio.to_thread(document, parcel, self._options.public_url)
        body = msgspec.json.encode(said)
        now = self._clock.now()
        try:
            target = target_of(parcel.channel.target)
            async with asyncio.timeout(self._options.total_seconds):
                answer = await self._poster.post(target, _headers(parcel, body, now), body)
        except NotToBeCalled as error:
            raise _failed(parcel, str(error), permanent=True) from error
        except TimeoutError as error:
            raise _failed(parcel, "no answer in time") from error
        except (OSError, h11.RemoteProtocolError) as error:
            raise _failed(parcel, str(error) or _ODD) from error
        _judge(parcel, answer, now)


def signature(secret: str, seconds: int, body: bytes) -> str:
    """Give `t=…,v1=…`: HMAC-SHA256 over `t.body` (RFC 2104), so that an old copy shows its age."""
    signed = f"{seconds}.".encode() + body
    return f"t={seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def standard_signature(secret: str, key: str, seconds: int, body: bytes) -> str:
    """Give `v1,…`: HMAC-SHA256 over `key.seconds.body`, as Standard Webhooks 1.0 has it.

    The key of a secret `whsec_…` is what its base 64 says; of any other, its own bytes.
    """
    mac = hmac.new(_key_of(secret), f"{key}.{seconds}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def _key_of(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        with contextlib.suppress(ValueError):
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    return secret.encode()


def document(parcel: Parcel, public_url: str) -> dict[str, object]:
    """Give the JSON of one change; fields are only ever added."""
    alert, change = parcel.alert, parcel.change
    evidence = change.evidence or alert.evidence
    spot = alert.position
    return {
        "type": f"alert.{change.kind.value}",
        "delivery": parcel.delivery.key,
        "municipality": {"id": alert.municipality, "name": parcel.municipality_name},
        "url": words.link(parcel, public_url) or None,
        "text": words.english_subject(parcel),
        "alert": {
            "id": alert.id,
            "alert_type": alert.alert_type,
            "severity": alert.severity.value,
            "status": alert.status.value,
            "title": alert.title,
            "description": alert.description,
            "evidence": {"words": evidence.words, "numbers": evidence.numbers},
            "created_at": text(alert.created_at),
            "raised_at": text(alert.raised_at),
            "acknowledged_at": _time(alert.acknowledged_at),
            "resolved_at": _time(alert.resolved_at),
            "location": _point(spot.longitude, spot.latitude) if spot else None,
            "sensor_id": alert.sensor,
            "sensor_name": parcel.sensor_name,
            "pipeline_id": alert.pipeline,
            "municipality_id": alert.municipality,
            "occurrences": alert.occurrences,
        },
        "change": {
            "number": change.number,
            "kind": change.kind.value,
            "before": change.before.value if change.before else None,
            "after": change.after.value,
            "at": text(change.at),
            "by": change.by,
            "note": change.note,
        },
    }


def _point(longitude: float, latitude: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


def _time(instant: Instant | None) -> str | None:
    return text(instant) if instant is not None else None


def _headers(parcel: Parcel, body: bytes, now: Instant) -> list[tuple[str, str]]:
    headers = [
        ("Content-Type", "application/json"),
        ("User-Agent", "Weir"),
        ("Idempotency-Key", parcel.delivery.key),
    ]
    secret, key, seconds = parcel.channel.secret, parcel.delivery.key, now // SECOND
    headers += [("webhook-id", key), ("webhook-timestamp", str(seconds))]
    if secret:
        headers.append(("webhook-signature", standard_signature(secret, key, seconds, body)))
        headers.append(("X-Weir-Signature", signature(secret, seconds, body)))
    return headers


def _judge(parcel: Parcel, answer: Answer, now: Instant) -> None:
    if answer.status in _SUCCESS:
        return
    retry = answer.status in _WORTH_ANOTHER or answer.status >= _SERVER_ERROR
    raise _failed(
        parcel,
        f"it answered {answer.status}",
        permanent=not retry,
        wait_seconds=pause_of(answer.retry_after, now) if retry else 0.0,
    )


def pause_of(retry_after: str, now: Instant) -> float:
    """Read Retry-After, seconds or a date (RFC 9110 section 10.2.3): 0 to 3,600 seconds."""
    if retry_after.isascii() and retry_after.isdigit():
        wanted = float(retry_after[:9])
    else:
        try:
            moment = parsedate_to_datetime(retry_after)
        except ValueError:
            return 0.0
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        wanted = (from_datetime(aware) - now) / SECOND
    return min(max(wanted, 0.0), _LONGEST_PAUSE)


def _failed(
    parcel: Parcel, problem: str, *, permanent: bool = False, wait_seconds: float = 0.0
) -> DeliveryFailed:
    return DeliveryFailed(
        channel=f"webhook channel {parcel.channel.name!r}",
        problem=problem,
        permanent=permanent,
        wait_seconds=wait_seconds,
    )
