"""Whatever happens to the journal's files: no batch is ever another, and what is lost is named."""

import asyncio
import random
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.journal.record import BATCHES, HEADER, MARK
from tests.contract.damaging import (
    SIZE,
    batch_at,
    fill,
    journal_in,
    look,
    look_at_copy,
    records_in,
    segments,
)

COMMITS = 60


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A journal of some files that was stopped, and the place of its last batch."""
    folder = tmp_path_factory.mktemp("sound") / "journal"
    return folder, asyncio.run(fill(folder, COMMITS))


def test_a_sound_journal_has_everything_and_names_nothing(
    sound: tuple[Path, int], tmp_path: Path
) -> None:
    folder, last = sound
    assert len(segments(folder)) >= 4
    seen = look_at_copy(folder, tmp_path / "copy")
    assert seen.sound == set(range(1, last + 1))
    assert not seen.damaged
    assert seen.named == ()


@given(
    flips=st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, SIZE - 1), st.integers(0, 7)),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=40, deadline=None)
def test_flipped_bits_give_no_wrong_answer_are_named_and_all_else_is_read(
    sound: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory, flips: list
) -> None:
    folder, last = sound
    copy = tmp_path_factory.mktemp("flipped") / "journal"
    shutil.copytree(folder, copy)
    files = segments(copy)
    for file, offset, bit in flips:
        flip(files[file % len(files)], offset, bit)
    seen = look_at_copy(folder, copy)
    assert seen.sound | seen.damaged == set(range(1, seen.last + 1))
    assert not seen.sound & seen.damaged
    assert seen.lost == seen.damaged
    sealed = {(files[file % len(files)].name, offset) for file, offset, _ in flips}
    changed = {
        (n, o) for n, o in sealed if n != files[-1].name and is_changed(folder, files, n, o, flips)
    }
    for name, offset in changed:
        assert any(
            d.file == name and d.offset <= offset < d.offset + d.length for d in seen.named
        ), (name, offset, seen.named)
    if seen.last < last:
        assert hits_both_ends(folder, flips), "a clean end is no torn one"


def flip(file: Path, offset: int, bit: int) -> None:
    data = bytearray(file.read_bytes())
    data[offset] ^= 1 << bit
    file.write_bytes(data)


def is_changed(folder: Path, files: list[Path], name: str, offset: int, flips: list) -> bool:
    """Say whether the byte is another in the end: a bit may have been flipped twice."""
    bits = [bit for file, at, bit in flips if (files[file % len(files)].name, at) == (name, offset)]
    return any(bits.count(bit) % 2 for bit in bits) and (folder / name).exists()


def hits_both_ends(folder: Path, flips: list) -> bool:
    """Say whether both the last batches and the mark behind them were damaged."""
    newest = segments(folder)[-1]
    batches, mark = records_in(newest)[-2:]
    number = len(segments(folder))
    at = [offset for file, offset, _ in flips if file % number == number - 1]
    return any(batches.offset <= o < batches.end for o in at) and any(
        mark.offset <= o < mark.end for o in at
    )


@pytest.mark.parametrize("filling", ["nothing", "zeros", "garbage"])
def test_an_end_that_is_cut_off_anywhere_costs_what_was_behind_the_cut_only(
    sound: tuple[Path, int], tmp_path: Path, filling: str
) -> None:
    folder, _ = sound
    newest = segments(folder)[-1]
    records = records_in(newest)
    end = records[-1].end
    chance = random.Random(filling)
    edges = [record.offset for record in records] + [record.end - 1 for record in records]
    for cut in [*chance.sample(edges, 6), *(chance.randrange(end) for _ in range(6)), end - 1]:
        copy = cut_at(folder, tmp_path / "cut", cut, filling, chance)
        unchanged = same_bytes(newest, copy / newest.name)
        seen = look_at_copy(folder, copy)
        whole = [record.last for record in records if record.end <= unchanged]
        before = records[0].first - 1
        assert seen.sound == set(range(1, max([before, *whole]) + 1))
        assert not seen.damaged


def same_bytes(one: Path, other: Path) -> int:
    """Return how many bytes from the start are the same: a filling may happen to be right."""
    pairs = zip(one.read_bytes(), other.read_bytes(), strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), other.stat().st_size)


def cut_at(folder: Path, target: Path, cut: int, filling: str, chance: random.Random) -> Path:
    shutil.copytree(folder, target)
    file = target / segments(folder)[-1].name
    data = file.read_bytes()
    rest = {"nothing": b"", "zeros": bytes(SIZE - cut), "garbage": chance.randbytes(SIZE - cut)}
    file.write_bytes(data[:cut] + rest[filling])
    return target


def test_a_file_that_is_gone_is_named_with_what_it_had(
    sound: tuple[Path, int], tmp_path: Path
) -> None:
    folder, last = sound
    files = segments(folder)
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / files[1].name).unlink()
    seen = look_at_copy(folder, tmp_path / "copy")
    gone = set(range(records_in(files[1])[0].first, records_in(files[2])[0].first))
    assert seen.damaged == gone
    assert seen.sound == set(range(1, last + 1)) - gone
    (damage,) = seen.named
    assert (damage.file, damage.problem) == (files[1].name, "the file is missing")


def test_that_the_newest_file_is_gone_is_noticed(
    sound: tuple[Path, int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, _ = sound
    newest = segments(folder)[-1]
    shutil.copytree(folder, tmp_path / "copy")
    for file in sorted((tmp_path / "copy").glob("*.log")):
        if file.name >= newest.name:
            file.unlink()
    seen = look_at_copy(folder, tmp_path / "copy")
    assert seen.last == records_in(newest)[0].first - 1
    assert "but the file is gone" in caplog.text


def test_swapped_files_and_records_are_not_believed(
    sound: tuple[Path, int], tmp_path: Path
) -> None:
    folder, last = sound
    one, other = segments(folder)[1:3]
    shutil.copytree(folder, tmp_path / "copy")
    shutil.copy(one, tmp_path / "copy" / other.name)
    shutil.copy(other, tmp_path / "copy" / one.name)
    seen = look_at_copy(folder, tmp_path / "copy")
    after = records_in(segments(folder)[3])[0].first
    assert seen.damaged == set(range(records_in(one)[0].first, after))
    assert seen.sound == set(range(1, last + 1)) - seen.damaged
    assert {one.name, other.name} <= {damage.file for damage in seen.named}


async def test_a_record_of_an_older_copy_at_its_own_place_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    assert await fill(folder, 3) == 5
    file = segments(folder)[0]
    old = file.read_bytes()
    third = records_in(file)[2]
    file.write_bytes(old[: third.offset])
    await fill(folder, 2)
    data = bytearray(file.read_bytes())
    assert data[third.offset : third.end] != old[third.offset : third.end]
    data[third.offset : third.end] = old[third.offset : third.end]
    file.write_bytes(data)
    seen = await look(folder)
    (damage,) = seen.named
    assert damage.problem == "it was put in another's place"
    assert (damage.offset, damage.first, damage.last) == (third.offset, third.first, third.last)


async def test_after_a_quiet_second_the_end_is_marked_and_its_damage_is_no_torn_write(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "journal"
    journal = journal_in(folder)
    await journal.start()
    await journal.append([batch_at(1)])
    await journal.append([batch_at(2), batch_at(3)])
    await asyncio.to_thread(wait_for_a_mark, folder)
    shutil.copytree(folder, tmp_path / "copy")  # as a kill would leave it
    await journal.stop()
    file = tmp_path / "copy" / "00000001.log"
    batches = [record for record in records_in(file) if record.kind == BATCHES][-1]
    flip(file, batches.offset + HEADER + 3, 3)
    seen = await look(tmp_path / "copy")
    assert (seen.sound, seen.damaged) == ({1}, {2, 3})


def wait_for_a_mark(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while records_in(folder / "00000001.log")[-1].kind != MARK:
        assert time.monotonic() < deadline
        time.sleep(0.02)  # the file changes in its own time


async def test_a_journal_all_of_whose_heads_are_damaged_is_still_read(
    sound: tuple[Path, int], tmp_path: Path
) -> None:
    folder, last = sound
    shutil.copytree(folder, tmp_path / "copy")
    for file in (tmp_path / "copy").glob("*.log"):
        flip(file, 5, 5)
    seen = await look(tmp_path / "copy")
    assert seen.sound == set(range(1, last + 1))
    assert {damage.file for damage in seen.named} == {file.name for file in segments(folder)}
    assert all((damage.offset, damage.lost) == (0, 0) for damage in seen.named)
