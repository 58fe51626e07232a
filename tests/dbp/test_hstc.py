"""HSTC pages: every form is read, one is written, what a person wrote stays, and what is stale is named."""

import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dbp.hstc import Entry, Page, check, read_page, write, written
from dbp.hstc.page import Dependency, HistoryEntry, placeholder, tidy
from dbp.hstc.reader import KEYS
from hypothesis import given
from hypothesis import strategies as st

from colonnade.errors import SerializationFormatError

SEEDS = Path(__file__).with_name("pages")
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def seed(number):
    return (SEEDS / f"00{number}.md").read_text(encoding="utf-8")


def test_the_documents_are_read():
    pages = [read_page(seed(number)) for number in range(3)]
    assert [page.name for page in pages] == ["database", "database", "alembic"]
    assert [list(page.children) for page in pages] == [
        ["alembic", "repositories"],
        ["repositories", "alembic"],
        ["versions"],
    ]
    assert [len(page.files) for page in pages] == [5, 5, 3]
    assert all(page.purpose.startswith("This directory") and not page.extra for page in pages)

    unknown = pages[0].files["models.py"]
    assert unknown == replace(
        placeholder("models.py", NOW),
        history=(
            HistoryEntry("2025-04-23T17:49:18Z", "Auto-detected file", "Automatically indexed models.py"),
        ),
    )
    database = pages[1].files["database.py"]
    assert database.intent.startswith("Provides a DatabaseManager") and database.intent.endswith("retries.")
    assert "\n  * Rationale: Offers flexibility" in database.principles
    assert database.dependencies[3:] == (
        Dependency("codebase", "src/dbp/database/alembic_manager.py"),
        Dependency("codebase", "src/dbp/database/models.py"),
        Dependency("system", "sqlalchemy"),
    )
    assert [each.timestamp for each in database.history] == [
        *("2025-04-19T23:52:00Z", "2025-04-18T10:54:00Z", "2025-04-18T09:31:00Z", "2025-04-18T08:15:00Z")
    ]
    assert pages[1].files["__init__.py"].dependencies == ()


@pytest.mark.parametrize("number", range(3))
def test_a_document_written_back_means_the_same(number):
    page = read_page(seed(number))
    text = written(page)
    assert read_page(text) == page
    assert written(read_page(text)) == text
    assert text.endswith("<!-- End of HSTC.md file -->\n")
    assert text.index("## Child Directories") < text.index("## Local Files")


def test_the_placeholder_is_written_as_the_document_has_it():
    page = read_page(seed(0))

    def squeezed(text):
        return [line.rstrip() for line in text.splitlines() if line.strip()]

    assert squeezed(written(page)) == squeezed(seed(0))


texts = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60).map(tidy).filter(bool)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,8}", fullmatch=True)
entries = st.builds(
    Entry,
    intent=texts,
    principles=texts,
    constraints=texts,
    dependencies=st.lists(
        st.one_of(
            st.builds(Dependency, st.sampled_from(["codebase", "system"]), texts),
            st.just(Dependency("unknown", "None")),
        )
    ).map(tuple),
    history=st.lists(st.builds(HistoryEntry, texts, texts, st.one_of(st.just(""), texts))).map(tuple),
)


@given(st.builds(Page, names, files=st.dictionaries(names, entries, max_size=3)))
def test_whatever_a_file_says_comes_back(page):
    assert read_page(written(page)) == page


def test_what_a_person_wrote_comes_back():
    page = Page(
        "src",
        "Why it is.\n\nAnd a list:\n\n- one\n  ```\n  ## no heading\n  ```",
        {"a": "Text."},
        {"b.py": Entry(notes="Mind this.")},
        {"Notes": "Mine.\n\n### Deeper\nyes", "Local Files": "Read them all."},
        "A preamble.",
        "abc123",
    )
    assert read_page(written(page)) == page
    kept = "<!-- keep x -->\n## No section\n<!-- /keep -->"
    assert read_page(written(replace(page, purpose=kept))).purpose == kept


TITLE = "# Hierarchical Semantic Tree Context: x\n\n"
BROKEN = [
    ("# Other", "line 1: expected `# Hierarchical"),
    (
        f"{TITLE}## Local Files\n\n### `a`\n\ntext\n",
        "line 5: `a` has no YAML block",
    ),
    (
        f"{TITLE}## Local Files\n\n### `a`\n```yaml\nx: [\n```\n",
        "`a` isn't YAML",
    ),
    (f"{TITLE}## Local Files\n\n### `a`\n```yaml\nx: 1\n", "never closed"),
    (
        f"{TITLE}## Local Files\n\n### `a`\n```yaml\nsource_file_intent: x\n```\n",
        "lacks source_file_design_principles",
    ),
]


@pytest.mark.parametrize(("text", "reason"), BROKEN)
def test_what_is_no_page_is_refused(text, reason):
    with pytest.raises(SerializationFormatError) as caught:
        read_page(text)
    assert reason in str(caught.value)


HEADER = """\
# [Source file intent]
# Does a.
# [Dependencies]
# system:- os
# [GenAI tool change history]
# 2025-01-02T03:04:05Z : Began
# * one
# * two
"""


@pytest.fixture
def tree(tmp_path):
    files = {
        "pkg/__init__.py": '"""The package."""\n',
        "pkg/a.py": HEADER,
        "pkg/b.py": '"""Does b."""\nimport json\nfrom pkg import a\n',
        "pkg/deep/c.py": "x = 1\n",
        "README.md": "# Top\n\nAll of it.\n",
    }
    for name, text in files.items():
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "tree"


def results(tree):
    return {each.page: each.outcome for each in write(tree, now=NOW)}


def page_of(folder):
    return read_page((folder / "HSTC.md").read_text())


def stale(tree):
    return {(each.path, each.reason.split()[1]) for each in check(tree)}


def test_every_directory_has_a_page_children_first(tree):
    assert list(results(tree).items()) == [
        *(("pkg/deep/HSTC.md", "made"), ("pkg/HSTC.md", "made"), ("HSTC.md", "made"))
    ]
    top, package = page_of(tree), page_of(tree / "pkg")
    assert (top.purpose, top.children) == ("All of it.", {"pkg": "The package."})
    assert package.purpose == "The package." and list(package.files) == ["__init__.py", "a.py", "b.py"]
    a, b = package.files["a.py"], package.files["b.py"]
    assert (a.intent, a.dependencies) == ("Does a.", (Dependency("system", "os"),))
    assert a.history == (HistoryEntry("2025-01-02T03:04:05Z", "Began", "one, two"),)
    assert b.dependencies == (Dependency("codebase", "pkg/a.py"), Dependency("system", "json"))
    assert page_of(tree / "pkg/deep").files["c.py"] == placeholder("c.py", NOW)
    assert check(tree) == []
    assert set(results(tree).values()) == {"unchanged"}


def test_a_rewritten_page_keeps_what_a_person_wrote(tree):
    list(write(tree, now=NOW))
    page = page_of(tree / "pkg/deep")
    mine = replace(
        page,
        purpose="Deep things.",
        files={
            "c.py": replace(
                page.files["c.py"], intent="Counts.", notes="<!-- keep n -->\nMine.\n<!-- /keep -->"
            )
        },
        extra={"Notes": "Ask Ann."},
    )
    (tree / "pkg/deep/HSTC.md").write_text(written(mine))
    (tree / "pkg/deep/d.py").write_text('"""Does d."""\n')
    list(write(tree))
    again = page_of(tree / "pkg/deep")
    assert (again.purpose, again.extra, again.files["c.py"]) == (mine.purpose, mine.extra, mine.files["c.py"])
    assert again.files["d.py"].intent == "Does d."
    assert page_of(tree / "pkg").children == {"deep": "Deep things."}
    (tree / "pkg/deep/HSTC.md").write_text("not a page")
    assert results(tree)["pkg/deep/HSTC.md"] == "refused"
    assert (tree / "pkg/deep/HSTC.md").read_text() == "not a page"


def test_what_is_stale_outside_git_is_named(tree):
    list(write(tree))
    for file in tree.rglob("HSTC.md"):
        os.utime(file, (1_900_000_000, 1_900_000_000))
    os.utime(tree / "pkg/a.py", (1_900_000_001, 1_900_000_001))
    (tree / "pkg/new.py").write_text("")
    (tree / "pkg/b.py").unlink()
    shutil.move(tree / "README.md", tree / "pkg/deep/README.md")
    (tree / "more").mkdir()
    (tree / "more/x.py").write_text("")
    assert stale(tree) == {
        ("pkg/a.py", "newer"),
        ("pkg/new.py", "missing"),
        ("pkg/b.py", "on"),
        ("README.md", "on"),
        ("pkg/deep/README.md", "missing"),
        ("more", "no"),
        ("more", "missing"),
        ("more/x.py", "missing"),
    }
    list(write(tree))
    assert check(tree) == []


def test_under_git_the_commits_count(tree):
    def git(*words):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", tree, *words],
            check=True,
            capture_output=True,
        )

    def commit():
        git("add", "-A")
        git("commit", "-qm", "x")

    git("init", "-q")
    list(write(tree))
    commit()
    os.utime(tree / "pkg/a.py", (1_900_000_000, 1_900_000_000))
    assert check(tree) == []
    (tree / "pkg/b.py").write_text('"""Does b."""\nimport json\nfrom pkg import a\n\nX = 1\n')
    os.utime(tree / "pkg/b.py", (1_900_000_000, 1_900_000_000))
    assert stale(tree) == {("pkg/b.py", "newer")}
    commit()
    assert stale(tree) == {("pkg/b.py", "newer")}
    assert results(tree)["pkg/HSTC.md"] == "changed"
    assert len(page_of(tree / "pkg").checked) == 12
    assert check(tree) == []
    commit()
    assert check(tree) == []
    assert set(results(tree).values()) == {"unchanged"}
    (tree / "pkg/deep/c.py").write_text('"""Does c."""\n')
    list(write(tree))
    commit()
    assert check(tree) == []


def test_the_keys_are_exactly_these():
    keys = [
        line.split(":")[0]
        for line in written(Page("x", files={"a": Entry()})).splitlines()
        if line[:1].islower()
    ]
    assert tuple(keys) == KEYS
