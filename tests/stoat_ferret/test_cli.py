"""The command line on real files: what it prints, where, and the code it ends with."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from stoat_ferret.cli import app
from typer.testing import CliRunner


@pytest.fixture
def folder(tmp_path, footage):
    """A folder of two videos and a file that is none."""
    folder = tmp_path / "shots"
    (folder / "day two").mkdir(parents=True)
    shutil.copy(footage("street.mp4", "24000/1001", 48, 64, 36), folder)
    shutil.copy(footage("gulls.mkv", "25", 10), folder / "day two")
    (folder / "broken [b].mp4").write_bytes(b"not a video at all")
    return folder


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs a command in an empty folder and without the environment's database, on its default one."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    runner = CliRunner()

    def run(*words, code=0):
        result = runner.invoke(app, [str(word) for word in words], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def as_json(command, *words):
    return json.loads(command(*words, "--json").stdout)


def test_a_folder_is_scanned_and_told_of(command, folder):
    first = command("scan", folder, "--project", "Film", code=1)
    assert first.stdout.splitlines() == [
        f"added {Path('day two', 'gulls.mkv')}: video 1, 64x48, 10 frames at 25/1",
        "added street.mp4: video 2, 64x36, 48 frames at 24000/1001",
        "3 files: 2 added, 0 refreshed, 0 unchanged, 1 skipped",
    ]
    assert "skipped broken [b].mp4: it can't be read as a video" in first.stderr
    assert Path("stoat_ferret.db").exists()

    (folder / "broken [b].mp4").unlink()
    again = command("scan", folder, "--project", "Film")
    assert "3 files" not in again.stdout
    assert again.stdout.count("unchanged ") == 2
    (project,) = as_json(command, "projects")
    assert (project["name"], project["workspace_path"]) == ("Film", str(folder))
    assert (project["video_count"], project["clip_count"]) == (2, 0)
    assert as_json(command, "videos", "--project", "Film")[1]["frames"] == 48


def test_a_video_that_has_changed_is_refreshed(command, folder, footage):
    (folder / "broken [b].mp4").unlink()
    command("scan", folder, "--project", "Film")
    command("clips", "add", "street.mp4", 0, 48)
    shutil.copy(footage("street.mp4", "24", 24), folder)
    again = command("scan", folder, "--project", "Film")
    assert "refreshed street.mp4: video 2, 64x48, 24 frames at 24/1" in again.stdout
    assert "1 of its clips end after frame 24" in again.stderr
    created, updated = as_json(command, "history", "video", 2)
    assert (created["action"], updated["action"]) == ("CREATE", "UPDATE")
    assert updated["changes"]["framerate_num"] == [24000, 24]


def test_clips_are_added_listed_and_compared(command, folder):
    command("scan", folder, "--project", "Film", code=1)
    assert command("clips", "add", "street.mp4", 0, 24).stdout == "clip 1: frames 0 to 24 of street.mp4\n"
    assert "overlaps" not in command("clips", "add", 2, 24, 48).stdout
    assert "it overlaps clip 1, clip 2\n" in command("clips", "add", folder / "street.mp4", 23, 25).stdout
    assert [clip["id"] for clip in as_json(command, "clips", "overlaps", 2, 0, 24)] == [1, 3]
    assert as_json(command, "clips", "list", "--video", 1) == []
    assert len(as_json(command, "clips", "list", "--video", 2, "--project", "Film")) == 3
    lines = command("clips", "list").stdout.splitlines()
    assert lines[0].split("\t") == ["id", "project_id", "video_id", "in_point", "out_point", "created_at"]
    assert [line.split("\t")[3:5] for line in lines[1:]] == [["0", "24"], ["23", "25"], ["24", "48"]]
    assert [entry["action"] for entry in as_json(command, "history", "clip", 3)] == ["CREATE"]


def test_what_is_refused_is_one_line_with_a_remedy(command, folder, tmp_path):
    def refusal(*words):
        result = command(*words, code=1)
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        return line

    assert "Scan a folder" in refusal("projects")
    assert not Path("stoat_ferret.db").exists()
    assert "Name a folder that can be read" in refusal("scan", tmp_path / "gone", "--project", "Film")
    command("scan", folder, "--project", "Film", code=1)
    assert "--project 'Film'" in refusal("scan", folder, "--project", "Other")
    assert "an out_point of at most 48" in refusal("clips", "add", "street.mp4", 40, 49)
    assert "an out_point of at most 48" in refusal("clips", "add", "street.mp4", -1, 4)
    assert "`videos` lists" in refusal("clips", "add", "none.mp4", 0, 4)
    assert "`projects` lists" in refusal("videos", "--project", "None")
    assert "postgresql" in refusal("projects", "--url", "oracle://nowhere")
    unreachable = refusal("projects", "--url", "postgresql://ada:hush@127.0.0.1:1/none")
    assert "Check that the server runs" in unreachable
    assert "hush" not in unreachable
    shutil.copytree(folder, tmp_path / "copy")
    command("scan", tmp_path / "copy", "--project", "Copy", code=1)
    assert "Give an id: 2, 4" in refusal("clips", "list", "--video", "street.mp4")


def test_a_name_cannot_move_the_terminal(command, folder):
    shutil.move(folder / "street.mp4", folder / "a\x1b[2J\n.mp4")
    shown = command("scan", folder, "--project", "Film", code=1).stdout + command("videos").stdout
    assert "\x1b" not in shown
    assert r"a\x1b[2J\n.mp4" in shown


def test_an_empty_folder_is_no_fault(command, tmp_path):
    (tmp_path / "empty").mkdir()
    assert command("scan", tmp_path / "empty", "--project", "Film").stdout.startswith("0 files")


def test_every_database_takes_a_scan(command, folder, url):
    command("scan", folder, "--project", "Film", "--url", url, code=1)
    command("clips", "add", "street.mp4", 0, 24, "--url", url)
    (project,) = as_json(command, "projects", "--url", url)
    assert (project["video_count"], project["clip_count"]) == (2, 1)


def a_process(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "stoat_ferret", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_as_a_program_it_takes_the_environments_database(tmp_path, folder):
    url = f"sqlite:///{tmp_path / 'film.db'}"
    scanned = a_process("scan", str(folder), "--project", "Film", DATABASE_URL=url)
    assert (scanned.returncode, scanned.stderr.count("skipped")) == (1, 1)
    assert "Traceback" not in scanned.stderr
    assert len(json.loads(a_process("videos", "--json", DATABASE_URL=url).stdout)) == 2
    asked_for = a_process("projects", "--url", "nonsense", DATABASE_URL="nonsense:")
    assert (asked_for.returncode, asked_for.stdout) == (1, "")


def test_the_demonstration_runs_again_and_again(tmp_path):
    for _ in range(2):
        shown = a_process("demo", str(tmp_path / "demo"))
        assert shown.returncode == 0, shown.stderr
    assert "9 files: 8 added, 0 refreshed, 0 unchanged, 1 skipped" in shown.stdout
    for refusal in ("EntityValidationError", "'width'", "ForeignKeyViolationError"):
        assert refusal in shown.stdout
    assert "the same clips overlap" in shown.stdout
    assert str(tmp_path / "demo" / "stoat_ferret.db") in shown.stdout
