"""What the database itself holds: rules, keys, cascades, tried out and read from its catalogue."""

import pytest
from dbp.database import (
    Base,
    ChangeRecord,
    Class,
    DesignDecision,
    DeveloperDecision,
    DocumentRelationship,
    Function,
    Inconsistency,
    Recommendation,
    RecommendationStatus,
    SuggestedChange,
)
from sqlalchemy import inspect, text

from colonnade.errors import (
    CheckViolationError,
    DatabaseError,
    EntityValidationError,
    ForeignKeyViolationError,
    UniqueViolationError,
)

from .conftest import THEN, a_document, a_project, repositories_on

TABLES = {
    *("projects", "documents", "functions", "classes", "document_relationships", "inconsistencies"),
    *("inconsistency_documents", "recommendations", "recommendation_inconsistencies", "suggested_changes"),
    *("developer_decisions", "design_decisions", "change_records"),
}
ENUMERATED = {
    "documents": ("type",),
    "document_relationships": ("relationship_type",),
    "inconsistencies": ("severity", "type", "status"),
    "recommendations": ("status",),
    "suggested_changes": ("change_type",),
    "developer_decisions": ("decision",),
}


@pytest.fixture
def dbp(db):
    return repositories_on(db)


def filled(dbp):
    """Store one of everything; give the document."""
    project = dbp.projects.create(a_project(documents=[a_document(), a_document("src/b.py")]))
    one, two = project.documents
    dbp.functions.create(Function(document_id=one.id, name="f", start_line=1, end_line=1))
    dbp.classes.create(Class(document_id=one.id, name="C", start_line=1, end_line=9))
    dbp.design_decisions.create(DesignDecision(document_id=one.id, description="One layer"))
    dbp.change_records.create(ChangeRecord(document_id=one.id, timestamp=THEN, summary="Began"))
    dbp.relationships.create(
        DocumentRelationship(source_id=one.id, target_id=two.id, relationship_type="DependsOn")
    )
    inconsistency = Inconsistency(
        severity="Major", type="DocToCode", description="gone", affected_documents=[one]
    )
    dbp.recommendations.create(
        Recommendation(
            title="Mend it",
            inconsistencies=[inconsistency],
            suggested_changes=[SuggestedChange(document_id=one.id, change_type="Deletion")],
            decisions=[DeveloperDecision(decision="Amend")],
        )
    )
    return one


def counts(dbp):
    with dbp.db.session() as session:
        return {table: session.scalar(text(f"SELECT count(*) FROM {table}")) for table in TABLES}


def test_each_table_is_there_with_every_enumeration_checked(dbp):
    document = filled(dbp)
    assert set(Base.metadata.tables) == TABLES
    assert 0 not in counts(dbp).values()
    for table, columns in ENUMERATED.items():
        for column in columns:
            with pytest.raises(CheckViolationError) as caught, dbp.db.session() as session:
                session.execute(text(f"UPDATE {table} SET {column} = 'No'"))
            assert caught.value.columns == (column,)
    with pytest.raises(DatabaseError, match="'No'"):
        dbp.documents.update(document.id, {"type": "No"})


def test_every_foreign_key_is_indexed(dbp):
    with dbp.db.session() as session:
        catalogue = inspect(session.connection())
        for table in TABLES:
            leading = {index["column_names"][0] for index in catalogue.get_indexes(table)}
            leading |= {unique["column_names"][0] for unique in catalogue.get_unique_constraints(table)}
            leading.add(catalogue.get_pk_constraint(table)["constrained_columns"][0])
            for key in catalogue.get_foreign_keys(table):
                assert key["options"].get("ondelete") == "CASCADE"
                assert key["constrained_columns"][0] in leading, (table, key)


@pytest.mark.parametrize("kind", [Function, Class])
def test_lines_are_in_order(dbp, kind):
    document = filled(dbp)
    parts = dbp.functions if kind is Function else dbp.classes
    for start, end in ((0, 4), (5, 4), (-1, -1)):
        with pytest.raises(CheckViolationError):
            parts.create(kind(document_id=document.id, name="g", start_line=start, end_line=end))
    assert parts.count() == 1


def test_a_document_has_no_relationship_to_itself(dbp):
    document = filled(dbp)
    with pytest.raises(CheckViolationError) as caught:
        dbp.relationships.create(
            DocumentRelationship(source=document, target=document, relationship_type="Impacts")
        )
    assert caught.value.constraint == "ck_document_relationships_not_itself"


def test_paths_are_unique_in_a_project_and_roots_everywhere(dbp):
    document = filled(dbp)
    with pytest.raises(UniqueViolationError) as caught:
        dbp.documents.create(a_document(project_id=document.project_id))
    assert caught.value.columns == ("project_id", "path")
    with pytest.raises(UniqueViolationError):
        dbp.projects.create(a_project())
    other = dbp.projects.create(a_project("/work/other"))
    dbp.documents.create(a_document(project_id=other.id))
    dbp.documents.create(a_document("SRC/A.py", project_id=other.id))
    with pytest.raises(ForeignKeyViolationError):
        dbp.documents.create(a_document(project_id=999))


def test_one_recommendation_is_active_whoever_writes(dbp):
    filled(dbp)
    active = dbp.recommendations.one()
    assert active.status == "Active"
    with pytest.raises(UniqueViolationError):
        dbp.recommendations.create(Recommendation(title="Another"))
    for status in set(RecommendationStatus) - {RecommendationStatus.ACTIVE}:
        for _ in range(2):
            dbp.recommendations.create(Recommendation(title="Past", status=status))
    with pytest.raises(UniqueViolationError), dbp.db.session() as session:
        session.execute(text("UPDATE recommendations SET status = 'Active' WHERE title = 'Past'"))
    dbp.recommendations.update_status(active.id, "Accepted")
    dbp.recommendations.create(Recommendation(title="Another"))
    assert dbp.recommendations.count(Recommendation.status == "Active") == 1


def test_what_belongs_to_a_row_goes_with_it(dbp):
    document = filled(dbp)
    assert dbp.documents.delete(document.id)
    left = counts(dbp)
    assert {table for table, count in left.items() if count} == {
        *("projects", "documents", "inconsistencies", "recommendations"),
        *("recommendation_inconsistencies", "developer_decisions"),
    }
    dbp.recommendations.delete(dbp.recommendations.one().id)
    assert counts(dbp)["recommendation_inconsistencies"] == counts(dbp)["developer_decisions"] == 0
    with dbp.db.session() as session:
        session.execute(text("DELETE FROM projects"))
    assert {table for table, count in counts(dbp).items() if count} == {"inconsistencies"}


def test_texts_and_lists_come_back_as_they_were(dbp):
    project = dbp.projects.create(a_project())
    given = {
        "content": "é\U0001f98a" * 50_000,
        "design_principles": ["one; two", "", "drei, vier"],
        "constraints": ["- ein\n* zwei"],
        "file_size": 2**40,
    }
    stored = dbp.documents.create(a_document("x" * 600, project_id=project.id, **given))
    read = dbp.documents.get_one(stored.id)
    assert {name: getattr(read, name) for name in given} == given
    assert read.last_modified == THEN
    assert read.type == "Code"
    with pytest.raises(EntityValidationError):
        dbp.documents.update(stored.id, {"design_principles": [float("nan")]})
