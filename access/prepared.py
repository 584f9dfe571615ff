"""Statements made once and given to the driver as they are, for the one place where a person waits at a door.

At each execution SQLAlchemy spends more on a small statement than SQLite does (50 against 8 µs, `vuoro bench doors`).
The statement, its types and the transaction are SQLAlchemy's all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Delete, Dialect, Insert, Select, Update

Statement: TypeAlias = Select[Any] | Select[Any, Any] | Insert | Update | Delete


class Prepared:
    """One statement for one dialect. Parameters are given by the names of its columns or bound parameters."""

    def __init__(self, statement: Statement, dialect: Dialect, *, columns: Iterable[str] | None = None) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=None if columns is None else list(columns))
        self.sql = str(compiled)
        self._order: Sequence[str] | None = compiled.positiontup
        binds = compiled.binds
        kinds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
        self._kinds: Mapping[str, Callable[[Any], Any]] = {name: kind for name, kind in kinds.items() if kind}
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}

    def given(self, values: Mapping[str, Any]) -> Any:
        """The parameters as the driver wants them."""
        named = {**self._fixed, **values}
        for name, kind in self._kinds.items():
            named[name] = kind(named[name])
        return named if self._order is None else [named[name] for name in self._order]

    def run(self, cursor: Any, values: Mapping[str, Any]) -> None:
        cursor.execute(self.sql, self.given(values))

    def run_all(self, cursor: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        """Once for each row."""
        if len(rows) == 1:
            self.run(cursor, rows[0])
        elif rows:
            cursor.executemany(self.sql, [self.given(row) for row in rows])
