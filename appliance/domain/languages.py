"""The languages in which Weir writes to people."""

from enum import StrEnum


class Language(StrEnum):
    """A language, by its ISO 639-1 code; the screens speak the same."""

    EN = "en"
    ES = "es"
    FR = "fr"
    PT = "pt"
    AR = "ar"
