"""Reading the MQTT door's sessions back."""

import apsw

from appliance.domain.instant import Instant
from appliance.ports.sessions import (
    CopyNumber,
    Kept,
    KeptSession,
    Queued,
    Retained,
    SessionNumber,
)


def load(connection: apsw.Connection) -> Kept:
    """Give everything that is kept."""
    sessions = {
        number: KeptSession(
            SessionNumber(number), name, None if since is None else Instant(int(since))
        )
        for number, name, since in connection.execute("SELECT * FROM sessions ORDER BY number")
    }
    for session, topic_filter, qos in connection.execute("SELECT * FROM filters"):
        sessions[session].filters[topic_filter] = qos
    for session, packet_id in connection.execute("SELECT * FROM taken"):
        sessions[session].taken.add(packet_id)
    for copy in _copies(connection):
        sessions[copy.session].copies.append(copy)
    retained = connection.execute("SELECT topic, payload, qos FROM retained ORDER BY place")
    return Kept(list(sessions.values()), [Retained(*row) for row in retained])


def _copies(connection: apsw.Connection) -> list[Queued]:
    return [
        Queued(
            SessionNumber(session),
            CopyNumber(number),
            topic,
            payload,
            qos,
            bool(retain),
            packet_id,
            bool(received),
        )
        for session, number, topic, payload, qos, retain, packet_id, received in connection.execute(
            "SELECT * FROM copies ORDER BY session, number"
        )
    ]
