"""E-mail over SMTP."""

import asyncio
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final, Literal

import aiosmtplib

from appliance.domain.errors import DeliveryFailed
from appliance.domain.telling import ChannelKind, Parcel
from appliance.outbound import letter
from appliance.ports.clock import Clock

_GOODBYE_SECONDS: Final = 2.0
_FOR_GOOD: Final = 500
"""From here on a reply code means: do not send this again (RFC 5321 section 4.2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOptions:
    """How mail gets out."""

    host: str
    port: int = 25
    tls: Literal["none", "starttls", "tls"] = "none"
    """starttls refuses to go on in the clear where the server offers none."""
    username: str = ""
    password: str = field(default="", repr=False)
    from_address: str = "weir@localhost.localdomain"
    hello: str = ""
    """What we call ourselves in EHLO; empty takes the domain of `from_address`."""
    public_url: str = ""
    """Under which address people reach Weir; empty leaves out the link."""
    step_seconds: float = 15.0
    """Longest wait for one answer of the server."""
    total_seconds: float = 45.0
    """Longest wait for one letter."""
    tls_context: ssl.SSLContext | None = None
    """None verifies against the system's certificate authorities."""


class MailMessenger:
    """Sends alerts by e-mail; one connection a letter.

    A recipient or letter refused for good (5xx) is permanent. Everything else (no connection, a
    4xx, a refused sign-in, a lost server) is worth another attempt: an operator can mend it.
    """

    def __init__(self, options: MailOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._sender = letter.address_of(options.from_address)

    @property
    def kind(self) -> ChannelKind:
        return ChannelKind.EMAIL

    async def send(self, parcel: Parcel) -> None:
        options = self._options
        try:
            # In a thread: the first letter in a language or for a time zone reads a file.
            mail = await asyncio.to_thread(
                letter.compose, parcel, self._sender, options.public_url, self._clock.now()
            )
        except ValueError as error:
            raise self._failed(parcel, str(error), permanent=True) from error
        try:
            await self._post(mail)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            problem, permanent = _judge(error)
            raise self._failed(parcel, problem, permanent=permanent) from error

    async def _post(self, mail: EmailMessage) -> None:
        server = self._server()
        try:
            async with asyncio.timeout(self._options.total_seconds):
                await server.connect()
                await server.send_message(mail)
            await _say_goodbye(server)
        finally:
            server.close()

    def _server(self) -> aiosmtplib.SMTP:
        options = self._options
        return aiosmtplib.SMTP(
            hostname=options.host,
            port=options.port,
            # Asking the resolver for our own name takes long where there is no internet.
            local_hostname=options.hello or self._sender.domain,
            timeout=options.step_seconds,
            use_tls=options.tls == "tls",
            start_tls=options.tls == "starttls",
            tls_context=options.tls_context,
            username=options.username or None,
            password=options.password if options.username else None,
        )

    def _failed(self, parcel: Parcel, problem: str, *, permanent: bool = False) -> DeliveryFailed:
        name = f"e-mail channel {parcel.channel.name!r}"
        return DeliveryFailed(channel=name, problem=problem, permanent=permanent)


async def _say_goodbye(server: aiosmtplib.SMTP) -> None:
    """QUIT. The letter has been taken by now: whatever goes wrong here must not send it again."""
    try:
        await server.quit(timeout=_GOODBYE_SECONDS)
    except (aiosmtplib.SMTPException, OSError):
        return


def _judge(error: Exception) -> tuple[str, bool]:
    """Say in words what went wrong, and whether trying again is useless."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        about_this_letter = isinstance(
            error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError
        )
        return f"{error.code} {error.message}", about_this_letter and error.code >= _FOR_GOOD
    if isinstance(error, TimeoutError):
        return "the mail server does not answer", False
    return str(error) or type(error).__name__, False
