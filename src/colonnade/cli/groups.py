"""Groups of commands, each of which is a module that loads when it's asked for.

A module with an `app` is a group of its own; any other one is a command, and has a function of its own name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from itertools import chain
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from colonnade.cli.commands import readable
from colonnade.cli.reporting import reporting

__all__ = ["group"]

Sections = Mapping[str, tuple[str, ...]]


def group(package: str, help: str, sections: Sections, *, add_completion: bool = False) -> typer.Typer:
    """Give a group whose commands are modules of a package, in sections as its help shows them."""

    class Group(_Group):
        commands_of = package
        in_sections = sections

    app = typer.Typer(
        cls=Group,
        help=help,
        add_completion=add_completion,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(lambda: None)  # without one typer takes it for a single command
    return app


class _Modules(MutableMapping[str, Any]):
    """A group's commands by name; each is loaded when it's read."""

    def __init__(self, package: str, names: tuple[str, ...]) -> None:
        self._package, self._names, self._loaded = package, names, dict[str, Any]()

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._loaded:
            module = import_module(f"{self._package}.{name.replace('-', '_')}")
            self._loaded[name] = _command_of(module, name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Group(TyperGroup):
    commands_of: str
    in_sections: Sections

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Modules(self.commands_of, tuple(chain.from_iterable(self.in_sections.values())))

    def invoke(self, ctx: Any) -> Any:
        with reporting():  # for a command that isn't a module: each of ours tells its own errors
            return super().invoke(ctx)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        width = max(map(len, self.commands))
        for title, names in self.in_sections.items():
            rows = [(name.ljust(width), self.commands[name].get_short_help_str(200)) for name in names]
            with formatter.section(title):
                formatter.write_dl(rows)


class _Command(TyperCommand):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Let `-1` be a revision, and no option."""
        relative = [each for each in args if re.fullmatch(r"-\d+", each)]
        if relative and "--" not in args:
            args = [each for each in args if each not in relative] + ["--", *relative]
        return super().parse_args(ctx, args)


def _command_of(module: Any, name: str) -> Any:
    if isinstance(app := getattr(module, "app", None), typer.Typer):
        command = get_command(app)
        command.name = name
        return command
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    settings = {"help_option_names": ["-h", "--help"]}
    alone.command(name, cls=_Command, context_settings=settings)(
        readable(getattr(module, name.replace("-", "_")))
    )
    return get_command(alone)
