"""Files that were torn, damaged or deleted while nobody looked: Weir starts, and goes on rightly."""

import os
import shutil
from pathlib import Path

from storage.journal.segment import HEAD
from tests.faults.town import HERE_DEVICES, Town
from tests.faults.witness import Findings, look_into


def newest_segment(town: Town) -> tuple[Path, int]:
    """Give the newest file of the journal that has anything, and how many bytes were written."""
    for file in sorted((town.folder / "journal").glob("*.log"), reverse=True):
        written = len(file.read_bytes().rstrip(b"\0"))
        if written > HEAD:
            return file, written
    raise AssertionError("the journal is empty")


def report_and_die(town: Town) -> None:
    """Have some readings acknowledged, then be killed; devices wait for the next start."""
    town.start()
    town.let_devices_report()
    town.wait_for_readings(100)
    town.kill()


def go_on(town: Town) -> Findings:
    """Start again, let devices have everything acknowledged, stop, and look."""
    town.start()
    town.wait_for_readings(20)
    town.let_devices_finish()
    town.stop()
    return look_into(town.folder, town.here)


def acknowledged_here(town: Town) -> set[tuple[str, str]]:
    return {
        (device.name, at)
        for device in town.devices
        for at in device.acknowledged
        if device.name in HERE_DEVICES
    }


def test_a_write_that_was_torn_at_the_end_of_the_journal_is_cut_off_and_every_ack_stays_true(
    town: Town,
) -> None:
    report_and_die(town)
    segment, written = newest_segment(town)
    with segment.open("r+b") as file:
        file.seek(written)
        file.write(os.urandom(6_000))
    here = go_on(town)
    here.must_agree()
    assert acknowledged_here(town) <= set(here.journalled)
    assert town.weir is not None
    assert "a torn end was cut off" in town.weir.log


def test_a_journal_whose_end_a_lying_disk_has_lost_goes_on_from_where_it_ends(town: Town) -> None:
    town.start()
    town.let_devices_report()
    town.wait_for_readings(200)
    town.let_devices_finish()
    with town.signed_in() as api:
        assert api.get("/api/v1/ledger").json()["received"] >= 200  # all has been watched
    town.kill()
    segment, written = newest_segment(town)
    os.truncate(segment, written // 2)
    before = acknowledged_here(town)
    town.let_devices_report()
    here = go_on(town)
    assert town.weir is not None
    lost = before - set(here.journalled)
    assert 0 < len(lost) < len(before), "this disk did lie"
    assert acknowledged_here(town) - lost <= set(here.journalled)
    assert set(here.in_history) <= set(here.journalled), "history has nothing that is not there"
    assert all(times == 1 for times in here.journalled.values())
    assert "lies after the journal's end" in town.weir.log
    assert len(here.alerts) == len(HERE_DEVICES)


def test_a_bit_that_flipped_in_the_journal_costs_one_commit_and_is_named(town: Town) -> None:
    town.start()
    town.let_devices_report()
    town.wait_for_readings(200)
    town.let_devices_finish()
    town.stop()
    segment, written = newest_segment(town)
    with segment.open("r+b") as file:
        file.seek(written // 2)
        (byte,) = file.read(1)
        file.seek(written // 2)
        file.write(bytes((byte ^ 4,)))
    shutil.rmtree(town.folder / "history")  # so that all is read again
    before = acknowledged_here(town)
    town.let_devices_report()
    here = go_on(town)
    assert town.weir is not None
    assert "of the journal, which is damaged" in town.weir.log
    lost = before - set(here.journalled)
    assert len(lost) <= 20, "all but one commit is there"
    assert acknowledged_here(town) - lost <= set(here.journalled)
    assert all(times == 1 for times in here.journalled.values())
    assert set(here.in_history) <= set(here.journalled)


def test_history_that_was_deleted_or_damaged_is_filled_again_and_finds_what_is_sent_again(
    town: Town,
) -> None:
    report_and_die(town)
    shutil.rmtree(town.folder / "history")
    go_on(town)
    town.start()  # ready means that history has everything
    town.stop()
    here = look_into(town.folder, town.here)
    here.must_agree()
    assert here.in_history == here.journalled

    file = town.folder / "history" / "history.duckdb"
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(os.urandom(8192))
    first = min(here.journalled)
    town.start()
    device = next(d for d in town.devices if d.name == first[0])
    assert device.send_again(first[1])
    town.stop()
    again = look_into(town.folder, town.here)
    again.must_agree()
    assert again.journalled == here.journalled
    assert again.in_history == here.journalled
    assert again.ledger.duplicate == here.ledger.duplicate + 1
