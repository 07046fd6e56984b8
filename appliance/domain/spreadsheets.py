"""Text in a CSV file that a spreadsheet must not take for a formula. Pure.

A cell that begins with = + - @, a tab or a line's end is run as a formula by spreadsheets (CWE-1236).
Such a cell gets an apostrophe before it, which spreadsheets read as “this is text”. So does one that
begins with an apostrophe before such a sign; thus taking one apostrophe away gives back what it was.
Numbers that Weir itself writes are not text and stay as they are.
"""

from typing import Final

_SIGNS: Final = frozenset("=+-@\t\r\n")


def guarded(text: str) -> str:
    """Give text that no spreadsheet runs."""
    return f"'{text}" if _is_dangerous(text.lstrip("'")) else text


def unguarded(text: str) -> str:
    """Give what `guarded` was given."""
    return text[1:] if text.startswith("'") and _is_dangerous(text.lstrip("'")) else text


def _is_dangerous(text: str) -> bool:
    return text[:1] in _SIGNS and bool(text)
