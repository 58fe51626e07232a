"""A database as seeds: a file for each table, from which the same rows can be made."""

from __future__ import annotations

import json
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from sqlalchemy import MetaData, Table, select

from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import SeedingError
from colonnade.models.plain import to_plain
from colonnade.repository.operation import operation
from colonnade.seeding.writing import Progress, _silent, _sorted, metadata_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.engine.home import Home

__all__ = ["export"]

Form = Literal["json", "yaml"]


class _Exporting:
    """Exporting on either face."""

    def __init__(self, home: Home, metadata: MetaData) -> None:
        self._home, self._metadata = home, metadata

    @operation
    def export(
        self, folder: Path, tables: Iterable[str] | None, form: Form, progress: Progress
    ) -> dict[str, int]:
        chosen = _chosen(self._metadata, tables)
        folder.mkdir(parents=True, exist_ok=True)
        counts = {}
        with self._home.connection("read_only") as connection:
            for number, table in enumerate(chosen):
                rows = _rows(connection, table)
                counts[str(table.name)] = len(rows)
                file = folder / f"{number + 1:03}_{table.name}.{form}"
                file.write_text(_written({str(table.name): rows}, form), encoding="utf-8")
                progress(table.name, number + 1, len(chosen))
        return counts


class _SyncExporting(_Exporting, SyncFace):
    """On the synchronous face."""


class _AsyncExporting(_Exporting, AsyncFace):
    """On the asynchronous face."""


@overload
def export(
    db: DatabaseManager,
    folder: str | Path,
    *,
    tables: Iterable[str] | None = None,
    form: Form = "json",
    progress: Progress | None = None,
) -> dict[str, int]: ...
@overload
def export(
    db: AsyncDatabaseManager,
    folder: str | Path,
    *,
    tables: Iterable[str] | None = None,
    form: Form = "json",
    progress: Progress | None = None,
) -> Coroutine[Any, Any, dict[str, int]]: ...
def export(
    db: DatabaseManager | AsyncDatabaseManager,
    folder: str | Path,
    *,
    tables: Iterable[str] | None = None,
    form: Form = "json",
    progress: Progress | None = None,
) -> Any:
    """Write the rows of the metadata's tables to files, of one moment, and give how many of each.

    All columns but those that the database computes are written, keys among them: `seed` makes the same rows
    of the files. To be awaited with an `AsyncDatabaseManager`.

    Raises:
        SeedingError: for a table that isn't there, and a folder that has something in it.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise SeedingError(f"{target} has something in it", remedy="Name an empty folder, or a new one")
    kind = _SyncExporting if isinstance(db, DatabaseManager) else _AsyncExporting
    chosen = None if tables is None else list(tables)
    return kind(db.home, metadata_of(db)).export(target, chosen, form, progress or _silent)


def _chosen(metadata: MetaData, names: Iterable[str] | None) -> list[Table]:
    every = list(_sorted(metadata))
    if names is None:
        return every
    wanted = set(names)
    if unknown := wanted - {table.name for table in every}:
        raise SeedingError(f"there is no table {', '.join(map(repr, sorted(unknown)))}")
    return [table for table in every if table.name in wanted]


def _rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    columns = [column for column in table.columns if column.computed is None]
    order = list(table.primary_key) or columns
    found = connection.execute(select(*columns).order_by(*order))
    return [
        {str(column.name): to_plain(column.type, value) for column, value in zip(columns, row, strict=True)}
        for row in found
    ]


def _written(document: Any, form: Form) -> str:
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    import yaml

    return str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
