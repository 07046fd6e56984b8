"""Opening the file of sessions; one that is damaged is put aside and begun anew.

Clients subscribe again when they come back, and publish again what they retain. A server that does
not start because of it would lose more.
"""

import logging
from pathlib import Path

import apsw

from appliance.domain.errors import StartRefused, StorageFailed
from appliance.domain.instant import Instant, to_datetime
from storage.sessions.file import open_sessions
from storage.soundness import is_damage, must_be_sound

_log = logging.getLogger(__name__)


def open_or_begin_anew(path: Path, key: bytes, now: Instant) -> apsw.Connection:
    """Open the file, and make it anew where it can't be used; raises as `open_sessions` does."""
    try:
        return _open(path, key)
    except _Damaged as problem:
        stamp = to_datetime(now).strftime("%Y%m%dT%H%M%S.%fZ")
        _log.warning("the MQTT sessions can't be used and begin anew: %s", problem)
        aside = path.with_name(f"{path.name}.damaged-{stamp}")
        path.replace(aside)
        for suffix in ("-wal", "-shm"):
            left = path.with_name(path.name + suffix)
            if left.exists():
                left.replace(aside.with_name(aside.name + suffix))
        return _open(path, key)


class _Damaged(Exception):
    """The file is not what was written."""


def _open(path: Path, key: bytes) -> apsw.Connection:
    try:
        connection = open_sessions(path, key)
    except StorageFailed as failure:
        if is_damage(failure):
            raise _Damaged(str(failure)) from failure
        raise
    try:
        must_be_sound(path, key, connection)
    except StartRefused as refused:
        connection.close()
        raise _Damaged(str(refused)) from refused
    except BaseException:
        connection.close()
        raise
    return connection
