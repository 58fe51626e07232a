"""A migration tree as it lies on disk: its configuration, its revisions, and the steps between them.

It reads files and no database. A tree written for plain Alembic is read as it is: from its folder, or from
its `alembic.ini` or `pyproject.toml`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from colonnade.errors import ConfigurationError, MigrationError
from colonnade.migrations import internals
from colonnade.migrations.checksum import checksum_of

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["Direction", "Revision", "Tree", "alembic_errors"]

Direction = Literal["upgrade", "downgrade"]

FILE_TEMPLATE = "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d%%(second).2d_%%(slug)s"
"""Names that sort by the time of writing: `20250416_180000_initial_schema.py`."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a tree: its place among the others, and its file.

    `down` are the revisions right below it, `depends_on` those that must be applied besides.
    """

    id: str
    message: str
    down: tuple[str, ...]
    depends_on: tuple[str, ...]
    branch_labels: tuple[str, ...]
    file: Path
    is_head: bool
    replaced_checksum: str = ""

    @property
    def checksum(self) -> str:
        """Give what changes when the file's code does.

        Raises:
            MigrationError: the file can't be read.
        """
        return checksum_of(self.file)

    @property
    def checksums(self) -> tuple[str, ...]:
        """Give those by which an applied one may be known: of its file, and of one that it has replaced."""
        return (self.checksum, *([self.replaced_checksum] if self.replaced_checksum else []))

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {
            "id": self.id,
            "message": self.message,
            "down": list(self.down),
            "depends_on": list(self.depends_on),
            "branch_labels": list(self.branch_labels),
            "file": str(self.file),
            "is_head": self.is_head,
        }

    def __str__(self) -> str:
        below = ", ".join(self.down) or "base"
        labels = f" ({', '.join(self.branch_labels)})" if self.branch_labels else ""
        return f"{below} -> {self.id}{labels}{' (head)' if self.is_head else ''}, {self.message}"


@contextmanager
def alembic_errors() -> Iterator[None]:
    """Let Alembic's own errors be ours."""
    try:
        yield
    except CommandError as error:
        raise MigrationError(f"{error}") from error


class Tree:
    """A folder with `env.py` and `versions/`, and the configuration that belongs to it.

    Args:
        script_location: the folder; a package's as `package:folder`.
        config: an `alembic.ini`, or a `pyproject.toml` with `[tool.alembic]`, in place of the folder.

    Raises:
        ConfigurationError: there's no such file or folder, or it's no migration tree.
    """

    def __init__(
        self,
        script_location: str | os.PathLike[str] | None = None,
        config: str | os.PathLike[str] | None = None,
    ) -> None:
        self._script_location = None if script_location is None else os.fspath(script_location)
        self._file = None if config is None else Path(config)
        if self._file is not None and not self._file.is_file():
            raise ConfigurationError(f"there is no configuration file {self._file}")
        if self._file is None and self._script_location is None:
            raise ConfigurationError(
                "no migration tree was named", remedy="give script_location=…, or config='alembic.ini'"
            )

    def configuration(self) -> Config:
        """Give a new configuration, which a run may change as it likes."""
        is_toml = self._file is not None and self._file.suffix == ".toml"
        config = Config(toml_file=self._file) if is_toml else Config(self._file)
        if self._script_location is not None:
            config.set_main_option("script_location", self._script_location.replace("%", "%%"))
            config.set_main_option("path_separator", "os")
        if self._file is None:
            config.set_main_option("file_template", FILE_TEMPLATE)
            config.set_main_option("timezone", "UTC")
        return config

    @property
    def url(self) -> str | None:
        """Give the URL that the configuration names, if it does."""
        return self.configuration().get_main_option("sqlalchemy.url")

    @cached_property
    def script(self) -> ScriptDirectory:
        """Give Alembic's view of the tree; `reread` forgets it."""
        return self.script_of(self.configuration())

    def script_of(self, config: Config) -> ScriptDirectory:
        """Give Alembic's view of the tree by this configuration, its files read anew.

        Raises:
            ConfigurationError: it's no migration tree.
        """
        try:
            return ScriptDirectory.from_config(config)
        except CommandError as error:
            raise ConfigurationError(
                f"no migration tree: {error}", remedy="`colonnade db init` makes one"
            ) from error

    def reread(self) -> None:
        """Read the files anew at the next question: one was added, or changed."""
        self.__dict__.pop("script", None)

    @property
    def folder(self) -> Path:
        """Give the folder that `env.py` is in."""
        return Path(self.script.dir)

    @property
    def heads(self) -> tuple[str, ...]:
        """Give the revisions that nothing follows, in order."""
        with alembic_errors():
            return tuple(sorted(self.script.get_heads()))

    def revisions(self) -> list[Revision]:
        """Give all revisions, those below first.

        Raises:
            MigrationError: a file can't be read, names a revision that isn't there, or the tree has a loop.
        """
        with alembic_errors():
            return [_revision(script) for script in reversed(list(self.script.walk_revisions()))]

    def revision(self, name: str) -> Revision:
        """Give one revision by its id, the start of one, a branch label, `head`, or relative to one.

        Raises:
            MigrationError: there's none, or more than one.
        """
        with alembic_errors():
            found = self.script.get_revision(name)
        if found is None:
            raise MigrationError(f"{name} is no revision")
        return _revision(found)

    @property
    def replaced(self) -> Mapping[str, str]:
        """Give the revisions that a squash has replaced, each with the one that stands for it."""
        with alembic_errors():
            scripts = list(self.script.walk_revisions())
        return {
            name: script.revision
            for script in scripts
            for name in getattr(script.module, "replaces", ())
            if name != script.revision
        }

    def _refuse_replaced(self, heads: Sequence[str]) -> None:
        replaced = self.replaced if heads else {}
        for name in heads:
            if name in replaced:
                raise MigrationError(
                    f"the database is at {name}, which {replaced[name]} has replaced together with others",
                    remedy=f"Upgrade it to {replaced[name]} by the files from before the squash, first",
                )

    def applied(self, heads: Sequence[str]) -> list[Revision]:
        """Give the revisions that a database at these heads has, those below first.

        Raises:
            MigrationError: a head isn't in the tree.
        """
        self._refuse_replaced(heads)
        with alembic_errors():
            scripts = self.script.iterate_revisions(tuple(heads), "base", inclusive=True) if heads else ()
            return [_revision(script) for script in reversed(list(scripts))]

    def steps(
        self, direction: Direction | Literal["stamp"], target: str | tuple[str, ...], heads: Sequence[str]
    ) -> list[Any]:
        """Give Alembic's steps from these heads to the target, or to several heads, in order.

        Raises:
            MigrationError: there's no way from here to there.
        """
        self._refuse_replaced(heads)
        compute = _STEPS[direction]
        with alembic_errors():
            return compute(self.script, target, tuple(heads))

    def __str__(self) -> str:
        return str(self._file or self._script_location)


_STEPS = {
    "upgrade": internals.upgrade_steps,
    "downgrade": internals.downgrade_steps,
    "stamp": internals.stamp_steps,
}


def _revision(script: Script) -> Revision:
    return Revision(
        id=script.revision,
        message=script.doc or "",
        down=_texts(script.down_revision),
        depends_on=_texts(script.dependencies),
        branch_labels=tuple(sorted(script.branch_labels)),
        file=Path(script.path),
        is_head=script.is_head,
        replaced_checksum=str(getattr(script.module, "replaced_checksum", "")),
    )


def _texts(value: str | Sequence[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
