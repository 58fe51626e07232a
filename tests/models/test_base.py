"""Every constraint has a name that says what it is, tables come and go whole, a repr shows no row."""

from __future__ import annotations

from typing import Any, ClassVar, TypedDict

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    CheckConstraint,
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    exc,
    inspect,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from colonnade.audit import AuditLog
from colonnade.errors import ConfigurationError
from colonnade.migrations import SchemaVersion
from colonnade.models import CodePointString, CodePointText, Conventions, Json, conventional_metadata
from colonnade.models.base import InternalBase, internal_metadata
from tests.models.shapes import Base, Colour, Everything, Note, Page, plain

LEFT_BEHIND = {
    "sqlite": "SELECT name FROM sqlite_master",
    "postgresql": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    " UNION ALL SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    "mysql": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
    " UNION ALL SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
}


class Shape(TypedDict):
    a: int


def _names(table: Any) -> set[str]:
    return {str(item.name) for item in table.constraints | table.indexes}


def test_every_constraint_is_named() -> None:
    assert _names(Note.__table__) == {"pk_notes", "uq_notes_body", "ck_notes_length_not_negative"}
    assert _names(Page.__table__) == {
        "pk_pages",
        "fk_pages_note_id_notes",
        "ix_pages_note_id",
        "ix_pages_deleted_at",
    }
    assert _names(Everything.__table__) >= {
        "ck_everything_colour",
        "ck_everything_background",
        "ck_everything_status",
        "ck_everything_kind",
    }
    assert _names(AuditLog.__table__) == {
        "pk_audit_log",
        "ck_audit_log_action",
        "ix_audit_log_entity_type_entity_id_id",
        "ix_audit_log_entity_type_entity_key_id",
        "ix_audit_log_entity_type_previous_key",
    }


def test_a_check_without_name_and_columns_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="name="):
        Table("t", conventional_metadata(), Column("a", Integer), CheckConstraint("a > 0"))


def test_plain_types_are_made_portable_and_foreign_ones_left_alone() -> None:
    types = {column.name: column.type for column in Everything.__table__.columns}
    assert isinstance(types["name"], CodePointString) and types["name"].length == 255
    assert isinstance(types["title"], CodePointString) and types["title"].length == 40
    assert isinstance(types["body"], CodePointText)
    assert isinstance(plain.c.word.type, CodePointString)
    foreign = Table("t", MetaData(), Column("a", String))
    assert type(foreign.c.a.type) is String
    collated = Table("t", conventional_metadata(), Column("a", String(9, collation="x")))
    assert type(collated.c.a.type) is String


def test_annotations_of_json() -> None:
    class Own(Conventions, DeclarativeBase):
        type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, int]: String(9)}

    class Thing(Own):
        __tablename__ = "things"

        id: Mapped[int] = mapped_column(primary_key=True)
        shape: Mapped[Shape]
        names: Mapped[list[str] | None]
        counts: Mapped[dict[str, int]]

    types = {column.name: column.type for column in Thing.__table__.columns}
    assert isinstance(types["shape"], Json) and isinstance(types["names"], Json)
    assert isinstance(types["counts"], String)


@pytest.mark.parametrize("metadata", [Base.metadata, internal_metadata], ids=["models", "internal"])
def test_tables_come_and_go_whole(sync_url: str, metadata: MetaData) -> None:
    engine = create_engine(sync_url)
    for _ in range(2):
        metadata.create_all(engine)
        metadata.create_all(engine)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
        metadata.drop_all(engine)
        with engine.connect() as connection:
            left = set(connection.scalars(text(LEFT_BEHIND[engine.name])))
            assert left <= {"sqlite_sequence"}
    engine.dispose()


def test_the_database_holds_enumerations(sync_url: str) -> None:
    engine = create_engine(sync_url)
    Base.metadata.create_all(engine)
    with pytest.raises((exc.IntegrityError, exc.OperationalError)), engine.begin() as connection:
        connection.execute(text("INSERT INTO everything (colour) VALUES ('red')"))
    engine.dispose()


def test_repr_shows_class_and_key(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(note := Note(body="secret"))
        assert repr(note) == "Note(id=None)"
        session.commit()
        assert inspect(note).expired and repr(note) == "Note(id=1)" and inspect(note).expired
    assert repr(note) == "Note(id=1)"
    engine.dispose()


def test_our_own_tables(sync_url: str) -> None:
    engine = create_engine(sync_url)
    InternalBase.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(AuditLog(entity_type="clip", entity_id=2**40, action="CREATE"))
        session.add(SchemaVersion(version="20250416_180000"))
        session.commit()
        entry = session.scalars(text("SELECT id FROM audit_log")).one()
        logged = session.get_one(AuditLog, entry)
        assert (logged.id, logged.changes, logged.user_id) == (1, {}, None)
        assert logged.timestamp.tzinfo is not None
    _refused(
        engine, "INSERT INTO audit_log (entity_type, entity_id, action, changes) VALUES ('a', 1, 'GO', '{}')"
    )
    _refused(engine, "INSERT INTO schema_version (version) VALUES ('20250416_180000')")
    engine.dispose()


def _refused(engine: Engine, statement: str) -> None:
    with pytest.raises((exc.IntegrityError, exc.OperationalError)), engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_enumeration_members_are_known() -> None:
    assert Everything.__table__.c.colour.type.python_type is Colour
