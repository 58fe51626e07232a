"""An index run on real trees: what is stored, what a second run does, and what kills leave behind."""

import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from dbp.consistency import AsyncConsistency, Consistency, Edit, Finding, findings_in
from dbp.database import DocumentRelationship, Recommendation
from dbp.indexing import AsyncIndex, Index, Linked, index, survey
from dbp.source import read_source
from sqlalchemy import event

from .conftest import THEN as NOW
from .conftest import repositories_on

EMAIL = Path(sys.modules["email"].__file__ if "email" in sys.modules else os.__file__).parent
FILES = {
    "pkg/__init__.py": "from pkg.models import Base\n",
    "pkg/models.py": "class Base:\n    '''Holds.'''\n    def save(self, now: bool = True) -> None: ...\n",
    "pkg/clip.py": (
        "from .models import Base\nimport os\nclass Clip(Base):\n    pass\ndef late():\n    import pkg.use\n"
    ),
    "pkg/use.py": "from pkg.clip import Clip\n",
    "README.md": "# Pkg\n\nA package.\n",
    "broken.py": "def f(:\n",
}
PARTS = ("functions", "classes", "design_decisions", "change_records")


@dataclass
class Tree:
    root: Path

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.fixture
def tree(tmp_path):
    made = Tree(tmp_path / "tree")
    for name, text in FILES.items():
        made.write(name, text)
    return made


def run(db, root, **given):
    store = Index(db)
    return {each.path: each for each in index(store, survey(store, root, **given), batch=2)}


def outcomes(events):
    return {path: event.outcome for path, event in events.items() if event.outcome != "unchanged"}


def contents(db):
    """Give all that is stored, without keys and times."""
    dbp = repositories_on(db)
    paths = {each.id: each.path for each in dbp.documents.find()}
    documents = {
        each.path: (each.type, each.md5_digest, each.content, each.intent, each.imports, each.problem)
        for each in dbp.documents.find()
    }
    parts = sorted(
        (name, paths[each.document_id], getattr(each, "name", ""), getattr(each, "start_line", 0))
        for name in PARTS
        for each in getattr(dbp, name).find()
    )
    links = sorted(
        (paths[each.source_id], paths[each.target_id], each.relationship_type, each.topic, each.scope)
        for each in dbp.relationships.find()
    )
    return documents, parts, links


def test_a_tree_is_stored(db, tree):
    events = run(db, tree.root)
    assert {each.outcome for each in events.values()} == {"added"}
    assert "isn't Python" in events["broken.py"].problem
    dbp = repositories_on(db)
    (project,) = dbp.projects.list_all()
    assert (project.name, project.root_path) == ("tree", str(tree.root))
    documents, _, links = contents(db)
    assert set(documents) == set(FILES)
    assert documents["README.md"][0] == "Markdown" and documents["README.md"][3] == "A package."
    assert documents["broken.py"][2] == "def f(:\n"
    clip = dbp.classes.one(dbp.classes.model.name == "Clip")
    assert clip.bases == ["Base"] and dbp.functions.count() == 2
    (save,) = (each for each in dbp.functions.find() if each.name == "Base.save")
    assert (save.parameters, save.start_line, save.end_line) == (["self", "now: bool = True"], 3, 3)
    assert links == [
        ("pkg/__init__.py", "pkg/models.py", "DependsOn", "import", "module"),
        ("pkg/clip.py", "pkg/models.py", "DependsOn", "import", "module"),
        ("pkg/clip.py", "pkg/models.py", "Extends", "inheritance", "bases"),
        ("pkg/clip.py", "pkg/use.py", "DependsOn", "import", "deferred"),
        ("pkg/use.py", "pkg/clip.py", "DependsOn", "import", "module"),
    ]


def test_a_second_run_reads_and_writes_nothing(db, tree, monkeypatch):
    run(db, tree.root)
    sent = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    monkeypatch.setattr("dbp.indexing.run.read_source", None)
    events = run(db, tree.root)
    assert {each.outcome for each in events.values()} == {"unchanged"}
    assert "isn't Python" in events["broken.py"].problem
    assert not [each for each in sent if each.split()[0].upper() in ("INSERT", "UPDATE", "DELETE")]


def test_what_changed_is_brought_up_to_date(db, tree):
    run(db, tree.root)
    dbp = repositories_on(db)
    clip = dbp.documents.get_by_path("pkg/clip.py")
    class_id = dbp.classes.one(dbp.classes.model.name == "Clip").id
    tree.write("pkg/clip.py", "import os\n\n\nclass Clip:\n    pass\n")
    tree.write("pkg/new.py", "from pkg import use\n")
    (tree.root / "pkg/models.py").unlink()
    os.utime(tree.root / "README.md")
    (tree.root / "moved").mkdir()
    shutil.move(tree.root / "broken.py", tree.root / "moved/broken.py")
    use = dbp.documents.get_by_path("broken.py").id

    events = run(db, tree.root)
    assert outcomes(events) == {
        "pkg/clip.py": "changed",
        "pkg/new.py": "added",
        "pkg/models.py": "removed",
        "moved/broken.py": "moved",
    }
    assert events["moved/broken.py"].moved_from == "broken.py"
    assert dbp.documents.get_by_path("moved/broken.py").id == use
    assert dbp.documents.get_by_path("pkg/clip.py").id == clip.id
    kept = dbp.classes.one(dbp.classes.model.name == "Clip")
    assert (kept.id, kept.start_line, kept.bases) == (class_id, 4, [])
    assert run(db, tree.root)["README.md"].outcome == "unchanged"
    incremental = contents(db)
    dbp.projects.delete_where(everything=True)
    run(db, tree.root)
    assert contents(db) == incremental


def test_links_of_untouched_files_follow_the_others(db, tree):
    run(db, tree.root)
    dbp = repositories_on(db)
    own = DocumentRelationship(
        source_id=dbp.documents.get_by_path("README.md").id,
        target_id=dbp.documents.get_by_path("pkg/use.py").id,
        relationship_type="Impacts",
        topic="told by a person",
    )
    dbp.relationships.create(own)
    text = (tree.root / "pkg/models.py").read_text()
    (tree.root / "pkg/models.py").unlink()
    run(db, tree.root)
    assert ("pkg/clip.py", "pkg/__init__.py", "DependsOn", "import", "module") in contents(db)[2]
    tree.write("pkg/models.py", text)
    run(db, tree.root)
    assert ("pkg/clip.py", "pkg/models.py", "Extends", "inheritance", "bases") in contents(db)[2]
    assert dbp.relationships.get(own.id) is not None


def test_a_change_invalidates_the_active_recommendation(db, tree):
    run(db, tree.root)
    dbp = repositories_on(db)
    active = dbp.recommendations.create(Recommendation(title="Mend"))
    run(db, tree.root)
    assert dbp.recommendations.get_one(active.id).status == "Active"
    tree.write("pkg/use.py", "")
    run(db, tree.root)
    read = dbp.recommendations.get_one(active.id)
    assert read.status == "Invalidated" and read.last_codebase_change_timestamp


def test_what_cannot_be_read_stays_and_is_told(db, tree):
    run(db, tree.root)
    (tree.root / "pkg/use.py").unlink()
    os.symlink("nowhere", tree.root / "pkg/use.py")
    os.mkfifo(tree.root / "pipe.py")
    events = run(db, tree.root)
    assert outcomes(events) == {"pkg/use.py": "skipped", "pipe.py": "skipped"}
    assert "pkg/use.py" in contents(db)[0]


def command(url, root, *words):
    return [sys.executable, "-m", "dbp", "index", str(root), "--url", url, "--batch", "3", *words]


def test_killed_at_any_moment_the_next_run_completes_it(db, tmp_path):
    root = tmp_path / "email"
    root.mkdir()
    for file in sorted(EMAIL.glob("*.py"))[:12]:
        shutil.copy(file, root)
    run(db, root)
    whole = contents(db)
    url = db.settings.sqlalchemy_url().render_as_string()
    repositories_on(db).projects.delete_where(everything=True)
    process = subprocess.Popen(command(url, root), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while not repositories_on(db).documents.exists() and time.monotonic() < until:
        time.sleep(0.001)
    process.kill()
    assert process.wait() != 0
    assert 0 < repositories_on(db).documents.count() < len(whole[0])
    run(db, root)
    assert contents(db) == whole


@pytest.mark.long
def test_killed_ten_times_on_each_database(db, tmp_path):
    root = tmp_path / "email"
    shutil.copytree(EMAIL, root, ignore=shutil.ignore_patterns("__pycache__"))
    run(db, root)
    whole = contents(db)
    url = db.settings.sqlalchemy_url().render_as_string()
    repositories_on(db).projects.delete_where(everything=True)
    chance, midway = random.Random(11), 0
    for _ in range(10):
        process = subprocess.Popen(command(url, root), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.8 + chance.random() * 1.2)
        process.kill()
        process.wait()
        stored = repositories_on(db).documents.count()
        midway += 0 < stored < len(whole[0])
        if stored == len(whole[0]):
            repositories_on(db).projects.delete_where(everything=True)
    print(f"killed ten times, {midway} of them between two batches")
    run(db, root)
    assert contents(db) == whole


def test_the_work_is_the_same_on_the_other_face(dbp, faced, tree):
    work = faced.pick(Index, AsyncIndex)(dbp.db)
    call = faced.run
    project = call(work.open_project(str(tree.root), "tree"))
    sources = [(read_source(tree.root, path), None) for path in FILES]
    call(work.store(project.id, sources, NOW))
    assert call(work.link(project.id)).added == 5
    assert call(work.link(project.id)) == Linked()
    known = call(work.known(project.id))
    assert set(known) == set(FILES)
    assert call(work.touch([(known["README.md"].id, NOW)])) == 1

    judging = faced.pick(Consistency, AsyncConsistency)(dbp.db)
    found = findings_in(call(judging.snapshot(project.id)))
    found += [
        Finding("Minor", "DocToCode", "told", "mend", ("README.md",), Edit("README.md", 1, "# Pkg", "# P"))
    ]
    assert call(judging.record(project.id, found)).new == len(found)
    made = call(judging.recommend(project.id, found))
    assert call(judging.edits(made.id)) == {str(tree.root): [found[-1].edit]}
    assert call(judging.decide(made.id, "Accept", implemented=NOW)).status == "Accepted"
    assert call(work.remove([each.id for each in known.values()], NOW)) == len(FILES)
