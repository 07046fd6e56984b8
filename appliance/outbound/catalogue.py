"""What letters say, in each language: one file of data a language, all with the same keys."""

from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from appliance.domain.alerts import AlertStatus, ChangeKind
from appliance.domain.languages import Language
from appliance.domain.reasons import Say
from appliance.domain.rules import Severity

Heading = Literal[
    "what",
    "evidence",
    "since",
    "where",
    "coordinates",
    "note",
    "advice",
    "open",
    "delayed",
    "alert",
]


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language; what stands in braces is a fact."""

    direction: Literal["ltr", "rtl"]
    decimal: str
    """What parts a whole number from its tenths."""
    weekdays: tuple[str, str, str, str, str, str, str]
    """From Monday on."""
    months: tuple[str, str, str, str, str, str, str, str, str, str, str, str]
    moment: str
    spans: dict[Literal["days", "hours", "minutes", "seconds"], str]
    severity: dict[Severity, str]
    status: dict[AlertStatus, str]
    title_of: str
    built_in: dict[str, str]
    """Of rules, by the codes of `domain/titles.py`, as are the sentences."""
    sentences: dict[str, str]
    news: dict[ChangeKind, str]
    """What has happened; of a move it is in `moved`."""
    moved: dict[AlertStatus, str]
    happened: dict[ChangeKind, str]
    """The same shortly, for the subject."""
    subject: str
    subject_of_change: str
    place: str
    heading: str
    headings: dict[Heading, str]
    what: str
    since: str
    delayed: str
    alert: str
    why: dict[Say, str]
    advice: dict[str, str]
    """By the alert's type; `general` is for all others."""


@cache
def catalogue(language: Language) -> Catalogue:
    """Give the words of a language; its file is read once."""
    file = files("appliance.outbound") / "letters" / f"{language}.json"
    return msgspec.json.decode(file.read_bytes(), type=Catalogue)
