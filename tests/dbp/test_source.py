"""Headers, docstrings, code and trees, read without a database."""

import ast
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from dbp.source import Change, Decided, Dependency, Linker, files_in, parse_header, parse_module, read_source
from dbp.source.docstring import described, documented_parameters

HEADER = """#!/usr/bin/env python
###############################################################################
# IMPORTANT: keep this header
###############################################################################
# [Source file intent]
# Provides the managers,
# and nothing else.
###############################################################################
# [Source file design principles]
# - One place for each thing
#   that there is.
# - Design Decision: One layer (2025-04-13)
#   * Rationale: It is
#     simpler.
#   * Alternatives considered: Two layers (rejected)
# - Nothing twice
###############################################################################
# [Source file constraints]
# - Requires SQLAlchemy
###############################################################################
# [Dependencies]
# codebase:- doc/DESIGN.md
# system:- sqlalchemy
###############################################################################
# [GenAI tool change history]
# 2025-04-13T09:00:00Z : Began
# 2025-04-18T10:54:00+02:00 : Went on by Ann
# * the managers
#   of both faces
# * the tests
###############################################################################
import os
"""


@pytest.mark.parametrize("mark", ["#", "//", "--"])
def test_a_header_is_read_part_by_part(mark):
    header = parse_header(HEADER.replace("# ", f"{mark} ").replace("#!/usr", "#!/usr"))
    assert header.intent == "Provides the managers,\nand nothing else."
    assert header.principles == ("One place for each thing\nthat there is.", "Nothing twice")
    assert header.decisions == (
        Decided("One layer", "It is simpler.", "Two layers (rejected)", date(2025, 4, 13)),
    )
    assert header.constraints == ("Requires SQLAlchemy",)
    assert header.dependencies == (
        Dependency("codebase", "doc/DESIGN.md"),
        Dependency("system", "sqlalchemy"),
    )
    assert header.history == (
        Change(
            datetime(2025, 4, 18, 8, 54, tzinfo=UTC),
            "Went on by Ann",
            ("the managers of both faces", "the tests"),
        ),
        Change(datetime(2025, 4, 13, 9, 0, tzinfo=UTC), "Began"),
    )


def test_a_file_without_a_header_has_an_empty_one():
    for text in ("", "import os\n# [Source file intent]\n# late\n", '"""[Source file intent]\nquoted"""\n'):
        header = parse_header(text)
        assert (header.intent, header.dependencies, header.history) == ("", None, ())
    strange = parse_header("# [GenAI tool change history]\n# 2025-13-40 : never\n# [Dependencies]\n# None\n")
    assert strange.problems and strange.dependencies == ()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_the_sections_of_a_docstring_come_in_any_order(order):
    parts = [
        "[Function intent]\nCount.\n",
        "[Implementation details]\nBy hand.\n",
        "[Design principles]\n- Plain\n- Slow\n",
    ]
    said = described("\n".join(parts[number] for number in order))
    assert (said.intent, said.implementation_details) == ("Count.", "By hand.")
    assert said.design_principles == ("Plain", "Slow")


def test_a_plain_docstring_is_intent_and_details():
    said = described("Count the\nclips.\n\nOne by one.\n")
    assert (said.intent, said.implementation_details) == ("Count the\nclips.", "One by one.")
    assert described("[Class intent]\nHolds.\n\nArgs:\n    a: b\n").intent == "Holds."
    assert described(None).intent is described("  ").intent is None
    assert documented_parameters(
        "X.\n\nArgs:\n    a (int): one\n        more: text\n    b: two\n\nReturns:\n    c: d\n"
    ) == ["a", "b"]
    assert documented_parameters(":param int a: one\n:param b: two") == ["a", "b"]
    assert documented_parameters("Nothing.") is None


def test_code_is_read_as_it_stands():
    module = parse_module(
        b"from __future__ import annotations\n"
        b"import a.b as c\nfrom .. import d\nfrom .e import F as G\n"
        b"if TYPE_CHECKING:\n    import lazy\n"
        b"class A(c.Base[int], G, metaclass=M):\n"
        b"    def m(self, x: int, /, y='\xc3\xa9', *z, k: str = 'a', **kw): import inner\n"
        b"    class B: pass\n"
        b"@deco\nasync def f(a, *, b=1):\n"
        b"    '''Doc \\0 \\ud800.'''\n"
        b"    def g(): pass\n"
        b"try: pass\nexcept E:\n  def h(): pass\n"
    )
    assert [(each["name"], each["start_line"], each["end_line"]) for each in module.functions] == [
        *(("A.m", 8, 8), ("f", 11, 13)),
        *(("f.<locals>.g", 13, 13), ("h", 16, 16)),
    ]
    assert module.functions[0]["parameters"] == [
        *("self", "x: int", "/", "y='é'", "*z", "k: str = 'a'", "**kw")
    ]
    assert module.functions[1]["parameters"] == ["a", "*", "b=1"]
    assert module.functions[1]["intent"] == r"Doc \x00 \ud800."
    assert [(each["name"], each["bases"]) for each in module.classes] == [
        ("A", ["c.Base[int]", "G"]),
        ("A.B", []),
    ]
    assert module.uses() == {
        "module": ["__future__.annotations", "a.b", "..d", ".e.F"],
        "deferred": ["lazy", "inner"],
        "bases": ["a.b.Base", ".e.F"],
    }


def test_names_are_resolved_in_their_tree():
    linker = Linker(
        [
            *("run.py", "src/p/__init__.py", "src/p/a.py", "src/p/sub/__init__.py", "src/p/sub/b.py"),
            *("tests/test_a.py", "tests/models.py", "plain/mod.py"),
        ]
    )
    resolved = {
        ("run.py", "p.a.Thing"): "src/p/a.py",
        ("run.py", "p"): "src/p/__init__.py",
        ("run.py", "plain.mod"): "plain/mod.py",
        ("src/p/sub/b.py", ".x"): "src/p/sub/__init__.py",
        ("src/p/sub/b.py", "..a.f"): "src/p/a.py",
        ("src/p/sub/b.py", "....far"): None,
        ("tests/test_a.py", "models.X"): "tests/models.py",
        ("run.py", "os.path"): None,
    }
    assert {key: linker.resolve(*key) for key in resolved} == resolved


def test_git_ignores_are_honoured_at_every_level(tmp_path):
    root = tmp_path / "repo" / "part"
    for name in (
        "a.py",
        "b.log",
        "keep.log",
        "build/x.py",
        "sub/c.tmp",
        "sub/deep/c.tmp",
        "sub/out/y.py",
        "env/pyvenv.cfg",
        "env/z.py",
        ".git/HEAD",
        "__pycache__/a.pyc",
        ".hidden/h.py",
        "top.skip",
    ):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    (tmp_path / "repo/.git").mkdir()
    (root / ".git/HEAD").unlink()
    (root / ".git").rmdir()
    (tmp_path / "repo/.gitignore").write_text("*.skip\n/part/build/\n")
    (root / ".gitignore").write_text("*.log\n!keep.log\n")
    (root / "sub/.gitignore").write_text("*.tmp\n!deep/c.tmp\nout/\n")
    os.symlink(root / "sub", root / "loop")
    os.symlink(root / "gone", root / "broken")
    os.mkfifo(root / "pipe")
    found = {each.path: each.problem for each in files_in(root, exclude=[".hidden/"])}
    assert set(found) == {
        ".gitignore",
        "a.py",
        "keep.log",
        "sub/.gitignore",
        "sub/deep/c.tmp",
        "broken",
        "pipe",
    }
    assert "can't be read" in found["broken"]
    assert "no regular file" in found["pipe"]
    assert [each.path for each in files_in(root / "build")] == ["x.py"]
    with pytest.raises(OSError):
        files_in(root / "none")


def test_a_file_that_cannot_be_read_whole_is_known_as_far_as_it_goes(tmp_path):
    cases = {
        "nul.py": (b"a\0b", "is no text", None),
        "latin.py": (b"# -*- coding: latin-1 -*-\nx = '\xe9'\ndef f(): pass\n", "isn't UTF-8", "é"),
        "raw.py": (b"x = '\xe9'\n", "isn't UTF-8", None),
        "broken.py": (b"# [Source file intent]\n# Breaks.\n\ndef f(:\n", "isn't Python", "def f"),
        "deep.py": (b"x = " + b"(" * 5000 + b")" * 5000, "isn't Python", "("),
        "good.py": (b"\xef\xbb\xbfdef f(): pass\n", None, "def f"),
    }
    for name, (data, problem, content) in cases.items():
        (tmp_path / name).write_bytes(data)
        source = read_source(tmp_path, name)
        assert (problem or "") in (source.problem or ""), name
        assert (source.problem is None) == (problem is None), name
        assert (source.content is None) == (content is None) and (content or "") in (source.content or ""), (
            name
        )
    assert read_source(tmp_path, "broken.py").intent == "Breaks."
    assert [each["name"] for each in read_source(tmp_path, "latin.py").module.functions] == ["f"]


def test_the_standard_librarys_email_is_counted_as_ast_counts_it():
    folder = Path(sys.modules["ast"].__file__).parent / "email"
    for file in folder.glob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
        functions = sorted(n.lineno for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
        module = read_source(folder, file.name).module
        assert [each["start_line"] for each in module.functions] == functions
        assert len(module.classes) == sum(isinstance(node, ast.ClassDef) for node in nodes)
