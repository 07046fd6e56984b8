"""Sentences about what a person did wrong, which a screen can say in its reader's language."""

from collections.abc import Mapping

Fact = str | int | float


class Saying(str):  # noqa: SLOT000 - text like any other, with more to it
    """An English sentence that also knows its code, and the facts that are in it.

    To whoever takes it for text it is the sentence, as it always was.
    """

    code: str = ""
    facts: Mapping[str, Fact] = {}


def saying(code: str, template: str, **facts: Fact) -> Saying:
    """Fill in a sentence. The code never changes; a test holds it against the screens' catalogues."""
    made = Saying(template.format(**facts))
    made.code, made.facts = code, facts
    return made
