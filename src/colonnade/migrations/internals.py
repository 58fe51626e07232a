"""What is relied on of Alembic beyond its documented interface, each by name.

`tests/migrations/test_internals.py` holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

__all__ = [
    "batch_prefix",
    "downgrade_steps",
    "in_batch",
    "stamp_steps",
    "upgrade_steps",
    "written_type",
]

Heads = Sequence[str]


def upgrade_steps(script: ScriptDirectory, target: str | tuple[str, ...], heads: Heads) -> list[Any]:
    """Give the steps from these heads up to the target, in order, as `alembic upgrade` computes them."""
    return list(script._upgrade_revs(target, heads))  # type: ignore[arg-type]


def downgrade_steps(script: ScriptDirectory, target: str | tuple[str, ...], heads: Heads) -> list[Any]:
    """Give the steps from these heads down to the target, in order, as `alembic downgrade` computes them."""
    return list(script._downgrade_revs(target, heads))  # type: ignore[arg-type]


def stamp_steps(script: ScriptDirectory, target: str | tuple[str, ...], heads: Heads) -> list[Any]:
    """Give the steps that bring the version table alone to the target."""
    return list(script._stamp_revs(target, heads))  # type: ignore[arg-type]


def batch_prefix(context: Any) -> str:
    """Give what an operation of a revision is written after: `op.`, or `batch_op.` inside a batch."""
    from alembic.autogenerate.render import _alembic_autogenerate_prefix

    return str(_alembic_autogenerate_prefix(context))


def in_batch(context: Any) -> bool:
    """Tell whether what is being written stands inside a batch, where no table is named."""
    return bool(context._has_batch)


def written_type(type_: Any, context: Any) -> str:
    """Give a type as a revision writes it, with the imports that it needs."""
    from alembic.autogenerate.render import _repr_type

    return str(_repr_type(type_, context))
