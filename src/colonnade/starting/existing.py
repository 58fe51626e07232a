"""A project for a database that is there: models by sqlacodegen, and a first revision that makes the same.

The database is only read. What the models make is compared with it on an empty database of its kind, run as a
process of its own, so that the project's package is imported by nobody else.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from sqlalchemy import Column, Index, MetaData

from colonnade.dialects.contract import dialect_named
from colonnade.errors import ConfigurationError, MigrationError
from colonnade.migrations.catalogue import own_tables
from colonnade.migrations.scratch import connected
from colonnade.settings import DatabaseSettings

__all__ = ["models_of", "repositories_of", "write_first_revision"]

_REPOSITORIES = '''"""What is asked of the tables."""

from colonnade import AsyncBaseRepository, BaseRepository

from ${name}.models import ${classes}
'''
_REPOSITORY = '''

class ${model}Repository(BaseRepository[${model}]):
    """The rows of `${model}`."""


class Async${model}Repository(AsyncBaseRepository[${model}]):
    """The rows of `${model}`, awaited."""
'''


def models_of(settings: DatabaseSettings) -> str:
    """Give the code of the models of a database's tables.

    Raises:
        ConfigurationError: sqlacodegen isn't installed, or there are no tables.
        DatabaseConnectionError: the database can't be reached.
    """
    generator = _generator()
    metadata = MetaData()
    with connected(settings) as connection:
        metadata.reflect(connection, only=lambda name, _: name not in own_tables())
        if not metadata.tables:
            raise ConfigurationError(f"{settings.sqlalchemy_url().render_as_string()} has no tables")
        dialect_named(connection.dialect.name).wanted.refine(connection, metadata)
        code = str(generator(metadata, connection, []).generate())
    return f'"""The tables, as they were in the database."""\n\n{code.strip()}\n'


def _generator() -> Any:
    try:
        from sqlacodegen.generators import DeclarativeGenerator
    except ImportError as error:
        raise ConfigurationError(
            "sqlacodegen, which writes the models, isn't installed",
            remedy="pip install 'colonnade[init]'",
        ) from error

    class Generator(DeclarativeGenerator):
        """With the expressions and predicates of indexes, which it would leave out, or write as strings."""

        def render_index(self, index: Index) -> str:
            where = {key: str(value) for key, value in index.dialect_kwargs.items() if key.endswith("_where")}
            if not where and all(isinstance(each, Column) for each in index.expressions):
                return str(super().render_index(index))
            self.add_literal_import("sqlalchemy", "text")
            parts = [
                repr(each.name) if isinstance(each, Column) else f"text({str(each)!r})"
                for each in index.expressions
            ]
            unique = ["unique=True"] if index.unique else []
            predicates = [f"{key}=text({value!r})" for key, value in where.items()]
            return f"Index({', '.join([repr(index.name), *parts, *unique, *predicates])})"

    return Generator


def repositories_of(name: str, models: str) -> str:
    """Give the code of a repository for each class of the models'."""
    classes = [
        each.name
        for each in ast.parse(models).body
        if isinstance(each, ast.ClassDef) and any(getattr(base, "id", "") == "Base" for base in each.bases)
    ]
    head = Template(_REPOSITORIES).substitute(name=name, classes=", ".join(classes))
    if not classes:  # tables without a primary key have no class
        return '"""What is asked of the tables: none has a key, by which rows could be told."""\n'
    return head + "".join(Template(_REPOSITORY).substitute(model=each) for each in classes)


def write_first_revision(project: Path, settings: DatabaseSettings) -> Sequence[str]:
    """Write the first revision from the models, and give what it doesn't make, a sentence for each thing.

    Raises:
        MigrationError: the models can't be used, or what they make can't be tried out.
    """
    # Not as arguments, which other users of the machine can read: the URL may have a password in it.
    told = {
        "url": settings.sqlalchemy_url().render_as_string(hide_password=False),
        "path": [str(project / "src"), *sys.path],
    }
    done = subprocess.run(
        [sys.executable, "-m", "colonnade.starting.first", str(project)],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["it ended"]
        raise MigrationError(f"the first revision couldn't be written: {said[0]}")
    return [str(each) for each in json.loads(done.stdout.splitlines()[-1])]
