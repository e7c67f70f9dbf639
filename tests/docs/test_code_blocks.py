"""Each code block of the README and of the documentation does what it is for: Python and commands run, data parses.

``python`` is run, as cells of one notebook a page; ``console`` are commands behind ``$``, of which those of nbtrack are
run in the folder of that notebook; ``toml``, ``json`` and ``sql`` must be what they say; ``text`` is output or grammar.
"""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from nbtrack.cli.program import run

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
BLOCK = re.compile(r"^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES = {"python", "console", "toml", "json", "sql", "text", "{toctree}", "{eval-rst}"}
# Another test runs them, or they are the shell's.
NOT_RUN = {
    "nbtrack demo",
    "nbtrack reproduce",
    "pip",
    "make",
    "jupyter",
    "curl",
    "python",
    "sqlite3",
    "cd",
    "unzip",
}

# It begins from nothing, as its reader does.
FROM_NOTHING = {"docs/tutorial.md"}

# What the reader of any other page is taken to have: a watched notebook with data and a few runs.
BEFORE = [
    "%load_ext nbtrack",
    "import nbtrack\n"
    "from sklearn.datasets import load_iris\n"
    "from sklearn.ensemble import RandomForestClassifier\n"
    "from sklearn.metrics import accuracy_score\n"
    "from sklearn.model_selection import train_test_split\n"
    "from sklearn.svm import SVC\n"
    "X_train, X_test, y_train, y_test = train_test_split(*load_iris(return_X_y=True), random_state=0)",
    "clf = SVC(C=1.0).fit(X_train, y_train)\naccuracy_score(y_test, clf.predict(X_test))",
    "clf = SVC(C=0.1).fit(X_train, y_train)\naccuracy_score(y_test, clf.predict(X_test))",
    "clf = RandomForestClassifier(n_estimators=5).fit(X_train, y_train)\naccuracy_score(y_test, clf.predict(X_test))",
]


def blocks(page):
    return [(one["language"], one["text"]) for one in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def name(page):
    return str(page.relative_to(ROOT))


@pytest.fixture
def notebook(tmp_path, monkeypatch, page):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shell = InteractiveShell()
    shell.display_pub = CapturingDisplayPublisher(shell=shell)
    for cell in [] if name(page) in FROM_NOTHING else BEFORE:
        shell.run_cell(cell, store_history=True).raise_error()
    yield shell
    shell.run_cell("%unload_ext nbtrack")
    shell._atexit_once()  # its history is in a folder that is gone when the process ends
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_each_block_says_its_language_and_none_is_only_indented(page):
    text = page.read_text(encoding="utf-8")
    assert {language for language, _ in blocks(page)} <= LANGUAGES
    bare = BLOCK.sub("", text)
    assert "```" not in bare
    assert re.findall(r"(?:^|\n)\n {4}[^ \n-][^\n]*", bare) == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if {"python", "console"} & {one for one, _ in blocks(page)}], ids=name
)
def test_what_a_page_tells_to_type_runs(page, notebook):
    for language, text in blocks(page):
        if language == "python":
            notebook.run_cell(text, store_history=True).raise_error()
        elif language == "console":
            for line in re.findall(r"^\$ (.*)$", text, re.MULTILINE):
                type_in(line)


def type_in(line):
    words = shlex.split(line, comments=True)
    if words[0] in NOT_RUN or " ".join(words[:2]) in NOT_RUN:
        return
    assert words[0] == "nbtrack", f"nobody says what {line!r} needs to run: NOT_RUN lists what is not run"
    assert run(words[1:]) == 0, line


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_data_in_a_page_parses(page):
    for language, text in blocks(page):
        if language == "toml":
            tomllib.loads(text)
        elif language == "json":
            json.loads(text)


@pytest.mark.parametrize("page", [page for page in PAGES if "sql" in dict(blocks(page))], ids=name)
def test_queries_in_a_page_are_answered_by_the_database(page, notebook):
    with closing(sqlite3.connect("file:.nbtrack/lineage.db?mode=ro", uri=True)) as connection:
        for language, text in blocks(page):
            for statement in text.split(";\n") if language == "sql" else ():
                if statement.strip() and not statement.lstrip().upper().startswith("CREATE"):
                    connection.execute(statement).fetchall()
