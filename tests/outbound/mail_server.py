"""A real SMTP server (aiosmtpd) on a free port, that can be told to behave badly."""

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class MailServer:
    """Keeps what it takes. `answers` replace its replies by command; `deaths` are commands at
    which it drops the connection; `stalls` those at which it says nothing until let go."""

    answers: dict[str, str] = field(default_factory=dict)
    deaths: set[str] = field(default_factory=set)
    stalls: set[str] = field(default_factory=set)
    login: tuple[str, str] | None = None
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    greeted_as: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    port: int = 0
    _released: asyncio.Event = field(default_factory=asyncio.Event)
    _listening: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; on the same port as before, where it has listened before."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._session, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening; nobody can connect any more."""
        self._released.set()
        if self._listening:
            self._listening.close()
            self._listening = None

    def _session(self) -> SMTP:
        if self.login:
            self.settings |= {
                "authenticator": self._authenticate,
                "auth_require_tls": False,
            }
        return SMTP(self, loop=asyncio.get_running_loop(), **self.settings)

    def _authenticate(self, server: Any, session: Any, envelope: Any, how: str, data: Any) -> Any:
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self.login, handled=False)

    async def _behave(self, command: str, server: Any) -> str | None:
        if command in self.deaths:
            server.transport.abort()
        if command in self.stalls:
            await self._released.wait()
        return self.answers.get(command)

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greeted_as.append(hostname)
        answer = await self._behave("EHLO", server)
        return [answer] if answer else responses

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.login and not session.authenticated:
            return "530 sign in first"
        envelope.mail_from = address
        return await self._behave("MAIL", server) or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = await self._behave("RCPT", server)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await self._behave("DATA", server)
        if answer or "DATA" in self.deaths:
            return answer or "250 OK"
        letter = email.message_from_bytes(envelope.content, policy=default)
        self.taken.append(cast("EmailMessage", letter))
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        if "AFTER DATA" in self.deaths:
            server.transport.abort()
        return "250 taken"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return await self._behave("QUIT", server) or "221 Bye"


@asynccontextmanager
async def a_mail_server(**behaviour: Any) -> AsyncIterator[MailServer]:
    """A listening mail server."""
    server = MailServer(**behaviour)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
