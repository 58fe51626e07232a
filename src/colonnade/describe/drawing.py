"""A schema as a picture: an SVG without a script, the tables in columns by who refers to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from sqlalchemy import MetaData, Table

from colonnade.describe.tables import sorted_by_name

__all__ = ["drawing"]

_ROW, _HEAD, _GAP, _LANE, _MARGIN, _LETTER = 17, 24, 26, 90, 24, 7.1
_MOST_HIGH = 1400
_STYLE = """\
:root { color-scheme: light dark; }
.box { fill: light-dark(#ffffff, #1d2024); stroke: light-dark(#8a94a0, #6b7480); }
.head { fill: light-dark(#dfe7f1, #2b3b4d); }
text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: light-dark(#1c232b, #e4e8ec); }
.name { font-weight: bold; }
.kind { fill: light-dark(#66707b, #98a2ad); }
.line { fill: none; stroke: light-dark(#5f7da3, #7f9fc6); stroke-width: 1.3; }
.line:hover, .box:hover { stroke: #d9480f; stroke-width: 2.4; }"""


@dataclass
class _Box:
    """A table's place."""

    table: Table
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        return _HEAD + _ROW * len(self.table.columns) + 6

    def row(self, column: str) -> float:
        """Give the height of a column's line."""
        return self.y + _HEAD + _ROW * (list(self.table.columns.keys()).index(column) + 0.5) + 2


def drawing(metadata: MetaData, *, title: str = "tables") -> str:
    """Give an SVG: a box for each table, a line for each reference, from the column to the key."""
    boxes = _placed(sorted_by_name(metadata))
    width = max((box.x + box.width for box in boxes.values()), default=0) + _MARGIN + _LANE
    height = max((box.y + box.height for box in boxes.values()), default=0) + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
    ]
    for table in sorted_by_name(metadata):
        parts += [_line(boxes, table, number) for number in range(len(_edges(table)))]
    parts += [_drawn(box) for box in boxes.values()]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _edges(table: Table) -> Sequence[tuple[str, Table, str]]:
    return sorted(
        ((key.parent.key, key.column.table, key.column.key) for key in table.foreign_keys),
        key=lambda edge: (edge[0], str(edge[1].fullname)),
    )


def _placed(tables: Sequence[Table]) -> Mapping[Table, _Box]:
    """Put each table into the column after its farthest ancestor's; long columns are broken."""
    depth: dict[Table, int] = {}

    def level(table: Table, seen: frozenset[Table]) -> int:
        if table not in depth:
            parents = {key.column.table for key in table.foreign_keys} - seen - {table}
            depth[table] = 1 + max((level(parent, seen | {table}) for parent in parents), default=-1)
        return depth[table]

    for table in tables:
        level(table, frozenset())
    boxes: dict[Table, _Box] = {}
    x = float(_MARGIN)
    for number in sorted(set(depth.values())):
        y, widest = float(_MARGIN), 0.0
        for table in [each for each in tables if depth[each] == number]:
            box = _Box(table, x, y, _width(table))
            if y > _MARGIN and y + box.height > _MOST_HIGH:
                x, y, widest = x + widest + _LANE, float(_MARGIN), 0.0
                box = _Box(table, x, y, _width(table))
            boxes[table] = box
            y += box.height + _GAP
            widest = max(widest, box.width)
        x += widest + _LANE
    return boxes


def _width(table: Table) -> float:
    texts = [len(f"{column.name}  {column.type}") + 5 for column in table.columns]
    return max([len(str(table.fullname)) + 4, *texts]) * _LETTER + 12


def _drawn(box: _Box) -> str:
    name = escape(str(box.table.fullname))
    parts = [
        f'<g><title>{name}</title><rect class="box" x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}"'
        f' height="{box.height:.0f}" rx="4"/>',
        f'<rect class="head" x="{box.x + 1:.0f}" y="{box.y + 1:.0f}" width="{box.width - 2:.0f}"'
        f' height="{_HEAD - 3}" rx="3"/>',
        f'<text class="name" x="{box.x + 8:.0f}" y="{box.y + 16:.0f}">{name}</text>',
    ]
    for column in box.table.columns:
        y = box.row(column.key) + 4
        mark = "● " if column.primary_key else ("→ " if column.foreign_keys else "  ")
        optional = "?" if column.nullable else ""
        parts.append(
            f'<text x="{box.x + 8:.0f}" y="{y:.0f}" xml:space="preserve">'
            f"{mark}{escape(column.name)}{optional}"
            f'<tspan class="kind">  {escape(str(column.type))}</tspan></text>'
        )
    return "\n".join([*parts, "</g>"])


def _line(boxes: Mapping[Table, _Box], table: Table, number: int) -> str:
    """Draw a reference: from the column's side to its parent's, in a lane of its own between."""
    own, parent, key = _edges(table)[number]
    start, end = boxes[table], boxes[parent]
    y1, y2 = start.row(own), end.row(key)
    shift = 14 + 9 * (number % 7)
    if parent is table or start.x == end.x:
        right = max(start.x + start.width, end.x + end.width) + shift
        x1, x2 = start.x + start.width, end.x + end.width
        path = f"M{x1:.0f},{y1:.0f} H{right:.0f} V{y2:.0f} H{x2:.0f}"
    else:
        forward = start.x > end.x
        x1 = start.x if forward else start.x + start.width
        x2 = end.x + end.width if forward else end.x
        lane = x1 - shift if forward else x1 + shift
        path = f"M{x1:.0f},{y1:.0f} H{lane:.0f} V{y2:.0f} H{x2:.0f}"
    said = escape(f"{table.fullname}.{own} refers to {parent.fullname}.{key}")
    return f'<path class="line" d="{path}"><title>{said}</title></path>'
