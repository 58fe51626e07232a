"""Decimals that are exact on every database, SQLite too."""

from __future__ import annotations

import math
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Numeric
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator, TypeEngine

from colonnade.errors import ConfigurationError, EntityValidationError
from colonnade.models.storage import stored_as, types_of

__all__ = ["ExactDecimal"]


class _DecimalComparator(TypeDecorator.Comparator[Decimal], Numeric.Comparator[Decimal]):
    """Refuses in SQL what would mean something else on a database that keeps scaled whole numbers."""

    def operate(self, op: Any, *other: Any, **keywords: Any) -> ColumnElement[Any]:
        self._check(op, other)
        return super().operate(op, *other, **keywords)

    def reverse_operate(self, op: Any, other: Any, **keywords: Any) -> ColumnElement[Any]:
        self._check(op, (other,))
        return super().reverse_operate(op, other, **keywords)

    def _check(self, op: Any, others: tuple[Any, ...]) -> None:
        if op in (operators.mul, operators.truediv, operators.floordiv, operators.mod):
            raise EntityValidationError(
                f"{self.expr} is an exact decimal: SQL can add and compare it, not multiply or divide",
                remedy="Read the values and calculate in Python.",
            )
        mine: Any = self.type
        for other in others:
            if isinstance(other, ColumnElement) and getattr(other.type, "scale", mine.scale) != mine.scale:
                raise EntityValidationError(f"{self.expr} and {other} are decimals of different scale")


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal of up to `precision` digits, `scale` of them after the point; nothing is ever rounded.

    A value that doesn't fit is refused, and so is a float. Compares, sorts and adds up exactly in SQL. SQLite
    has no decimals: there the column holds whole numbers (1.50 with a scale of 2 is 150), which raw SQL
    and `avg` see as they are.

    Raises:
        ConfigurationError: for more digits than 18, which is what 64 bits hold.
    """

    impl = Numeric
    cache_ok = True
    comparator_factory: Any = _DecimalComparator

    def __init__(self, precision: int = 18, scale: int = 6) -> None:
        if not 0 <= scale <= precision <= 18:
            raise ConfigurationError(f"ExactDecimal({precision}, {scale}): 0 <= scale <= precision <= 18")
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        numeric = Numeric(self.precision, self.scale)
        return stored_as(dialect, lambda types: types.decimal(self.precision, self.scale), numeric)

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        exact = self._fitting(value)
        types = types_of(dialect)
        return int(exact.scaleb(self.scale)) if types and types.DECIMAL_IS_INTEGER else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        types = types_of(dialect)
        number = value if isinstance(value, Decimal) else Decimal(str(value))
        return number.scaleb(-self.scale, Context(prec=60)) if types and types.DECIMAL_IS_INTEGER else number

    def __repr__(self) -> str:
        return f"ExactDecimal({self.precision}, {self.scale})"

    def _fitting(self, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise EntityValidationError(f"{value!r} is not a Decimal", remedy="Pass Decimal('…') or an int.")
        if not math.isfinite(value):
            raise EntityValidationError(f"{value} is not a number that can be kept")
        exact = Context(prec=self.precision, traps=[Inexact, InvalidOperation])
        try:
            return Decimal(value).quantize(Decimal(1).scaleb(-self.scale), context=exact)
        except DecimalException as error:
            raise EntityValidationError(
                f"{value} doesn't fit into {self.precision} digits with {self.scale} after the point",
                remedy="Round it first, as the application means it.",
            ) from error
