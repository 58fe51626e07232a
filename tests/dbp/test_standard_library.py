"""The whole standard library of the running interpreter: counted as `ast` counts it, and paged."""

import ast
import shutil
import sysconfig
import warnings
from pathlib import Path

import pytest
from dbp.database import Class, Document, Function
from dbp.database.repositories import BaseRepository
from dbp.hstc import check, write
from dbp.indexing import Index, index, survey
from sqlalchemy import event

LIBRARY = Path(sysconfig.get_path("stdlib"))
LEFT_OUT = shutil.ignore_patterns("__pycache__", "site-packages", "*.so", "*.a")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A copy, so that pages may be written into it."""
    copy = tmp_path_factory.mktemp("library") / "python"
    shutil.copytree(LIBRARY, copy, ignore=LEFT_OUT, symlinks=True)
    return copy


@pytest.fixture(scope="module")
def counted(library):
    """How many files, functions and classes an independent walk finds."""
    functions = classes = 0
    for file in (*library.rglob("*.py"), *library.rglob("*.pyi")):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                nodes = list(ast.walk(ast.parse(file.read_bytes())))
        except (SyntaxError, ValueError):
            continue
        functions += sum(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in nodes)
        classes += sum(isinstance(node, ast.ClassDef) for node in nodes)
    return len(list(library.rglob("*.py"))), functions, classes


@pytest.mark.long
def test_the_index_holds_what_ast_counts_and_a_second_run_writes_nothing(db, library, counted):
    store = Index(db)
    list(index(store, survey(store, library)))
    found = (
        BaseRepository[Document](db).count(Document.path.like("%.py")),
        BaseRepository[Function](db).count(),
        BaseRepository[Class](db).count(),
    )
    assert found == counted
    sent = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    again = list(index(store, survey(store, library)))
    assert {each.outcome for each in again} == {"unchanged"}
    assert not [each for each in sent if each.split()[0].upper() in ("INSERT", "UPDATE", "DELETE")]
    print(f"{counted[0]:,} Python files, {counted[1]:,} functions, {counted[2]:,} classes")


@pytest.mark.long
def test_its_pages_are_fresh_once_they_are_written(library):
    pages = list(write(library))
    assert {each.outcome for each in pages} == {"made"}
    assert check(library) == []
    assert {each.outcome for each in write(library)} == {"unchanged"}
    (library / "json/decoder.py").unlink()
    (library / "json/added.py").write_text("")
    (library / "ast.py").touch()
    (library / "email/quoprimime.py").rename(library / "json/quoprimime.py")
    assert {(each.path, each.reason.split()[1]) for each in check(library)} == {
        ("json/decoder.py", "on"),
        ("json/added.py", "missing"),
        ("ast.py", "newer"),
        ("email/quoprimime.py", "on"),
        ("json/quoprimime.py", "missing"),
    }
    print(f"{len(pages)} pages")
