"""The little Markdown that the reference is written in: lines of at most 120 characters."""

import ast
import inspect
import itertools
import json
import re
import textwrap
from collections.abc import Iterable
from enum import Enum
from typing import Final

WIDTH: Final = 120
NOTE: Final = "<!-- Made by scripts/gen-docs from the code; do not edit. -->"


def page(title: str, *parts: str) -> str:
    """Give a page: its title, and its parts with a blank line between them."""
    return "\n\n".join([f"# {title}", NOTE, *(part for part in parts if part)]) + "\n"


def paragraph(text: str) -> str:
    """Give a paragraph in lines."""
    return _wrapped(" ".join(text.split()), "")


def bullets(lines: Iterable[str]) -> str:
    """Give a list."""
    return "\n".join(_wrapped("- " + " ".join(line.split()), "  ") for line in lines)


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Give a table; ValueError for a row that does not fit a line."""
    titles = list(head)
    lines = [_row(titles), "|" + "---|" * len(titles), *(_row(row) for row in rows)]
    for line in lines:
        if len(line) > WIDTH:
            raise ValueError(f"too wide for a table: {line}")
    return "\n".join(lines)


def code(text: str, language: str = "") -> str:
    """Give a block of code."""
    return f"```{language}\n{text.strip()}\n```"


def json_block(value: object) -> str:
    """Give a block of JSON; arrays of numbers stay on one line."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    return code(re.sub(r"\[[\s\d.,-]+\]", lambda m: " ".join(m[0].split()), text), "json")


def sentence(text: str | None) -> str:
    """Give a docstring's first sentence, as a sentence."""
    first = " ".join((inspect.cleandoc(text or "")).partition("\n\n")[0].split())
    return capital(first)


def capital(text: str) -> str:
    """Give a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def member_docs(kind: type[Enum]) -> dict[str, str]:
    """Give what the source says below each member of an enumeration; members without are left out."""
    (described,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    statements = described.body if isinstance(described, ast.ClassDef) else []
    found: dict[str, str] = {}
    for statement, following in itertools.pairwise(statements):
        match statement, following:
            case (
                ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = sentence(text)
    return found


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
