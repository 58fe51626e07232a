"""Our errors as HTTP answers, alike in all three applications."""

from colonnade.errors import (
    ConstraintError,
    DatabaseConnectionError,
    DatabaseError,
    EntityNotFoundError,
    EntityValidationError,
    PoolTimeoutError,
    StaleEntityError,
    TransientError,
    ValueRejectedError,
)

STATUS: dict[type[DatabaseError], int] = {
    EntityNotFoundError: 404,
    EntityValidationError: 422,
    ValueRejectedError: 422,
    ConstraintError: 409,
    StaleEntityError: 409,
    TransientError: 503,
    DatabaseConnectionError: 503,
    PoolTimeoutError: 503,
}
"""All others are the program's own faults: they stay 500, and reach the log with their traceback."""


def answer_to(error: DatabaseError) -> tuple[dict[str, object], int, dict[str, str]]:
    """Give the body, the status and the headers that tell a client of this error."""
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    body = {"code": error.code, "columns": list(error.columns)}
    return body, status, {"Retry-After": "1"} if status == 503 else {}
