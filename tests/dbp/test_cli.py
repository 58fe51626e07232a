"""The command line on real trees: what it prints, where, and the code it ends with."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from dbp.cli import app
from dbp.database import SCRIPTS
from typer.testing import CliRunner

from tests.pages import blocks, dead_links

SYSTEM = Path(__file__).parents[2] / "systems/dbp"
PAGES = [SYSTEM / "README.md", *sorted((SYSTEM / "doc").glob("*.md")), SCRIPTS / "README.md"]
HEADER = "####\n# [Dependencies]\n# system:- os\n# codebase:- gone.py\n####\nimport os\n"


@pytest.fixture
def command(here):
    """Runs a command in an empty folder, on the default database."""
    runner = CliRunner()

    def run(*words, code=0):
        result = runner.invoke(app, [str(word) for word in words], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "tree/pkg").mkdir(parents=True)
    (tmp_path / "tree/a.py").write_text(HEADER)
    (tmp_path / "tree/pkg/b.py").write_text("import a\n")
    return tmp_path / "tree"


def test_a_tree_is_indexed_and_told_of(command, tree):
    assert "2 files: 2 added" in command("index", tree).stdout
    assert Path("dbp.db").exists()
    (tree / "broken.py").write_bytes(b"def f(:\n")
    (tree / "pkg/blob.bin").write_bytes(b"\0\1")
    (tree / "pkg/b.py").rename(tree / "pkg/c\x1b[2J.py")
    told = command("index", tree, code=1)
    assert "moved pkg/b.py to pkg/c\\x1b[2J.py" in told.stdout
    assert (
        "4 files: 2 added, 0 changed, 1 moved, 0 removed, 1 unchanged, 0 skipped; 2 with problems"
        in told.stdout
    )
    assert "broken.py: isn't Python" in told.stderr and "pkg/blob.bin: is no text" in told.stderr
    as_json = json.loads(command("index", tree, "--json", code=1).stdout)
    assert as_json["unchanged"] == 4
    assert {each["path"] for each in as_json["problems"]} == {"broken.py", "pkg/blob.bin"}
    command("index", tree, "--exclude", "*.bin", "--exclude", "broken.py")


def test_pages_are_written_and_checked(command, tree):
    stale = command("hstc", "check", tree, code=1).stdout
    assert "has no page" in stale and "pkg/b.py" in stale
    assert command("hstc", "write", tree).stdout == "2 pages: 2 made, 0 changed, 0 unchanged, 0 refused\n"
    assert command("hstc", "check", tree).stdout == "every page is fresh\n"
    (tree / "new.py").write_text("")
    (found,) = json.loads(command("hstc", "check", tree, "--json", code=1).stdout)
    assert found == {"page": "HSTC.md", "path": "new.py", "reason": "is missing from its page"}
    (tree / "pkg/HSTC.md").write_text("mine")
    assert "pkg/HSTC.md, line 1" in command("hstc", "write", tree, code=1).stderr
    assert not Path("dbp.db").exists()


def test_the_loop_is_closed_by_commands(command, tree, here, at_head):
    at_head(here / "dbp.db")
    command("index", tree)
    (found,) = json.loads(command("inconsistencies", "--json").stdout)
    assert (found["severity"], found["status"], found["documents"]) == ("Major", "Pending", ["a.py"])
    assert "gone.py" in command("inconsistencies", tree).stdout
    told = command("recommend").stdout
    assert "a.py, line 4: Deletion\n  - # codebase:- gone.py\n" in told
    assert json.loads(command("recommend", "--json").stdout)["id"] == 1
    assert "--comments" in command("decide", "amend", code=2).output
    assert "--apply" in command("decide", "reject", "--apply", code=2).output
    done = json.loads(command("decide", "accept", "--apply", "--comments", "yes", "--json").stdout)
    assert (done["status"], done["applied"]) == ("Accepted", ["a.py"])
    assert (tree / "a.py").read_text() == HEADER.replace("# codebase:- gone.py\n", "")
    assert (Path(done["backups"][0]) / "a.py").read_text() == HEADER
    assert json.loads(command("inconsistencies", "--json").stdout) == []
    assert "documents and code agree" in command("recommend").stdout
    assert "2 unchanged" in command("index", tree).stdout


def test_what_is_refused_is_one_line_with_a_remedy(command, tree, here, at_head):
    def refusal(*words, code=1):
        result = command(*words, code=code)
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        return line

    assert "Index a folder" in refusal("inconsistencies")
    assert not (here / "dbp.db").exists()
    at_head(here / "dbp.db")
    assert "Name a folder that can be read" in refusal("index", here / "none")
    command("index", tree)
    assert "isn't indexed" in refusal("inconsistencies", here)
    assert "Run `recommend` first" in refusal("decide", "accept")
    assert "Recommendation" in refusal("decide", "accept", "--id", 9)
    unreachable = refusal("recommend", "--url", "postgresql://ada:hush@127.0.0.1:1/none")
    assert "hush" not in unreachable
    assert command("decide", "perhaps", code=2)
    (tree / "a.py").write_text(HEADER.replace("gone", "lost"))
    command("index", tree)
    command("recommend")
    (tree / "a.py").write_text("")
    assert "isn't there any more" in refusal("decide", "accept", "--apply")


def test_the_demonstration_runs(command, here):
    shown = command("demo", here / "demo", "--package", "pluggy").stdout
    assert "recommendation 1: Accepted" in shown
    assert "stale after that: 0" in shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_documents_links_lead_somewhere(page):
    assert dead_links(page) == []


def test_the_documents_name_what_there_is():
    text = (SYSTEM / "doc/DATA_MODEL.md").read_text()
    from dbp.database import Base

    for table in Base.metadata.tables.values():
        assert f"`{table.name}`" in text
        if table.name == "documents":
            assert all(f"`{column.name}`" in text for column in table.columns if column.name != "project_id")


def test_the_configurations_examples_run(here):
    page = SYSTEM / "doc/CONFIGURATION.md"
    assert any(block.is_python for block in blocks(page))
    runner = Path(__file__).parents[1] / "pages.py"
    done = subprocess.run([sys.executable, str(runner), str(page)], cwd=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_commands_of_the_migrations_readme_run(here):
    text = (SCRIPTS / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\$ colonnade (.*)$", text, re.MULTILINE)
    assert len(commands) >= 5
    for command in commands:
        words = shlex.split(command.replace("src/dbp/database/alembic", str(SCRIPTS)))
        done = subprocess.run(
            [sys.executable, "-m", "colonnade", *words],
            capture_output=True,
            text=True,
            env={**os.environ, "CI": ""},
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    for file in (SCRIPTS / "versions").glob("*.py"):
        revision = re.search(r'^revision: str = "(\w+)"', file.read_text(), re.MULTILINE)[1]
        assert f"`{revision}`" in text
