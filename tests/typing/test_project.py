"""The code of a new project is clean under ruff and mypy, as it was written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from colonnade.starting import create_project


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_new_project_is_clean(asynchronous: bool, tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy and ruff come with `make check`, which reads this folder")
    project = create_project(tmp_path / "library", asynchronous=asynchronous)
    for command in (
        ["ruff", "check", "--no-cache", "src", "tests"],
        ["ruff", "format", "--no-cache", "--check", "src", "tests"],
        ["mypy", "--strict", "--no-incremental", "src"],
    ):
        done = subprocess.run([sys.executable, "-m", *command], cwd=project, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
