"""Requests that come again under the same Idempotency-Key are done once, and answered as then.

The key belongs to the person or token and the municipality. That a request was done is noted in the
transaction that does it, so neither a crash nor a second sender makes it happen twice. The answer
is kept encrypted under the key itself, which is kept nowhere: whoever reads the database (or its
backup) learns no secret that was shown once.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from appliance.domain.access import Actor
from appliance.domain.errors import Conflict, KeyReused, TooMany
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import HOUR, Instant
from appliance.ports.answers import KeptAnswer, KeyOfRequest
from appliance.ports.clock import IdSource
from appliance.ports.operations import SystemTables
from appliance.services.undertakings import Undertaking
from appliance.services.world import World

KEPT_FOR: Final = 48 * HOUR
MOST_KEYS: Final = 10_000
"""Of one person or token; the next is refused until the oldest is KEPT_FOR old. To drop one instead
could mean to do something twice."""
MOST_BYTES: Final = 16 * 1024 * 1024
"""Of the answers of one person or token; beyond it a new key is refused like one too many."""
LARGEST: Final = 256 * 1024
"""Of an answer that is kept; of a larger one it is only known that it was given."""
WAIT: Final = 10.0
"""Seconds that a second request waits for the first."""
_SECRET: Final = "answers_key"  # noqa: S105  a name
_NONCE: Final = 12


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request that may come again."""

    actor: Actor
    municipality: MunicipalityId | None
    key: str
    content: bytes
    """What makes it this request and no other."""


class Given(msgspec.Struct, frozen=True):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class Repeats:
    """Knows what was answered to whom; see the module for what it promises."""

    def __init__(self, world: World, secret: bytes) -> None:
        self._world = world
        self._secret = secret
        self._turns: dict[KeyOfRequest, _Turn] = {}

    async def once(
        self, request: Repeatable, task: Undertaking, do: Callable[[], Awaitable[Given]]
    ) -> tuple[Given, bool]:
        """Give the answer, and whether it is a repetition; refusals are not kept.

        KeyReused for another request under the key; Conflict where the first is still under way
        after WAIT, or was done and its answer lost; TooMany beyond MOST_KEYS or MOST_BYTES.
        """
        sealed = _Sealed(self._secret, request)
        async with self._turn(sealed.key):
            kept = await self._kept(sealed.key)
            if kept is not None:
                return sealed.opened(kept), True
            task.claims.append(lambda system: self._begin(system, sealed))
            answer = await do()
            await self._keep(task, sealed, answer)
            return answer, False

    @asynccontextmanager
    async def _turn(self, key: KeyOfRequest) -> AsyncIterator[None]:
        turn = self._turns.setdefault(key, _Turn())
        turn.waiting += 1
        try:
            try:
                async with asyncio.timeout(WAIT):
                    await turn.lock.acquire()
            except TimeoutError:
                raise Conflict(what="the first request with this key is still under way") from None
            try:
                yield
            finally:
                turn.lock.release()
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[key]

    async def _kept(self, key: KeyOfRequest) -> KeptAnswer | None:
        since = Instant(self._world.clock.now() - KEPT_FOR)
        return await self._world.operations.read_system(lambda s: s.answers.get(key, since))

    def _begin(self, system: SystemTables, sealed: "_Sealed") -> None:
        now = self._world.clock.now()
        system.answers.forget(sealed.key.actor, Instant(now - KEPT_FOR))
        if system.answers.count(sealed.key.actor) >= MOST_KEYS:
            raise TooMany(what=f"{MOST_KEYS:,} keys in {KEPT_FOR // HOUR} hours are the most")
        if system.answers.size(sealed.key.actor) >= MOST_BYTES:
            raise TooMany(
                what=f"answers of {MOST_BYTES >> 20} MiB in {KEPT_FOR // HOUR} hours are the most"
            )
        system.answers.begin(sealed.key, sealed.fingerprint, now)

    async def _keep(self, task: Undertaking, sealed: "_Sealed", answer: Given) -> None:
        closed = sealed.closed(answer, self._world.ids)

        def keep(system: SystemTables) -> None:
            for claim in task.claims:  # still there where nothing was written
                claim(system)
            if closed is not None:
                system.answers.finish(sealed.key, closed)

        await self._world.operations.write_system(keep)


class _Turn:
    """Requests with the same key, one at a time."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0


class _Sealed:
    """What is kept of a request: nothing that can be read without its key."""

    def __init__(self, secret: bytes, request: Repeatable) -> None:
        actor = request.actor.token or request.actor.user
        municipality = request.municipality or request.actor.municipality or 0
        whose = f"{actor}/{municipality}/{request.key}".encode()
        self._key = blake2b(whose, key=secret, digest_size=32, person=b"weir answer").digest()
        digest = blake2b(whose, key=secret, digest_size=32, person=b"weir key").digest()
        self.key = KeyOfRequest(actor, municipality, digest)
        self.fingerprint = blake2b(request.content, key=self._key, digest_size=32).digest()

    def opened(self, kept: KeptAnswer) -> Given:
        """Give the answer that was given to this request."""
        if kept.fingerprint != self.fingerprint:
            raise KeyReused
        if kept.answer is None:
            raise Conflict(
                what="this was done, but Weir stopped before it could keep its answer; look at"
                " what is there before you do it under another key"
            )
        nonce, closed = kept.answer[:_NONCE], kept.answer[_NONCE:]
        plain = AESGCM(self._key).decrypt(nonce, closed, self.fingerprint)
        return msgspec.msgpack.decode(plain, type=Given)

    def closed(self, answer: Given, ids: IdSource) -> bytes | None:
        """Give the answer as it is kept; None when it is too large to be."""
        if len(answer.body) > LARGEST:
            return None
        nonce = blake2b(ids.new_secret().encode(), digest_size=_NONCE).digest()
        plain = msgspec.msgpack.encode(answer)
        return nonce + AESGCM(self._key).encrypt(nonce, plain, self.fingerprint)


def keep_answers_key(system: SystemTables, ids: IdSource) -> bytes:
    """Give this installation's part of the keys; makes one the first time."""
    kept = system.recall(_SECRET)
    if kept is None:
        kept = blake2b(f"{ids.new_secret()}{ids.new_secret()}".encode(), digest_size=32).digest()
        system.remember(_SECRET, kept)
    return kept
