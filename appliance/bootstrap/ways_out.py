"""How notifications get out: by mail and webhook, as configured."""

import socket

from appliance.config.configuration import Configuration
from appliance.demo.post import SortedPost
from appliance.demo.postbox import Postbox
from appliance.outbound.mail import MailMessenger, MailOptions
from appliance.outbound.reachable import Reachable
from appliance.outbound.webhook import WebhookMessenger, WebhookOptions
from appliance.ports.clock import Clock
from appliance.ports.operations import Operations
from appliance.ports.telling import Messenger


def messengers(
    configuration: Configuration, operations: Operations, clock: Clock, postbox: Postbox | None
) -> tuple[Messenger, ...]:
    """Give the ways out that are there; the demo's mail goes to its own postbox."""
    webhooks = WebhookMessenger(
        WebhookOptions(
            public_url=configuration.public_url,
            reachable=Reachable(loopback=configuration.allow_loopback_webhooks),
        ),
        clock,
    )
    mail = _mail(configuration, clock)
    if postbox is not None:
        demo = MailMessenger(
            MailOptions(host="127.0.0.1", port=postbox.port, from_address="weir@demo.localhost"),
            clock,
        )
        return SortedPost(operations, demo, mail), webhooks
    return (webhooks,) if mail is None else (mail, webhooks)


def _mail(configuration: Configuration, clock: Clock) -> Messenger | None:
    if not configuration.smtp_host:
        return None
    return MailMessenger(
        MailOptions(
            host=configuration.smtp_host,
            port=configuration.smtp_port,
            tls=configuration.smtp_security,
            username=configuration.smtp_username,
            password=configuration.smtp_password,
            from_address=configuration.smtp_from or f"weir@{socket.gethostname()}.localdomain",
            public_url=configuration.public_url,
        ),
        clock,
    )
