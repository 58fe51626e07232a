"""Starts the command line: `python -m stoat_ferret`."""

from stoat_ferret.cli import app

app(prog_name="python -m stoat_ferret")
