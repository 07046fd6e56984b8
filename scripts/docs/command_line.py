"""The command line: made from its parser and from the table of options."""

import argparse
from collections.abc import Iterator

from appliance.cli.main import make_parser
from appliance.config.options import OPTIONS, Option
from scripts.docs.markdown import bullets, capital, code, page, paragraph

_KINDS = {
    "path": "a folder",
    "file": "a file",
    "networks": "networks, separated by commas",
    "address": "HOST:PORT; port 0 picks a free one",
    "switch": "true or false",
    "number": "a number",
    "text": "text",
}
_ABSENT = {"data": "the platform's data folder", "disk-ballast": "by the size of the disk"}


def commands() -> str:
    """Give the page of commands."""
    return page(
        "The `weir` command",
        paragraph(
            "`scripts/serve` is `weir serve`; after it, or after `scripts/test`, the command lies at"
            " `.venv/bin/weir`. Commands beside `serve` work whether Weir runs on that folder or not, and show"
            " progress on a terminal. Exit status: 0 done, 1 it failed, 2 used wrongly (one line says which"
            " option to change)."
        ),
        *(_command(name, parser, text) for name, parser, text in described()),
    )


def described() -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """Give each command's name, parser and description."""
    several = next(
        action
        for action in make_parser()._actions  # noqa: SLF001 - argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
    )
    helps = {choice.dest: choice.help or "" for choice in several._choices_actions}  # noqa: SLF001
    for name, parser in several.choices.items():
        yield name, parser, helps[name]


def arguments_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Give what a command takes, without --help."""
    return [a for a in parser._actions if a.dest != "help"]  # noqa: SLF001


def _command(name: str, parser: argparse.ArgumentParser, text: str) -> str:
    takes = arguments_of(parser)
    places = "".join(f" {_place(a)}" for a in takes if not a.option_strings)
    demanded = "".join(f" {_flag(a)}" for a in takes if a.option_strings and a.required)
    parts = [f"## weir {name}", f"{capital(text)}."]
    parts.append(code(f"weir {name}{places}{demanded} [option …]", "text"))
    if {option.key for option in OPTIONS} <= {a.dest for a in takes}:
        parts.append("It takes every option of [options.md](options.md), and `--config FILE`.")
    else:
        parts.append(
            bullets(f"`{_flag(a) if a.option_strings else _name(a)}`: {_words(a)}" for a in takes)
        )
    return "\n\n".join(parts)


def _words(action: argparse.Action) -> str:
    words = [action.help or ""]
    if action.choices:
        words.append("one of " + ", ".join(f"`{choice}`" for choice in action.choices))
    if action.default not in {None, "", False, argparse.SUPPRESS}:
        words.append(f"default `{action.default}`")
    if action.required and action.option_strings:
        words.append("required")
    return "; ".join(word for word in words if word)


def _flag(action: argparse.Action) -> str:
    takes_value = action.nargs != 0
    value = action.metavar or ("VALUE" if action.choices else action.dest.upper())
    return f"{action.option_strings[0]} {value}" if takes_value else action.option_strings[0]


def _name(action: argparse.Action) -> str:
    return str(action.metavar or action.dest.upper())


def _place(action: argparse.Action) -> str:
    return f"[{_name(action)}]" if action.nargs == "?" else _name(action)


def options() -> str:
    """Give the page of options."""
    return page(
        "Options of `weir serve`",
        paragraph(
            "Each can be given on the command line, as an environment variable, or in a TOML file named with"
            " `--config FILE` or, without that, by the environment variable `WEIR_CONFIG`; the first of these that"
            " says something holds. `weir check` takes the same options and says whether they are in order, without"
            " starting anything."
        ),
        *(_option(option) for option in OPTIONS),
    )


def _option(option: Option) -> str:
    kind = " or ".join(f"`{c}`" for c in option.choices) or _KINDS[option.kind]
    if option.unit:
        kind += f" of {option.unit}"
    facts = [
        capital(option.help) + ".",
        f"Environment `{option.variable}`, TOML `{option.key}`; {kind}; default {_default(option)}.",
    ]
    if option.secret:
        facts.append(
            "A secret: never logged, and better in the file or the environment than on the command line."
        )
    return f"## --{option.name}\n\n{paragraph(' '.join(facts))}"


def _default(option: Option) -> str:
    if option.default in {None, ""}:
        return "empty" if option.default == "" else _ABSENT.get(option.name, "off")
    if isinstance(option.default, bool):
        return f"`{str(option.default).lower()}`"
    return f"`{option.default:g}`" if isinstance(option.default, float) else f"`{option.default}`"
