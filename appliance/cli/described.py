"""What describes a command beside `serve`, and the arguments that several of them share."""

import argparse
import getpass
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.cli.reach import Errand
from appliance.domain.errors import Invalid


@dataclass(frozen=True, slots=True)
class CommandLine:
    """One command: how it is described, and what it asks of the appliance."""

    name: str
    help: str
    describe: Callable[[argparse.ArgumentParser], None]
    errand: Callable[[argparse.Namespace], Errand]


def add_password(parser: argparse.ArgumentParser) -> None:
    """Have the command take a password."""
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="file whose first line is the password; without it you are asked",
    )


def password(parsed: argparse.Namespace) -> str:
    """Give the password from the file, or from who sits there."""
    if parsed.password_file is None:
        if not sys.stdin.isatty():
            raise Invalid(field="--password-file", problem="name a file: nobody can be asked here")
        return getpass.getpass("Password: ")
    return first_line("--password-file", parsed.password_file)


def first_line(option: str, file: Path) -> str:
    """Give the first line of a file; Invalid names the option when it can't be read."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(field=option, problem=f"{file} can't be read ({error})") from None
    return text.partition("\n")[0].rstrip("\r")


def named(parsed: argparse.Namespace, *names: str) -> dict[str, str]:
    """Give those of these arguments that were given."""
    found = {name: getattr(parsed, name, None) for name in names}
    return {name: str(value) for name, value in found.items() if value is not None}
