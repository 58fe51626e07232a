"""What is relied on of Alembic beyond its documented interface, each by name.

`tests/migrations/test_internals.py` holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

__all__ = ["downgrade_steps", "stamp_steps", "upgrade_steps"]

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
