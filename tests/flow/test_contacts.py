"""What is known of a device is what its newest message said, however messages come."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.readings import Readings
from appliance.domain.sensors import LastContact
from appliance.flow.contacts import Contacts
from tests.builders import NOON, SENSOR, a_contact, a_stored_batch, readings

rows = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.integers(0, 99)),
    max_size=12,
)


@given(st.lists(rows, max_size=4))
def test_the_newest_by_the_devices_time_is_the_last_reading_and_arrival_never_goes_back(
    batches: list[list[tuple[int, int, int, int]]],
) -> None:
    contacts = Contacts()
    expected: dict[int, tuple[int, float, int]] = {}
    for batch in batches:
        columns = [np.array(column, np.int64) for column in zip(*batch, strict=True)] or [
            np.empty(0, np.int64)
        ] * 4
        sensors, times, arrived, values = columns
        n = len(sensors)
        table = Readings(
            sensors, times, arrived, values.astype(float), np.ones(n), np.zeros(n, np.uint8)
        )
        contacts.observe((a_stored_batch(table),))
        for sensor, time, came, value in batch:
            last = expected.get(sensor, (0, 0.0, 0))
            newest = (time, float(value)) if time >= last[0] else last[:2]
            expected[sensor] = (*newest, max(last[2], came))
    found = {c.sensor: (c.time, c.value_si, c.arrived) for c in contacts.known.values()}
    assert found == expected
    assert {c.sensor for c in contacts.take_changed()} == set(expected)
    assert contacts.take_changed() == []


def test_what_a_device_says_of_itself_stays_until_it_says_otherwise() -> None:
    contacts = Contacts()
    contacts.begin([LastContact(SENSOR, battery_percent=50.0, usual_interval=60)])
    contacts.observe((a_stored_batch(readings(3e5), contacts=(a_contact(battery_percent=None),)),))
    (known,) = contacts.take_changed()
    assert known == LastContact(SENSOR, NOON, 3e5, NOON + 1_000_000, 50.0, -71.0, 60)
