"""How a command ends: its exit code, and an error as one line with its remedy."""

from __future__ import annotations

import errno
import json
import re
import sys
import traceback as tracebacks
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer

from colonnade.cli.output import error_line

__all__ = ["ExitCode", "reporting"]


class ExitCode(IntEnum):
    """What the program's exit code says."""

    FINE = 0
    ERROR = 1
    USAGE = 2
    FINDINGS = 3
    """There are findings, or something is pending."""
    DRIFT = 4
    """The schema isn't what its revision makes, or a migration was interrupted."""
    LOCKED = 5
    """Another process is migrating the database."""


@contextmanager
def reporting(*, traceback: bool = False, as_json: bool = False) -> Iterator[None]:
    """Tell an error of the block on standard error, and end the program with its code.

    With `as_json` standard output has a document that tells it too. Usage errors are left to typer.
    """
    try:
        yield
    except (typer.Exit, typer.Abort, typer.TyperException):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            raise  # who reads the output has gone: typer ends the program without a word
        if traceback:
            print(_without_passwords("".join(tracebacks.format_exception(error))), file=sys.stderr, end="")
        _tell(error, as_json=as_json)
        raise typer.Exit(_code_of(error)) from error


def _tell(error: Exception, *, as_json: bool) -> None:
    message, remedy = _message_of(error), getattr(error, "remedy", "")
    is_of_findings = message.startswith("error[")  # each has its own remedy
    text = message if is_of_findings or not remedy else f"{message.rstrip('.')}. {remedy}"
    if as_json:
        code = getattr(error, "code", type(error).__name__)
        document = {"error": {"code": code, "message": message, "remedy": remedy}}
        print(json.dumps(document, ensure_ascii=False, indent=2))
    error_line(text)


def _message_of(error: Exception) -> str:
    from colonnade.errors import DatabaseError

    text = error.message if isinstance(error, DatabaseError) else f"{type(error).__name__}: {error}"
    return _without_passwords(text)


def _code_of(error: Exception) -> ExitCode:
    from colonnade import errors

    if isinstance(error, errors.MigrationLockError):
        return ExitCode.LOCKED
    if isinstance(error, errors.DriftError | errors.HalfMigratedError):
        return ExitCode.DRIFT
    if isinstance(error, errors.PlanRefusedError):
        return ExitCode.FINDINGS
    return ExitCode.ERROR


def _without_passwords(text: str) -> str:
    """Mask what stands as a password in a URL or an option: a program's own exception may quote one."""
    text = re.sub(r"(\w+://[^\s:/@]*):\S*@", r"\1:***@", text)
    return re.sub(r"(?i)\b(password|passwd|pwd)=[^\s&,;)]+", r"\1=***", text)
