"""Wrong use, missing and broken stores, closed pipes: what a command ends with, and what it says."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest

PROGRAM = [sys.executable, "-c", "from nbtrack.cli import main; main()"]


@pytest.mark.parametrize("arguments", [["runz"], ["runs", "--bogus"], ["show"], ["runs", "-n", "many"]])
def test_wrong_use_ends_with_2_and_points_to_help(nbtrack, arguments):
    done = nbtrack(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert "--help" in done.err


@pytest.mark.parametrize("verb", [["runs"], ["show", "last"], ["doctor"]])
def test_without_a_store_each_verb_says_how_to_get_one(nbtrack, project, verb):
    done = nbtrack(*verb)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: There is no .nbtrack folder")
    assert "%load_ext nbtrack" in done.err
    assert not (project / ".nbtrack").exists()


def test_a_given_store_that_is_not_there_is_not_made(nbtrack, project):
    done = nbtrack("runs", "--store", "elsewhere")
    assert (done.code, done.err[:6]) == (3, "error:")
    assert not (project / "elsewhere").exists()


def test_the_store_is_found_from_below_and_can_be_given_before_or_after_the_verb(
    nbtrack, store, project, monkeypatch, tmp_path_factory
):
    (project / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(project / "a" / "b")
    expected = nbtrack("runs").out
    assert "SVC-2" in expected
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert nbtrack("runs").code == 3
    for given in (store, project):
        assert nbtrack("runs", "--store", given).out == expected
        assert nbtrack("--store", given, "runs").out == expected


def test_a_store_from_the_future_is_refused(nbtrack, store):
    with sqlite3.connect(store / "lineage.db") as connection:
        connection.execute("PRAGMA user_version = 9999")
    connection.close()
    done = nbtrack("runs")
    assert (done.code, done.out) == (3, "")
    assert "newer" in done.err


def test_a_damaged_database_ends_with_3_and_no_traceback(nbtrack, store):
    for file in store.glob("lineage.db*"):
        file.write_bytes(b"not a database at all, though long enough to be one" * 100)
    done = nbtrack("runs")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err


def test_doctor_finds_nothing_wrong_in_a_sound_store(nbtrack, store):
    done = nbtrack("doctor", "--full")
    assert (done.code, done.err) == (0, "")
    # Some versions of SQLite are themselves worth a warning.
    assert done.out.splitlines()[-1].startswith(f"{store}: no errors, ")
    problems = json.loads(nbtrack("doctor", "--json").out)
    assert [one for one in problems if not one["subject"].startswith("SQLite")] == []


def test_doctor_says_no_where_a_row_was_changed(nbtrack, store):
    with sqlite3.connect(store / "lineage.db") as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE executions SET started_at = started_at + 1")
    connection.close()
    done = nbtrack("doctor", "--full")
    assert done.code == 1
    assert done.out.startswith("error: ")
    problems = json.loads(nbtrack("doctor", "--full", "--json").out)
    assert {"severity", "subject", "message", "remedy"} == set(problems[0])


def test_help_and_version_are_there(nbtrack):
    assert "best:METRIC" in nbtrack("--help").out
    assert nbtrack("--version").out.startswith("nbtrack 0.")
    assert "QUERY" in nbtrack("runs", "--help").out


def test_no_verb_shows_the_help_and_is_wrong_use(nbtrack):
    done = nbtrack()
    assert done.code == 2
    assert "runs" in done.err


def test_a_reader_that_closes_the_pipe_ends_the_command_quietly(store, project):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run(
            [*PROGRAM, "runs", "--json"],
            cwd=project,
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_without_the_characters_gets_question_marks(store, project):
    done = subprocess.run(
        [*PROGRAM, "show", "SVC-2"],
        cwd=project,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    assert b"? 5 points" in done.stdout


def test_a_bug_is_called_a_bug(nbtrack, store, monkeypatch):
    monkeypatch.setattr("nbtrack.cli.listing.runs_table", lambda *_: 1 / 0)
    done = nbtrack("runs")
    assert done.code == 70
    assert "ZeroDivisionError" in done.err
