"""Each rule finds what it's for and leaves alone what is right; changes apply whole or not at all."""

from datetime import UTC, datetime

import pytest
from dbp.consistency import Consistency, Edit, apply, findings_in
from dbp.database import Inconsistency
from dbp.indexing import Index, index, survey

from colonnade.errors import EntityNotFoundError, EntityValidationError

from .conftest import repositories_on

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HEADER = """\
####
# [Source file constraints]
# - Must not introduce circular imports
####
# [Dependencies]
# codebase:- pkg/b.py
# codebase:- pkg/gone.py
# codebase:- docs/api.md
# system:- sqlalchemy
####
"""
AGREED = {
    "pkg/__init__.py": "",
    "pkg/a.py": (
        "import os\nimport json\nfrom pkg import b\n\ndef count(clips, limit=3, *, deep: bool = False): ...\n"
    ),
    "pkg/b.py": "class Store:\n    def add(self, clip): ...\n\ndef late():\n    from pkg import a\n",
    "docs/api.md": "# API\n\nSee [a](../pkg/a.py), `pkg/b.py`, `a.py`, `Store.add()`, `print()`.\n\n"
    "- `count(clips, limit=3, *, deep=False)`: counts.\n- `Store.add(clip)`\n\nCall `count(mine)` then.\n",
}


class Tree:
    """A tree that is indexed, and what the rules find in it."""

    def __init__(self, root, db):
        self.root, self.db, self.work = root, db, Consistency(db)

    def write(self, files):
        for name, text in files.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def index(self):
        store = Index(self.db)
        found = survey(store, self.root)
        list(index(store, found))
        return found.project_id

    def findings(self):
        return findings_in(self.work.snapshot(self.index()))

    def described(self):
        return [each.description for each in self.findings()]


@pytest.fixture
def anywhere(tmp_path, kept_url):
    """A tree on SQLite alone: what a rule finds is the same everywhere."""
    from dbp.database import DatabaseManager

    with DatabaseManager(kept_url("sqlite")) as db:
        tree = Tree(tmp_path / "tree", db)
        tree.write(AGREED)
        yield tree


def test_where_all_agrees_nothing_is_found(anywhere):
    assert anywhere.described() == []


ARGUMENTS = """\
def count(clips, limit):
    '''Count.

    Args:
        clips: these
        most: so many
    '''
"""

CASES = {
    "a link": ({"docs/api.md": "[x](gone.md)\n"}, "docs/api.md names gone.md, which isn't there"),
    "a path": ({"docs/api.md": "in `pkg/gone.py`\n"}, "docs/api.md names pkg/gone.py, which isn't there"),
    "a function": ({"docs/api.md": "call `tally()`\n"}, "tells of the function tally, which no file defines"),
    "a method": ({"docs/api.md": "call `Store.drop`\n"}, "tells of the function Store.drop"),
    "of a module": ({"docs/api.md": "call `pkg.a.tally`\n"}, "tells of the function pkg.a.tally"),
    "a class": ({"docs/api.md": "a `ClipStore`\n"}, "tells of the class ClipStore"),
    "a signature": (
        {"docs/api.md": "### `count(clips, most=3)`\n"},
        "documents count(clips, most=3), and pkg/a.py has count(clips, limit=3, *, deep: bool = False)",
    ),
    "an argument": (
        {"pkg/a.py": ARGUMENTS},
        "the docstring of count in pkg/a.py tells of the argument most",
    ),
    "a circle": (
        {
            "pkg/a.py": HEADER + "from pkg import b\nimport sqlalchemy\n",
            "pkg/b.py": "import pkg.c\n",
            "pkg/c.py": "from . import a\n",
        },
        "imports itself: pkg/a.py -> pkg/b.py -> pkg/c.py -> pkg/a.py",
    ),
    "not listed": (
        {"pkg/a.py": HEADER + "from pkg import b\nimport sqlalchemy, alembic, os\n"},
        "imports alembic",
    ),
    "not imported": (
        {"pkg/a.py": HEADER + "from pkg import b\n"},
        "lists sqlalchemy, which it doesn't import",
    ),
    "listed in vain": ({"pkg/a.py": HEADER}, "depends on pkg/gone.py, which isn't there"),
}


@pytest.mark.parametrize(("files", "description"), CASES.values(), ids=CASES)
def test_a_rule_finds_it(anywhere, files, description):
    anywhere.write(files)
    found = [each for each in anywhere.findings() if description in each.description]
    assert len(found) == 1, anywhere.described()
    if found[0].edit is not None:
        apply(anywhere.root, [found[0].edit], NOW)
        assert not [each for each in anywhere.described() if description in each]


def test_a_stale_page_is_found(anywhere):
    import os

    from dbp.hstc import write

    list(write(anywhere.root))
    assert anywhere.described() == []
    os.utime(anywhere.root / "pkg/a.py", (2_000_000_000, 2_000_000_000))
    (anywhere.root / "pkg/b.py").unlink()
    told = "\n".join(anywhere.described())
    assert "pkg/a.py is newer than its page pkg/HSTC.md" in told
    assert "pkg/b.py is on its page, and gone from the disk pkg/HSTC.md" in told


@pytest.fixture
def tree(tmp_path, db):
    tree = Tree(tmp_path / "tree", db)
    tree.write(
        {**AGREED, "pkg/a.py": HEADER + "import os\nimport alembic\ndef count(): ...\n", "docs/api.md": "x\n"}
    )
    return tree


def test_the_loop_closes(tree):
    dbp, work = repositories_on(tree.db), tree.work
    project = tree.index()
    found = tree.findings()
    recorded = work.record(project, found)
    assert (recorded.new, recorded.reopened, recorded.resolved) == (len(found), 0, 0) and len(found) == 4
    assert work.record(project, found).new == 0
    assert dbp.inconsistencies.get_pending()[0].severity == "Major"

    made = work.recommend(project, found)
    assert work.recommend(project, found).id == made.id
    assert (len(made.inconsistencies), len(made.suggested_changes)) == (4, 4)
    assert {each.change_type for each in made.suggested_changes} == {"Deletion", "Addition"}
    assert dbp.inconsistencies.get_pending() == []

    ((root, edits),) = work.edits(made.id).items()
    before = (tree.root / "pkg/a.py").read_bytes()
    applied = apply(tree.root, edits, NOW)
    assert (root, applied.paths) == (str(tree.root), ("pkg/a.py",))
    assert (applied.backup / "pkg/a.py").read_bytes() == before
    assert "# codebase:- docs/api.md\n# system:- alembic\n####\n" in (tree.root / "pkg/a.py").read_text()
    decided = work.decide(made.id, "Accept", "yes", NOW)
    assert (decided.status, decided.developer_feedback) == ("Accepted", "yes")
    (decision,) = dbp.decisions.get_by_recommendation(made.id)
    assert (decision.decision, decision.implementation_timestamp) == ("Accept", NOW)
    assert {each.status for each in dbp.inconsistencies.find()} == {"Resolved"}
    assert tree.findings() == []
    assert work.recommend(project, []) is None
    with pytest.raises(EntityNotFoundError, match="isn't active"):
        work.decide(made.id, "Reject")


def test_what_is_rejected_or_invalidated_is_pending_again(tree):
    dbp, work = repositories_on(tree.db), tree.work
    project = tree.index()
    found = tree.findings()
    work.record(project, found)
    first = work.recommend(project, found)
    assert work.decide(first.id, "Reject", "no").status == "Rejected"
    assert len(dbp.inconsistencies.get_pending()) == 4
    second = work.recommend(project, found)
    tree.write({"pkg/b.py": "x = 1\n"})
    tree.index()
    assert dbp.recommendations.get_one(second.id).status == "Invalidated"
    assert dbp.inconsistencies.get_pending() == []
    assert work.record(project, found[1:]).reopened == 3
    assert dbp.inconsistencies.count(Inconsistency.status == "Resolved") == 1
    dbp.documents.delete(dbp.documents.get_by_path("pkg/a.py").id)
    work.record(project, [])
    assert dbp.inconsistencies.get_pending() == []


def test_changes_apply_whole_or_not_at_all(tmp_path):
    (tmp_path / "a").write_bytes(b"one\r\ntwo\r\ntwo\r\nthree")
    (tmp_path / "b").write_text("x\n")
    good = Edit("a", 2, "two", "2\nzwei")
    for bad in (Edit("b", 1, "y", ""), Edit("a", 9, "two", ""), Edit("../c", 1, "x", "")):
        with pytest.raises((EntityValidationError, OSError)):
            apply(tmp_path, [good, bad], NOW)
        assert (tmp_path / "a").read_bytes() == b"one\r\ntwo\r\ntwo\r\nthree"
        assert not (tmp_path / ".dbp").exists()
    applied = apply(tmp_path, [good, Edit("a", 1, "three", "3"), Edit("b", 1, "x", "")], NOW)
    assert (tmp_path / "a").read_bytes() == b"one\r\n2\r\nzwei\r\ntwo\r\n3"
    assert (tmp_path / "b").read_bytes() == b""
    assert (applied.backup / "b").read_text() == "x\n"
    assert apply(tmp_path, [], NOW).backup is None
