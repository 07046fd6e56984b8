"""`weir update` and `weir rehearse`."""

import argparse
import asyncio
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from appliance.cli.described import CommandLine
from appliance.cli.reach import Errand, run_errand
from appliance.config.configuration import Configuration
from appliance.config.load import own_environment
from appliance.control.desk import Outcome
from appliance.domain.errors import Conflict, Failed, Invalid
from appliance.domain.work import ShowProgress
from appliance.machine.folder import DataFolder

if TYPE_CHECKING:
    from appliance.updating.record import State
    from appliance.updating.update import Update

_NOTHING_TO_GO_BACK: Final = "there is no update to go back from"


def _describe_update(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the package")
    parser.add_argument("--status", action="store_true", help="say what the last update has done")
    parser.add_argument(
        "--look", action="store_true", help="ask --update-url whether there is a newer version"
    )
    parser.add_argument(
        "--go-back", action="store_true", help="return to the version before the last update"
    )
    parser.add_argument(
        "--finish", action="store_true", help="stay with a version whose watching was cut off"
    )
    parser.add_argument(
        "--allow-downgrade", action="store_true", help="take an older version, if it fits the data"
    )
    parser.add_argument(
        "--one-way",
        action="store_true",
        help="take a version after which Weir can't go back by itself",
    )
    parser.add_argument(
        "--watch",
        type=float,
        metavar="SECONDS",
        default=120.0,
        help="how long the new version is watched",
    )
    parser.add_argument(
        "--root", type=Path, metavar="DIR", help="the installation, if it is not this program's"
    )
    parser.add_argument("--update-key", metavar="FILE", help="public keys whose packages are taken")


def _update(parsed: argparse.Namespace) -> Errand:
    asked = [parsed.file is not None, parsed.status, parsed.look, parsed.go_back, parsed.finish]
    if sum(asked) != 1:
        raise Invalid(
            field="FILE", problem="name a package, or say one of --status, --look, --go-back"
        )

    async def update(configuration: Configuration, show: ShowProgress) -> Outcome:
        # In a thread, which Ctrl-C does not cut off: an update is whole or it went back.
        return await asyncio.to_thread(_do, parsed, configuration, show)

    return Errand("update", local=update)


def _do(parsed: argparse.Namespace, configuration: Configuration, show: ShowProgress) -> Outcome:
    from appliance.updating.trust import trust  # noqa: PLC0415  the other commands start sooner

    if parsed.look:
        return _look(configuration)
    if parsed.status:
        return _status(configuration)
    update, state = _made(parsed, configuration, show)
    if parsed.file is not None:
        return _said(update.run(parsed.file, trust(configuration.update_key)))
    if state is None:
        raise Conflict(what=_NOTHING_TO_GO_BACK)
    if parsed.finish:
        return _said(update.finish(state))
    return _said(_gone_back(update, state))


def _gone_back(update: "Update", state: "State") -> "State":
    from appliance.updating.record import Step  # noqa: PLC0415  as above

    if state.step in {Step.WENT_BACK, Step.REFUSED, Step.PREPARING}:
        raise Conflict(what=_NOTHING_TO_GO_BACK)
    if state.step is Step.DONE and state.moved:
        raise Conflict(
            what=f"version {state.to} has changed the database for good: restore the backup "
            f"{state.backup} with version {state.came_from} if you must"
        )
    return update.go_back(state, "somebody asked for it")


def _made(
    parsed: argparse.Namespace, configuration: Configuration, show: ShowProgress
) -> "tuple[Update, State | None]":
    from appliance.machine.clock import SystemClock  # noqa: PLC0415  as above
    from appliance.updating import places, server  # noqa: PLC0415
    from appliance.updating.databases import Databases  # noqa: PLC0415
    from appliance.updating.record import Record  # noqa: PLC0415
    from appliance.updating.update import Around, Update, Wishes  # noqa: PLC0415

    folder = DataFolder(configuration.data)
    if not folder.operations.exists():
        raise Invalid(field="--data", problem=f"{folder.path} is no data folder of Weir")
    record = Record(folder.path / "updates", SystemClock())
    state = record.state()
    root = parsed.root or (Path(state.root) if state and state.root else None)
    installation = places.installation(root)
    record.begin()
    control, output = folder.control, record.folder / "output.log"
    around = Around(
        folder=folder,
        installation=installation,
        version=installation.version() or version("weir"),
        server=server.running(control, output, own_environment()),
        record=record,
        databases=Databases(folder, record.folder),
        back_up=lambda: _back_up(configuration),
        problems=lambda: dict(server.problems_of(control)),
        show=show,
    )
    wishes = Wishes(parsed.allow_downgrade, parsed.one_way, parsed.watch)
    return Update(around, wishes), state


class NoBackup(Failed):
    """The backup before the update is not whole: {problem}."""

    hint = "nothing was changed; `weir backup create` says more"


def _back_up(configuration: Configuration) -> str:
    made = asyncio.run(run_errand(configuration, Errand("backup-create")))
    if made.failed:
        raise NoBackup(problem=made.text)
    return str(made.figures["folder"])


def _look(configuration: Configuration) -> Outcome:
    from appliance.updating.looking import look  # noqa: PLC0415  as above
    from appliance.updating.release import order_of  # noqa: PLC0415
    from appliance.updating.trust import trust  # noqa: PLC0415
    from appliance.updating.update import this_platform  # noqa: PLC0415

    if not configuration.update_url:
        raise Invalid(field="--update-url", problem="it is not given, so nobody is asked")
    found = look(configuration.update_url, trust(configuration.update_key))
    newer = order_of(found.version) > order_of(version("weir"))
    newer = newer and found.platform == this_platform()
    text = f"version {found.version} is there: {found.package}" if newer else "nothing is newer"
    return Outcome(text, {"newer": newer, **asdict(found)})


def _status(configuration: Configuration) -> Outcome:
    from appliance.machine.clock import SystemClock  # noqa: PLC0415  as above
    from appliance.updating.record import Record  # noqa: PLC0415

    record = Record(configuration.data / "updates", SystemClock())
    state = record.state()
    if state is None:
        return Outcome("there has been no update", {"update": None})
    return Outcome("\n".join(record.last_lines()), {"update": asdict(state)})


def _said(state: "State") -> Outcome:
    text = f"{state.came_from} to {state.to}: {state.step}"
    if state.stood_still:
        text += f"; nobody served for {state.stood_still:.1f} s"
    return Outcome(text, {"update": asdict(state)}, state.reason)


def _describe_check(parser: argparse.ArgumentParser) -> None:
    del parser  # it takes nothing


def _check(parsed: argparse.Namespace) -> Errand:
    if parsed.data is None:
        raise Invalid(field="--data", problem="name the folder with the copy of the databases")

    async def check(configuration: Configuration, show: ShowProgress) -> Outcome:
        from appliance.bootstrap.rehearsal import check_migration  # noqa: PLC0415  as above

        del show
        return await check_migration(DataFolder(configuration.data))

    return Errand("rehearse", local=check)


UPDATES: Final = (
    CommandLine(
        "update", "replace this version by another one, from a package", _describe_update, _update
    ),
    CommandLine(
        "rehearse",
        "bring a copy of the databases to this version's schema, to see whether that works",
        _describe_check,
        _check,
    ),
)
