"""Names that Weir itself gave: screens say them in their reader's language, by a code.

What a person has named stays as it was typed, and has no code.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

BUILT_IN: Final[Mapping[str, str]] = {
    "outside_limits": "Outside operating limits",
    "no_data": "No data",
    "stuck_pressure": "Stuck pressure",
    "stuck_level": "Stuck level",
    "unusual_pressure": "Unusual pressure",
    "unusual_flow": "Unusual flow",
}
"""Code → name of each rule that a municipality begins with. Both stay: alerts are titled by them."""

SENTENCES: Final[Mapping[str, str]] = {
    "test_title": "Test message from Weir",
    "test": "This is a test message: nothing is wrong.",
    "no_longer": "the rule was changed, or no longer watches this sensor",
    "shelf_over": "its time on the shelf is over",
}
"""Code → sentence without facts that is kept with an alert. All stay: they are known by their words."""

_CODES: Final = {name: code for code, name in BUILT_IN.items()}
_SENTENCE_CODES: Final = {words: code for code, words in SENTENCES.items()}


class Titled(NamedTuple):
    """What a title is made of, where Weir made it; else of nothing."""

    code: str | None = None
    """Of the built-in rule."""
    about: str | None = None
    """The sensor, as it was called then."""


def name_code(name: str) -> str | None:
    """Give the code of a built-in rule's name; None where a person has named it."""
    return _CODES.get(name)


def sentence_code(words: str) -> str | None:
    """Give the code of a sentence of `SENTENCES`; None for any other."""
    return _SENTENCE_CODES.get(words)


def title_of(rule: str, sensor: str) -> str:
    """Write the title of an alert."""
    return f"{rule}: {sensor}"


def titled(title: str) -> Titled:
    """Take apart what `title_of` made of a built-in rule's name."""
    rule, colon, sensor = title.partition(": ")
    code = name_code(rule)
    return Titled(code, sensor) if colon and code is not None else Titled()
