"""Cursors as screens see them: sealed, so that nobody reads from one how much others report.

A cursor is a place in the journal and one in the event log, which all municipalities share: the
difference of two would tell a municipality how many batches and events the others had meanwhile.
So the two numbers leave as one block of AES under a key of the stream. A single block needs no
mode; ECB is what the library calls that. What was not sealed for this stream opens to numbers far
beyond the end, from where a screen is told to fetch afresh.
"""

import base64
import binascii
import struct
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.telling import Cursor

_BLOCK: Final = struct.Struct(">QQ")
_MOST_STREAMS: Final = 1_000
"""Keys that are remembered; full forgets all, which costs time only."""


@dataclass(frozen=True, slots=True)
class _Seal:
    seal: CipherContext
    open: CipherContext


class SealedCursors:
    """Seals the cursors of each stream with a key of its own."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._seals: dict[MunicipalityId | None, _Seal] = {}

    def seal(self, whose: MunicipalityId | None, cursor: Cursor) -> str:
        """Write a cursor of one municipality's stream, or of everybody's: 22 characters."""
        block = self._of(whose).seal.update(_BLOCK.pack(cursor.sequence, cursor.event))
        return base64.urlsafe_b64encode(block).rstrip(b"=").decode()

    def open(self, whose: MunicipalityId | None, text: str) -> Cursor:
        """Read what `seal` wrote for the same stream; ValueError where it can't be that."""
        try:
            block = base64.b64decode(text + "==", altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise ValueError(text) from error
        if len(block) != _BLOCK.size:
            raise ValueError(text)
        sequence, event = _BLOCK.unpack(self._of(whose).open.update(block))
        return Cursor(Sequence(sequence), event)

    def _of(self, whose: MunicipalityId | None) -> _Seal:
        known = self._seals.get(whose)
        if known is None:
            if len(self._seals) >= _MOST_STREAMS:
                self._seals.clear()
            known = self._seals[whose] = self._make(whose)
        return known

    def _make(self, whose: MunicipalityId | None) -> _Seal:
        name = f"weir cursor {'everybody' if whose is None else whose}".encode()
        key = HKDF(SHA256(), 32, salt=None, info=name).derive(self._secret)
        one_block = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - see above
        return _Seal(one_block.encryptor(), one_block.decryptor())
