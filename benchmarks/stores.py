"""Where the questions are asked: a database of our own on each server that this machine has."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks.clips import Store
from benchmarks.report import progress
from colonnade.testing.databases import Databases
from colonnade.testing.servers import find_servers


def stores(wanted: Iterable[str]) -> Iterator[Store]:
    """Give an empty store on each of these databases in turn; says which are left out for want of a server.

    Each is dropped when the next one is asked for.
    """
    servers = find_servers()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="colonnade-benchmarks-"))
        databases = stack.enter_context(closing(Databases(Path(folder), servers)))
        for database in wanted:
            if database in servers and servers[database].reason:
                print(f"{database} is left out: {servers[database].reason}")
                continue
            progress(f"filling {database}")
            with databases.fresh(database) as url, closing(Store(database, url)) as store:
                yield store
