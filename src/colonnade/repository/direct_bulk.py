"""Creating many objects past the unit of work: taken apart into rows, sent in few statements.

A `BulkInserts` belongs to a `DirectTable` whose class is written plainly. New objects come in; their rows are
sent on the session's own connection, in its transaction. None comes out where the Session must serve, before
anything is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Column, Connection, CursorResult
from sqlalchemy.orm import Mapper, Session

from colonnade.dialects.values import Batch, NewRows
from colonnade.engine import internals
from colonnade.engine.observe import WAY_OPTION
from colonnade.errors import StatementError
from colonnade.models.fields import fields_of
from colonnade.models.validation import rules_of
from colonnade.repository.instances import MANY, conversions, unhurried
from colonnade.repository.making import ObjectShape, Process, Row, Shapes, processes, taking

if TYPE_CHECKING:
    from colonnade.repository.direct import DirectTable

T = TypeVar("T")

_SENTINELS = (int, UUID)
"""Keys that come back from the database as they were sent, so that rows are known by them."""


@dataclass(slots=True, eq=False)
class _Insert:
    """The INSERT of one set of columns; `made` is what the database tells of each row, by attribute.

    `number` is the attribute that it numbers. `number_at` is the number's place where rows get theirs
    before they're sent.
    """

    columns: Sequence[Column[Any]]
    made: Mapping[str, Column[Any]]
    number: str | None
    number_at: int | None

    @property
    def names(self) -> tuple[str, ...]:
        """What an object is given, in the order of what comes back."""
        return tuple(self.made) or (() if self.number is None else (self.number,))


@dataclass(slots=True, eq=False)
class _Run:
    """New objects that follow each other and have one INSERT; `keys` where they're known before it."""

    insert: _Insert
    entities: list[Any] = field(default_factory=list)
    shapes: list[ObjectShape] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    worked_out: list[Sequence[Any]] = field(default_factory=list)
    keys: list[Row] = field(default_factory=list)


NewObjects = list[_Run]
"""New objects, taken apart."""


@dataclass(slots=True, eq=False)
class _Numbering:
    """The numbers that rows are given before they're sent, or the step from each to the next."""

    ahead: Iterator[int] | None = None
    step: int | None = None


class BulkInserts(Generic[T]):
    """Inserts many objects of one class."""

    def __init__(self, table: DirectTable[T], mapper: Mapper[T]) -> None:
        self._mapper = mapper
        self._model: Any = mapper.class_
        self._dialect = table.engine.dialect
        self._bulk = table.home.dialect.bulk
        self._insertion = table.writing.insertion
        self._table = self._insertion.table
        self._related = bool(mapper.relationships)
        self._rules = rules_of(mapper.class_)
        self._key = fields_of(mapper.class_).key
        self._shapes = Shapes(self._insertion, self._insert_of, _order, self._processes)

    def taken_apart(self, entities: Sequence[T]) -> NewObjects | None:
        """Take new objects apart; None where only the unit of work knows what to do with one."""
        if len(set(map(id, entities))) != len(entities):
            return None
        with unhurried(len(entities)):
            runs = self._runs(entities)
        if runs is None or not all(self._fit(run) for run in runs):
            return None  # the unit of work tells the row and the field
        if any(run.insert.number != runs[0].insert.number for run in runs):
            return None  # a key that is given moves the numbers of those after it
        for run in runs:
            if run.insert.number is None and run.insert.made:
                run.keys = self._given_keys(run)
                if any(type(part) not in _SENTINELS for key in run.keys for part in key):
                    return None
        return runs

    def _fit(self, run: _Run) -> bool:
        columns = [one for at, one in enumerate(run.insert.columns) if at != run.insert.number_at]
        return self._rules.all_fit(columns, run.rows)

    def _runs(self, entities: Sequence[Any]) -> NewObjects | None:
        # Written flat: it runs once for each object.
        model, shapes, related = self._model, self._shapes.known, self._related
        runs: list[_Run] = []
        run: Any = None
        insert = None
        for entity in entities:
            if type(entity) is not model:
                return None
            present = entity.__dict__
            state = present["_sa_instance_state"]
            if state.key is not None or state.session_id is not None:
                return None
            if related and not self._insertion.takes(entity):
                return None
            known = shapes.get((*present, *map(type, present.values()))) or self._learned(entity)
            if known is None:
                return None
            shape = known[1]
            if known[0] is not insert:
                insert = known[0]
                run = _Run(insert)
                runs.append(run)
            try:
                row, worked_out = shape.making.row(present)
            except Exception:  # noqa: BLE001 (a value that its type refuses: met again there, and told best)
                return None
            run.entities.append(entity)
            run.shapes.append(shape)
            run.rows.append(row)
            run.worked_out.append(worked_out)
        return runs

    def given_keys(self, new: NewObjects) -> list[Row]:
        """Give the keys that the objects have already, or are given by a default."""
        return [key for run in new if run.insert.number is None for key in self._given_keys(run)]

    def _given_keys(self, run: _Run) -> list[Row]:
        keys = []
        for entity, shape, worked_out in zip(run.entities, run.shapes, run.worked_out, strict=True):
            values = dict(entity.__dict__)
            shape.give(values, worked_out)
            keys.append(tuple([values[name] for name in self._key]))
        return keys

    def _learned(self, entity: Any) -> tuple[_Insert, ObjectShape] | None:
        given = self._insertion.given(entity)
        if given is None or not self._rules.passes(given):
            return None
        return self._shapes.learned(entity)

    def _processes(self, keys: Sequence[str]) -> list[tuple[int, Process]]:
        return processes([self._table.columns[key] for key in keys], self._dialect)

    def _insert_of(self, sent: frozenset[str]) -> _Insert | None:
        """Give the INSERT of these columns; None where the database's part is more than can be told here."""
        made = self._insertion.made_by_server(sent)
        if made is None or not sent or not self._is_plain(sent):
            return None
        added = dict(zip(made, self._insertion.columns(made), strict=True))
        number = next((name for name, one in added.items() if one is self._table.autoincrement_column), None)
        if number is None:
            if any(column.primary_key for column in added.values()):
                return None
            keys = dict(zip(self._key, self._insertion.columns(self._key), strict=True))
            return _Insert(self._columns(sent), {**keys, **added} if added else {}, None, None)
        if _counts_down(added[number]):
            return None
        if not self._bulk.NUMBERS_AHEAD:
            return _Insert(self._columns(sent), added, number, None)
        columns = self._columns({*sent, added[number].key})
        return _Insert(columns, added if len(added) > 1 else {}, number, columns.index(added[number]))

    def _is_plain(self, sent: Iterable[str]) -> bool:
        """Tell whether nothing but values is sent: no SQL for a default, none around a value."""
        columns = {column.key: column for column in self._table.columns}
        return all(
            internals.writes_plain_parameter(column, self._dialect) if key in sent else column.default is None
            for key, column in columns.items()
        )

    def _columns(self, keys: Iterable[str]) -> list[Column[Any]]:
        wanted = set(keys)
        return [column for column in self._table.columns if column.key in wanted]

    def insert(self, connection: Connection, new: NewObjects) -> list[list[Row]] | None:
        """Insert the objects' rows; give what the database made of each.

        None before anything is written, where the Session must serve.

        Raises:
            StatementError: when what came back can't be told apart, which is to be undone.
        """
        numbering = self._numbering(connection, new)
        if numbering is None:
            return None
        batches = []
        for run in new:
            found = self._batches(run, numbering)
            if found is None:
                return None
            batches.append(found)
        return [self._sent(connection, *one, numbering.step) for one in zip(new, batches, strict=True)]

    def _numbering(self, connection: Connection, new: NewObjects) -> _Numbering | None:
        """Tell how the rows come to their numbers; None where that can't be known beforehand."""
        insert = new[0].insert
        if insert.number is None:
            return _Numbering()
        column = self._mapper.columns[insert.number]
        count = sum(len(run.rows) for run in new)
        if insert.number_at is None:
            nothing_else = all(len(run.insert.made) == 1 for run in new)
            worth_it = count >= MANY or not self._dialect.insert_returning
            return _Numbering(step=self._bulk.step(connection, column) if nothing_else and worth_it else None)
        first = self._bulk.first_number(connection, column, count)
        return None if first is None else _Numbering(iter(range(first, first + count)))

    def _batches(self, run: _Run, numbering: _Numbering) -> Sequence[Batch] | None:
        insert, at, rows = run.insert, run.insert.number_at, run.rows
        if at is not None and numbering.ahead is not None:
            run.keys = [(number,) for number in islice(numbering.ahead, len(rows))]
            numbered = zip(run.keys, rows, strict=True)
            rows = [row[:at] + number + row[at:] if at else number + row for number, row in numbered]
        number = None if insert.number is None or at is not None else insert.made[insert.number]
        made = () if numbering.step else tuple(insert.made.values())
        return self._bulk.inserts(NewRows(self._table, insert.columns, rows, made, number), self._dialect)

    def _sent(
        self, connection: Connection, run: _Run, batches: Sequence[Batch], step: int | None
    ) -> list[Row]:
        answers: list[Row] = []
        for batch in batches:
            result = send(connection, batch)
            if step:
                first = result.lastrowid
                answers += [(first + step * at,) for at in range(len(batch.rows))]
            elif run.insert.made:
                place = len(answers)
                answers += self._answers(run, result, place, place + len(batch.rows))
        return answers or run.keys

    def _answers(self, run: _Run, result: CursorResult[Any], start: int, stop: int) -> list[Row]:
        """Give what was made of each of these rows: known by its number, or by its key."""
        names = list(run.insert.made)
        with unhurried(stop - start):
            rows = self._converted(run.insert, result)
        if len(rows) != stop - start:
            raise _unknown(self._model)  # a trigger or a rule leaves some out
        if not run.keys:
            rows.sort(key=itemgetter(names.index(run.insert.number or "")))
            return rows
        places = [names.index(name) for name in self._key]
        by_key = {tuple([row[at] for at in places]): row for row in rows}
        if not all(key in by_key for key in run.keys[start:stop]):
            raise _unknown(self._model)
        return [by_key[key] for key in run.keys[start:stop]]

    def _converted(self, insert: _Insert, result: CursorResult[Any]) -> list[Row]:
        described: Any = () if result.cursor is None else result.cursor.description
        types = [column.type for column in insert.made.values()]
        found = conversions(types, self._dialect, [told[1] for told in described])
        needed = [(at, process) for at, process in enumerate(found) if process is not None]
        return [_processed(row, needed) if needed else tuple(row) for row in result.all()]

    def stored(self, new: NewObjects, made: list[list[Row]], session: Session | None) -> None:
        """Let the objects be what the unit of work would have left: stored, unchanged, in that session."""
        with unhurried(sum(len(run.entities) for run in new)):
            states = [
                one for run, answers in zip(new, made, strict=True) for one in self._filled(run, answers)
            ]
            if session is not None:
                internals.register_new(session, [state for state, _ in states])
            else:
                model, key = self._model, taking(self._key)
                for state, values in states:
                    state.key = (model, key(values), None)
                internals.commit_many(state for state, _ in states)

    def _filled(self, run: _Run, answers: list[Row]) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Give the objects what was made of them; give the state and the values of each."""
        # Written flat: it runs once for each object.
        names = run.insert.names
        only = names[0] if len(names) == 1 else None
        for at, entity in enumerate(run.entities):
            values, shape = entity.__dict__, run.shapes[at]
            shape.give(values, run.worked_out[at])
            if only is not None:
                values[only] = answers[at][0]
            elif names:
                values.update(zip(names, answers[at], strict=True))
            yield values["_sa_instance_state"], values


def send(connection: Connection, batch: Batch) -> CursorResult[Any]:
    """Send a statement as the text that it is."""
    return connection.exec_driver_sql(batch.text, batch.parameters, execution_options={WAY_OPTION: "core"})


def _processed(row: Sequence[Any], needed: Sequence[tuple[int, Process]]) -> Row:
    values = list(row)
    for at, process in needed:
        values[at] = process(values[at])
    return tuple(values)


def _order(insert: _Insert, sent: frozenset[str]) -> list[str]:
    return [column.key for column in insert.columns if column.key in sent]


def _counts_down(column: Column[Any]) -> bool:
    identity = column.identity
    return identity is not None and identity.increment is not None and identity.increment < 0


def _unknown(model: type[Any]) -> StatementError:
    text = "the rows that were inserted aren't those that came back"
    return StatementError(text, entity=model.__name__)
