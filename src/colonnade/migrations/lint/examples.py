"""The tables and rows on which the examples of the rules are tried."""

from __future__ import annotations

__all__ = ["ROWS", "TABLES"]

TABLES = """\
op.create_table(
    "project",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
)
op.create_table(
    "clip",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", name="fk_clip_project"), nullable=False),
    sa.Column("title", sa.String(80), nullable=False, server_default="untitled", comment="as it is shown"),
    sa.Column("code", sa.String(20)),
    sa.Column("length", sa.Integer),
    sa.Column("note", sa.Text),
    sa.Column("price", sa.Numeric(12, 4)),
    sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")),
)
op.create_index("ix_clip_project_id", "clip", ["project_id"])
op.create_index("ix_clip_length_code", "clip", ["length", "code"])
op.create_table(
    "empty",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("project_id", sa.Integer),
    sa.Column("number", sa.BigInteger),
)
"""
"""The body of the revision that is there before: clips of projects, and a table without rows."""

ROWS = (
    "INSERT INTO project (id, name) VALUES (1, 'first'), (2, 'second')",
    "INSERT INTO clip (id, project_id, title, code, length, note, price, made_at) VALUES"
    " (1, 1, 'one', 'a', 10, 'seen', 1.2345, '2026-01-01 10:00:00.123456'),"
    " (2, 1, 'two', 'b', 20, NULL, 2.5, '2026-01-02 10:00:00.5'),"
    " (3, 2, 'three, with a long title', 'a', NULL, 'abc', NULL, NULL)",
)
"""Three clips: one without a note, two of one code, one whose length isn't known."""
