"""The demo's last part: a catalogue of the first days, with its rows, brought up to today's schema."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from colonnade import AlembicManager, DatabaseManager
from stoat_ferret.cli.output import heading, say
from stoat_ferret.db.schema import SCRIPTS

__all__ = ["show_upgrade"]

FIRST = "5f0c1a2b7d10"
ROWS = (
    "INSERT INTO projects (id, name, workspace_path)"
    " VALUES (1, 'Harbour film', '/harbour'), (2, 'Gulls', '/gulls')",
    "INSERT INTO videos (id, project_id, filename, path, duration, framerate_num, framerate_den, width,"
    " height) VALUES (1, 1, 'street.mp4', '/harbour/street.mp4', 2.002, 23976, 1000, 320, 180),"
    " (2, 2, 'gulls.avi', '/gulls/gulls.avi', 1.5, 24, 1, 320, 240)",
    "INSERT INTO clips (id, project_id, video_id, in_point, out_point)"
    " VALUES (1, 1, 1, 0, 24), (2, 1, 2, 0, 12)",
)
ASKED = (
    ("framerates", "SELECT framerate_num, framerate_den FROM videos ORDER BY id"),
    ("clips' projects", "SELECT project_id FROM clips ORDER BY id"),
)


def show_upgrade(file: Path) -> None:
    """Make the old catalogue in this file, upgrade it, and tell what each stage does.

    Raises:
        MigrationError: the upgrade stopped; the file is as it was before.
    """
    heading("A catalogue of the first days is upgraded")
    with DatabaseManager(f"sqlite:///{file}") as db:
        migrations = AlembicManager(db, script_location=SCRIPTS)
        migrations.upgrade(FIRST)
        with db.session() as session:
            for statement in ROWS:
                session.execute(text(statement))
        for line in str(migrations.status()).splitlines():
            say(line)
        _ask(db)
        stages: list[str] = []
        migration = migrations.upgrade(progress=lambda stage, *_: stages.append(stage))
        say(f"The stages: {', '.join(dict.fromkeys(stages))}")
        for step in migration.plan.steps:
            say(f"  {step.revision.id}  {step.revision.message}: {step.seconds or 0:.3f} s on the copy")
        for finding in migration.plan.findings:
            say(f"  {finding}")
        for backup in migrations.backups():
            say(f"The backup, restored once to prove it: {backup.file}, {backup.content.rows} rows")
        _ask(db)


def _ask(db: DatabaseManager) -> None:
    with db.session() as session:
        for what, statement in ASKED:
            rows = ["/".join(map(str, row)) for row in session.execute(text(statement))]
            say(f"{what}: {', '.join(rows)}")
