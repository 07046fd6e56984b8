"""The audit log when the program is killed, the disk is full, or somebody has been at the database."""

import signal
from pathlib import Path
from typing import Any

import pytest

from appliance.machine.folder import DataFolder
from storage.sqlite import open_database
from tests.faults.killing import compiled
from tests.faults.recording import Clerk, hold, verified
from tests.faults.town import Town
from tests.running import command, start

ORDERS = ("write:operations.db-wal$", "synced:operations.db-wal$", "write:audit.heads$")
"""Before a commit, just after it, and between it and the note beside the database."""


def soundness(folder: Path, status: int = 0) -> dict[int | None, bool]:
    return {chain["municipality_id"]: chain["sound"] for chain in verified(folder, status)}


def clerks_of(town: Town) -> tuple[Clerk, Clerk]:
    clerks = Clerk(town, town.here), Clerk(town, town.there)
    with town.signed_in():  # both with one token
        pass
    for clerk in clerks:
        clerk.start()
    return clerks


def must_hold(town: Town, clerks: tuple[Clerk, Clerk]) -> None:
    """Check log and rules against what was answered."""
    for clerk in clerks:
        verdict = hold(town, clerk)
        assert (verdict.missing, verdict.twice, verdict.unrecorded) == ([], [], [])
        assert verdict.lines > verdict.answered > 0


def test_after_kills_between_a_change_its_line_and_its_note_each_answered_change_has_its_line(
    town: Town, tmp_path: Path
) -> None:
    shim = compiled(tmp_path)
    town.start()
    clerks = clerks_of(town)
    clerks[1].wait_for_changes(4)
    town.kill()
    for order in ORDERS:
        extra = {"LD_PRELOAD": str(shim), "KILL_AT": f"{order}:15"}
        town.weir = start(town.folder, extra=extra)
        assert town.weir.process.wait(20) == -signal.SIGKILL, "at the very operation"
    town.start()
    for clerk in clerks:
        clerk.wait_for_changes(3)
        clerk.stop()
    must_hold(town, clerks)
    assert all(soundness(town.folder).values()), "while it runs"
    town.stop()
    assert soundness(town.folder) == {None: True, town.here: True, town.there: True}


def test_a_stopped_server_s_log_that_somebody_has_been_at_is_told_with_status_1(
    town: Town,
) -> None:
    last = max(number for (number,) in at_the_log(town, "SELECT number FROM audit", town.here))
    assert last > 9, "there is something to be at"
    at_the_log(town, "UPDATE audit SET who_name = 'bob' WHERE number = 2", town.here)
    at_the_log(town, "DELETE FROM audit WHERE number = 4", town.here)
    for was, becomes in ((6, 99), (7, 6), (99, 7)):
        at_the_log(town, f"UPDATE audit SET number = {becomes} WHERE number = {was}", town.here)
    at_the_log(town, "DELETE FROM audit WHERE number > 9", town.here)
    chains = {chain["municipality_id"]: chain for chain in verified(town.folder, status=1)}
    assert {who: chain["sound"] for who, chain in chains.items()} == {
        None: True,
        town.here: False,
        town.there: True,
    }
    found = {(f["wrong"], f["first"], f["last"]) for f in chains[town.here]["findings"]}
    assert found == {
        ("changed", 2, 2),
        ("removed", 4, 4),
        ("moved", 6, 6),
        ("moved", 7, 7),
        ("cut_off", 10, last),
    }


def test_notes_of_how_far_the_log_has_come_that_are_damaged_are_named_until_they_are_accepted(
    town: Town,
) -> None:
    assert command(town.folder, "scrub")["flaws"] == []
    file = town.folder / "audit.heads"
    whole = file.read_bytes()
    damaged = bytearray(whole)
    damaged[whole.index(b"\n") - 20] ^= 1
    file.write_bytes(damaged)
    (flaw,) = command(town.folder, "scrub", status=1)["flaws"]
    assert (flaw["file"], flaw["problem"][:8]) == ("audit.heads", "1 of its")
    town.start()
    assert town.weir is not None
    assert "audit.heads: 1 of its" in town.weir.log
    town.stop()
    file.write_bytes(bytes(len(whole)))
    town.start()
    (flaw,) = command(town.folder, "scrub", status=1)["flaws"]
    assert "held no note" in flaw["problem"]
    assert all(soundness(town.folder, status=1).values()), "nothing else is wrong"
    command(town.folder, "audit", "accept")
    assert command(town.folder, "scrub")["flaws"] == []
    assert soundness(town.folder) == {None: True, town.here: True, town.there: True}
    town.stop()


def test_it_does_not_start_with_another_key_than_the_log_s(town: Town) -> None:
    file = town.folder / "audit.key"
    right = file.read_bytes()
    file.write_bytes(bytes((right[0] ^ 1, *right[1:])))
    with pytest.raises(AssertionError, match=r"weir: the key of the audit log .*audit\.key is ano"):
        town.start()
    file.write_bytes(right)
    at_the_log(town, "UPDATE audit SET signature = x'00' WHERE number > 2", town.here)
    town.start()  # lines that somebody has been at are no sign of another key
    assert soundness(town.folder, status=1) == {None: True, town.here: False, town.there: True}
    town.stop()


def at_the_log(town: Town, statement: str, municipality: int) -> list[Any]:
    """Do something to a chain of a stopped server, past everything that guards it."""
    database = open_database(town.folder / "operations.db", DataFolder(town.folder).key())
    guards = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'"
    try:
        guarding = list(database.execute(guards))
        for name, _ in guarding:
            database.execute(f"DROP TRIGGER {name}")
        chain = f"{'AND' if 'WHERE' in statement else 'WHERE'} municipality = ?"
        found = list(database.execute(f"{statement} {chain}", (municipality,)))
        for _, guard in guarding:
            database.execute(guard)
        return found
    finally:
        database.close()
