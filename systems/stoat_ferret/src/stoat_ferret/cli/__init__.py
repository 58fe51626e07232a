"""The command line of the catalogue: `python -m stoat_ferret`."""

from stoat_ferret.cli import clips, demo, reading, scan
from stoat_ferret.cli.app import app

__all__ = ["app", "clips", "demo", "reading", "scan"]
