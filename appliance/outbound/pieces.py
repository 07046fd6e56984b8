"""Sentences whose parts know what they are: Weir's own words, and what only stands in them."""

import re
from html import escape
from string import Formatter
from typing import Final

_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TURNS: Final = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of a text: nobody's name may turn what is around it."""
_APART, _TOGETHER = "\u2068", "\u2069"


class Apart(str):
    """What a person has named, an amount or an address: its direction is its own (UAX 9, FSI)."""

    __slots__ = ()


class English(Apart):
    """Words that are kept in English only."""

    __slots__ = ()


Text = tuple[str, ...]
"""Its plain strings are Weir's own words in the reader's language."""


def fill(template: str, **facts: str | Text) -> Text:
    """Put facts into a sentence. A `str` that is to keep its direction must be `Apart`."""
    pieces: list[str] = []
    for before, name, _, _ in Formatter().parse(template):
        if before:
            pieces.append(before)
        if name:
            fact = facts[name]
            pieces.extend((fact,) if isinstance(fact, str) else fact)
    return tuple(pieces)


def one_line(text: str) -> str:
    """Take out of a text whatever would end its line."""
    return _UNSEEN.sub(" ", text).strip()


def line(text: Text) -> str:
    """Write it in one line, as for a header."""
    return one_line("".join(text))


def plain(text: Text, *, right_to_left: bool) -> str:
    """Write it in one line of plain text; where that goes from the right, what is apart stays whole."""
    if not right_to_left:
        return line(text)
    return one_line("".join(_isolated(piece) for piece in text))


def html(text: Text) -> str:
    """Write it for a page."""
    return "".join(_element(piece) for piece in text).strip()


def _isolated(piece: str) -> str:
    if not isinstance(piece, Apart):
        return piece
    return f"{_APART}{_TURNS.sub('', piece)}{_TOGETHER}"


def _element(piece: str) -> str:
    shown = escape(_UNSEEN.sub(" ", piece))
    if not isinstance(piece, Apart):
        return shown
    if re.fullmatch(r"https?://\S+", piece):
        return f'<a href="{shown}" dir="ltr">{shown}</a>'
    lang = ' lang="en"' if isinstance(piece, English) else ""
    return f"<bdi{lang}>{_TURNS.sub('', shown)}</bdi>"
