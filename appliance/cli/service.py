"""`weir service`: has Weir run from the start of the computer on."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from appliance.cli.described import CommandLine
from appliance.cli.reach import Errand
from appliance.config.configuration import Configuration
from appliance.control.desk import Outcome
from appliance.domain.errors import StartRefused
from appliance.domain.work import ShowProgress
from appliance.machine.services import asking, installing, place, uninstalling
from appliance.machine.steps import carry_out


def _describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        metavar="ACTION",
        choices=("install", "uninstall", "status", "run"),
        help="install has it run from now on, uninstall ends that and keeps the data, status says "
        "how it is; run is what Windows starts",
    )
    parser.add_argument(
        "--user", action="store_true", help="a service of yours, not of the whole computer"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )


def _service(parsed: argparse.Namespace) -> Errand:
    async def local(configuration: Configuration, show: ShowProgress) -> Outcome:
        del show
        if parsed.action == "run":
            return _run(configuration)
        at = place(of_the_system=not parsed.user, data=configuration.data)
        if parsed.action == "status":
            return _status(asking(at))
        said: list[str] = []
        steps = installing(at) if parsed.action == "install" else uninstalling(at)
        carry_out(steps, dry=parsed.dry_run, show=said.append)
        if parsed.action == "uninstall":
            said.append(f"the data stays in {at.data}")
        return Outcome("\n".join(said), {"steps": said})

    return Errand("service", local=local)


def _status(command: Sequence[str]) -> Outcome:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        raise StartRefused(
            problem=f"{command[0]} can't be run ({error.strerror})", remedy="no services here"
        ) from None
    said = (done.stdout.strip() or done.stderr.strip()) or "no such service"
    return Outcome(said, {"is_running": done.returncode == 0}, failed=done.returncode != 0)


def _run(configuration: Configuration) -> Outcome:
    if sys.platform == "win32":
        from appliance.cli.windows_service import run_as_service  # noqa: PLC0415  only there

        return Outcome(failed=run_as_service(configuration) != 0)
    del configuration
    raise StartRefused(problem="`service run` is for Windows", remedy="use: weir serve")


SERVICE: Final = (CommandLine("service", "have Weir run as a service", _describe, _service),)
