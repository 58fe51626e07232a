"""Writes the figures of a run into docs/benchmarks.md, between its markers, and draws the picture.

python -m benchmarks.document benchmarks/figures.json
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.picture import Figures, picture

DOCS = Path(__file__).resolve().parents[1] / "docs"
_MARKED = re.compile(r"(?<=<!-- figures -->\n).*(?=<!-- /figures -->)", re.DOTALL)


def write(run: dict[str, Any]) -> None:
    """Write the page's figures and the picture from a run's JSON."""
    page = DOCS / "benchmarks.md"
    text = page.read_text(encoding="utf-8")
    figures = "\n".join(_figures(run))
    page.write_text(_MARKED.sub(lambda _: figures + "\n", text), encoding="utf-8")
    (DOCS / "benchmarks.svg").write_text(picture(run["figures"], run["titles"]), encoding="utf-8")


def _figures(run: dict[str, Any]) -> Iterator[str]:
    yield f"Taken on {run['date']}: {run['machine']}; {', '.join(run['versions'])}."
    drivers = dict.fromkeys(each["driver"] for each in run["figures"])
    for driver in drivers:
        own = [each for each in run["figures"] if each["driver"] == driver]
        yield from _table(driver, own, list(run["titles"]))
    yield ""


def _table(driver: str, figures: Figures, questions: list[str]) -> Iterator[str]:
    questions = [name for name in questions if any(each["question"] == name for each in figures)]
    cells = {(each["case"], each["question"]): each for each in figures}
    yield f"\n### {driver}\n"
    yield _row("", *(f"`{name}`" for name in questions))
    yield _row(*["---"] * (len(questions) + 1))
    yield _row("raw, time of a call", *(_time(cells["raw", name]["call_s"]) for name in questions))
    yield _row("raw again", *(f"±{cells['raw', name]['noise'] * 100:.0f} %" for name in questions))
    yield _row("**colonnade**", *(f"**{cells['colonnade', name]['ratio']:.2f}**" for name in questions))
    yield _row("at most", *(_target(cells["colonnade", name]) for name in questions))
    others = dict.fromkeys(each["case"] for each in figures if each["kind"] in ("beside", "peer"))
    for case in others:
        yield _row(case, *(_ratio(cells.get((case, name))) for name in questions))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _ratio(figure: Any) -> str:
    return f"{figure['ratio']:.1f}" if figure else ""


def _target(figure: Any) -> str:
    if figure["target"] is None:
        return ""
    return f"{figure['target']:.2f}{', missed' if figure['missed'] else ''}"


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} µs"


if __name__ == "__main__":
    write(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
