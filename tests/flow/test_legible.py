"""Damage in the middle of the journal is passed over by all its readers, and named."""

from pathlib import Path

import pytest

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import NOBODY
from appliance.domain.instant import Instant, text
from appliance.domain.rules import Threshold
from appliance.flow.faults import Faults
from appliance.flow.legible import LegibleJournal
from storage.journal.journal import FileJournal
from storage.memory.journal import MemoryJournal
from tests.builders import HERE, NOON, SENSOR, THERE, a_checked_batch, many_readings
from tests.fakes import FixedClock
from tests.flow.plant import KEY, Plant

EVERYTHING = {"since": Instant(0), "until": Instant(2**62)}


async def write(path: Path, batches: int) -> None:
    journal = FileJournal(path, KEY, FixedClock())
    await journal.start()
    for number in range(batches):
        start = Instant(NOON + number * 1_000_000_000)
        await journal.append([a_checked_batch(many_readings(200, sensors=1, start=start))])
    await journal.stop()


def overwrite_the_middle(folder: Path) -> None:
    (file,) = (path for path in folder.iterdir() if path.stem == "00000001")
    content = file.read_bytes()
    middle = len(content.rstrip(b"\0")) // 2
    file.write_bytes(content[:middle] + b"\x5a" * 64 + content[middle + 64 :])


async def test_history_and_detection_go_on_behind_a_damaged_place_at_every_start(
    tmp_path: Path,
) -> None:
    await write(tmp_path / "journal", 100)
    overwrite_the_middle(tmp_path / "journal")
    for start in range(2):
        plant = Plant(tmp_path, clock=FixedClock(Instant(NOON + 10**12)))
        async with plant.running():
            assert plant.journal.last == 100 + start
            await plant.rule(Threshold(operator=">", value=5.0, unit="bar"))
            (answer,) = await plant.send(
                {"timestamp": text(Instant(plant.clock.now() + start)), "value": 6.0}
            )
            assert answer.counts.stored == 1
            (alert,) = await plant.alerts()
            assert alert.occurrences == 1 + start
            named = plant.faults.all()
            assert 1 <= len(named) <= 20
            assert all("which is damaged" in fault.what for fault in named)
            kept = await plant.history.of(HERE).count(SENSOR, **EVERYTHING)
            assert kept == (100 - len(named)) * 200 + 1 + start
            assert (await plant.ledger()).stored == kept
            assert (await plant.ledger(THERE)).received == 0


async def test_what_can_be_read_is_read_and_what_is_damaged_is_nobodys() -> None:
    journal = MemoryJournal(FixedClock())
    await journal.append([a_checked_batch(many_readings(2)) for _ in range(5)])
    faults = Faults(FixedClock())
    legible = LegibleJournal(Damaged(journal, 3), faults)
    assert [b.sequence for b in await legible.read(0)] == [1, 2]
    (stand_in,) = await legible.read(2)
    assert (stand_in.sequence, stand_in.municipality, len(stand_in.readings)) == (3, NOBODY, 0)
    assert stand_in.counts.received == 0
    assert [b.sequence for b in await legible.read(3)] == [4, 5]
    found = await legible.batch(3)
    assert found is not None
    assert found.municipality == NOBODY
    assert [fault.times for fault in faults.all()] == [2]


async def test_what_was_damaged_together_is_passed_over_together_as_far_as_was_asked() -> None:
    journal = MemoryJournal(FixedClock())
    await journal.append([a_checked_batch() for _ in range(9)])
    faults = Faults(FixedClock())
    legible = LegibleJournal(Damaged(journal, 3, through=7), faults)
    assert [b.sequence for b in await legible.read(2)] == [3, 4, 5, 6, 7]
    assert [b.sequence for b in await legible.read(2, limit=2)] == [3, 4]
    assert [b.sequence for b in await legible.read(7)] == [8, 9]
    assert [fault.what for fault in faults.all()] == [
        "reading batches 3 to 7 of the journal, which is damaged",
        "reading batches 3 to 4 of the journal, which is damaged",
    ]


async def test_damage_at_the_beginning_of_what_is_left_is_passed_over() -> None:
    journal = MemoryJournal(FixedClock())
    await journal.append([a_checked_batch() for _ in range(9)])
    await journal.forget(5)
    legible = LegibleJournal(Damaged(journal, 5), Faults(FixedClock()))
    assert [b.sequence for b in await legible.read(0)] == [5]
    assert [b.sequence for b in await legible.read(5)] == [6, 7, 8, 9]


async def test_a_disk_that_cant_be_read_is_not_passed_over() -> None:
    journal = MemoryJournal(FixedClock())
    await journal.append([a_checked_batch()])
    legible = LegibleJournal(Damaged(journal, 1, field="sequence"), Faults(FixedClock()))
    with pytest.raises(StorageFailed):
        await legible.read(0)


class Damaged:
    """A journal one of whose batches can't be read."""

    def __init__(
        self, journal: MemoryJournal, place: int, field: str = "damaged", through: int | None = None
    ) -> None:
        self._journal = journal
        self._place = place
        self._problem = StorageFailed(store="journal", problem="no", **{field: place})
        if through is not None:
            self._problem.fields["through"] = through

    async def read(self, after: int, *, limit: int = 256, most_readings: int = 100_000):
        after = max(after, self.first - 1)
        if after < self._place <= after + limit:
            raise self._problem
        return await self._journal.read(after, limit=limit, most_readings=most_readings)

    @property
    def first(self) -> int:
        return self._journal.first

    async def batch(self, sequence: int):
        if sequence == self._place:
            raise self._problem
        return await self._journal.batch(sequence)
