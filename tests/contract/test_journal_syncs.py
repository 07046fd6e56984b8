"""Acknowledged means durable, seen from the kernel: what the journal asks of the disk, and when."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage.journal.journal import SqliteJournal
from tests.fakes import FixedClock

KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def strace() -> None:
    if shutil.which("strace") is None:
        pytest.fail("strace is missing; install it with: sudo apt-get install strace")


def watch(tmp_path: Path, *options: str, acks: int) -> tuple[list[str], list[int], str]:
    """Have the appending program write under strace; give its calls, its acks and its complaint.

    The calls are reduced to `sync`, `failed` (a sync that did), `ack` and `log` (a write to the
    write-ahead log).
    """
    record = tmp_path / "calls"
    trace = ["strace", "-f", "-o", str(record), "-e", "trace=pwrite64,fdatasync,write", *options]
    program = [sys.executable, "-m", "tests.contract.appending", str(tmp_path / "j.db"), KEY.hex()]
    with subprocess.Popen(
        [*trace, *program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        places = [int(line) for _, line in zip(range(acks), running.stdout, strict=False)]
        if len(places) == acks:
            _end(record)
        rest, complaint = running.communicate(timeout=30)
    if "ptrace" in complaint:
        pytest.fail(f"strace may not trace here; allow ptrace for this user: {complaint}")
    places += [int(line) for line in rest.splitlines()]
    return (
        [call for line in record.read_text().splitlines() if (call := _kind(line))],
        places,
        complaint,
    )


def _end(record: Path) -> None:
    """Kill the traced program; strace then ends by itself."""
    first = int(record.read_text().split(maxsplit=1)[0])
    subprocess.run(["kill", "-9", str(first)], check=True)


def _kind(line: str) -> str | None:
    if re.search(r"fdatasync\(.*= 0|fdatasync resumed.*= 0", line):
        return "sync"
    if "EIO" in line:
        return "failed"
    if re.search(r'write\(1, "\d+\\n', line):
        return "ack"
    return "log" if "pwrite64(" in line else None


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

    assert "StorageFailed: journal failed: disk I/O error" in complaint
    assert 20 < len(places) < 200
    assert calls[calls.index("failed") :] == ["failed"]
    journal = SqliteJournal(tmp_path / "j.db", KEY, FixedClock())
    await journal.start()
    found = [batch.sequence for batch in await journal.read(0, limit=1_000)]
    await journal.stop()
    assert found == list(range(1, len(found) + 1))
    assert set(places) <= set(found)
