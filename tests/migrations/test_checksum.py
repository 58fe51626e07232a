"""A revision's checksum changes with what its file does, on no other occasion, and is the same everywhere."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from colonnade.errors import MigrationError
from colonnade.migrations.checksum import checksum, checksum_of

SOURCE = '''\
"""Add a title."""
import sqlalchemy as sa
from alembic import op

revision = "a1"


def upgrade():
    """Go up."""
    name = f"x{revision!r:>{10}}" "and" 'more'
    op.execute("""
        UPDATE t SET a = 'b'  -- kept as it is
    """)
    if name:
        op.drop_table(
            "t",
        )
'''

SAME = [
    ("a comment", "import sqlalchemy as sa", "import sqlalchemy as sa  # the usual"),
    ("blank lines", "\n\n\ndef", "\n\n\n\n\ndef"),
    ("spaces", 'revision = "a1"', 'revision   =   "a1"'),
    ("quotes", "'more'", '"more"'),
    ("a docstring", '"""Go up."""', '"""Go up, gently."""'),
    ("the module's docstring", '"""Add a title."""', '"""Add titles.\n\nCreate Date: now\n"""'),
    ("line breaks", '(\n            "t",\n        )', '("t",)'),
    ("indentation", "    if name:\n        op", "    if name:\n            op"),
]
OTHER = [
    ("a name", "drop_table", "drop_tables"),
    ("a text", '"t"', '"u"'),
    ("SQL", "a = 'b'", "a = 'c'"),
    ("space in SQL", "UPDATE t", "UPDATE  t"),
    ("an f-string", "revision!r", "revision!s"),
    ("a number in a format", "{10}", "{11}"),
    ("what a block holds", "    if name:\n        op", "    if name:\n        pass\n    op"),
]


@pytest.mark.parametrize(("what", "before", "after"), SAME, ids=[what for what, *_ in SAME])
def test_what_does_not_count(what: str, before: str, after: str) -> None:
    assert before in SOURCE
    changed = SOURCE.replace(before, after)
    if what == "indentation":
        changed = changed.replace('            "t",\n        )', '                "t",\n            )')
    assert checksum(changed) == checksum(SOURCE), what


@pytest.mark.parametrize(("what", "before", "after"), OTHER, ids=[what for what, *_ in OTHER])
def test_what_counts(what: str, before: str, after: str) -> None:
    assert before in SOURCE
    changed = SOURCE.replace(before, after)
    if what == "what a block holds":
        changed = changed.replace('            "t",\n        )', '        "t",\n    )')
    assert checksum(changed) != checksum(SOURCE), what


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_other_versions_of_python_agree(version: str, tmp_path: Path) -> None:
    script = (
        "import sys; from colonnade.migrations.checksum import checksum; print(checksum(sys.stdin.read()))"
    )
    try:
        found = subprocess.run(
            [f"python{version}", "-c", script],
            input=SOURCE,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": _importable(tmp_path)},
            check=False,
        )
    except FileNotFoundError:
        pytest.skip(f"no python{version} here")
    if found.returncode and "pyenv" in found.stderr:
        pytest.skip(f"no python{version} here")
    assert found.stdout.strip() == checksum(SOURCE), found.stderr


def _importable(folder: Path) -> str:
    """Give a path on which the module is found without the package's dependencies."""
    here = Path(checksum.__code__.co_filename)
    room = folder / "colonnade" / "migrations"
    room.mkdir(parents=True)
    (room / "checksum.py").write_text(here.read_text(encoding="utf-8"), encoding="utf-8")
    errors = "class MigrationError(Exception): ...\n"
    (folder / "colonnade" / "errors.py").write_text(errors, encoding="utf-8")
    return str(folder)


def test_what_is_not_python(tmp_path: Path) -> None:
    file = tmp_path / "r1.py"
    file.write_text("def upgrade(:\n")
    with pytest.raises(MigrationError, match=r"r1\.py"):
        checksum_of(file)
    with pytest.raises(MigrationError, match="nowhere"):
        checksum_of(tmp_path / "nowhere.py")
