"""The checks behind `weir doctor`: what each looks at and says, read from its source."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from types import ModuleType

from appliance.health.checks import CHECKS
from scripts.docs.markdown import bullets, page, paragraph, sentence

_FIELDS = ("code", "severity", "what", "hint")


def checks() -> str:
    """Give the page of checks."""
    return page(
        "Checks",
        paragraph(
            "`weir doctor` runs them all and says what is wrong and what to do, worst first; it ends with status 1"
            " when something is critical or high. `…` stands for what it has found."
        ),
        *(_check(name) for name in CHECKS),
    )


def _check(name: str) -> str:
    check = CHECKS[name]
    module = sys.modules[check.__module__]
    said = (
        f"`{code}` ({severity}): “{what}” → {hint}."
        for code, severity, what, hint in issues(module)
    )
    heading = f"## {sentence(module.__doc__)}"
    return f"{heading}\n\n`{name}`: {paragraph(sentence(check.__doc__))}\n\n{bullets(said)}"


def issues(module: ModuleType) -> Iterator[tuple[str, str, str, str]]:
    """Give code, severity, words and hint of each Issue that a module can raise."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "Issue"
        ):
            given = dict(zip(_FIELDS, node.args, strict=False))
            given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
            code, severity, what, hint = (_text(given[field]) for field in _FIELDS)
            yield code, severity, re.sub("…+", "…", what), hint


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
        case ast.IfExp(body=one, orelse=other):
            return f"{_text(one)} or {_text(other)}"
        case _:
            return "…"
