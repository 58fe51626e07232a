"""The servers' own programs, run for backups: found, asked for their version, fed and listened to.

Nothing secret is ever among a program's arguments, which every account of the machine can read.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which
from typing import IO

from colonnade.errors import BackupError

_PIECE = 1 << 20
_TOLD = 5


def version_of(program: str, pattern: str) -> tuple[int, ...] | None:
    """Give the version that a program tells of itself; None where the text has none of this pattern."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(pattern, said)
    return None if match is None else tuple(int(part) for part in match.groups() if part is not None)


def first_found(names: Sequence[str]) -> str | None:
    """Give the path of the first of these programs that is on the PATH."""
    return next((path for name in names if (path := which(name))), None)


@contextmanager
def secret_file(content: str) -> Iterator[Path]:
    """Give a file with this content that only this account can read, while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="colonnade-") as folder:  # mode 0700
        path = Path(folder) / "secret"
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        yield path


def run(
    command: Sequence[str],
    *,
    source: Path | None = None,
    target: Path | None = None,
    advance: Callable[[int], object] = lambda number: None,
) -> None:
    """Run a program to its end: its input from the one file, its output into the other.

    `advance` is called with the number of bytes that were written so far; without a target what it says is
    thrown away.

    Raises:
        BackupError: it failed; the last lines that it said are in the message.
        OSError: the output can't be written.
    """
    with running(command, source) as output:
        if target is None:
            output.read()
            return
        with open(target, "wb") as file:
            copy(output, file, advance)


class Session:
    """A program that is told one thing after the other, and answers."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input = process.stdin
        self._output = process.stdout
        self.has_ended = False

    def say(self, text: str) -> None:
        """Tell it."""
        with suppress(BrokenPipeError):  # it has ended, and its end tells why
            self._input.write(text.encode())
            self._input.flush()

    def say_all(self, command: Sequence[str]) -> None:
        """Tell it all that another program says."""
        with running(command) as output, suppress(BrokenPipeError):
            while piece := output.read(_PIECE):
                self._input.write(piece)

    def wait_for(self, line: str) -> None:
        """Read on until it says this line.

        Raises:
            BackupError: it ended before.
        """
        while said := self._output.readline():
            if said.decode("utf-8", "replace").strip() == line:
                return
        self.has_ended = True
        raise BackupError(f"it ended before it said {line!r}")


@contextmanager
def fed(command: Sequence[str]) -> Iterator[Session]:
    """Give a program to be told things; it's killed where the block fails.

    Raises:
        BackupError: it failed.
    """
    with tempfile.TemporaryFile() as complaints:
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=complaints)
        with process:
            session = Session(process)
            try:
                yield session
            except BaseException as error:
                if isinstance(error, BackupError) and session.has_ended:
                    with suppress(BrokenPipeError):
                        process.communicate()
                    raise _failed(command, process.returncode, complaints) from error
                process.kill()
                with suppress(BrokenPipeError):
                    process.communicate()
                raise
            with suppress(BrokenPipeError):
                process.communicate()
        if process.returncode != 0:
            raise _failed(command, process.returncode, complaints)


@contextmanager
def running(command: Sequence[str], source: Path | None = None) -> Iterator[IO[bytes]]:
    """Give what a program says, to be read to its end; it's killed where the block fails.

    Raises:
        BackupError: it failed.
    """
    # A file, as a pipe that nobody reads would hold the program up.
    with tempfile.TemporaryFile() as complaints:
        opened: IO[bytes] | int = subprocess.DEVNULL if source is None else open(source, "rb")  # noqa: SIM115
        try:
            process = subprocess.Popen(command, stdin=opened, stdout=subprocess.PIPE, stderr=complaints)
        finally:
            if not isinstance(opened, int):
                opened.close()
        assert process.stdout is not None
        with process.stdout:
            try:
                yield process.stdout
            except BaseException:
                process.kill()
                process.wait()
                raise
        if process.wait() != 0:
            raise _failed(command, process.returncode, complaints)


def _failed(command: Sequence[str], code: int, complaints: IO[bytes]) -> BackupError:
    complaints.seek(0)
    said = complaints.read().decode("utf-8", "replace").strip().splitlines()[-_TOLD:]
    name = os.path.basename(command[0])
    return BackupError(f"{name} ended with {code}: {' / '.join(said) or 'it said nothing'}")


def copy(output: IO[bytes], file: IO[bytes], advance: Callable[[int], object], done: int = 0) -> None:
    """Write all that comes, from `done` bytes on, and see that the disk has it."""
    while piece := output.read(_PIECE):
        file.write(piece)
        done += len(piece)
        advance(done)
    file.flush()
    os.fsync(file.fileno())
