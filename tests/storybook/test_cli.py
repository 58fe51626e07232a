"""`python -m app`, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


def test_the_whole_job(tmp_path: Path) -> None:
    missing = _run(tmp_path, "stories")
    assert missing.returncode == 1
    assert "there is no library" in missing.stderr
    assert not (tmp_path / "storybook.db").exists()
    assert "added 2 users, 3 characters, 4 stories" in _run(tmp_path, "seed").stdout
    assert _run(tmp_path, "illustrate").stdout == "drew 11 pictures\n"
    listed = json.loads(_run(tmp_path, "users", "--json").stdout)
    assert [one["username"] for one in listed] == ["ana", "bo"]
    assert all("password" not in name for one in listed for name in one)
    found = json.loads(
        _run(tmp_path, "stories", "title__icontains=STRASSE&user.username=ana", "--json").stdout
    )
    assert [one["id"] for one in found] == [2]
    wrong = _run(tmp_path, "stories", "titel=x")
    assert (wrong.returncode, "Did you mean 'title'" in wrong.stderr) == (1, True)
    assert "Traceback" not in wrong.stderr
    assert "wrote the-fox-who-counted-stars.html" in _run(tmp_path, "export", "1").stdout
    assert (tmp_path / "the-fox-who-counted-stars.html").stat().st_size > 50_000
    told = json.loads(_run(tmp_path, "status", "--json").stdout)
    assert (told["users"], told["stories"], told["revision"], told["problems"]) == (2, 4, "0002", [])
    assert _run(tmp_path, "maintain").returncode == 0
