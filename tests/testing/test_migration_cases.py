"""The cases for users' trees pass on trees that are well, and each planted fault is caught by its case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from app.database.migrations_utils import SCRIPTS as STORYBOOK
from app.database.models import Base as StorybookBase
from dbp.database import SCRIPTS as DBP
from dbp.database import Base as DbpBase
from stoat_ferret.db import Base as StoatBase
from stoat_ferret.db.schema import SCRIPTS as STOAT_FERRET

from colonnade import AlembicManager
from colonnade.errors import DatabaseError
from colonnade.models.base import conventional_metadata
from colonnade.testing.migrations import MigrationCases
from tests.migrations.trees import Rev, make_tree


class TestStoatFerret(MigrationCases):
    script_location = STOAT_FERRET
    metadata = StoatBase.metadata


def models() -> sa.MetaData:
    metadata = conventional_metadata()
    sa.Table(
        "shelf",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("counter", sa.Integer, nullable=False, server_default="0"),
        sa.Column("label", sa.String(20)),
        sa.CheckConstraint("counter >= 0", name="counter_not_negative"),
    )
    sa.Index("ix_shelf_name", metadata.tables["shelf"].c.name)
    return metadata


MODELS = models()
ENV = """\
from colonnade.migrations import run_environment
from tests.testing.test_migration_cases import MODELS
run_environment(target_metadata=MODELS)
"""
TABLE = """\
op.create_table(
    "shelf",
    sa.Column("id", sa.Integer, nullable=False),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("counter", sa.Integer, nullable=False, server_default="0"),
    sa.CheckConstraint("counter >= 0", name=op.f("ck_shelf_counter_not_negative")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_shelf")),
)
"""
UNCHECKED = "\n".join(line for line in TABLE.splitlines() if "Check" not in line)
LABEL = 'op.add_column("shelf", sa.Column("label", sa.String(20), nullable=True))\n'
NO_LABEL = 'with op.batch_alter_table("shelf") as batch:\n    batch.drop_column("label")\n'
INDEX, NO_INDEX = (
    'op.create_index("ix_shelf_name", "shelf", ["name"])',
    'op.drop_index("ix_shelf_name", "shelf")',
)
GOOD = (Rev("r1", TABLE, 'op.drop_table("shelf")'), Rev("r2", LABEL, NO_LABEL), Rev("r3", INDEX, NO_INDEX))


def with_third(up: str, down: str = NO_INDEX) -> tuple[Rev, ...]:
    return (*GOOD[:2], Rev("r3", up, down))


UPDATED = 'op.execute("UPDATE shelf SET counter = counter + 10")\n'
DOWN, HEAD, MODEL = (
    "each_revision_goes_up_and_down_with_rows",
    "there_is_one_head",
    "the_models_are_the_end_of_the_tree",
)
ROWS, BASE, KILLED = (
    "rows_survive_each_revision_and_its_way_back",
    "nothing_is_left_at_base",
    "killed_it_goes_on",
)
FAULTS: dict[str, tuple[tuple[Rev, ...], str]] = {
    "a lossy downgrade": (
        with_third(INDEX, NO_INDEX + "\nop.execute(\"UPDATE shelf SET name = 'x'\")"),
        ROWS,
    ),
    "two heads": ((*GOOD, Rev("r4", "pass", "pass", after="r2")), HEAD),
    "a model without a revision": (GOOD[:2], MODEL),
    "a backfill that counts twice": (with_third(INDEX + "\n" + UPDATED), ROWS),
    "a downgrade that leaves a table": (
        with_third(INDEX + '\nop.create_table("left", sa.Column("id", sa.Integer, primary_key=True))'),
        BASE,
    ),
    "a downgrade that leaves a column": ((GOOD[0], Rev("r2", LABEL, "pass"), GOOD[2]), DOWN),
    "NOT NULL over rows without a value": (
        with_third(INDEX + '\nop.add_column("shelf", sa.Column("rank", sa.Integer, nullable=False))'),
        DOWN,
    ),
    "an upgrade that deletes rows": (
        with_third(INDEX + '\nop.execute("DELETE FROM shelf WHERE id = 2")'),
        ROWS,
    ),
    "a downgrade that raises": (with_third(INDEX, 'raise NotImplementedError("no way down")'), DOWN),
    "a rule that only the models have": ((Rev("r1", UNCHECKED, 'op.drop_table("shelf")'), *GOOD[1:]), MODEL),
    "an index under another name": (
        with_third(INDEX.replace("ix_shelf_name", "ix_name"), NO_INDEX.replace("ix_shelf_name", "ix_name")),
        MODEL,
    ),
    "an upgrade that commits halfway": (
        with_third(UPDATED + 'op.execute("COMMIT")\nop.execute("BEGIN IMMEDIATE")\n' + INDEX),
        KILLED,
    ),
}


def cases_of(folder: Path, revisions: tuple[Rev, ...]) -> Any:
    tree = make_tree(folder / "m", revisions, env=ENV)
    return type("Cases", (MigrationCases,), {"script_location": str(tree), "metadata": MODELS})()


def run(cases: Any, name: str, folder: Path) -> None:
    urls = (f"sqlite:///{folder / 'one.db'}", f"sqlite:///{folder / 'other.db'}")
    manager = AlembicManager(urls[0], script_location=cases.script_location)
    given = {"migrations": manager, "migration_urls": urls, "tmp_path": folder}
    case = getattr(cases, f"test_{name}")
    try:
        case(**{key: given[key] for key in case.__code__.co_varnames[1 : case.__code__.co_argcount]})
    finally:
        manager.db.close()


@pytest.mark.parametrize("name", [HEAD, MODEL, DOWN, ROWS, BASE, KILLED])
def test_a_good_tree_passes(name: str, tmp_path: Path) -> None:
    run(cases_of(tmp_path, GOOD), name, tmp_path)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_case(fault: str, tmp_path: Path) -> None:
    revisions, name = FAULTS[fault]
    with pytest.raises((AssertionError, DatabaseError)):
        run(cases_of(tmp_path, revisions), name, tmp_path)


@pytest.mark.parametrize(
    ("tree", "base"), [(DBP, DbpBase), (STORYBOOK, StorybookBase)], ids=["dbp", "storybook"]
)
@pytest.mark.parametrize("name", [HEAD, MODEL, BASE])
def test_the_other_systems(tree: Path, base: Any, name: str, tmp_path: Path) -> None:
    cases = type("Cases", (MigrationCases,), {"script_location": str(tree), "metadata": base.metadata})()
    run(cases, name, tmp_path)
