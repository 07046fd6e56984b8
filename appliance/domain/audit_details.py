"""What a change changed, for the audit log: before and after of each field, never a secret."""

import dataclasses
import json
import math
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

HIDDEN: Final = "(not shown)"
LONGEST_TEXT: Final = 500
"""Characters of one value; what is longer is cut, and says so."""
MOST_ITEMS: Final = 1_000
"""Of a list; of a longer one only the count is written."""
_SECRET: Final = re.compile(
    r"secret|password|hash|digest|token|api_key|private|recovery|passphrase|credential|(^|_)keys?$"
)
_WEB_ADDRESS: Final = re.compile(
    r"([a-z][a-z0-9+.-]*)://(?:[^/?#@]*@)?([^/?#@]+)(.*)", re.IGNORECASE | re.DOTALL
)
_DULL: Final = frozenset(
    {"id", "municipality", "created_at", "updated_at", "version", "stamp", "edition"}
)
"""What every change changes, or none."""
_MOST_DEPTH: Final = 6


def plain(value: object, name: str = "", depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    """Give a value as JSON has it; hidden where its name or kind says that it is a secret."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, bytes) or _SECRET.search(name):
        return HIDDEN
    if isinstance(value, Enum):
        return plain(value.value, name, depth)
    if isinstance(value, int | float):
        return value if abs(value) < math.inf else str(value)
    if isinstance(value, str):
        return _short(_without_secrets(value))
    return _compound(value, name, depth)


def _compound(value: object, name: str, depth: int) -> Any:  # noqa: ANN401 - JSON
    if depth >= _MOST_DEPTH:
        return _short(str(value))
    if isinstance(value, Mapping):
        return {str(key): plain(one, str(key), depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        if len(items) > MOST_ITEMS:
            return f"({len(items):,} items)"
        return [plain(one, name, depth + 1) for one in items]
    if isinstance(value, type):
        return str(getattr(value, "name", "") or value.__name__)
    return fields_of(value, depth + 1) or _short(str(value))


def is_secret(name: str) -> bool:
    """Whether what has this name is never shown."""
    return _SECRET.search(name) is not None


def fields_of(thing: object, depth: int = 0) -> dict[str, Any]:
    """Give the fields of a thing, without those that are dull, empty or secret."""
    shown = {}
    for name, value in _fields(thing).items():
        if name not in _DULL and value not in (None, "", (), [], {}):
            shown[name] = plain(value, name, depth)
    return shown


def difference(before: object, after: object) -> dict[str, Any]:
    """Give `{field: {"before": …, "after": …}}` of the fields that differ, dull ones apart.

    Of a secret only that it is another one.
    """
    old, new = _fields(before), _fields(after)
    changed = {}
    for name in new:
        if name in _DULL or old.get(name) == new[name]:
            continue
        shown = {"before": plain(old.get(name), name), "after": plain(new[name], name)}
        changed[name] = shown if shown["before"] != shown["after"] else "changed"
    return changed


def details_text(details: Mapping[str, object], longest: int) -> str:
    """Write details as JSON; what is longer than `longest` is left out, and says how long it was."""
    text = json.dumps(details, ensure_ascii=False, separators=(",", ":"), default=str)
    clean = text.encode("utf-8", "replace").decode()
    return clean if len(clean) <= longest else json.dumps({"left_out_characters": len(clean)})


def _fields(thing: object) -> dict[str, Any]:
    if isinstance(thing, Mapping):
        return {str(key): value for key, value in thing.items()}
    if dataclasses.is_dataclass(thing):
        return {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
    names = getattr(type(thing), "__struct_fields__", ())
    return {name: getattr(thing, name) for name in names}


def _short(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}… ({len(text):,} characters)"


def _without_secrets(text: str) -> str:
    """Leave of a web address what says where it leads: its path and query are often a secret."""
    found = _WEB_ADDRESS.fullmatch(text.strip())
    return f"{found[1]}://{found[2]}/…" if found else text
