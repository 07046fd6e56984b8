"""The commands beside `serve`: their arguments, and the errand that each becomes."""

import argparse
from pathlib import Path
from typing import Final

from appliance.cli.described import CommandLine, add_password, named, password
from appliance.cli.reach import SCRUB, Errand
from appliance.cli.safekeeping import SAFEKEEPING
from appliance.cli.service import SERVICE
from appliance.cli.updates import UPDATES
from appliance.domain.access import Role
from appliance.domain.errors import Invalid

SIDECARS: Final = (".dbf", ".prj", ".shx", ".cpg")
"""What belongs to a Shapefile beside its .shp."""


def _describe_init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--municipality", required=True, metavar="NAME", help="the utility's name")
    parser.add_argument("--admin", required=True, metavar="USERNAME", help="the super admin")
    parser.add_argument("--email", default="", metavar="ADDRESS", help="of the super admin")
    parser.add_argument(
        "--time-zone", default="UTC", metavar="ZONE", help="IANA name, such as Europe/Berlin"
    )
    add_password(parser)


def _init(parsed: argparse.Namespace) -> Errand:
    return Errand(
        "init",
        {
            "municipality": parsed.municipality,
            "username": parsed.admin,
            "email": parsed.email,
            "time_zone": parsed.time_zone,
            "password": password(parsed),
        },
    )


def _describe_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        metavar="WHAT",
        choices=("sensors", "network", "readings"),
        help="sensors and readings come as CSV, a network as INP, GeoJSON, GeoPackage or Shapefile",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to read")
    parser.add_argument("--municipality", metavar="ID", help="whose; may be left out with one")
    parser.add_argument(
        "--crs", metavar="EPSG:N", help="coordinate system of a network file that doesn't say"
    )
    parser.add_argument(
        "--local-origin",
        metavar="LON,LAT[,X,Y][,m|ft]",
        help="where on Earth plan coordinates without a system lie: their middle, or point X,Y",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="sensors: where the rows with keys go"
    )


def _import(parsed: argparse.Namespace) -> Errand:
    arguments = named(parsed, "municipality", "crs", "local_origin")
    files = [parsed.file]
    if parsed.what == "network" and parsed.file.suffix.lower() == ".shp":
        files += [f for s in SIDECARS if (f := parsed.file.with_suffix(s)).is_file()]
    if parsed.what == "sensors" and parsed.output is None:
        arguments["to_text"] = "yes"
    return Errand(f"import-{parsed.what}", arguments, tuple(files), parsed.output)


def _describe_keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV with a column device_id")
    parser.add_argument("--municipality", metavar="ID", help="whose; may be left out with one")
    parser.add_argument(
        "--overlap",
        metavar="SECONDS",
        help="how long the old keys stay valid beside the new ones; a day if not given",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="where the rows with keys go; else the console"
    )


def _keys(parsed: argparse.Namespace) -> Errand:
    arguments = named(parsed, "municipality", "overlap")
    if parsed.output is None:
        arguments["to_text"] = "yes"
    return Errand("issue-keys", arguments, (parsed.file,), parsed.output)


def _describe_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="WHAT", choices=("readings",), help="what to write")
    parser.add_argument("--municipality", metavar="ID", help="whose; may be left out with one")
    parser.add_argument("--from", dest="since", metavar="TIME", help="ISO 8601 with zone")
    parser.add_argument("--to", dest="until", metavar="TIME", help="ISO 8601 with zone")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=".csv or .parquet; without it CSV to the console",
    )


def _export(parsed: argparse.Namespace) -> Errand:
    arguments = named(parsed, "municipality", "since", "until")
    output: Path | None = parsed.output
    arguments["format"] = "csv" if output is None else output.suffix.lstrip(".").lower()
    if arguments["format"] not in {"csv", "parquet"}:
        raise Invalid(field="--output", problem="the file must end in .csv or .parquet")
    if output is None:
        arguments["to_text"] = "yes"
    return Errand("export-readings", arguments, (), output)


def _describe_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        metavar="ACTION",
        choices=("list", "add", "disable", "enable", "password", "reset-totp", "sign-out"),
        help="what to do",
    )
    parser.add_argument("username", nargs="?", metavar="USERNAME", help="to whom; not for list")
    parser.add_argument(
        "--role",
        choices=[role.value for role in Role],
        default="operator",
        help="of somebody who is added",
    )
    parser.add_argument("--email", default="", metavar="ADDRESS", help="of somebody who is added")
    parser.add_argument("--municipality", metavar="ID", help="whose; may be left out with one")
    add_password(parser)


def _user(parsed: argparse.Namespace) -> Errand:
    arguments = named(parsed, "username", "role", "email", "municipality")
    if parsed.action != "list" and parsed.username is None:
        raise Invalid(field="USERNAME", problem=f"say whom to {parsed.action}")
    if parsed.action in {"add", "password"}:
        arguments["password"] = password(parsed)
    return Errand(f"user-{parsed.action}", arguments)


def _describe_audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        metavar="ACTION",
        choices=("verify", "export", "accept"),
        help="verify names every line that is not what was written; export writes a chain to a "
        "file; accept takes notice after a backup was put back",
    )
    parser.add_argument(
        "--head",
        action="append",
        metavar="HASH",
        help="verify: a head that was noted elsewhere, and must still be in a chain",
    )
    parser.add_argument("--municipality", metavar="ID", help="export: whose chain")
    parser.add_argument(
        "--system", action="store_true", help="export: the chain of what belongs to no municipality"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="export: .csv or .jsonl; else CSV to the console",
    )


def _audit(parsed: argparse.Namespace) -> Errand:
    if parsed.action != "export":
        arguments = {"heads": ",".join(parsed.head)} if parsed.head else {}
        return Errand(f"audit-{parsed.action}", arguments)
    arguments = named(parsed, "municipality")
    output: Path | None = parsed.output
    arguments["format"] = "csv" if output is None else output.suffix.lstrip(".").lower()
    if arguments["format"] not in {"csv", "jsonl"}:
        raise Invalid(field="--output", problem="the file must end in .csv or .jsonl")
    if parsed.system:
        arguments["system"] = "yes"
    if output is None:
        arguments["to_text"] = "yes"
    return Errand("audit-export", arguments, (), output)


def _describe_trace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="of a reading, as the API shows it")


def _trace(parsed: argparse.Namespace) -> Errand:
    return Errand("trace", {"id": parsed.id})


def _describe_scrub(parser: argparse.ArgumentParser) -> None:
    del parser  # it takes nothing


def _scrub(parsed: argparse.Namespace) -> Errand:
    del parsed
    return Errand(SCRUB)


COMMANDS: Final = (
    CommandLine("init", "create the super admin and the first municipality", _describe_init, _init),
    CommandLine(
        "import", "read sensors, a network or readings from a file", _describe_import, _import
    ),
    CommandLine("keys", "give new keys to many devices", _describe_keys, _keys),
    CommandLine("export", "write readings to a file", _describe_export, _export),
    CommandLine(
        "user",
        "list, add, disable and enable people, set passwords, reset second factors",
        _describe_user,
        _user,
    ),
    CommandLine("audit", "verify or export the log of who did what", _describe_audit, _audit),
    CommandLine("trace", "show the way of one reading with times", _describe_trace, _trace),
    CommandLine("scrub", "read back every byte and name what is damaged", _describe_scrub, _scrub),
    *SAFEKEEPING,
    *UPDATES,
    *SERVICE,
)
