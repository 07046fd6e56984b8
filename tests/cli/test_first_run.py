"""`weir` without a word, as a double-click gives it: it serves, and shows its page to who sits there."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.running import READY, ROOT, WEIR, environment

HERE = {"DISPLAY": ":7"}


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """Give the environment of a person at this computer, whose browser writes down what it opens."""
    browser = folder / "browser"
    browser.write_text(
        f'#!/bin/sh\nprintf "%s" "${{LD_LIBRARY_PATH-}}" >{folder}/libraries\n'
        f'printf "%s\\n" "$1" >>{folder}/opened\n'
    )
    browser.chmod(0o755)
    hidden = ("SSH_", "DISPLAY", "WAYLAND_DISPLAY", "INVOCATION_ID", "NOTIFY_SOCKET", "KUBERNETES")
    clean = {n: v for n, v in environment().items() if not n.startswith(hidden)}
    ports = {f"WEIR_{door}": "127.0.0.1:0" for door in ("HTTP", "MQTT", "TCP")}
    places = {"XDG_DATA_HOME": str(folder / "share"), "BROWSER": str(browser)}
    return clean | ports | places | {"WEIR_DISK_BALLAST": "0", "PYTHONUNBUFFERED": "1"} | more


@contextmanager
def started(
    folder: Path, program: Sequence[str] = WEIR, within: float = 30, **more: str
) -> Iterator[tuple[Path, str]]:
    """Start it without a word; give what it prints and where its page is."""
    printed = folder / "printed"
    with printed.open("w") as out:
        process = subprocess.Popen(
            program, cwd=ROOT, env=surroundings(folder, **more), stdout=out, stderr=out
        )
    try:
        yield printed, waited_for(printed, within)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(within) == 0


def waited_for(printed: Path, within: float) -> str:
    deadline = time.monotonic() + within
    while not (ready := READY.search(printed.read_text())) or "Ctrl-C" not in printed.read_text():
        assert time.monotonic() < deadline, printed.read_text()
        time.sleep(0.02)  # a process of its own: there is nothing to be woken by
    return f"http://{ready[1]}/"


def opened(folder: Path) -> list[str]:
    deadline = time.monotonic() + 10
    while not (folder / "opened").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return (folder / "opened").read_text().splitlines()


def test_it_opens_its_page_says_where_data_is_and_a_second_start_shows_the_first(
    tmp_path: Path,
) -> None:
    with started(tmp_path, **HERE) as (printed, page):
        assert opened(tmp_path) == [page]
        text = printed.read_text()
        assert f"your data is in {tmp_path}/share/weir" in text
        assert "set-up code: " in text
        (tmp_path / "opened").unlink()
        again = subprocess.run(
            WEIR,
            cwd=ROOT,
            env=surroundings(tmp_path, **HERE),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (again.returncode, again.stderr) == (0, "")
        assert f"Weir runs already, at {page}" in again.stdout
        assert opened(tmp_path) == [page]
        assert httpx.get(f"{page}healthz").status_code == 200


def test_no_browser_is_opened_over_ssh_and_without_a_display(tmp_path: Path) -> None:
    with started(tmp_path, **HERE, SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22"):
        pass  # it has printed everything, and stopped
    with started(tmp_path):
        pass
    assert not (tmp_path / "opened").exists()


def test_a_port_that_is_taken_is_said_in_plain_words(tmp_path: Path) -> None:
    a_taken_port_is_said_in_plain_words(tmp_path)


def a_taken_port_is_said_in_plain_words(tmp_path: Path, program: Sequence[str] = WEIR) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        done = subprocess.run(
            program,
            cwd=ROOT,
            env=surroundings(tmp_path, **HERE) | {"WEIR_HTTP": taken},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    assert done.returncode == 2
    assert "is taken by another program; choose another with --http" in done.stderr
    assert not (tmp_path / "opened").exists()
