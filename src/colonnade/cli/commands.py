"""A command's function as typer reads it.

The function takes frozen values of options (see `options`); typer is shown their fields in place of them.
Each command has `--traceback`, and tells its errors in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter, Signature, getdoc, signature
from typing import Annotated, Any, get_type_hints

import typer

from colonnade.cli.reporting import reporting

__all__ = ["readable"]

Traceback = Annotated[bool, typer.Option("--traceback", help="Show where in the code an error arose.")]


def readable(function: Callable[..., None]) -> Callable[..., None]:
    """Give the same command with the fields of its options values as parameters, and its errors told."""
    hints = get_type_hints(function, include_extras=True)
    grouped = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    def command(traceback: bool, **values: Any) -> None:
        with reporting(traceback=traceback, as_json=values.get("as_json", False)):
            for name, kind in grouped.items():
                values[name] = kind(**{field.name: values.pop(field.name) for field in fields(kind)})  # type: ignore[operator]
            function(**values)

    parameters = [*_parameters(signature(function), hints), _parameter("traceback", Traceback, False)]
    command.__name__, command.__doc__ = function.__name__, getdoc(function)
    command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {}
    return command


def _parameters(given: Signature, hints: Mapping[str, Any]) -> Iterator[Parameter]:
    for name, parameter in given.parameters.items():
        kind = hints[name]
        if not is_dataclass(kind):
            yield _parameter(name, kind, parameter.default)
            continue
        shown = get_type_hints(kind, include_extras=True)
        for field in fields(kind):
            default = Parameter.empty if field.default is MISSING else field.default
            yield _parameter(field.name, shown[field.name], default)


def _parameter(name: str, kind: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)
