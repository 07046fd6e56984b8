"""The one way into an SQLite file: encrypted, synced, distrustful of its schema.

Nothing else in Weir may open such a file. Not with another SQLite library, and not with `open()`:
closing any descriptor of a file drops every POSIX lock that this process has on it, and two
writers that don't see each other's locks destroy it (sqlite.org/howtocorrupt.html, 2.2).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from appliance.domain.errors import DiskFull, StartRefused, StorageFailed

BUSY_MILLISECONDS: Final = 5_000
KEY_LENGTH: Final = 32
_KNN: Final = frozenset({"knn", "knn2"})
_PLAIN: Final = b"SQLite format 3\x00"

_PLACES: Final = (
    "/usr/lib/*-linux-gnu*/mod_spatialite.so",
    "/usr/lib64/mod_spatialite.so",
    "/usr/lib/mod_spatialite.so",
    "/usr/local/lib/mod_spatialite.*",
    "/opt/homebrew/lib/mod_spatialite.dylib",
)


def open_database(
    path: Path | None,
    key: bytes | None,
    *,
    spatial: bool = False,
    read_only: bool = False,
) -> apsw.Connection:
    """Open a file (None: memory) that is what it should be, or raise StorageFailed saying why not.

    With a key (32 random bytes) every page of the file and of its write-ahead log is encrypted
    with ChaCha20 and carries a Poly1305 tag; a file that turns out to be in plain text is refused.
    A commit has been synced when it returns. One thread at a time may use the connection.
    """
    with storage_failures(path):
        if path is not None and key is not None:
            _must_not_be_plain(path)
        connection = apsw.Connection(
            ":memory:" if path is None else str(path), flags=_flags(read_only=read_only)
        )
        try:
            _configure(connection, path, key, read_only=read_only)
            if path is not None and key is not None:
                _must_not_be_plain(path)
            if spatial:
                _load_spatialite(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def find_spatialite() -> Path:
    """Give the file of the SpatiaLite extension, or raise StartRefused with what would install it."""
    bundled = Path(sys.prefix) / "spatialite"
    for folder, pattern in ((bundled, "mod_spatialite.*"), *((Path("/"), p[1:]) for p in _PLACES)):
        for file in sorted(folder.glob(pattern)):
            return file
    raise StartRefused(
        problem="mod_spatialite, which keeps the map, is not installed",
        remedy="sudo apt-get install libsqlite3-mod-spatialite",
    )


@contextmanager
def storage_failures(path: Path | None) -> Iterator[None]:
    """Turn what SQLite says about a file into StorageFailed; other errors pass unchanged."""
    store = "memory" if path is None else str(path)
    try:
        yield
    except apsw.NotADBError as error:
        raise StorageFailed(
            store=store, problem="the key does not fit this file, or it is no database"
        ) from error
    except apsw.Error as error:
        if is_full(error):
            raise DiskFull(store=store) from error
        raise StorageFailed(store=store, problem=str(error)) from error


def is_full(error: apsw.Error) -> bool:
    """Say whether only room is missing: the transaction was rolled back, and can be done again.

    SHMSIZE: the index of the write-ahead log could not grow. A failed sync is never among these.
    """
    shm = getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE
    return isinstance(error, apsw.FullError) or shm


def _casefold(*given: object) -> str | None:
    """Give text without case, in any script: SQLite's own lower() knows only ASCII."""
    (text,) = given
    return text.casefold() if isinstance(text, str) else None


def _flags(*, read_only: bool) -> int:
    if read_only:
        return apsw.SQLITE_OPEN_READONLY
    return apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE


def _configure(
    connection: apsw.Connection, path: Path | None, key: bytes | None, *, read_only: bool
) -> None:
    connection.set_busy_timeout(BUSY_MILLISECONDS)
    if key is not None:
        _unlock(connection, key)
    connection.execute("PRAGMA temp_store = MEMORY")  # temporary files would be in plain text
    # Plans that don't depend on bound values: else SQLite, which is built with STAT4, compiles half
    # of our queries anew each time they are run.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    connection.create_scalar_function("casefold", _casefold, 1, deterministic=True)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    if path is not None and not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()


def _unlock(connection: apsw.Connection, key: bytes) -> None:
    """Set the key as it is: it is random already, and deriving one costs 60 ms per connection."""
    if len(key) != KEY_LENGTH:
        raise ValueError(f"a database key has {KEY_LENGTH} bytes, not {len(key)}")
    connection.execute("PRAGMA cipher = 'chacha20'")
    answer = connection.execute(f"PRAGMA key = 'raw:{key.hex()}'").fetchall()
    if answer != [("ok",)]:  # a SQLite without encryption ignores the pragma
        raise apsw.CantOpenError("this SQLite can't encrypt")


def _must_not_be_plain(path: Path) -> None:
    if path.exists() and _beginning(path) == _PLAIN:
        raise StorageFailed(
            store=str(path), problem="the file is not encrypted, though it should be"
        )


def _beginning(path: Path) -> bytes:
    """Read the first bytes through SQLite's own file layer, which keeps this process's locks."""
    system = "win32" if sys.platform == "win32" else "unix"
    flags = [apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_MAIN_DB, 0]
    file = apsw.VFSFile(system, str(path), flags)
    try:
        return file.xRead(min(len(_PLAIN), file.xFileSize()), 0)
    finally:
        file.xClose()


def _load_spatialite(connection: apsw.Connection) -> None:
    extension = find_spatialite()
    connection.enable_load_extension(enable=True)
    try:
        connection.load_extension(str(extension))
    finally:
        connection.enable_load_extension(enable=False)
    connection.authorizer = _forbid_knn


def _forbid_knn(
    action: int, first: str | None, second: str | None, _database: str | None, _by: str | None
) -> int:
    """Deny SpatiaLite's nearest-neighbour tables.

    Version 5.0.1, which Debian ships, calls an R-tree function of the system's own SQLite in
    them and crashes the process when that is not the SQLite it was loaded into. Its
    InitSpatialMetaData insists on making a table of this name, which alone is harmless.
    """
    name = (first or "").lower()
    if action == apsw.SQLITE_CREATE_VTABLE:
        foreign = (second or "").lower().startswith("virtualknn") and name not in _KNN
        return apsw.SQLITE_DENY if foreign else apsw.SQLITE_OK
    if action in {apsw.SQLITE_READ, apsw.SQLITE_ALTER_TABLE} and _is_knn(first, second):
        return apsw.SQLITE_DENY
    return apsw.SQLITE_OK


def _is_knn(first: str | None, second: str | None) -> bool:
    return not {(first or "").lower(), (second or "").lower()}.isdisjoint(_KNN)
