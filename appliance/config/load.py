"""Flags over environment over file over default; an error names the option and the value."""

import math
import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Final, Literal

import platformdirs

from appliance.config.configuration import Address, Configuration
from appliance.config.options import BY_NAME, LISTENERS, OPTIONS, Option
from appliance.domain.disk import MIB, Watermarks
from appliance.domain.errors import StartRefused
from appliance.domain.forwarded import Network

Value = str | float | bool | Address | tuple[Network, ...] | None
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off", ""})
_HIGHEST_PORT: Final = 65_535


def load(flags: Mapping[str, object], file: Path | None) -> Configuration:
    """Give the configuration; StartRefused names the option that is wrong and where it was set.

    An empty environment variable is one that is not set; WEIR_CONFIG names the file where no flag does.
    """
    said = {o.name: os.environ.get(o.variable) for o in OPTIONS}
    environment = {name: value for name, value in said.items() if value}
    written = _written(file)
    values = {option.name: _choose(option, flags, environment, written) for option in OPTIONS}
    return Configuration(
        data=Path(str(values["data"] or default_folder())),
        http=_at(values["http"]),
        mqtt=_at(values["mqtt"]),
        tcp=_at(values["tcp"]),
        https=_perhaps_at(values["https"]),
        mqtts=_perhaps_at(values["mqtts"]),
        mqtt_ws=_perhaps_at(values["mqtt-ws"]),
        mqtt_wss=_perhaps_at(values["mqtt-wss"]),
        tcps=_perhaps_at(values["tcps"]),
        networks={name: _of(values[f"{name}-from"]) for name in LISTENERS},
        trusted_proxies=_of(values["trusted-proxy"]),
        tls_cert=_file("tls-cert", values, "tls-key"),
        tls_key=_file("tls-key", values, "tls-cert"),
        tls_names=_several(values["tls-names"]),
        mqtt_origins=_several(values["mqtt-origins"]),
        insecure_lan=bool(values["insecure-lan"]),
        announce=bool(values["announce"]),
        mqtt_free_topics=_several(values["mqtt-free-topics"]),
        demo=bool(values["demo"]),
        demo_burst_after=float(str(values["demo-burst-after"])),
        public_url=str(values["public-url"]),
        smtp_host=str(values["smtp-host"]),
        smtp_port=int(float(str(values["smtp-port"]))),
        smtp_security=_security(values["smtp-security"]),
        smtp_username=str(values["smtp-username"]),
        smtp_password=str(values["smtp-password"]),
        smtp_from=str(values["smtp-from"]),
        allow_loopback_webhooks=bool(values["allow-loopback-webhooks"]),
        origins=_several(values["origins"]),
        disk=_watermarks(values),
        disk_ballast=_ballast(values["disk-ballast"]),
        audit_key=_perhaps_path(values["audit-key"]),
        backup_to=_perhaps_path(values["backup-to"]),
        backup_keep=int(float(str(values["backup-keep"]))),
        backup_passphrase_file=_perhaps_path(values["backup-passphrase-file"]),
        update_key=_perhaps_path(values["update-key"]),
        update_url=str(values["update-url"]),
        log_level=str(values["log-level"]),
    )


def own_environment() -> Mapping[str, str]:
    """Give the environment of this program, for a program that it starts."""
    return dict(os.environ)


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
    return None if option.default is None else _convert(option, option.default, "the default")


def _convert(option: Option, value: object, source: str) -> Value:
    text = ",".join(value) if isinstance(value, list) else str(value)
    match option.kind:
        case "switch":
            return value if isinstance(value, bool) else _switch(source, text)
        case "number":
            return _number(source, text)
        case "address":
            return _address(source, text)
        case "networks":
            return _networks(source, text)
        case "choice":
            if text not in option.choices:
                raise _wrong(source, value, "one of " + ", ".join(option.choices))
            return text
        case "text" | "path" | "file":
            return text


def _number(source: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise _wrong(source, value, "a number of at least 0")
    return number


def _switch(source: str, value: str) -> bool:
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise _wrong(source, value, "true or false")


def _address(source: str, value: str) -> Address:
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > _HIGHEST_PORT:
        raise _wrong(source, value, "HOST:PORT, for example 127.0.0.1:8000")
    return Address(host.strip("[]"), int(port))


def _networks(source: str, value: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(each) for each in _several(value))
    except ValueError:
        wanted = "networks, for example 192.168.7.0/24,10.1.2.3"
        raise _wrong(source, value, wanted) from None


def _several(value: Value) -> tuple[str, ...]:
    return tuple(each.strip() for each in str(value).split(",") if each.strip())


def _at(value: Value) -> Address:
    if not isinstance(value, Address):
        raise TypeError(value)
    return value


def _watermarks(values: Mapping[str, Value]) -> Watermarks:
    names = ("disk-warns", "disk-gives-up", "disk-refuses", "disk-withholds")
    marks = Watermarks(*(float(str(values[name])) for name in names))
    if not marks.in_order():
        raise StartRefused(
            problem=", ".join(f"--{name} {values[name]}" for name in names) + " are not in order",
            remedy="each must be at least the one before, and at most 100",
        )
    return marks


def _ballast(value: Value) -> int | None:
    return None if value is None else int(float(str(value)) * MIB)


def _perhaps_path(value: Value) -> Path | None:
    return Path(str(value)) if value else None


def _perhaps_at(value: Value) -> Address | None:
    return None if value is None else _at(value)


def _of(value: Value) -> tuple[Network, ...]:
    return value if isinstance(value, tuple) else ()


def _file(option: str, values: Mapping[str, Value], other: str) -> Path | None:
    if not values[option]:
        return None
    if not values[other]:
        problem = f"--{option} is given without --{other}"
        raise StartRefused(problem=problem, remedy=f"give --{other} too")
    return Path(str(values[option]))


def _security(value: Value) -> Literal["starttls", "tls", "none"]:
    match value:
        case "starttls" | "tls":
            return value
        case _:
            return "none"


def _written(file: Path | None) -> dict[str, object]:
    if file is not None:
        return _read_file(file, "--config")
    named = os.environ.get("WEIR_CONFIG")
    return _read_file(Path(named), "WEIR_CONFIG") if named else {}


def _read_file(file: Path, source: str) -> dict[str, object]:
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartRefused(
            problem=f"{source} {file} can't be read ({error.strerror})", remedy=f"correct {source}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StartRefused(
            problem=f"{source} {file} is not TOML ({error})", remedy="correct that line"
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
