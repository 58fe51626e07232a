"""The documents: their seven sections, and that they name what the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from app.database import Base, engine, migrations, session, utils

DOCS = Path(__file__).parents[2] / "systems" / "storybook" / "docs" / "database"
SECTIONS = [
    "1. Overview",
    "2. Implementation Details",
    "3. Error Handling",
    "4. Best Practices",
    "5. Integration Points",
    "6. Testing Requirements",
    "7. Future Improvements",
]


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_a_page_has_its_sections_and_no_dead_link(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.M) == SECTIONS
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (page.parent / link).exists(), link


def test_every_table_and_column_is_told_and_none_more() -> None:
    text = (DOCS / "models.md").read_text(encoding="utf-8")
    for table in Base.metadata.sorted_tables:
        [row] = re.findall(rf"^\| `{table.name}` \| (.*) \|$", text, re.M)
        told = set(re.findall(r"`(\w+)`", row))
        assert told == {column.name for column in table.columns} - {"id", "created_at", "updated_at"}


def test_the_pages_name_what_the_modules_offer() -> None:
    for name, module in (("migrations", migrations), ("utils", utils), ("engine", engine)):
        text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
        functions = [one for one in module.__all__ if one[0].islower() and one != "async_status"]
        assert all(f"`{one}" in text for one in functions), name
    text = (DOCS / "session.md").read_text(encoding="utf-8")
    assert all(f"`{one}" in text for one in ("session_factory", "session_scope", "get_session")), session
    assert str(engine.CACHE_KIB) in (DOCS / "engine.md").read_text(encoding="utf-8")
