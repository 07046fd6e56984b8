"""A bad port, folder, option or file gives exit status 2 and one line that says what to change."""

import socket
import subprocess
from pathlib import Path

import pytest

from tests.running import ROOT, WEIR, environment, start


def refused(*arguments: str, **variables: str) -> str:
    """Run the command, demand exit status 2 and one line, and give the line."""
    done = subprocess.run(
        [*WEIR, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment() | variables,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "Traceback" not in line
    return line


@pytest.mark.parametrize("door", ["http", "mqtt", "tcp"])
def test_a_port_that_is_taken_names_the_option(tmp_path: Path, door: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        free = [f"--{name}=127.0.0.1:0" for name in ("http", "mqtt", "tcp") if name != door]
        line = refused("serve", f"--data={tmp_path / 'data'}", f"--{door}={taken}", *free)
    assert f"--{door}" in line
    assert "taken" in line


def test_a_folder_that_is_in_use_is_named(tmp_path: Path) -> None:
    weir = start(tmp_path / "data")
    try:
        line = refused("serve", f"--data={tmp_path / 'data'}", "--http=127.0.0.1:0")
    finally:
        weir.stop()
    assert "in use" in line
    assert "--data" in line


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = refused("serve", f"--data={tmp_path / 'file' / 'data'}")
    assert "--data" in line


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("http", "8000"),
        ("mqtt", "127.0.0.1:99999"),
        ("tcp", ":9999"),
        ("demo-burst-after", "soon"),
        ("log-level", "loud"),
        ("smtp-security", "some"),
    ],
)
def test_a_bad_value_names_its_option_wherever_it_was_set(
    tmp_path: Path, option: str, value: str
) -> None:
    assert f"--{option}" in refused("check", f"--{option}={value}")
    key = option.replace("-", "_")
    variable = f"WEIR_{key.upper()}"
    assert variable in refused("check", **{variable: value})
    file = tmp_path / "weir.toml"
    file.write_text(f'{key} = "{value}"\n')
    assert value in refused("check", f"--config={file}")


@pytest.mark.parametrize("content", ["http = ", "no_such_option = 1", "\x00"])
def test_a_configuration_file_that_is_wrong_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "weir.toml"
    file.write_text(content)
    assert str(file) in refused("check", f"--config={file}")


def test_a_configuration_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "--config" in refused("check", f"--config={tmp_path / 'nowhere.toml'}")
    assert "WEIR_CONFIG" in refused("check", WEIR_CONFIG=str(tmp_path / "nowhere.toml"))


def test_a_file_that_a_flag_names_goes_before_that_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "service.toml").write_text('mqtt_from = "not a network"\n')
    (tmp_path / "mine.toml").write_text('http = "not an address"\n')
    both = {"WEIR_CONFIG": str(tmp_path / "service.toml")}
    assert "mqtt_from" in refused("check", **both)
    assert "http in" in refused("check", f"--config={tmp_path / 'mine.toml'}", **both)


@pytest.mark.parametrize("door", ["http", "mqtt", "tcp", "mqtt-ws"])
def test_beyond_the_loopback_it_does_not_listen_without_tls(tmp_path: Path, door: str) -> None:
    free = [f"--{name}=127.0.0.1:0" for name in ("http", "mqtt", "tcp") if name != door]
    line = refused("serve", f"--data={tmp_path / 'data'}", f"--{door}=0.0.0.0:0", *free)
    assert "--insecure-lan" in line
    assert f"--{door}s" in line, "the listener with TLS that may be there instead"


def test_flags_go_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "weir.toml"
    file.write_text('http = "nonsense"\n')
    good = environment() | {"WEIR_HTTP": "127.0.0.1:1"}
    done = subprocess.run(
        [*WEIR, "check", f"--config={file}"], cwd=ROOT, env=good, check=False, timeout=30
    )
    assert done.returncode == 0
    assert "WEIR_HTTP" in refused("check", f"--config={file}", WEIR_HTTP="worse")
    assert "--http" in refused("check", "--http=worst", WEIR_HTTP="127.0.0.1:1")


def test_the_data_of_a_lost_key_is_not_overwritten(tmp_path: Path) -> None:
    data = tmp_path / "data"
    start(data).stop()
    (data / "weir.key").unlink()
    line = refused("serve", f"--data={data}", "--http=127.0.0.1:0")
    assert "weir.key" in line
    assert not (data / "weir.key").exists()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--tls-cert=nowhere.pem", "--tls-key=nowhere.pem"), "--tls-cert"),
        (("--tls-cert=pyproject.toml", "--tls-key=pyproject.toml"), "--tls-cert"),
        (("--tls-cert=nowhere.pem",), "--tls-key"),
        (("--tls-key=nowhere.pem",), "--tls-cert"),
        (("--tls-names=not a name",), "--tls-names"),
    ],
)
def test_a_certificate_that_is_of_no_use_names_its_option(
    tmp_path: Path, options: tuple[str, ...], named: str
) -> None:
    doors = [f"--{name}=127.0.0.1:0" for name in ("http", "mqtt", "tcp", "https")]
    assert named in refused("serve", f"--data={tmp_path / 'data'}", *doors, *options)


@pytest.mark.parametrize("networks", ["10.0.0.0/33", "everybody", "10.0.0.1/8"])
def test_a_network_that_is_none_names_its_option(networks: str) -> None:
    assert "--mqtts-from" in refused("check", f"--mqtts-from={networks}")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("http", "0.0.0.0:8000"),
        ("mqtt-ws", "0.0.0.0:8083"),
        ("tls-names", "no name"),
        ("backup-passphrase-file", "{nowhere}"),
        ("update-key", "{nowhere}"),
        ("audit-key", "{folder}"),
        ("data", "{file}/data"),
    ],
)
def test_what_serve_would_refuse_the_check_refuses_too(
    tmp_path: Path, option: str, value: str
) -> None:
    (tmp_path / "file").write_text("")
    given = value.format(nowhere=tmp_path / "nowhere", folder=tmp_path, file=tmp_path / "file")
    free = [f"--{door}=127.0.0.1:0" for door in ("http", "mqtt", "tcp") if door != option]
    options = [f"--data={tmp_path / 'data'}", *free, f"--{option}={given}"]

    line = refused("check", *options)

    assert f"--{option}" in line
    assert not (tmp_path / "data").exists(), "a check makes nothing"


def test_a_certificate_that_can_not_be_served_is_refused_by_serve_and_check(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    (tmp_path / "key.pem").write_text("no key")
    options = [f"--tls-{part}={tmp_path / part}.pem" for part in ("cert", "key")]
    doors = [f"--{door}=127.0.0.1:0" for door in ("http", "mqtt", "tcp")]

    lines = [
        refused(command, f"--data={tmp_path / 'data'}", *doors, *options)
        for command in ("check", "serve")
    ]

    assert lines[0] == lines[1]
    assert "--tls-cert" in lines[0]


@pytest.mark.parametrize(
    "command",
    [
        ["doctor"],
        ["user", "list"],
        ["export", "readings", "--output=out.csv"],
        ["backup", "create", "--to=copies"],
        ["scrub"],
        ["audit", "verify"],
    ],
)
def test_a_command_on_a_folder_that_is_none_of_weirs_makes_none(
    tmp_path: Path, command: list[str]
) -> None:
    line = refused(*command, f"--data={tmp_path / 'mistyped'}")

    assert str(tmp_path / "mistyped") in line
    assert "--data" in line
    assert not (tmp_path / "mistyped").exists()
