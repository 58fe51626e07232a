"""The command line: `python -m dbp`."""

from dbp.cli import hstc, index
from dbp.cli.app import app

__all__ = ["app", "hstc", "index"]
