"""The types that users get, under both checkers. `make check` reads this folder too."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


def complaints(*command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_mypy_infers_both_faces_and_refuses_mistakes() -> None:
    pytest.importorskip("mypy", reason="mypy comes with `make check`, which reads this folder")
    assert complaints("mypy", "--strict", str(FOLDER)) == ""


def test_pyright_infers_both_faces_and_refuses_mistakes() -> None:
    pytest.importorskip("pyright", reason="pyright comes with `make check`, which reads this folder")
    assert complaints("pyright", "--pythonpath", sys.executable, "--project", str(FOLDER)) == ""
