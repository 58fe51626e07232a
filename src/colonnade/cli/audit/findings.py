"""How what isn't well is told, shared by the commands that look for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import typer

from colonnade.cli.output import say, show_json
from colonnade.cli.reporting import ExitCode

__all__ = ["tell"]


def tell(found: Sequence[Any], fine: str, *, as_json: bool) -> None:
    """Print each finding's sentence, or that all is fine; end with 3 where there are any."""
    if as_json:
        show_json([asdict(one) for one in found])
    elif not found:
        say((fine, "green"))
    else:
        for one in found:
            say((one.sentence, "red"))
    if found:
        raise typer.Exit(ExitCode.FINDINGS)
