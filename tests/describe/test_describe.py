"""Pages say what is there, keep what people wrote, and tell when they're stale."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from app.database.models import Base as StorybookBase
from dbp.database import Base as DbpBase
from stoat_ferret.db import Base as StoatBase
from typer.testing import CliRunner

from colonnade import errors
from colonnade.cli import app
from colonnade.describe import build, diagram, dictionary, drawing, stale

SYSTEMS = {"stoat_ferret": StoatBase.metadata, "dbp": DbpBase.metadata, "storybook": StorybookBase.metadata}


def many(count: int) -> sa.MetaData:
    """Tables that refer to one before them, the first to itself, two of them to each other."""
    metadata = sa.MetaData()
    for number in range(count):
        parent = f"table_{number // 3}.id"
        sa.Table(
            f"table_{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("parent_id", sa.ForeignKey(parent, use_alter=True), nullable=number % 2 == 0),
            sa.Column("note", sa.String(40), comment="what | there is"),
        )
    return metadata


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_table_column_and_reference_is_there(system: str) -> None:
    metadata = SYSTEMS[system]
    text, told, svg = diagram(metadata), dictionary(metadata), drawing(metadata)
    assert text == diagram(metadata) and svg == drawing(metadata)
    ElementTree.fromstring(svg)
    for table in metadata.tables.values():
        assert f"    {table.name} {{" in text and f"## {table.name}\n" in told and f">{table.name}<" in svg
        for column in table.columns:
            assert f"| `{column.name}` |" in told
        for key in table.foreign_keys:
            end = f"{key.column.table.name}.{key.column.name}"
            assert f"{table.name}.{key.parent.name} refers to {end}" in svg
    assert text.count("--") == sum(len(table.foreign_key_constraints) for table in metadata.tables.values())


@pytest.mark.parametrize("count", [5, 20, 50])
def test_no_box_covers_another(count: int) -> None:
    root = ElementTree.fromstring(drawing(many(count)))
    boxes = [
        tuple(float(each.attrib[name]) for name in ("x", "y", "width", "height"))
        for each in root.iter("{http://www.w3.org/2000/svg}rect")
        if each.attrib["class"] == "box"
    ]
    assert len(boxes) == count
    for number, (x, y, width, height) in enumerate(boxes):
        for x2, y2, width2, height2 in boxes[number + 1 :]:
            assert x + width <= x2 or x2 + width2 <= x or y + height <= y2 or y2 + height2 <= y
    assert float(root.attrib["height"]) <= 1500


def test_pages_are_kept_true(tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    metadata = many(3)
    assert {file.name for file in stale(folder, metadata)} == {"errors.md", "tables.md", "tables.svg"}
    assert len(build(folder, metadata)) == 3
    assert stale(folder, metadata) == [] and build(folder, metadata) == []
    page = folder / "tables.md"
    page.write_text(page.read_text().replace("<!-- own: tables -->\n", "<!-- own: tables -->\nOurs.\n"))
    assert stale(folder, metadata) == []
    changed = many(4)
    assert {file.name for file in stale(folder, changed)} == {"tables.md", "tables.svg"}
    build(folder, changed)
    assert "Ours.\n" in page.read_text() and "what \\| there is" in page.read_text()
    told = (folder / "errors.md").read_text()
    assert all(f"## {name}\n" in told for name in errors.__all__ if name.endswith("Error"))


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.colonnade]\nmodels = "stoat_ferret.db:Base"\n')

    def command(*words: str, code: int = 0) -> Any:
        told = CliRunner().invoke(app, [*words], catch_exceptions=False)
        assert told.exit_code == code, told.output
        return told.stdout

    assert "tables.md" in command("docs", "check", code=3)
    assert "wrote" in command("docs", "build")
    assert "all pages" in command("docs", "check")
    assert command("er").startswith("erDiagram")
    command("er", "--svg", "a.svg")
    assert (tmp_path / "a.svg").read_text().startswith("<svg")
    (tmp_path / "pyproject.toml").write_text("[tool.colonnade]\n")
    command("er", code=1)
