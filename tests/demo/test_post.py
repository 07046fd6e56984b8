"""The demo's letters stay at home, and nobody else's do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from appliance.demo import kept
from appliance.demo.kept import Kept
from appliance.demo.post import SortedPost
from appliance.demo.postbox import KEPT, Postbox
from appliance.domain.errors import DeliveryFailed
from appliance.domain.ids import MunicipalityId
from appliance.outbound.mail import MailMessenger, MailOptions
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, THERE, a_municipality
from tests.fakes import FixedClock
from tests.flow.plant import KEY
from tests.flow.test_delivering import FakeMessenger
from tests.outbound.parcels import a_parcel, of


@contextlib.asynccontextmanager
async def a_postbox(folder: Path) -> AsyncIterator[tuple[MailMessenger, list[str]]]:
    shown: list[str] = []
    box = Postbox(folder, shown.append)
    options = MailOptions(host="127.0.0.1", port=box.port, from_address="weir@demo.example")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(box.run())
        yield MailMessenger(options, FixedClock()), shown
        running.cancel()


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def sent(messenger: MailMessenger) -> None:
    """Send, again where the postbox does not listen yet."""
    async with asyncio.timeout(5):
        while True:
            try:
                return await messenger.send(a_parcel())
            except DeliveryFailed:
                await asyncio.sleep(0.01)


async def test_a_letter_is_kept_as_a_file_and_told_in_one_line(tmp_path: Path):
    folder = tmp_path / "demo-mail"
    async with a_postbox(folder) as (messenger, shown):
        await sent(messenger)
    letter = message_from_bytes((folder / "000001.eml").read_bytes(), policy=default)
    assert letter["Subject"] == "[CRITICAL] Pressure too low – Mill Lane, Brookfield"
    (line,) = shown
    assert line.startswith("mail to duty@brookfield.example: [CRITICAL] Pressure too low")
    assert "\n" not in line


async def test_the_newest_hundred_stay_and_numbers_go_on_after_a_restart(tmp_path: Path):
    for number in range(1, KEPT + 1):
        (tmp_path / f"{number:06}.eml").write_bytes(b"Subject: old\r\n\r\n")
    async with a_postbox(tmp_path) as (messenger, _):
        await sent(messenger)
    names = await asyncio.to_thread(_names, tmp_path)
    assert len(names) == KEPT
    assert (names[0], names[-1]) == ("000002.eml", f"{KEPT + 1:06}.eml")


@pytest.fixture
async def operations(tmp_path: Path) -> AsyncIterator[SqliteOperations]:
    database = SqliteOperations(tmp_path / "operations.db", KEY, FixedClock())
    await database.start()

    def settle(tables):
        tables.put_municipality(a_municipality(demo=True))
        tables.put_municipality(a_municipality(id=THERE, name="Ashford"))
        kept.remember(tables, Kept(HERE, "demo", "x", {}, NOON))

    await database.write_system(settle)
    yield database
    await database.stop()


async def test_only_the_demos_letters_go_to_its_postbox(operations: SqliteOperations):
    demo, real = FakeMessenger(), FakeMessenger()
    ours = a_parcel()
    theirs = of(ours, THERE, target="duty@ashford.example")
    post = SortedPost(operations, demo, real)
    await post.send(ours)
    await post.send(theirs)
    assert (demo.sent, real.sent) == ([ours], [theirs])


async def test_without_a_mail_server_everybody_elses_letters_wait(operations: SqliteOperations):
    demo = FakeMessenger()
    with pytest.raises(DeliveryFailed) as caught:
        await SortedPost(operations, demo, None).send(of(a_parcel(), THERE))
    assert not caught.value.will_never_work
    assert demo.sent == []


async def test_a_municipality_that_is_no_demo_is_never_taken_for_one(operations: SqliteOperations):
    taken = Kept(MunicipalityId(THERE), "x", "y", {})
    await operations.write_system(lambda tables: kept.remember(tables, taken))
    assert await operations.read_system(kept.recall) is None
