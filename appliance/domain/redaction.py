"""Taking out of a text what names a person or opens a door, before it leaves the house."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_ADDRESS: Final = re.compile(r"\b(https?|wss?|mqtts?)://(?:[^\s/@]*@)?([^\s/?#\"'<>]+)[^\s\"'<>]*")
_KEYLIKE: Final = re.compile(
    r"\b(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{24,}\b"
)
_NAMED: Final = re.compile(
    r"(?i)\b(password|passphrase|secret|token|api[_-]?key|authorization)\b(\s*[=:]\s*)(?:bearer\s+)?\S+"
)
_PHONE: Final = re.compile(r"\+\d[\d ()/-]{6,}\d")


class Redaction:
    """Replaces the same by the same, so that a reader can still tell one person from another."""

    def __init__(self, key: bytes, names: Iterable[str] = ()) -> None:
        """`names` are people's; without the key nobody can find out whose hash is whose."""
        self._key = key
        known = sorted({name for name in names if name}, key=len, reverse=True)
        either = "|".join(re.escape(name) for name in known)
        self._names = re.compile(rf"(?i)(?<!\w)(?:{either})(?!\w)") if either else None

    def name(self, name: str) -> str:
        """Give what stands for a person."""
        digest = hmac.new(self._key, name.casefold().encode(), hashlib.sha256).hexdigest()
        return f"person-{digest[:8]}"

    def text(self, text: str) -> str:
        """Give the text without addresses' paths, e-mails, telephone numbers, keys and names."""
        text = _ADDRESS.sub(r"\1://\2/…", text)
        text = _EMAIL.sub(lambda found: self.name(found[0]), text)
        text = _NAMED.sub(r"\1\2(taken out)", text)
        text = _PHONE.sub("(telephone)", text)
        text = _KEYLIKE.sub("(key)", text)
        if self._names is not None:
            text = self._names.sub(lambda found: self.name(found[0]), text)
        return text
