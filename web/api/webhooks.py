"""Webhooks: the channels that are programs, with the changes that they want and what they were sent."""

from operator import attrgetter
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain.access import Grant, ManageChannels
from appliance.domain.alerts import ChangeKind
from appliance.domain.errors import NotFound
from appliance.domain.ids import ChannelId
from appliance.domain.rules import Severity
from appliance.domain.telling import Channel, ChannelKind, Delivery
from appliance.ports.pages import Page
from appliance.services.channels import NewChannel
from web.api.channels import DELIVERIES, DeliveryOut, Name, Secret, Target, delivery_out
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of, page_of_all
from web.routes import PREFIX, Route
from web.shapes import Done, Id, ListQuery, Time, WholeListQuery, given, time, time_or_none

Events = Annotated[tuple[ChangeKind, ...], Meta(max_length=len(ChangeKind))]
_FIELDS = {"url": "target"}


class WebhookIn(Struct, frozen=True):
    """A program to tell; without a secret it gets one, without events `opened` and `reopened`."""

    name: Name
    url: Target
    secret: Secret = ""
    events: Events = ()
    least_severity: Severity = Severity.MEDIUM
    enabled: bool = True
    municipality_id: Id | None = None


class WebhookPatch(Struct, frozen=True):
    """What to change; `enabled` also begins anew with one that was stopped."""

    name: Name | UnsetType = UNSET
    url: Target | UnsetType = UNSET
    secret: Secret | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    least_severity: Severity | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class WebhookOut(Struct, frozen=True):
    """A webhook, without its secret."""

    id: int
    name: str
    url: str
    events: tuple[ChangeKind, ...]
    least_severity: Severity
    enabled: bool
    stopped: str
    """Why Weir switched it off; empty where it did not."""
    failing_since: Time | None
    municipality_id: int
    created_at: Time


class WebhookWithSecret(WebhookOut, frozen=True, kw_only=True):
    """A webhook with the key of its signatures, which is shown this once."""

    secret: str


async def list_webhooks(ask: Ask[ManageChannels]) -> Reply:
    """Give all webhooks."""

    async def those_of(grant: Grant[ManageChannels]) -> list[Channel]:
        found = await ask.services.channels.all(grant)
        return [one for one in found if one.kind is ChannelKind.WEBHOOK]

    return (await page_of_all(ask, those_of)).written(ask, webhook_out)


async def add_webhook(ask: Ask[ManageChannels]) -> WebhookWithSecret:
    """Add a webhook."""
    said: WebhookIn = ask.body
    new = NewChannel(
        name=said.name,
        kind=ChannelKind.WEBHOOK,
        target=said.url,
        secret=said.secret,
        least_severity=said.least_severity,
        enabled=said.enabled,
        events=said.events,
    )
    added = await ask.services.channels.add(await ask.one(said.municipality_id), new)
    out = webhook_out(added)
    fields = {name: getattr(out, name) for name in out.__struct_fields__}
    return WebhookWithSecret(**fields, secret=added.secret)


async def show_webhook(ask: Ask[ManageChannels]) -> WebhookOut:
    """Give one webhook."""
    return webhook_out((await _found(ask))[1])


async def change_webhook(ask: Ask[ManageChannels]) -> WebhookOut:
    """Change a webhook."""
    grant, webhook = await _found(ask)
    fields = {_FIELDS.get(name, name): value for name, value in given(ask.body).items()}
    return webhook_out(await ask.services.channels.change(grant, webhook.id, fields))


async def remove_webhook(ask: Ask[ManageChannels]) -> Reply:
    """Remove a webhook."""
    grant, webhook = await _found(ask)
    await ask.services.channels.remove(grant, webhook.id)
    return Reply(status=204)


async def test_webhook(ask: Ask[ManageChannels]) -> Done:
    """Send a test message."""
    grant, webhook = await _found(ask)
    await ask.services.channels.test(grant, webhook.id)
    return Done()


async def list_deliveries(ask: Ask[ManageChannels]) -> Reply:
    """Give a page of what one webhook was and is owed."""
    owner, webhook = await _found(ask)

    async def its(grant: Grant[ManageChannels], page: Page) -> tuple[list[Delivery], int]:
        if grant.municipality != owner.municipality:
            return [], 0
        return await ask.services.channels.deliveries_to(grant, webhook.id, page)

    return (await page_of(ask, its)).written(ask, delivery_out)


async def deliver_again(ask: Ask[ManageChannels]) -> DeliveryOut:
    """Have one message sent once more."""
    grant, webhook = await _found(ask)
    key: str = ask.path["key"]
    return delivery_out(await ask.services.channels.deliver_again(grant, webhook.id, key))


async def _found(ask: Ask[ManageChannels]) -> tuple[Grant[ManageChannels], Channel]:
    """Give the webhook of the path, and the right to it; a channel of another kind is none."""
    wanted = ChannelId(ask.path["webhook"])

    async def find(grant: Grant[ManageChannels]) -> tuple[Grant[ManageChannels], Channel]:
        found = await ask.services.channels.one(grant, wanted)
        if found.kind is not ChannelKind.WEBHOOK:
            raise NotFound(kind="webhook", name=wanted)
        return grant, found

    return await ask.found(find)


def webhook_out(channel: Channel) -> WebhookOut:
    """Write a webhook without its secret."""
    return WebhookOut(
        id=channel.id,
        name=channel.name,
        url=channel.target,
        events=channel.events or (ChangeKind.OPENED, ChangeKind.REOPENED),
        least_severity=channel.least_severity,
        enabled=channel.enabled,
        stopped=channel.stopped,
        failing_since=time_or_none(channel.failing_since),
        municipality_id=channel.municipality,
        created_at=time(channel.created_at),
    )


_ONE = f"{PREFIX}/webhooks/{{webhook}}"

ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/webhooks",
        access=ManageChannels,
        handler=list_webhooks,
        query=WholeListQuery,
        answer=list[WebhookOut],
        listing=Listing(
            ("name",), {"name": attrgetter("name"), "created_at": attrgetter("created_at")}
        ),
        summary="Webhooks by name",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/webhooks",
        access=ManageChannels,
        handler=add_webhook,
        body=WebhookIn,
        answer=WebhookWithSecret,
        status=201,
        summary="Add a webhook; the key of its signatures is shown this once",
    ),
    Route(
        method="GET",
        path=_ONE,
        access=ManageChannels,
        handler=show_webhook,
        answer=WebhookOut,
        summary="One webhook",
    ),
    Route(
        method="PATCH",
        path=_ONE,
        access=ManageChannels,
        handler=change_webhook,
        body=WebhookPatch,
        answer=WebhookOut,
        summary="Change a webhook; switching it on begins anew with one that was stopped",
    ),
    Route(
        method="DELETE",
        path=_ONE,
        access=ManageChannels,
        handler=remove_webhook,
        status=204,
        summary="Remove a webhook",
    ),
    Route(
        method="POST",
        path=f"{_ONE}/test",
        access=ManageChannels,
        handler=test_webhook,
        asks_others=True,
        answer=Done,
        summary="Send a test message now; 502 says why it did not get out",
    ),
    Route(
        method="GET",
        path=f"{_ONE}/deliveries",
        access=ManageChannels,
        handler=list_deliveries,
        query=ListQuery,
        answer=list[DeliveryOut],
        listing=DELIVERIES,
        summary="What one webhook was and is owed, newest first",
    ),
    Route(
        method="POST",
        path=f"{_ONE}/deliveries/{{key:text}}/redeliver",
        access=ManageChannels,
        handler=deliver_again,
        answer=DeliveryOut,
        summary="Have a message sent once more, under the same key",
    ),
)
