"""The demo's catch-all: a mail server on the loopback that keeps letters and sends none on."""

import asyncio
import logging
import socket
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

_log = logging.getLogger(__name__)

KEPT: Final = 100
"""Letters; when one more comes, the oldest is thrown away."""
LARGEST: Final = 1_000_000
SILENCE: Final = 60.0
"""Seconds after which a silent connection is dropped."""


class Postbox:
    """Takes every letter for everybody. Its port is known from the beginning.

    Listens on 127.0.0.1 alone: whoever can reach it is on this computer.
    """

    def __init__(self, folder: Path, show: Callable[[str], None]) -> None:
        self._folder = folder
        self._show = show
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self._number = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    async def run(self) -> None:
        """Take letters until cancelled."""
        await asyncio.to_thread(self._prepare)
        # aiosmtpd tells of every command that it is given.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._session, sock=self._socket)
        async with server:
            await server.serve_forever()

    def close(self) -> None:
        """Give up the port; for when it never ran."""
        self._socket.close()

    def _session(self) -> SMTP:
        return SMTP(
            self,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="demo.localhost",
            ident="Weir's demo postbox",
            timeout=SILENCE,
            loop=asyncio.get_running_loop(),
        )

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a letter (the name is aiosmtpd's)."""
        del server, session
        content = envelope.content or b""
        data = content if isinstance(content, bytes) else content.encode()
        try:
            path = await asyncio.to_thread(self._keep, data)
        except OSError as error:
            _log.warning("a letter could not be kept: %s", error)
            return "452 can't be kept now"
        subject = message_from_bytes(data, policy=default)["Subject"]
        to = ", ".join(str(one) for one in envelope.rcpt_tos)
        self._show(f"mail to {to}: {subject} ({path})")
        return "250 kept"

    def _prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        numbers = [int(p.stem) for p in self._folder.glob("*.eml") if p.stem.isdigit()]
        self._number = max(numbers, default=0)

    def _keep(self, data: bytes) -> Path:
        self._number += 1
        path = self._folder / f"{self._number:06}.eml"
        path.write_bytes(data)
        for old in sorted(self._folder.glob("*.eml"))[:-KEPT]:
            old.unlink(missing_ok=True)
        return path
