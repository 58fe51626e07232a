"""The picture of docs/benchmarks.md: bars of ratios on a logarithmic scale, as SVG without scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import log10
from typing import Any

DRIVERS = ("sqlite3", "psycopg", "asyncpg")

_PANEL, _NAMES, _SCALE = 306, 106, 160
_BAR, _HEAD, _FOOT, _TOP = 12, 20, 12, 44
_LEAST, _MOST = 0.5, 100.0
_OURS, _PEER, _TARGET, _INK, _GRID = "#1f5f8b", "#b9c2c9", "#c0392b", "#333", "#e4e8ea"

Figures = Sequence[Mapping[str, Any]]


def picture(figures: Figures, titles: Mapping[str, str]) -> str:
    """Give the SVG: a row of panels for each question, a column for each driver."""
    body: list[str] = []
    y = _TOP
    for question, title in titles.items():
        panels = [_panel_figures(figures, question, driver) for driver in DRIVERS]
        if not any(panels):
            continue
        body.append(_text(8, y + 12, title, weight="bold"))
        for column, panel in enumerate(panels):
            body += _panel(column * _PANEL, y + _HEAD, panel)
        y += _HEAD + max(map(len, panels)) * _BAR + _FOOT
    width = _PANEL * len(DRIVERS) + 10
    heads = [
        _text(column * _PANEL + _NAMES, 32, driver, weight="bold") for column, driver in enumerate(DRIVERS)
    ]
    caption = "times the raw driver, logarithmic, with lines at 1 and 10; red: our target; shorter is better"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}"'
            ' font-family="sans-serif" font-size="10">',
            f'<rect width="{width}" height="{y}" fill="#fff"/>',
            _text(8, 14, caption),
            *heads,
            *body,
            "</svg>\n",
        ]
    )


def _panel_figures(figures: Figures, question: str, driver: str) -> list[Mapping[str, Any]]:
    own = [each for each in figures if (each["question"], each["driver"]) == (question, driver)]
    return [each for each in own if each["kind"] in ("ours", "peer")]


def _panel(x: int, y: int, figures: Figures) -> Iterator[str]:
    height = len(figures) * _BAR
    for ratio in (1, 10):
        at = x + _NAMES + _length(ratio)
        yield f'<path d="M{at:.1f} {y}V{y + height}" stroke="{_GRID}"/>'
    for row, figure in enumerate(figures):
        top = y + row * _BAR
        ours = figure["kind"] == "ours"
        length = _length(figure["ratio"])
        yield _text(
            x + _NAMES - 4, top + 9, figure["case"], anchor="end", weight="bold" if ours else "normal"
        )
        yield (
            f'<rect x="{x + _NAMES}" y="{top + 1}" width="{max(length, 1):.1f}" height="{_BAR - 3}"'
            f' fill="{_OURS if ours else _PEER}"/>'
        )
        target = _length(figure["target"]) if figure["target"] else 0
        if target:
            at = x + _NAMES + target
            yield f'<path d="M{at:.1f} {top - 1}v{_BAR}" stroke="{_TARGET}" stroke-width="1.5"/>'
        yield _text(x + _NAMES + max(length, target) + 4, top + 9, f"{figure['ratio']:.1f}")


def _length(ratio: float) -> float:
    return _SCALE * log10(min(max(ratio, _LEAST), _MOST) / _LEAST) / log10(_MOST / _LEAST)


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{_INK}">'
        f"{escape(text)}</text>"
    )
