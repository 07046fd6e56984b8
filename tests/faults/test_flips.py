"""Damage to any file: never a wrong answer in silence, and every damage is named."""

import random
from pathlib import Path

import pytest

from tests.faults.flipping import BAD, Bench
from tests.faults.known import states_of
from tests.faults.town import Town, copy_of

RUNS = 8


@pytest.fixture
def bench(founded: Town, tmp_path: Path) -> Bench:
    folder = copy_of(founded.folder, tmp_path / "town" / "data")
    town = Town(folder, founded.here, founded.there, founded.keys, token=founded.token)
    states = states_of(town, tmp_path, 300)
    (tmp_path / "bench").mkdir()
    return Bench(town, states, tmp_path / "bench")


def test_no_damage_gives_a_wrong_answer_in_silence_and_each_is_named(bench: Bench) -> None:
    assert bench.questions_with_content() > 1_000
    for number in range(RUNS):
        run = bench.run(random.Random(number))
        assert run.outcome not in BAD, run
