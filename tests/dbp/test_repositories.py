"""The documented queries, on either face and every driver."""

from datetime import UTC, datetime, timedelta

import pytest
from dbp.database import DocumentRelationship, DocumentType, Inconsistency, Recommendation, SuggestedChange

from colonnade.errors import (
    CheckViolationError,
    EntityNotFoundError,
    EntityValidationError,
    ForeignKeyViolationError,
    UniqueViolationError,
)

from .conftest import THEN, a_document, a_project


@pytest.fixture
def project(dbp, faced):
    documents = [
        a_document("b.md", type="Markdown", md5_digest="b" * 32),
        a_document("a.py"),
        a_document("c.py", md5_digest="b" * 32),
    ]
    return faced.run(dbp.projects.create(a_project(documents=documents)))


def named(document, name):
    return next(each for each in document.documents if each.path == name)


def test_projects_and_documents_are_found(dbp, faced, project):
    run = faced.run
    assert run(dbp.projects.get_by_root_path("/work/tree")).id == project.id
    assert run(dbp.projects.get_by_root_path("/WORK/tree")) is None
    assert [each.id for each in run(dbp.projects.list_all())] == [project.id]
    assert run(dbp.documents.get_by_path("a.py", project.id)).path == "a.py"
    assert run(dbp.documents.get_by_path("a.py")).project_id == project.id
    assert run(dbp.documents.get_by_path("a.py", project.id + 1)) is None
    by_type = dbp.documents.list_by_project
    assert [each.path for each in run(by_type(project.id))] == ["a.py", "b.md", "c.py"]
    assert [each.path for each in run(by_type(project.id, "Code"))] == ["a.py", "c.py"]
    assert [each.path for each in run(by_type(project.id, document_type=DocumentType.MARKDOWN))] == ["b.md"]
    assert [each.path for each in run(dbp.documents.find_by_md5("B" * 32, project.id))] == ["b.md", "c.py"]
    assert run(dbp.documents.find_by_md5("b" * 32, project.id + 1)) == []


def test_functions_are_created_or_updated(dbp, faced, project):
    document, functions = named(project, "a.py"), dbp.functions
    first = faced.run(
        functions.bulk_create_or_update(
            document.id,
            [
                {"name": "f", "start_line": 1, "end_line": 2, "parameters": ["a: int", "*"]},
                {"name": "f", "start_line": 4, "end_line": 5},
                {"name": "g", "start_line": 7, "end_line": 7, "intent": "Count."},
            ],
        )
    )
    second = faced.run(
        functions.bulk_create_or_update(
            document.id,
            [
                {"name": "h", "start_line": 1, "end_line": 1},
                {"name": "f", "start_line": 3, "end_line": 4},
                {"name": "f", "start_line": 6, "end_line": 7, "parameters": []},
            ],
        )
    )
    assert [each.id for each in second[1:]] == [each.id for each in first[:2]]
    stored = faced.run(functions.get_by_document(document.id))
    assert [(each.name, each.start_line, each.end_line) for each in stored] == [
        *(("f", 3, 4), ("f", 6, 7)),
        *(("g", 7, 7), ("h", 1, 1)),
    ]
    assert (stored[0].parameters, stored[2].intent) == (["a: int", "*"], "Count.")
    assert second[1].start_line == 3


def test_a_replacement_tells_what_it_wrote(dbp, faced, project):
    a, c = named(project, "a.py"), named(project, "c.py")
    rows = [{"name": name, "start_line": 1, "end_line": 2} for name in ("A", "B", "C")]
    replace, run = dbp.classes.bulk_replace, faced.run
    changed = run(replace({a.id: rows, c.id: rows[:1]}))
    assert (changed.created, changed.updated, changed.deleted) == (4, 0, 0)
    changed = run(replace({a.id: rows, c.id: rows[:1]}))
    assert (changed.created, changed.updated, changed.deleted) == (0, 0, 0)
    changed = run(replace({a.id: [{**rows[0], "end_line": 9}, rows[2]], c.id: []}))
    assert (changed.created, changed.updated, changed.deleted) == (0, 1, 2)
    assert [each.name for each in run(dbp.classes.get_by_document(a.id))] == ["A", "C"]


def test_a_bad_row_changes_nothing(dbp, faced, project):
    document = named(project, "a.py")
    good = {"name": "f", "start_line": 1, "end_line": 1}
    for bad, column in (({"name": "g", "start": 1}, "start"), ({"start_line": 1}, "name")):
        with pytest.raises(EntityValidationError) as caught:
            faced.run(dbp.functions.bulk_create_or_update(document.id, [good, bad]))
        assert caught.value.columns == (column,)
    with pytest.raises(ForeignKeyViolationError):
        faced.run(dbp.functions.bulk_create_or_update(10**6, [good]))
    assert faced.run(dbp.functions.count()) == 0


def test_history_and_decisions_of_a_document(dbp, faced, project):
    document, run = named(project, "a.py"), faced.run
    older = THEN - timedelta(days=1)
    run(
        dbp.change_records.bulk_create(
            document.id,
            [
                {"timestamp": older, "summary": "Began"},
                {"timestamp": THEN, "summary": "Went on", "details": "x"},
            ],
        )
    )
    found = run(dbp.change_records.get_by_document(document.id))
    assert [(each.timestamp, each.summary) for each in found] == [(THEN, "Went on"), (older, "Began")]
    decided = {"description": "One layer", "rationale": "simple", "decision_date": THEN.date()}
    for rationale in ("simple", "simpler"):
        run(dbp.design_decisions.bulk_create_or_update(document.id, [{**decided, "rationale": rationale}]))
    (decision,) = run(dbp.design_decisions.get_by_document(document.id))
    assert (decision.rationale, decision.decision_date) == ("simpler", THEN.date())


def test_relationships_go_both_ways(dbp, faced, project):
    a, b, c = (named(project, name).id for name in ("a.py", "b.md", "c.py"))
    run = faced.run
    run(
        dbp.relationships.create_many(
            [
                DocumentRelationship(source_id=a, target_id=c, relationship_type="DependsOn"),
                DocumentRelationship(source_id=b, target_id=a, relationship_type="Impacts", topic="schema"),
                DocumentRelationship(source_id=b, target_id=c, relationship_type="Extends"),
            ]
        )
    )
    found = run(dbp.relationships.get_relationships_for_document(a))
    assert [(each.source_id, each.target_id) for each in found] == [(a, c), (b, a)]
    assert run(dbp.relationships.delete_relationships_for_document(a)) == 2
    assert run(dbp.relationships.count()) == 1


def test_the_worst_inconsistency_comes_first(dbp, faced, project):
    run = faced.run
    for severity in ("Minor", "Critical", "Major", "Critical"):
        run(
            dbp.inconsistencies.create(
                Inconsistency(
                    severity=severity,
                    type="DocToDoc",
                    description=severity,
                    affected_documents=[named(project, "a.py"), named(project, "b.md")],
                )
            )
        )
    pending = run(dbp.inconsistencies.get_pending())
    assert [each.severity for each in pending] == ["Critical", "Critical", "Major", "Minor"]
    assert pending[0].id < pending[1].id
    assert [each.path for each in pending[0].affected_documents] == ["a.py", "b.md"]
    assert run(dbp.inconsistencies.update_status(pending[0].id, "Resolved")).status == "Resolved"
    assert len(run(dbp.inconsistencies.get_pending())) == 3
    with pytest.raises(EntityNotFoundError):
        run(dbp.inconsistencies.update_status(10**6, "Resolved"))
    with pytest.raises(CheckViolationError, match="Done"):
        run(dbp.inconsistencies.update_status(pending[1].id, "Done"))


def test_recommendations_live_and_go(dbp, faced, project):
    run, recommendations = faced.run, dbp.recommendations
    assert run(recommendations.get_active()) is None
    change = SuggestedChange(document_id=named(project, "a.py").id, change_type="Addition", after_text="x")
    made = run(recommendations.create(Recommendation(title="Mend", suggested_changes=[change])))
    with pytest.raises(UniqueViolationError):
        run(recommendations.create(Recommendation(title="Another")))
    active = run(recommendations.get_active())
    assert (active.id, [each.after_text for each in active.suggested_changes]) == (made.id, ["x"])
    assert run(recommendations.invalidate_active(THEN)) == 1
    assert run(recommendations.invalidate_active(THEN)) == 0
    read = run(recommendations.get_one(made.id))
    assert (read.status, read.last_codebase_change_timestamp) == ("Invalidated", THEN)
    read = run(recommendations.update_status(made.id, "Rejected", "not now"))
    assert (read.status, read.developer_feedback) == ("Rejected", "not now")

    long_ago = datetime.now(UTC) - timedelta(days=8)
    kept = run(recommendations.create(Recommendation(title="Old", creation_timestamp=long_ago)))
    run(recommendations.create(Recommendation(title="Older", creation_timestamp=long_ago, status="Accepted")))
    assert run(recommendations.delete_old_recommendations(days_old=9)) == 0
    assert run(recommendations.delete_old_recommendations()) == 1
    assert {each.id for each in run(recommendations.find())} == {made.id, kept.id}
    with pytest.raises(EntityValidationError, match="days_old=-1"):
        run(recommendations.delete_old_recommendations(-1))
