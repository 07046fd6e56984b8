"""Killed again and again while devices report and people work: nothing is lost, nothing is doubled."""

import random

import pytest

from appliance.domain.instant import DAY, SECOND, Instant, text
from tests.builders import NOON
from tests.faults.town import HERE_DEVICES, THERE_DEVICE, Admin, Town, begun
from tests.faults.witness import look_into
from tests.running import command

KILLS = 25


@pytest.mark.parametrize("seed", [11])
def test_after_25_kills_every_ack_was_true_and_everything_happened_once(
    town: Town, seed: int
) -> None:
    chance = random.Random(seed)
    town.start()
    devices = town.let_devices_report()
    admin = Admin(town, seed)
    admin.start()
    for number in range(KILLS):
        town.wait_for_readings(chance.randrange(1, 100))
        if number % 5 == 4:
            admin.wait_for_a_word()
        town.kill()
        town.start()
    town.wait_for_readings(100)
    town.let_devices_finish()
    admin.stop()
    town.stop()

    assert all(device.connections > KILLS // 2 for device in devices), "kills cut connections"
    here, there = look_into(town.folder, town.here), look_into(town.folder, town.there)
    here.must_agree()
    there.must_agree()
    for findings in (here, there):
        acked = {
            (device.name, at)
            for device in devices
            for at in device.acknowledged
            if device.name in findings.devices.values()
        }
        assert acked <= set(findings.journalled), "nothing acknowledged is lost"
    assert {here.devices[alert.sensor] for alert in here.alerts} == set(HERE_DEVICES)
    assert set(there.devices.values()) == {THERE_DEVICE}
    assert there.alerts == []
    comments = here.comments()
    assert admin.said
    assert all(comments[said] == 1 for said in admin.said), "what was answered was done once"


def test_stopped_under_load_it_ends_in_time_with_nothing_lost_and_nothing_to_watch_again(
    town: Town,
) -> None:
    town.start()
    devices = town.let_devices_report()
    for _ in range(3):
        town.wait_for_readings(100)
        town.stop()
        here = look_into(town.folder, town.here)
        here.must_agree()
        acked = {
            (device.name, at)
            for device in devices
            for at in device.acknowledged
            if device.name != THERE_DEVICE
        }
        assert acked <= set(here.journalled)
        assert len(here.alerts) == len(HERE_DEVICES), "all has been watched before the end"
        town.start()
    town.let_devices_finish()
    town.stop()
    look_into(town.folder, town.here).must_agree()


def test_stopped_in_the_middle_of_an_import_it_ends_in_time_and_the_import_can_be_repeated(
    town: Town,
) -> None:
    file = town.folder.parent / "past.csv"
    rows = 100_000
    with file.open("w") as past:
        past.write("device_id,timestamp,value\n")
        for second in range(rows):
            at = text(Instant(NOON - DAY - second * SECOND))
            past.write(f"{HERE_DEVICES[0]},{at},3.1\n")
    arguments = ("import", "readings", str(file), f"--municipality={town.here}")
    town.start()
    with begun(town.folder, *arguments) as importing:
        while town.journalled() < 3:
            assert importing.poll() is None, importing.communicate()
        town.stop()
        _, problem = importing.communicate(timeout=20)
        assert importing.returncode == 1
    assert problem == "weir: Weir is stopping; do it again when it runs\n"
    assert town.weir is not None
    assert "took longer" not in town.weir.log
    figures = command(town.folder, *arguments)
    assert figures["stored"] + figures["duplicate"] == rows
    assert figures["duplicate"] >= 20_000, "what was stored before stays"
    here = look_into(town.folder, town.here)
    here.must_agree()
    assert len(here.journalled) == rows
