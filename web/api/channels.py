"""Notification channels."""

from operator import attrgetter
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain.access import ManageChannels
from appliance.domain.ids import ChannelId
from appliance.domain.languages import Language
from appliance.domain.rules import Severity
from appliance.domain.telling import Channel, ChannelKind, Delivery, DeliveryState
from appliance.services.channels import NewChannel
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of, page_of_all
from web.routes import PREFIX, Route
from web.shapes import Done, Id, ListQuery, Time, WholeListQuery, given, time, time_or_none

Name = Annotated[str, Meta(min_length=1, max_length=128)]
Target = Annotated[str, Meta(min_length=1, max_length=2_000)]
Secret = Annotated[str, Meta(max_length=256)]


class ChannelIn(Struct, frozen=True):
    """Somebody or something to tell; a webhook without a secret gets one."""

    name: Name
    kind: ChannelKind
    target: Target
    secret: Secret = ""
    least_severity: Severity = Severity.MEDIUM
    enabled: bool = True
    language: Language = Language.EN
    """Of its e-mails."""
    municipality_id: Id | None = None


class ChannelPatch(Struct, frozen=True):
    """What to change."""

    name: Name | UnsetType = UNSET
    target: Target | UnsetType = UNSET
    secret: Secret | UnsetType = UNSET
    least_severity: Severity | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    language: Language | UnsetType = UNSET


class ChannelOut(Struct, frozen=True):
    """A channel, without its secret."""

    id: int
    name: str
    kind: ChannelKind
    target: str
    least_severity: Severity
    enabled: bool
    language: Language
    municipality_id: int
    created_at: Time


class ChannelWithSecret(ChannelOut, frozen=True, kw_only=True):
    """A channel with the key of its signatures, which is shown this once."""

    secret: str


class DeliveryOut(Struct, frozen=True):
    """What was or is owed to a channel."""

    key: str
    channel_id: int
    alert_id: int
    state: DeliveryState
    attempts: int
    due_at: Time
    created_at: Time
    sent_at: Time | None
    last_problem: str


async def list_channels(ask: Ask[ManageChannels]) -> Reply:
    """Give all channels."""
    return (await page_of_all(ask, ask.services.channels.all)).written(ask, channel_out)


async def add_channel(ask: Ask[ManageChannels]) -> ChannelWithSecret:
    """Add a channel."""
    said: ChannelIn = ask.body
    new = NewChannel(
        name=said.name,
        kind=said.kind,
        target=said.target,
        secret=said.secret,
        least_severity=said.least_severity,
        enabled=said.enabled,
        language=said.language,
    )
    added = await ask.services.channels.add(await ask.one(said.municipality_id), new)
    out = channel_out(added)
    fields = {name: getattr(out, name) for name in out.__struct_fields__}
    return ChannelWithSecret(**fields, secret=added.secret)


async def show_channel(ask: Ask[ManageChannels]) -> ChannelOut:
    """Give one channel."""
    channel = ChannelId(ask.path["channel"])
    return channel_out(await ask.found(lambda grant: ask.services.channels.one(grant, channel)))


async def change_channel(ask: Ask[ManageChannels]) -> ChannelOut:
    """Change a channel."""
    channel, fields = ChannelId(ask.path["channel"]), given(ask.body)
    return channel_out(
        await ask.found(lambda grant: ask.services.channels.change(grant, channel, fields))
    )


async def remove_channel(ask: Ask[ManageChannels]) -> Reply:
    """Remove a channel."""
    channel = ChannelId(ask.path["channel"])
    await ask.found(lambda grant: ask.services.channels.remove(grant, channel))
    return Reply(status=204)


async def test_channel(ask: Ask[ManageChannels]) -> Done:
    """Send a test message."""
    channel = ChannelId(ask.path["channel"])
    await ask.found(lambda grant: ask.services.channels.test(grant, channel))
    return Done()


async def list_deliveries(ask: Ask[ManageChannels]) -> Reply:
    """Give a page of the outbox."""
    return (await page_of(ask, ask.services.channels.deliveries)).written(ask, delivery_out)


def channel_out(channel: Channel) -> ChannelOut:
    """Write a channel without its secret."""
    return ChannelOut(
        id=channel.id,
        name=channel.name,
        kind=channel.kind,
        target=channel.target,
        least_severity=channel.least_severity,
        enabled=channel.enabled,
        language=channel.language,
        municipality_id=channel.municipality,
        created_at=time(channel.created_at),
    )


def delivery_out(delivery: Delivery) -> DeliveryOut:
    """Write what is owed."""
    return DeliveryOut(
        key=delivery.key,
        channel_id=delivery.channel,
        alert_id=delivery.alert,
        state=delivery.state,
        attempts=delivery.attempts,
        due_at=time(delivery.due_at),
        created_at=time(delivery.created_at),
        sent_at=time_or_none(delivery.sent_at),
        last_problem=delivery.last_problem,
    )


DELIVERIES: Final = Listing(
    ("-created_at",),
    {"created_at": attrgetter("created_at"), "due_at": attrgetter("due_at")},
    key=attrgetter("key"),
)

ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/channels",
        access=ManageChannels,
        handler=list_channels,
        query=WholeListQuery,
        answer=list[ChannelOut],
        listing=Listing(
            ("name",), {"name": attrgetter("name"), "created_at": attrgetter("created_at")}
        ),
        summary="Notification channels by name",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/channels",
        access=ManageChannels,
        handler=add_channel,
        body=ChannelIn,
        answer=ChannelWithSecret,
        status=201,
        summary="Add a channel; the key of its signatures is shown this once",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/channels/{{channel}}",
        access=ManageChannels,
        handler=show_channel,
        answer=ChannelOut,
        summary="One channel",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/channels/{{channel}}",
        access=ManageChannels,
        handler=change_channel,
        body=ChannelPatch,
        answer=ChannelOut,
        summary="Change a channel",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/channels/{{channel}}",
        access=ManageChannels,
        handler=remove_channel,
        status=204,
        summary="Remove a channel",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/channels/{{channel}}/test",
        access=ManageChannels,
        handler=test_channel,
        asks_others=True,
        answer=Done,
        summary="Send a test message now; 502 says why it did not get out",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/deliveries",
        access=ManageChannels,
        handler=list_deliveries,
        query=ListQuery,
        answer=list[DeliveryOut],
        listing=DELIVERIES,
        summary="What was and is owed to the channels, newest first",
    ),
)
