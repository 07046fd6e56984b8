"""A transaction of DuckDB as a block."""

import duckdb


class Transaction:
    """Commits at its end, or rolls back when something is raised."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def __enter__(self) -> None:
        self._cursor.begin()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._cursor.commit()
            return
        try:
            self._cursor.rollback()
        except duckdb.Error:  # what broke it has done so already
            return
