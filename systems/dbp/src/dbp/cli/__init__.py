"""The command line: `python -m dbp`."""

from dbp.cli import consistency, demo, hstc, index
from dbp.cli.app import app

__all__ = ["app", "consistency", "demo", "hstc", "index"]
