"""Flags over environment over file over default; an error names the option and the value."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import platformdirs

from appliance.config.configuration import Address, Configuration
from appliance.config.options import BY_NAME, OPTIONS, Option
from appliance.domain.errors import StartRefused

Value = str | float | bool | None
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off", ""})
_HIGHEST_PORT: Final = 65_535


def load(flags: Mapping[str, object], file: Path | None) -> Configuration:
    """Give the configuration; StartRefused names the option that is wrong and where it was set."""
    environment = {o.name: os.environ[o.variable] for o in OPTIONS if o.variable in os.environ}
    written = _read_file(file) if file is not None else {}
    values = {option.name: _choose(option, flags, environment, written) for option in OPTIONS}
    return Configuration(
        data=Path(str(values["data"] or default_folder())),
        http=_address("http", values["http"]),
        mqtt=_address("mqtt", values["mqtt"]),
        tcp=_address("tcp", values["tcp"]),
        insecure_lan=bool(values["insecure-lan"]),
        demo=bool(values["demo"]),
        demo_burst_after=float(values["demo-burst-after"] or 0),
        public_url=str(values["public-url"]),
        smtp_host=str(values["smtp-host"]),
        smtp_port=int(float(values["smtp-port"] or 0)),
        smtp_security=_security(values),
        smtp_username=str(values["smtp-username"]),
        smtp_password=str(values["smtp-password"]),
        smtp_from=str(values["smtp-from"]),
        allow_loopback_webhooks=bool(values["allow-loopback-webhooks"]),
        origins=tuple(o.strip() for o in str(values["origins"]).split(",") if o.strip()),
        log_level=_one_of("log-level", values, ("debug", "info", "warning", "error")),
    )


def default_folder() -> Path:
    """Give the platform's folder for this program's data."""
    return Path(platformdirs.user_data_dir("weir", appauthor=False))


def _choose(
    option: Option,
    flags: Mapping[str, object],
    environment: Mapping[str, str],
    written: Mapping[str, object],
) -> Value:
    for source, values in (
        (f"--{option.name}", flags),
        (option.variable, environment),
        (f"{option.key} in the configuration file", written),
    ):
        found = values.get(option.name)
        if found is not None:
            return _convert(option, found, source)
    return option.default


def _convert(option: Option, value: object, source: str) -> Value:
    if option.kind == "switch":
        return value if isinstance(value, bool) else _switch(source, str(value))
    if option.kind == "number":
        try:
            return float(str(value))
        except ValueError:
            raise _wrong(source, value, "a number") from None
    return str(value)


def _switch(source: str, value: str) -> bool:
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise _wrong(source, value, "true or false")


def _address(name: str, value: Value) -> Address:
    host, colon, port = str(value).rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > _HIGHEST_PORT:
        raise _wrong(f"--{name}", value, "HOST:PORT, for example 127.0.0.1:8000")
    return Address(host.strip("[]"), int(port))


def _one_of(name: str, values: Mapping[str, Value], choices: tuple[str, ...]) -> str:
    if values[name] not in choices:
        raise _wrong(f"--{name}", values[name], "one of " + ", ".join(choices))
    return str(values[name])


def _security(values: Mapping[str, Value]) -> Literal["starttls", "tls", "none"]:
    match values["smtp-security"]:
        case "starttls" | "tls" | "none" as chosen:
            return chosen
        case other:
            raise _wrong("--smtp-security", other, "one of starttls, tls, none")


def _read_file(file: Path) -> dict[str, object]:
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartRefused(
            problem=f"--config {file} can't be read ({error.strerror})", remedy="correct --config"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StartRefused(
            problem=f"--config {file} is not TOML ({error})", remedy="correct that line"
        ) from None
    named = {key.replace("_", "-"): value for key, value in written.items()}
    for unknown in named.keys() - BY_NAME.keys():
        raise StartRefused(
            problem=f"{unknown} in {file} is not an option",
            remedy="remove it; `weir serve --help` lists the options",
        )
    return named


def _wrong(source: str, value: object, wanted: str) -> StartRefused:
    return StartRefused(problem=f"{source} is {str(value)!r}", remedy=f"it must be {wanted}")
