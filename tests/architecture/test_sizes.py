"""No file and no function grows past what a reader can hold."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("appliance", "broker", "storage", "web")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def sources() -> list[Path]:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return [file for file in files if "node_modules" not in file.parts]


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def test_no_file_is_longer_than_400_lines():
    sizes = {file: len(file.read_text().splitlines()) for file in sources()}
    assert {str(file): size for file, size in sizes.items() if size > LONGEST_FILE} == {}


def test_no_function_is_longer_than_60_lines():
    assert {
        f"{file}:{function.lineno} {function.name}": length(function)
        for file in sources()
        for function in functions(file)
        if length(function) > LONGEST_FUNCTION
    } == {}
