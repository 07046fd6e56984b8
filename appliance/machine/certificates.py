"""The certificate that every TLS listener serves: loaded at start, renewed while it runs."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from appliance.domain.errors import StartRefused
from appliance.domain.instant import text
from appliance.machine.authority import is_for
from appliance.machine.identity import ALPN, Identity
from appliance.machine.names import names_of_this_machine, together
from appliance.ports.listening import Trust

LOOK_EVERY: Final = 30.0
"""Seconds."""
_log: Final = logging.getLogger(__name__)


class Source(Protocol):
    """Where the certificate comes from."""

    @property
    def own(self) -> bool:
        """Whether the appliance's own authority made it."""
        ...

    @property
    def root(self) -> bytes:
        """The certificate of that authority, PEM."""
        ...

    @property
    def root_pin(self) -> str:
        """The pin of that authority."""
        ...

    def load(self, names: tuple[str, ...]) -> Identity:
        """Give what to serve; StartRefused."""
        ...

    def renew(self, names: tuple[str, ...]) -> Identity | None:
        """Give what to serve from now on, None for no change; StartRefused."""
        ...


class Certificates:
    """`start`, then `run`. Connections that are open keep what they began with."""

    def __init__(
        self,
        source: Source,
        said: tuple[str, ...] = (),
        here: Callable[[], tuple[str, ...]] = names_of_this_machine,
    ) -> None:
        self._source = source
        self._said = said
        """The names that options give."""
        self._here = here
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.trust = Trust()

    async def start(self) -> None:
        """Load; StartRefused says what to change."""
        await asyncio.to_thread(self._load)

    async def run(self) -> None:
        """Look again now and then, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.look()

    async def look(self) -> None:
        """Serve anew what has changed; what can't be served changes nothing and is told."""
        try:
            renewed = await asyncio.to_thread(self._renew)
        except (StartRefused, OSError) as error:
            self._keep_on(str(error))
            return
        if renewed and self.trust.served is not None:
            _log.info("serving a new certificate until %s", text(self.trust.served.valid_until))

    def context(self, speaks: str) -> Callable[[], ssl.SSLContext]:
        """Give what always gives what is to be served now, for `http`, `mqtt` or `lines`."""
        return lambda: self._contexts[speaks]

    def _load(self) -> None:
        self._serve(self._source.load(self._names()))

    def _renew(self) -> bool:
        identity = self._source.renew(self._names())
        if identity is not None:
            self._serve(identity)
        return identity is not None

    def _names(self) -> tuple[str, ...]:
        return together(self._said, self._here())

    def _serve(self, identity: Identity) -> None:
        source = self._source
        contexts = {speaks: identity.context(speaks) for speaks in ALPN}
        served = identity.described(
            own=source.own, names=self._expected(identity), root_pin=source.root_pin
        )
        self._contexts, self.trust = contexts, Trust(served, source.root)

    def _expected(self, identity: Identity) -> tuple[str, ...]:
        """Give the names it should be for: those of the options; without any, one of ours will do."""
        if self._said or self._source.own:
            return self._said
        here = self._here()
        return () if any(is_for(identity.certificate, name) for name in here) else here

    def _keep_on(self, problem: str) -> None:
        served = self.trust.served
        if served is not None and served.problem != problem:
            _log.warning("still serving the certificate of before: %s", problem)
            self.trust = replace(self.trust, served=replace(served, problem=problem))
