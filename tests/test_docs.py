"""The documents tell the truth: their Python runs, their links lead somewhere, every public name is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import colonnade
from tests.pages import blocks, dead_links

ROOT = Path(__file__).resolve().parents[1]
RUNNER = Path(__file__).with_name("pages.py")
SOURCES = {
    "colonnade": ROOT / "src",
    "stoat_ferret": ROOT / "systems/stoat_ferret/src",
    "dbp": ROOT / "systems/dbp/src",
}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def modules_with_examples() -> list[str]:
    """The modules in whose docstrings something is shown at a prompt."""
    return sorted(
        ".".join(file.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        for package, source in SOURCES.items()
        for file in (source / package).rglob("*.py")
        if re.search(r"^\s*>>> ", file.read_text(encoding="utf-8"), re.MULTILINE)
    )


def run(subject: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a page or a module's examples in a process of its own, with SQLite in a temporary folder."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'page.db'}"}
    return subprocess.run(
        [sys.executable, "-W", "error", str(RUNNER), subject],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_pages_python_runs(page: Path, tmp_path: Path) -> None:
    if any(block.is_python for block in blocks(page)):
        result = run(str(page), tmp_path)
        assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_pages_links_lead_somewhere(page: Path) -> None:
    assert dead_links(page) == []


@pytest.mark.parametrize("module", modules_with_examples())
def test_a_modules_examples_give_what_they_show(module: str, tmp_path: Path) -> None:
    result = run(module, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_public_name_is_told_of() -> None:
    told = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in colonnade.__all__ if not re.search(rf"\b{name}\b", told)] == []


PAGE = """\
# A page

```python
from colonnade import AsyncDatabaseManager
adb = AsyncDatabaseManager()
```

```python no-run
raise SystemExit("not to be run")
```

1. In a list:

   ```python
   async with adb.session() as session:
       {statement}
   ```

Back to [the top](#a-page), to [a file](there.txt), or `[nowhere](code.md)`.

```text
[nowhere](text.md)
```
"""


def written(folder: Path, text: str) -> Path:
    (folder / "there.txt").touch()
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    return page


def test_blocks_share_a_namespace_and_may_await(tmp_path: Path) -> None:
    page = written(tmp_path, PAGE.format(statement="assert not session.in_transaction()"))
    assert run(str(page), tmp_path).returncode == 0
    assert dead_links(page) == []


def test_a_block_that_fails_is_found_with_its_line(tmp_path: Path) -> None:
    result = run(str(written(tmp_path, PAGE.format(statement="assert False"))), tmp_path)
    assert result.returncode != 0
    assert 'page.md", line 16' in result.stderr


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("```python no-run\nimport\n```", "SyntaxError"),
        ("```python norun\nimport os\n```", "unknown mark 'norun'"),
        ("```python\nimport os\n", "never closed"),
        ("```python\nimport warnings\nwarnings.warn('old')\n```", "UserWarning: old"),
    ],
)
def test_a_page_that_cannot_be_trusted_is_refused(text: str, fault: str, tmp_path: Path) -> None:
    result = run(str(written(tmp_path, text)), tmp_path)
    assert result.returncode != 0
    assert fault in result.stderr


@pytest.mark.parametrize("target", ["gone.md", "#nowhere", "page.md#nowhere", "../gone/"])
def test_a_dead_link_is_found(target: str, tmp_path: Path) -> None:
    page = written(tmp_path, f"# A page\n\nOn to [it]({target}).\n")
    assert dead_links(page) == [f"{page}:3: {target}"]


def test_an_example_that_differs_is_found(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text('"""A sum.\n\n>>> 1 + 1\n3\n"""\n', encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run([sys.executable, str(RUNNER), "wrong"], env=environment, capture_output=True)
    assert result.returncode != 0
