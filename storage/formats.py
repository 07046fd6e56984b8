"""How this program lays out its files, in numbers: what another version can open, it knows by these."""

from storage.journal.segment import LAYOUT as JOURNAL
from storage.migrations.runner import shipped
from storage.sessions.file import LAYOUT as SESSIONS

SEALED = 1
"""Of the list of sealed files and of the files themselves."""


def formats() -> dict[str, int]:
    """Give the number of each; a greater one is newer."""
    return {
        "schema": len(shipped()),
        "sessions": SESSIONS,
        "journal": JOURNAL,
        "sealed": SEALED,
    }
