"""The commands that look after the installation itself: backups, restoring, and the doctor."""

import argparse
from pathlib import Path
from typing import Final

from appliance.cli.described import CommandLine, first_line, named
from appliance.cli.reach import Errand, run_errand
from appliance.config.configuration import Configuration
from appliance.control.desk import Outcome
from appliance.domain import instant
from appliance.domain.errors import Invalid, StartRefused, StorageFailed
from appliance.domain.instant import Instant
from appliance.domain.work import ShowProgress


def _describe_backup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        metavar="ACTION",
        choices=("create", "list", "verify"),
        help="create makes one of the folder, in use or not; verify reads each back whole",
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="create: folder that gets the backup; --backup-to or `backups` in the data folder if "
        "not given",
    )
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="DIR",
        help="list, verify: a backup, or the folder with several",
    )
    parser.add_argument(
        "--keep", type=int, metavar="N", help="create: remove all but the newest N backups there"
    )
    parser.add_argument(
        "--keys-apart",
        action="store_true",
        help="create: leave the keys out, which you keep elsewhere",
    )
    _add_keys(parser, "create: seal the keys with the passphrase that is the file's first line")


def _add_keys(parser: argparse.ArgumentParser, about: str) -> None:
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help=f"{about}; otherwise the passphrase of sealed keys",
    )
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="your copy of weir.key, if it was kept apart"
    )


def _backup(parsed: argparse.Namespace) -> Errand:
    if parsed.action == "create":
        return _create(parsed)

    async def look(configuration: Configuration, show: ShowProgress) -> Outcome:
        from appliance.bootstrap import backups  # noqa: PLC0415  the other commands start sooner

        root = parsed.source or backups.usual_place(configuration)
        if parsed.action == "list":
            return await backups.list_backups(root)
        phrase = _passphrase(parsed)
        return await backups.verify_backups(root, parsed.key, phrase, configuration.data, show)

    return Errand(f"backup-{parsed.action}", local=look)


def _create(parsed: argparse.Namespace) -> Errand:
    arguments = named(parsed, "keep")
    if parsed.keep is not None and parsed.keep < 1:
        raise Invalid(field="--keep", problem="at least one backup stays")
    if parsed.to is not None:
        arguments["to"] = str(parsed.to.absolute())
    if parsed.keys_apart and parsed.passphrase_file is not None:
        raise Invalid(field="--keys-apart", problem="say this or --passphrase-file")
    if parsed.keys_apart:
        arguments["keys_apart"] = "yes"
    phrase = _passphrase(parsed)
    if phrase is not None:
        arguments["passphrase"] = phrase
    return Errand("backup-create", arguments)


def _describe_restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        required=True,
        metavar="DIR",
        help="a backup, or the folder with several, of which the newest is taken",
    )
    parser.add_argument(
        "--at", metavar="TIME", help="take the newest backup made until then; ISO 8601 with zone"
    )
    _add_keys(parser, "file whose first line is the passphrase of the backup")


def _restore(parsed: argparse.Namespace) -> Errand:
    if parsed.data is None:
        raise Invalid(field="--data", problem="name the new folder that the backup becomes")
    at = None if parsed.at is None else _time(parsed.at)

    async def restore(configuration: Configuration, show: ShowProgress) -> Outcome:
        from appliance.bootstrap.backups import restore_backup  # noqa: PLC0415  as above

        phrase = _passphrase(parsed)
        return await restore_backup(parsed.source, configuration.data, at, parsed.key, phrase, show)

    return Errand("restore", local=restore)


def _time(text: str) -> Instant:
    try:
        return instant.parse(text)
    except ValueError:
        raise Invalid(
            field="--at", problem=f"{text!r} is no time such as 2026-03-01T06:00:00Z"
        ) from None


def _passphrase(parsed: argparse.Namespace) -> str | None:
    file: Path | None = parsed.passphrase_file
    return None if file is None else first_line("--passphrase-file", file)


def _describe_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", metavar="DEVICE", help="only what concerns this device")
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="FILE",
        help="write the state of everything, without secrets, into a ZIP file for who helps",
    )


def _doctor(parsed: argparse.Namespace) -> Errand:
    if parsed.bundle is None:
        return Errand("doctor", named(parsed, "device"))

    async def bundle(configuration: Configuration, show: ShowProgress) -> Outcome:
        del show
        try:
            return await run_errand(configuration, Errand("doctor-bundle", output=parsed.bundle))
        except (StorageFailed, StartRefused) as problem:
            # Just then it is needed most.
            from appliance.bootstrap.bundles import bare_bundle  # noqa: PLC0415  as above

            return await bare_bundle(configuration, parsed.bundle, problem)

    return Errand("doctor-bundle", local=bundle)


SAFEKEEPING: Final = (
    CommandLine("backup", "make, list and verify backups", _describe_backup, _backup),
    CommandLine("restore", "make a new data folder of a backup", _describe_restore, _restore),
    CommandLine("doctor", "show what is wrong and what to do", _describe_doctor, _doctor),
)
