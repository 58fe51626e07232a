"""Lint: rules that look at what revisions ask of Alembic, before anything is sent."""

from colonnade.migrations.lint.rule import Hit, Hits, Operation, Rule, Step
from colonnade.migrations.lint.running import known_rules, lint

__all__ = ["Hit", "Hits", "Operation", "Rule", "Step", "known_rules", "lint"]
