"""The `weir` command: reads its arguments, runs one subcommand, gives its exit status.

0 done, 1 it failed, 2 used wrongly.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from collections.abc import Sequence as Several
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from appliance.cli.commands import COMMANDS
from appliance.cli.described import CommandLine
from appliance.cli.greeting import stay_readable
from appliance.cli.reach import CommandFailed, Errand, run_errand
from appliance.config.configuration import Configuration
from appliance.config.load import load
from appliance.config.options import OPTIONS, Option
from appliance.control.server import is_misuse
from appliance.domain.errors import WeirError

DONE, FAILED, MISUSED = 0, 1, 2
_FILE_WITH_OPTIONS = "TOML file with options (else that which WEIR_CONFIG names)"
_PLACEHOLDERS = {"path": "DIR", "file": "FILE", "address": "HOST:PORT"}


def main(arguments: Several[str] | None = None) -> int:
    """Run the command line and give the exit status; without a word it serves, for a person."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parsed = make_parser().parse_args(given or ["serve"])
    status = _run_and_say(parsed, greets=not given)
    if status and not given:
        stay_readable()
    return status


def _run_and_say(parsed: argparse.Namespace, *, greets: bool) -> int:
    try:
        return _run(parsed, greets=greets)
    except WeirError as error:
        _complain(str(error), error.advice)
        return MISUSED if is_misuse(error) else FAILED
    except CommandFailed as error:
        _complain(str(error), error.hint)
        return MISUSED if error.misused else FAILED
    except KeyboardInterrupt:
        return 130


def make_parser() -> argparse.ArgumentParser:
    """Give the parser of all commands; the CLI reference is made from it."""
    parser = argparse.ArgumentParser(
        prog="weir", description="One server for a water utility: readings in, alarms and map out."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    parser.add_argument(
        "--licences",
        action=_Licences,
        nargs=0,
        help="print what others wrote, and its terms, and stop",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help="run the server")
    _add_options(serving, OPTIONS)
    checking = commands.add_parser("check", help="check the configuration and stop")
    _add_options(checking, OPTIONS)
    for command in COMMANDS:
        described = commands.add_parser(command.name, help=command.help)
        command.describe(described)
        _add_common(described)
    return parser


class _Licences(argparse.Action):
    """Prints the list and the texts that scripts/build put beside the program."""

    def __call__(self, parser: argparse.ArgumentParser, *_rest: object) -> None:
        file = Path(sys.prefix) / "THIRD-PARTY-LICENCES.txt"
        if not file.is_file():
            parser.error("this Weir runs from its source; scripts/build makes the list")
        sys.stdout.write(file.read_text(encoding="utf-8"))
        parser.exit()


class _Version(argparse.Action):
    """Prints which Weir this is; the version is looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_rest: object) -> None:
        sys.stdout.write(f"weir {version('weir')}\n")
        parser.exit()


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", help="folder that keeps everything")
    parser.add_argument("--config", type=Path, metavar="FILE", help=_FILE_WITH_OPTIONS)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_options(parser: argparse.ArgumentParser, options: tuple[Option, ...]) -> None:
    for option in options:
        text = option.help.replace("%", "%%")
        if option.kind == "switch":
            parser.add_argument(f"--{option.name}", action="store_true", default=None, help=text)
        elif option.kind == "networks":
            parser.add_argument(
                f"--{option.name}", action="append", metavar="NETWORKS", help=f"{text}; repeatable"
            )
        else:
            name = _PLACEHOLDERS.get(option.kind, option.name.upper())
            parser.add_argument(f"--{option.name}", metavar=name, help=text)
    parser.add_argument("--config", type=Path, metavar="FILE", help=_FILE_WITH_OPTIONS)


def _run(parsed: argparse.Namespace, *, greets: bool) -> int:
    flags = {o.name: getattr(parsed, o.key, None) for o in OPTIONS}
    configuration = load(flags, parsed.config)
    if parsed.command == "serve":
        from appliance.cli.serve import serve  # noqa: PLC0415  the other commands start sooner

        with asyncio.Runner(loop_factory=_quickest_loop()) as runner:
            return runner.run(serve(configuration, greets=greets))
    if parsed.command == "check":
        from appliance.cli.checking import look_over  # noqa: PLC0415  as above

        look_over(configuration)
        sys.stdout.write("the configuration is in order\n")
        return DONE
    command = next(c for c in COMMANDS if c.name == parsed.command)
    return _run_errand(command, parsed, configuration)


def _quickest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Give uvloop's event loop, which takes half the time for a message; None where it is not."""
    if find_spec("uvloop") is None:  # there is none for Windows
        return None
    make: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    return make


def _run_errand(
    command: CommandLine, parsed: argparse.Namespace, configuration: Configuration
) -> int:
    errand: Errand = command.errand(parsed)
    outcome = asyncio.run(run_errand(configuration, errand))
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    if parsed.json:
        sys.stdout.write(json.dumps(outcome.figures, ensure_ascii=False) + "\n")
    elif outcome.text:
        sys.stdout.write(outcome.text.rstrip("\n") + "\n")
    if outcome.notes:
        sys.stderr.write(outcome.notes.rstrip("\n") + "\n")
    return FAILED if outcome.failed else DONE


def _complain(problem: str, hint: str) -> None:
    told = f"{problem.removesuffix('.')}; {hint}" if hint else problem
    sys.stderr.write(f"weir: {told}\n")
