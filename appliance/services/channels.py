"""Notification channels: who is told, and how."""

import asyncio
import base64
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from appliance.domain.access import Grant, ManageChannels
from appliance.domain.alerts import Alert, AlertChange, AlertStatus, ChangeKind
from appliance.domain.audit import Thing
from appliance.domain.audit_actions import Action
from appliance.domain.errors import Conflict, DeliveryFailed, Invalid, NotFound
from appliance.domain.findings import Evidence
from appliance.domain.ids import AlertId, ChannelId
from appliance.domain.instant import Instant
from appliance.domain.languages import Language
from appliance.domain.people import Municipality
from appliance.domain.rules import Severity
from appliance.domain.sayings import saying
from appliance.domain.telling import Channel, ChannelKind, Delivery, DeliveryState, Parcel
from appliance.domain.titles import SENTENCES
from appliance.ports.pages import Page
from appliance.ports.tables import Tables
from appliance.services.audit.recording import record
from appliance.services.names import must_be_named
from appliance.services.world import World

PATIENCE: Final = 20.0
"""Seconds that a test message may take."""
MOST_CHANNELS: Final = 200
"""Of a municipality, webhooks included: each change of an alert may go to all. The next is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChannel:
    """Somebody or something to tell."""

    name: str
    kind: ChannelKind
    target: str
    secret: str = ""
    least_severity: Severity = Severity.MEDIUM
    enabled: bool = True
    events: tuple[ChangeKind, ...] = ()
    language: Language = Language.EN


class Channels:
    """Adds, changes, tries and lists channels."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def all(self, grant: Grant[ManageChannels]) -> list[Channel]:
        """Give all, by name."""
        return await self._world.operations.read(grant.municipality, lambda t: t.channels.all())

    async def one(self, grant: Grant[ManageChannels], channel: ChannelId) -> Channel:
        """Give one; NotFound when it is not of this municipality."""
        return await self._world.operations.read(grant.municipality, lambda t: _found(t, channel))

    async def deliveries(
        self, grant: Grant[ManageChannels], page: Page
    ) -> tuple[list[Delivery], int]:
        """Give one page of what was and is owed, newest first, and how many there are."""
        return await self._world.operations.read(grant.municipality, lambda t: t.outbox.page(page))

    async def deliveries_to(
        self, grant: Grant[ManageChannels], channel: ChannelId, page: Page
    ) -> tuple[list[Delivery], int]:
        """Give one page of what was and is owed to one channel, newest first, and their number."""
        return await self._world.operations.read(
            grant.municipality, lambda t: t.outbox.page(page, channel)
        )

    async def deliver_again(
        self, grant: Grant[ManageChannels], channel: ChannelId, key: str
    ) -> Delivery:
        """Have one message sent once more, within seconds, under its old key."""
        now = self._world.clock.now()

        def change(tables: Tables) -> Delivery:
            _found(tables, channel)
            found = tables.outbox.again(key, channel, now)
            if found is None:
                raise NotFound(kind="delivery", name=key)
            return found

        return await self._world.operations.write(grant.municipality, change)

    async def add(self, grant: Grant[ManageChannels], new: NewChannel) -> Channel:
        """Add one; a webhook without a secret gets one."""
        secret = new.secret
        if new.kind is ChannelKind.WEBHOOK and not secret:
            secret = standard_secret(self._world.ids.new_secret())
        channel = Channel(
            id=ChannelId(self._world.ids.new_id()),
            municipality=grant.municipality,
            name=new.name.strip(),
            kind=new.kind,
            target=new.target.strip(),
            secret=secret,
            least_severity=new.least_severity,
            enabled=new.enabled,
            created_at=self._world.clock.now(),
            events=new.events,
            language=new.language,
        )
        _must_make_sense(channel)

        def add(tables: Tables) -> None:
            if len(tables.channels.all()) >= MOST_CHANNELS:
                raise Conflict(
                    what=saying(
                        "too_many_channels",
                        "there are {most} channels already; remove some",
                        most=MOST_CHANNELS,
                    )
                )
            tables.channels.put(channel)

        await self._world.operations.write(grant.municipality, add)
        return channel

    async def change(
        self, grant: Grant[ManageChannels], channel: ChannelId, fields: dict[str, object]
    ) -> Channel:
        """Change the named fields of NewChannel, but not its kind."""

        def change(tables: Tables) -> Channel:
            changed = replace(_found(tables, channel), **fields)  # type: ignore[arg-type]
            if fields.get("enabled"):  # a person thinks that it works again
                changed = replace(changed, failing_since=None, stopped="")
            _must_make_sense(changed)
            tables.channels.put(changed)
            return changed

        return await self._world.operations.write(grant.municipality, change)

    async def remove(self, grant: Grant[ManageChannels], channel: ChannelId) -> None:
        """Remove one; what it is still owed is dropped and said in the outbox."""

        def change(tables: Tables) -> None:
            _found(tables, channel)
            tables.channels.remove(channel)

        await self._world.operations.write(grant.municipality, change)

    async def test(self, grant: Grant[ManageChannels], channel: ChannelId) -> None:
        """Send a message that says it is a test; DeliveryFailed says why it did not get out."""

        def query(tables: Tables) -> tuple[Channel, Municipality]:
            return _found(tables, channel), tables.municipality

        kept, municipality = await self._world.operations.read(grant.municipality, query)
        await record(
            self._world.operations,
            Action.CHANNEL_TESTED,
            Thing("channel", str(kept.id), kept.name),
            municipality=grant.municipality,
        )
        alert = AlertId(self._world.ids.new_id())
        parcel = _test_parcel(kept, municipality, alert, self._world.clock.now())
        for messenger in self._world.messengers:
            if messenger.kind is kept.kind:
                try:
                    async with asyncio.timeout(PATIENCE):
                        await messenger.send(parcel)
                except TimeoutError:
                    raise DeliveryFailed(
                        channel=kept.name, problem=saying("no_answer", "no answer"), permanent=False
                    ) from None
                return
        raise DeliveryFailed(
            channel=kept.name,
            problem=saying("not_set_up", "{kind} is not set up here", kind=kept.kind.value),
            permanent=True,
        )


def standard_secret(secret: str) -> str:
    """Write a secret as libraries of Standard Webhooks read it: `whsec_` and base 64."""
    return "whsec_" + base64.b64encode(secret.encode()).decode()


def _found(tables: Tables, channel: ChannelId) -> Channel:
    for kept in tables.channels.all():
        if kept.id == channel:
            return kept
    raise NotFound(kind="channel", name=channel)


def _must_make_sense(channel: Channel) -> None:
    must_be_named(channel.name, "name")
    if channel.kind is ChannelKind.EMAIL:
        _, at, domain = channel.target.rpartition("@")
        if not at or not domain or any(c.isspace() or c in "<>," for c in channel.target):
            raise Invalid(
                field="target", problem=saying("one_address", "one e-mail address is needed")
            )
    else:
        parts = urlsplit(channel.target)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Invalid(
                field="target",
                problem=saying("web_address", "an http:// or https:// address is needed"),
            )
        if channel.language is not Language.EN:
            raise Invalid(
                field="language",
                problem=saying("codes_and_english", "webhooks carry codes, and words in English"),
            )


def _test_parcel(
    channel: Channel, municipality: Municipality, alert_id: AlertId, now: Instant
) -> Parcel:
    evidence = Evidence(SENTENCES["test"])
    alert = Alert(
        id=alert_id,
        municipality=channel.municipality,
        rule=None,
        sensor=None,
        pipeline=None,
        position=None,
        alert_type="test",
        severity=Severity.INFO,
        status=AlertStatus.OPEN,
        title=SENTENCES["test_title"],
        description=evidence.words,
        evidence=evidence,
        condition_active=False,
        occurrences=1,
        raised_at=now,
        created_at=now,
        last_seen_at=now,
    )
    change = AlertChange(
        alert=alert_id,
        municipality=channel.municipality,
        number=1,
        kind=ChangeKind.OPENED,
        before=None,
        after=AlertStatus.OPEN,
        at=now,
        by=None,
        evidence=evidence,
    )
    delivery = Delivery(
        key=f"test:{alert_id}:{channel.id}",
        municipality=channel.municipality,
        channel=channel.id,
        alert=alert_id,
        change_number=1,
        state=DeliveryState.WAITING,
        attempts=0,
        due_at=now,
        created_at=now,
    )
    return Parcel(delivery, channel, alert, change, "", municipality.name, municipality.time_zone)
