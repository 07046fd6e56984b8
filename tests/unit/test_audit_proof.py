"""Whatever is done to stored lines of the audit log is found, and named by its numbers."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.audit import AuditLine, Author, AuthorKind, Draft, Head, Thing, hash_of, link
from appliance.domain.audit_actions import Action
from appliance.domain.audit_proof import Chain, Finding, Wrong, name_wrongs
from appliance.domain.errors import StartRefused
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import Instant
from appliance.machine.audit_key import AuditSeal, audit_seal
from appliance.services.audit.operations import sealed
from tests.builders import HERE, NOON, THERE

SEAL = AuditSeal(bytes(range(32)))
FORGER = AuditSeal(bytes(range(1, 33)))


def chain_of(
    length: int, municipality: MunicipalityId = HERE, seal: AuditSeal = SEAL
) -> list[AuditLine]:
    lines: list[AuditLine] = []
    for number in range(length):
        draft = Draft(
            action=Action.RULE_CHANGED,
            on=Thing("rule", str(number), f"rule «{number}»"),
            municipality=municipality,
            details={"number": number},
            who=Author(AuthorKind.USER, 7, "ada", "10.0.0.1"),
        )
        before = lines[-1] if lines else None
        lines.append(sealed(draft, before, Instant(NOON - number), seal))  # a clock that goes back
    return lines


LINES = chain_of(12)
NOTED = (Head(HERE, 5, LINES[4].hash), Head(HERE, 12, LINES[11].hash))


def is_sound(lines: list[AuditLine], noted: tuple[Head, ...] = NOTED, part: int = 5) -> bool:
    chain = Chain(HERE, noted)
    for start in range(0, len(lines), part):
        chain.feed(lines[start : start + part])
    return chain.is_sound(SEAL.is_signed)


def named(lines: list[AuditLine], noted: tuple[Head, ...] = NOTED) -> tuple[Finding, ...]:
    return name_wrongs(HERE, lines, noted, SEAL.is_signed)


def told(lines: list[AuditLine], noted: tuple[Head, ...] = NOTED) -> list[tuple[Wrong, int, int]]:
    assert not is_sound(lines, noted)
    return [(f.wrong, f.first, f.last) for f in named(lines, noted)]


def test_what_was_written_is_sound_also_when_the_clock_went_back():
    assert is_sound(LINES)
    assert named(LINES) == ()
    assert is_sound([], ())


_OTHER = {
    str: lambda v: v + "x",
    int: lambda v: v + 1,
    bytes: lambda v: bytes([v[0] ^ 1, *v[1:]]),
}


@settings(max_examples=150, deadline=None)
@given(index=st.integers(0, 11), field=st.sampled_from(AuditLine.__slots__))
def test_an_edit_of_any_field_of_any_line_is_named(index: int, field: str):
    if field == "number":
        return  # that is a move, see below
    value = getattr(LINES[index], field)
    edited = list(LINES)
    edited[index] = replace(LINES[index], **{field: _OTHER[type(value)](value)})
    number = LINES[index].number
    assert (Wrong.CHANGED, number, number) in told(edited)
    assert len(told(edited)) == 1


@settings(max_examples=50, deadline=None)
@given(index=st.integers(0, 11))
def test_a_line_that_was_removed_is_named(index: int):
    without = LINES[:index] + LINES[index + 1 :]
    wrong = Wrong.CUT_OFF if index == 11 else Wrong.REMOVED
    assert told(without) == [(wrong, index + 1, index + 1)]


@settings(max_examples=50, deadline=None)
@given(kept=st.integers(0, 11))
def test_a_tail_that_was_cut_off_is_named(kept: int):
    assert told(LINES[:kept]) == [(Wrong.CUT_OFF, kept + 1, 12)]


@settings(max_examples=50, deadline=None)
@given(first=st.integers(0, 11), second=st.integers(0, 11))
def test_lines_that_were_swapped_are_named_with_where_they_were(first: int, second: int):
    if first == second:
        return
    swapped = list(LINES)
    swapped[first] = replace(LINES[second], number=first + 1)
    swapped[second] = replace(LINES[first], number=second + 1)
    found = {f.first: f for f in named(swapped)}
    assert set(found) == {first + 1, second + 1}
    assert found[first + 1].wrong is Wrong.MOVED
    assert found[first + 1].words == f"line {second + 1} stands here"
    assert not is_sound(swapped)


@settings(max_examples=50, deadline=None)
@given(index=st.integers(0, 12))
def test_a_line_that_was_put_in_is_named_and_so_are_those_it_pushed_on(index: int):
    forged = replace(LINES[0], number=index + 1, details="{}", signature=bytes(64))
    pushed = [replace(line, number=line.number + 1) for line in LINES[index:]]
    longer = [*LINES[:index], forged, *pushed]
    found = told(longer)
    assert found[0] == (Wrong.CHANGED, index + 1, index + 1)
    assert [f[0] for f in found[1:]] == [Wrong.MOVED] * len(pushed)


def test_a_chain_made_anew_without_the_key_is_named_from_where_it_was_changed():
    forged = list(LINES[:6])
    for line in LINES[6:]:
        other = replace(line, details='{"number":0}', previous=link(forged[-1]))
        other = replace(other, hash=hash_of(other))
        forged.append(replace(other, signature=FORGER.sign(other.hash)))
    assert told(forged) == [(Wrong.CHANGED, 7, 12)]


def test_genuine_lines_of_another_history_are_named():
    other = sealed(Draft(action=Action.RULE_ADDED, municipality=HERE), LINES[10], NOON, SEAL)
    assert told([*LINES[:11], other]) == [(Wrong.REPLACED, 12, 12)]
    assert is_sound([*LINES[:11], other], NOTED[:1]), "without a note it is as good as the first"


def test_another_municipality_s_lines_do_not_stand_for_these():
    elsewhere = chain_of(12, THERE)
    assert told(elsewhere) == [(Wrong.CHANGED, 1, 12)]
    assert is_sound(LINES, (*NOTED, Head(THERE, 99, bytes(32)))), "another's notes say nothing here"


def test_the_key_of_the_log_is_made_once_and_not_replaced_unnoticed(tmp_path: Path):
    file = tmp_path / "audit.key"
    made = audit_seal(file, may_make=True)
    assert file.stat().st_mode & 0o077 == 0
    assert audit_seal(file, may_make=False).public_key == made.public_key
    file.unlink()
    with pytest.raises(StartRefused, match="is missing"):
        audit_seal(file, may_make=False)
    file.write_bytes(b"short")
    with pytest.raises(StartRefused, match="damaged"):
        audit_seal(file, may_make=True)
