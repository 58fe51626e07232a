"""Lint: rules that look at what revisions ask of Alembic, before anything is sent."""

from colonnade.migrations.lint.rule import Hit, Hits, Operation, Rule, Step
from colonnade.migrations.lint.running import lint, rules

__all__ = ["Hit", "Hits", "Operation", "Rule", "Step", "lint", "rules"]
