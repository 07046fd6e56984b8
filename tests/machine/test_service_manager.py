"""What systemd is told, on a real socket: ready, status, heartbeat, stopping."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.bootstrap.heartbeat import Heartbeat
from appliance.config.supervised import Supervised
from appliance.domain.instant import Instant
from appliance.flow.progress import STUCK_AFTER, Progress
from appliance.machine.service_manager import MOST_STATUS, ServiceManager
from tests.fakes import FixedClock
from tests.running import start

SECONDS = 1_000_000


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of a service manager; its address is a path."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(tmp_path / "notify"))
        one.settimeout(30)
        yield one


def lines(systemd: socket.socket) -> list[str]:
    return systemd.recv(4096).decode().splitlines()


def told(systemd: socket.socket) -> list[str]:
    """Give everything that waits to be read."""
    systemd.setblocking(False)
    found: list[str] = []
    try:
        while True:
            found += lines(systemd)
    except BlockingIOError:
        return found
    finally:
        systemd.settimeout(30)


def until(systemd: socket.socket, line: str) -> list[str]:
    """Give all that is told until this line comes."""
    found, deadline = [], time.monotonic() + 30
    while line not in found:
        assert time.monotonic() < deadline, found
        found += lines(systemd)
    return found


def test_a_server_tells_when_it_is_ready_that_it_lives_and_when_it_stops(
    systemd: socket.socket, tmp_path: Path
):
    said = {"NOTIFY_SOCKET": str(systemd.getsockname()), "WATCHDOG_USEC": str(SECONDS // 2)}
    weir = start(tmp_path / "data", extra=said)
    try:
        before = until(systemd, "READY=1")
        assert "EXTEND_TIMEOUT_USEC=60000000" in before
        assert "WATCHDOG=1" not in before, "a start isn't watched by its heartbeat"
        ready = f"STATUS=ready http={weir.http} mqtt={weir.mqtt} tcp={weir.tcp}"
        assert set(until(systemd, "WATCHDOG=1")) == {ready, "WATCHDOG=1"}
        weir.process.send_signal(signal.SIGSTOP)
        told(systemd)
        systemd.settimeout(1)
        with pytest.raises(TimeoutError):
            lines(systemd)
        weir.process.send_signal(signal.SIGCONT)
        systemd.settimeout(30)
        assert lines(systemd) == ["WATCHDOG=1"]
        assert weir.stop() == 0
        assert "STOPPING=1" in told(systemd)
        assert weir.log == ""
        code = weir.output.partition("set-up code: ")[2].splitlines()[0]
        assert code not in "".join(before), "anybody on this computer can read a status"
    finally:
        if weir.process.poll() is None:
            weir.kill()


@pytest.mark.parametrize(
    ("pid", "said"), [("{pid}", "30.0"), ("{parent}", "30.0"), ("1", "None"), ("", "30.0")]
)
def test_a_watchdog_that_is_meant_for_another_process_is_not_ours(pid: str, said: str):
    ask = "from appliance.config.supervised import supervised; print(supervised().watchdog)"
    command = (
        f"export WATCHDOG_PID={pid.format(pid='$$', parent=os.getpid())}; exec {sys.executable}"
    )
    done = subprocess.run(
        ["sh", "-c", f"{command} -c '{ask}'"],
        env={**os.environ, "WATCHDOG_USEC": "30000000"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == said


async def test_no_beat_comes_while_the_work_is_stuck(
    systemd: socket.socket, caplog: pytest.LogCaptureFixture
):
    is_stuck = False
    heartbeat = Heartbeat(Supervised(str(systemd.getsockname()), watchdog=0.02))
    heartbeat.mind(lambda: is_stuck)
    with heartbeat.beating():
        heartbeat.ready("ready")
        await asyncio.to_thread(until, systemd, "WATCHDOG=1")
        is_stuck = True
        async with asyncio.timeout(30):
            while not caplog.records:  # noqa: ASYNC110 a log has nobody to wake
                await asyncio.sleep(0.01)
        told(systemd)
        await asyncio.sleep(0.1)
        assert told(systemd) == []
        is_stuck = False
        await asyncio.to_thread(until, systemd, "WATCHDOG=1")
    assert [r.levelname for r in caplog.records] == ["CRITICAL"]


async def test_a_start_that_is_told_to_stop_asks_for_no_more_time(systemd: socket.socket):
    heartbeat = Heartbeat(Supervised(str(systemd.getsockname()), watchdog=0.02))
    with heartbeat.beating():
        heartbeat.stopping()
        told(systemd)
        await asyncio.to_thread(until, systemd, "WATCHDOG=1")
        assert not [line for line in told(systemd) if line.startswith("EXTEND")]


def test_nobody_is_told_where_no_service_manager_is_or_where_it_has_gone(tmp_path: Path):
    for address in ("", "vsock:2:1", str(tmp_path / "nobody")):
        manager = ServiceManager(address)
        assert manager.is_there == address.startswith("/")
        manager.ready()
        manager.close()
        manager.alive()


def test_what_a_full_queue_did_not_take_is_told_later(systemd: socket.socket):
    manager = ServiceManager(str(systemd.getsockname()))
    room = int(Path("/proc/sys/net/unix/max_dgram_qlen").read_text("ascii"))
    for _ in range(room + 2):
        manager.alive()
    manager.ready()
    assert "READY=1" not in told(systemd), "the queue of a socket is shorter"
    found: list[str] = []
    for _ in range(50):
        manager.alive()
        found += told(systemd)
    assert found.count("READY=1") == 1
    assert not manager.owes
    manager.close()


def test_an_address_may_be_abstract_and_a_status_is_one_short_line(tmp_path: Path):
    name = f"weir-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name)
        manager = ServiceManager("@" + name)
        manager.status("one\nREADY=1\n" + "x" * 1_000)
        manager.close()
        (line,) = told(systemd)
    assert line.startswith("STATUS=one READY=1 xxx")
    assert len(line) == len("STATUS=") + MOST_STATUS


def test_the_walk_is_stuck_when_the_same_message_waits_too_long_and_acks_are_not_withheld():
    clock, oldest, held = FixedClock(), None, False
    progress = Progress(lambda: oldest, lambda: held, clock)

    def after(seconds: float) -> bool:
        clock.seconds += seconds
        return progress.is_stuck()

    assert not after(STUCK_AFTER + 1), "nothing waits"
    oldest = Instant(1)
    assert not after(1)
    assert not after(STUCK_AFTER)
    assert after(1)
    oldest = Instant(2)
    assert not after(1), "it gets on"
    held = True
    assert not after(STUCK_AFTER + 1), "the disk is full, and everybody is told so"
    held = False
    assert not after(STUCK_AFTER)
    assert after(1)
