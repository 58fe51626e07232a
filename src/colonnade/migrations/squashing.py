"""Revisions replaced by a single one that makes the same, which is proved on trials.

All of them are replaced by one that is written from the models, those up to a named one by their own code,
joined. The new one has the id of the last, so that a database that is there stays there; its file says which
revisions it stands for, and by which checksum the head's own file was known. A database in the middle is
refused by name.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from colonnade.errors import MigrationError
from colonnade.migrations import writing
from colonnade.migrations.apply import Leg, apply
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.inventory import Inventory, compare
from colonnade.migrations.joining import joined
from colonnade.migrations.moving import scratch_home
from colonnade.migrations.reading import opened
from colonnade.migrations.tree import Revision, Tree

if TYPE_CHECKING:
    from colonnade.engine.home import Home
    from colonnade.migrations.options import MigrationOptions

__all__ = ["Made", "Squashed", "from_models", "made_by", "squash"]

_FOLDER = "squashed"


@dataclass(frozen=True, slots=True)
class Squashed:
    """What a squash has written: the one revision, those it stands for, and where their files are now."""

    revision: Revision
    replaced: tuple[str, ...]
    folder: Path | None

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {
            "revision": self.revision.to_json(),
            "replaced": list(self.replaced),
            "folder": None if self.folder is None else str(self.folder),
        }


def squash(
    tree: Tree,
    home: Home,
    models: writing.Models,
    message: str,
    options: MigrationOptions,
    *,
    upto: str | None,
    keep: bool,
) -> Squashed:
    """Replace revisions by one; see `AlembicManager.squash`."""
    old = _squashable(tree, upto)
    head = old[-1]
    with TemporaryDirectory(prefix="colonnade_squash_") as name:
        aside = _copied(tree, Path(name) / tree.folder.name)
        for each in old:
            (aside.folder / each.file.relative_to(tree.folder)).unlink()
        aside.reread()
        if upto is None:
            written = from_models(aside, home, models, message, head.id, options)
        else:
            written = _from_code(aside, message, old)
        _sign(written, old, head)
        aside.reread()
        _prove(made_by(tree, home, options), made_by(aside, home, options))
        folder = _put_away(tree, old, keep=keep)
        shutil.copy(written, head.file.with_name(written.name))
    tree.reread()
    return Squashed(tree.revision(head.id), tuple(each.id for each in old), folder)


def from_models(
    tree: Tree, home: Home, models: writing.Models, message: str, name: str, options: MigrationOptions
) -> Path:
    """Write a revision of this id from the models, as for an empty database, and give its file."""
    with scratch_home(home, options) as empty:
        wish = {"message": message, "autogenerate": True, "rev_id": name, "no_renames": True}
        wish |= {"head": "head", "splice": False, "branch_label": None, "depends_on": None}
        return writing.revision(tree, empty, models, wish).file


def _from_code(aside: Tree, message: str, old: Sequence[Revision]) -> Path:
    moment = datetime.now(UTC)
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")
    file = aside.folder / "versions" / f"{moment:%Y%m%d_%H%M%S}_{slug}.py"
    file.write_text(joined(message, old, f"{moment:%Y-%m-%d %H:%M:%S}"), encoding="utf-8")
    return file


def _squashable(tree: Tree, upto: str | None) -> list[Revision]:
    old = tree.revisions()
    if len(tree.heads) != 1:
        raise MigrationError(f"the tree has the heads {', '.join(tree.heads)}", remedy="Merge them first")
    if upto is not None:
        last = tree.revision(upto)
        below = {step.revision.revision for step in tree.steps("upgrade", last.id, ())}
        old = [each for each in old if each.id in below]
        beside = [
            each.id
            for each in tree.revisions()
            if each.id not in below and set(each.down) & below - {last.id}
        ]
        if beside:
            raise MigrationError(
                f"{', '.join(beside)} follow a revision below {last.id}",
                remedy="Name one that all others follow",
            )
    if len(old) < 2:
        raise MigrationError("there's one revision only: nothing to squash")
    if outside := [each.id for each in old if each.file.parent != old[-1].file.parent]:
        raise MigrationError(f"{', '.join(outside)} lie in other folders than {old[-1].id}")
    return old


def _copied(tree: Tree, folder: Path) -> Tree:
    shutil.copytree(tree.folder, folder, ignore=shutil.ignore_patterns("__pycache__", _FOLDER))
    return Tree(folder)


def _sign(file: Path, old: Sequence[Revision], head: Revision) -> None:
    """Write into the file what it stands for."""
    lines = file.read_text(encoding="utf-8")
    place = lines.index("\ndef upgrade(")
    names = "".join(f'    "{each.id}",\n' for each in old)
    signed = f'replaces = (\n{names})\nreplaced_checksum = "{head.checksum}"\n\n'
    file.write_text(f"{lines[:place].rstrip()}\n{signed}{lines[place:]}", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Made:
    """A schema, and the rows that are in it."""

    inventory: Inventory
    rows: Mapping[str, list[str]]


def made_by(tree: Tree, home: Home, options: MigrationOptions) -> Made:
    """Give what a tree makes of an empty database: its schema, and its rows."""
    with scratch_home(home, options) as empty:
        with opened(empty, instead_of=home) as target:
            apply(tree, target, [Leg("upgrade", "heads")], stage="replay")
        quote = empty.engine.dialect.identifier_preparer.quote
        with empty.connection("deferred") as connection:
            inventory = take_inventory(connection)
            rows = {
                name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {quote(name)}")).mappings()))
                for name in inventory.tables()
            }
    return Made(inventory, rows)


def _prove(before: Made, after: Made) -> None:
    """Raise unless both are the same, but for the columns' places.

    Raises:
        MigrationError: with all that's otherwise.
    """
    found = compare(before.inventory, after.inventory).changes
    changes = [each for each in found if each.clause != "column order"]
    said = [each.sentence for each in changes]
    said += [
        f"the revisions put {len(rows)} rows into {name}, and the models know none of them"
        for name, rows in before.rows.items()
        if rows and after.rows.get(name) != rows
    ]
    if said:
        raise MigrationError(
            "one revision from the models wouldn't make the same: " + "; ".join(said),
            remedy="Nothing was written: what no model says, rows and views say, can't be squashed",
        )


def _put_away(tree: Tree, old: Sequence[Revision], *, keep: bool) -> Path | None:
    folder = tree.folder / _FOLDER / old[-1].id
    if keep:
        folder.mkdir(parents=True, exist_ok=True)
    for each in old:
        if keep:
            shutil.move(each.file, folder / each.file.name)
        else:
            each.file.unlink()
    return folder if keep else None
