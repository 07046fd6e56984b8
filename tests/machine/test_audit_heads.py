"""The notes of how far each chain of the audit log has come, and what may happen to their file."""

from pathlib import Path

import pytest

from appliance.domain.audit import Head
from appliance.machine.audit_heads import MISSING, HeadsFile
from tests.builders import HERE, THERE

HEADS = tuple(
    Head(town, number, bytes((number, town % 251)) * 16)
    for number in range(1, 6)
    for town in (HERE, THERE)
)


@pytest.fixture
def file(tmp_path: Path) -> HeadsFile:
    made = HeadsFile(tmp_path / "audit.heads")
    made.keep(HEADS)
    return made


def test_what_was_noted_is_known_and_sound(file: HeadsFile):
    file.begin(HEADS[-2:])
    assert file.known() == HEADS
    assert (file.damage(), file.problem()) == ("", "")


def test_every_flipped_bit_of_a_line_is_noticed(file: HeadsFile):
    whole = file.path.read_bytes()
    last = whole.rindex(b"\n", 0, len(whole) - 1)
    for place in range(last):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            file.path.write_bytes(damaged)
            assert "not what was written" in file.damage(), (place, bit)
            assert set(file.known()) < set(HEADS)


def test_lines_of_older_versions_are_known(file: HeadsFile):
    lines = file.path.read_text().splitlines()
    file.path.write_text("".join(line.rpartition(" ")[0] + "\n" for line in lines))
    assert (file.known(), file.problem()) == (HEADS, "")


@pytest.mark.parametrize("left", [b"", b"1 2 ab", bytes(5_000)])
def test_what_a_crash_leaves_of_a_line_is_cut_off_and_the_note_is_made_good(
    file: HeadsFile, left: bytes
):
    whole = file.path.read_bytes()
    lost = whole[: whole.rindex(b"\n", 0, len(whole) - 1) + 1]
    file.path.write_bytes(lost + left)
    assert file.damage() == ""
    file.begin(HEADS[-2:])
    assert file.path.read_bytes() == whole
    assert file.problem() == ""


@pytest.mark.parametrize("content", [bytes(600), b"noise"])
def test_a_file_without_any_note_is_named_until_somebody_takes_notice(
    file: HeadsFile, content: bytes
):
    file.path.write_bytes(content)
    file.begin(HEADS[-2:])
    assert "held no note" in file.damage()
    file.begin(HEADS[-2:])
    assert file.problem().startswith("audit.heads: this file held no note")
    assert file.known() == HEADS[-2:]
    file.begin_anew(HEADS[-2:])
    assert (file.problem(), file.known()) == ("", HEADS[-2:])


def test_a_file_that_is_gone_is_named_too_and_not_as_damage(file: HeadsFile):
    file.path.unlink()
    file.begin(HEADS[-2:])
    assert file.damage() == ""
    assert file.problem() == MISSING.strip("# \n")
