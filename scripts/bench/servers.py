"""Peers as processes of their own: on free ports of 127.0.0.1, in a folder that is removed."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

START_S = 60.0
STOP_S = 20.0
UNLIMITED = ("max_inflight_messages 0",)
"""For Mosquitto: as many messages on their way to one client as it likes."""


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Give a program's path, also of one that only root usually runs."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise SystemExit(f"{name} is not installed")
    return found


def answers(port: int) -> bool:
    """Tell whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def wait_until(
    true: Callable[[], bool], what: str, within: float = START_S, every: float = 0.02
) -> None:
    """Return as soon as it is so; end the benchmark when it never is."""
    deadline = time.monotonic() + within
    while not true():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {within:.0f} s")
        time.sleep(every)


class Server:
    """One process; what it prints is in a file of its folder."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str],
        port: int,
        *,
        environment: Mapping[str, str] | None = None,
        stop_with: int = signal.SIGTERM,
    ) -> None:
        """Start it and wait until it listens on that port."""
        self.name, self.port, self._stop_with = Path(command[0]).name, port, stop_with
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{self.name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                command, cwd=folder, stdout=log, stderr=log, env=environment
            )
        try:
            wait_until(self._listens, f"{self.name} (its output is below)")
        except SystemExit:
            self.stop()
            print(self.log.read_text(errors="replace")[-3000:])
            raise

    def _listens(self) -> bool:
        if self.process.poll() is not None:
            print(self.log.read_text(errors="replace")[-3000:])
            raise SystemExit(f"{self.name} ended with status {self.process.returncode}")
        return answers(self.port)

    def stop(self) -> None:
        """End it; one that does not end is killed."""
        self.process.send_signal(self._stop_with)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def mosquitto(folder: Path, *lines: str) -> Server:
    """Start Mosquitto with its defaults, but anonymous access and these lines."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "mosquitto.conf"
    wanted = (f"listener {port} 127.0.0.1", "allow_anonymous true")
    config.write_text("\n".join((*wanted, *(lines or UNLIMITED))) + "\n")
    return Server(folder, [program("mosquitto"), "-c", str(config)], port)


def version(*command: str) -> str:
    """Give what a program says when asked for its version: the first line with a digit."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    lines = (done.stdout + done.stderr).splitlines()
    return next((line.strip() for line in lines if any(c.isdigit() for c in line)), "unknown")


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Give a temporary folder that is removed afterwards, also when somebody ends the benchmark."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
            yield Path(folder)
    except KeyboardInterrupt:
        raise SystemExit("stopped") from None
