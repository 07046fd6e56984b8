"""What THERE has that HERE would show only if a check were missing which others stand before."""

from collections.abc import Mapping
from typing import Any, Final

from appliance.domain.attachments import MOST_BYTES_PER_MUNICIPALITY
from appliance.domain.findings import Anomaly, Evidence
from appliance.domain.ids import MunicipalityId, SensorId
from appliance.domain.instant import Instant
from appliance.domain.sensors import LastContact
from tests.api.appliance import Weir

SECRET: Final = "Secret Spring"
"""In the names of everything of THERE."""
SECRET_NUMBER: Final = 987_654_321
"""Among the figures of THERE, and large enough to be found in what is said of others."""
_STRAYS: Final = (
    """INSERT INTO alert_change VALUES (:alert, :number, :mine, 'comment', NULL, 'open', 0, NULL,
    :note, NULL)""",
    """INSERT INTO incident_entry VALUES (:incident, :number, :mine, 'comment', 0, NULL, :note,
    NULL, NULL, NULL, NULL)""",
    "INSERT INTO incident_alert VALUES (:incident, :another, :mine)",
    """INSERT INTO checklist_item VALUES (:number, :incident, :mine, :number, :note, 0, NULL, NULL,
    1)""",
    """INSERT INTO attachment VALUES (:number, :mine, :theirs, 'none', :note, 'image/png', :size,
    x'00', NULL, NULL, NULL, NULL, 1, 0)""",
    """INSERT INTO edit_part SELECT edit, :number, :mine, asset, :note, before, after FROM edit_part
    WHERE edit = :edit""",
    """INSERT INTO rejection VALUES (NULL, :mine, :note, 0, 'http', 'wrong_key', :note, :note)""",
    "INSERT INTO preference VALUES (:mine, 'stray', :note, x'00', 0)",
    """INSERT INTO delivery VALUES ('stray', :mine, :webhook, :alert, :number, 'sent', 1, 0, 0, 0, 0,
    :note)""",
)
"""Rows of THERE under things of HERE, where no statement of Weir's puts them; and a file of THERE's
as large as all that a municipality may keep."""


async def notice(weir: Weir, municipality: int, sensor: int) -> None:
    """Have a sensor's device known and a reading of it called unusual, as detection does later."""
    at, words = Instant(SECRET_NUMBER), Evidence("it is far from its usual ones")

    def change(tables: Any) -> None:
        tables.watch.save_contacts([LastContact(SensorId(sensor), time=at)])
        unusual = Anomaly(SensorId(sensor), at, "spike", 9.0, words)
        tables.of(MunicipalityId(municipality)).anomalies.add([unusual])

    await weir.core.operations.write_system(change)


async def limit_there(weir: Weir) -> None:
    """Give THERE limits of its own; HERE has the usual ones."""
    pace = {"messages_per_second": 1000.0, "burst": SECRET_NUMBER}
    body = {"device": pace, "total": pace, "municipality_id": weir.there.id}
    answer = await weir.chief("PUT", "devices/limits", body)
    assert answer.status == 200, answer


async def leave_strays(
    weir: Weir, here: Mapping[str, int], outside: Mapping[str, int], there: Mapping[str, int]
) -> None:
    """Put the rows there, given the things of both, and further ones of HERE."""
    values = {"number": SECRET_NUMBER, "note": SECRET, "size": MOST_BYTES_PER_MUNICIPALITY}
    values |= {name: here[name] for name in ("alert", "incident", "webhook", "edit")}
    values |= {"theirs": there["incident"], "another": outside["alert"]}

    def change(tables: Any) -> None:
        for statement in _STRAYS:
            tables.of(MunicipalityId(weir.there.id)).alerts._run.change(statement, **values)

    await weir.core.operations.write_system(change)
