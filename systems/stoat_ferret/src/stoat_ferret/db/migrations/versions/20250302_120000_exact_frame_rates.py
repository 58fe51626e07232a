"""Exact frame rates in place of rounded ones

Probes used to write 23.976 frames a second as 23976/1000. The rate is 24000/1001, and over a film of two
hours the difference is a wrong frame at nearly every cut.

Revision ID: 8a41d0c3e611
Revises: 5f0c1a2b7d10
Create Date: 2025-03-02 12:00:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "8a41d0c3e611"
down_revision: str | Sequence[str] | None = "5f0c1a2b7d10"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROUNDED = {23976: 24000, 29970: 30000, 59940: 60000}
"""Thousandths of a frame a second, and the numerator over 1001 that was meant."""

videos = sa.table("videos", sa.column("framerate_num", sa.Integer), sa.column("framerate_den", sa.Integer))


def upgrade() -> None:
    """Give each video that has a rounded rate the exact one."""
    for rounded, exact in ROUNDED.items():
        _change((rounded, 1000), (exact, 1001))


def downgrade() -> None:
    """Round the rates again."""
    for rounded, exact in ROUNDED.items():
        _change((exact, 1001), (rounded, 1000))


def _change(old: tuple[int, int], new: tuple[int, int]) -> None:
    op.execute(
        videos.update()
        .where(videos.c.framerate_num == old[0], videos.c.framerate_den == old[1])
        .values(framerate_num=new[0], framerate_den=new[1])
    )
