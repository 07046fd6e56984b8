"""Acknowledged means durable, seen from the kernel: what the journal asks of the disk, and when."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage.journal.journal import FileJournal
from tests.fakes import FixedClock

KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def strace() -> None:
    if shutil.which("strace") is None:
        pytest.fail("strace is missing; install it with: sudo apt-get install strace")


def watch(tmp_path: Path, *options: str, acks: int) -> tuple[list[str], list[int], str]:
    """Have the appending program write under strace; give its calls, its acks and its complaint.

    The calls are reduced to `log` (a write to a segment begins), `sync` (one of a segment has
    ended), `failed` (one did) and `ack` (a write of acks begins).
    """
    record = tmp_path / "calls"
    trace = ["strace", "-f", "-y", "-o", str(record), "-e", "trace=pwrite64,fdatasync,write"]
    program = [sys.executable, "-m", "tests.contract.appending", str(tmp_path / "j"), KEY.hex()]
    with subprocess.Popen(
        [*trace, *options, *program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        places = [int(line) for _, line in zip(range(acks), running.stdout, strict=False)]
        if len(places) == acks:
            _end(record)
        rest, complaint = running.communicate(timeout=30)
    if "ptrace" in complaint:
        pytest.fail(f"strace may not trace here; allow ptrace for this user: {complaint}")
    places += [int(line) for line in rest.splitlines()]
    return _kinds(record.read_text().splitlines()), places, complaint


def _end(record: Path) -> None:
    """Kill the traced program; strace then ends by itself."""
    first = int(record.read_text().split(maxsplit=1)[0])
    subprocess.run(["kill", "-9", str(first)], check=True)


def _kinds(lines: list[str]) -> list[str]:
    """Reduce lines; a call that another interrupts has two: `unfinished` and `resumed`."""
    begun: dict[str, str] = {}
    found: list[str] = []
    for line in lines:
        thread, call = line.split(maxsplit=1)
        begins, ends = not call.startswith("<..."), "<unfinished" not in call
        if not begins:
            call = begun.pop(thread) + call
        begun[thread] = call
        kind = _kind(call)
        if kind and (begins if kind in {"log", "ack"} else ends):
            found.append(kind)
    return found


def _kind(call: str) -> str | None:
    if re.match(r'write\(1<[^>]*>, "\d+\\n', call):
        return "ack"
    if not re.match(r"\w+\(\d+<[^>]*\.log>", call):
        return None
    if call.startswith("pwrite64("):
        return "log"
    return "failed" if "EIO" in call else "sync"


def test_every_ack_follows_the_sync_that_followed_its_last_write(tmp_path: Path):
    calls, places, _ = watch(tmp_path, acks=60)

    assert len(places) >= 60
    first = calls.index("ack")
    unsynced = False
    for call in calls[first:]:
        unsynced = {"log": True, "sync": False, "ack": unsynced}[call]
        assert not (call == "ack" and unsynced)
    acks = calls[first:].count("ack")
    assert calls[first:].count("sync") >= acks - 1


async def test_after_a_failed_sync_nothing_is_acknowledged_written_or_synced(tmp_path: Path):
    calls, places, complaint = watch(
        tmp_path, "-e", "inject=fdatasync:error=EIO:when=25", acks=10_000
    )

    assert "StorageFailed: journal failed: [Errno 5] Input/output error" in complaint
    assert 20 < len(places) < 200
    assert calls[calls.index("failed") :] == ["failed"]
    journal = FileJournal(tmp_path / "j", KEY, FixedClock())
    await journal.start()
    found = [batch.sequence for batch in await journal.read(0, limit=1_000)]
    await journal.stop()
    assert found == list(range(1, len(found) + 1))
    assert set(places) <= set(found)
