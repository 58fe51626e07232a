"""The default database: what the package exports ready-made."""

import os
import subprocess
import sys


def test_what_is_exported_opens_nothing_until_it_is_used(tmp_path):
    program = (
        "import stoat_ferret.db as db, pathlib, sys\n"
        "assert not any(name in sys.modules for name in ('sqlite3', 'psycopg', 'pymysql')), 'a driver'\n"
        "for name in db.__all__: getattr(db, name)\n"
        "from stoat_ferret.db.clip_repository import ClipRepository\n"
        "from stoat_ferret.db import clip_repository\n"
        "assert isinstance(clip_repository, ClipRepository)\n"
        "assert not pathlib.Path('film.db').exists()\n"
        "db.create_tables(db.manager)\n"
        "db.project_repository.create(db.Project(name='Film', workspace_path='/films'))\n"
        "with db.session_factory() as session: assert session.get(db.Project, 1).name == 'Film'\n"
        "assert pathlib.Path('film.db').exists()\n"
    )
    environment = {**os.environ, "DATABASE_URL": "sqlite:///film.db"}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True, timeout=60)
