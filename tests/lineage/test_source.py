"""A slice as one script."""

import ast
import subprocess
import sys

import pytest

from nbtrack.lineage.source import script
from nbtrack.records import ExecutedCell


def cell(source, number=None, **more):
    return ExecutedCell(source=source, execution_id=str(number), execution_count=number, **more)


def one(source):
    made = script([cell(source)])
    ast.parse(made.text)
    return made.text.removeprefix("# %%\n").rstrip("\n"), made.untranslated


def test_cells_are_marked_by_their_execution_numbers():
    made = script([cell("x = 1\n\n", 3), cell("print(x)", 12)])
    assert made.text == "# %% [3]\nx = 1\n\n# %% [12]\nprint(x)\n"
    assert made.untranslated == ()


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("%matplotlib inline\nimport os", "# %matplotlib inline\nimport os"),
        ("  %matplotlib inline", "# %matplotlib inline"),
        ("df.head?\nx = 1", "# df.head?\nx = 1"),
        ("%time model.fit(X, y)", "model.fit(X, y)"),
        ("%timeit -n 1 -r 1 f(x)", "f(x)"),
        ("%%time\nx = 1", "# %%time\nx = 1"),
        ("%%track -n first\n%time x = 1", "# %%track -n first\nx = 1"),
        ("if a:\n    %pdb on\nb = 1", "if a:\n    pass  # %pdb on\nb = 1"),
        ("x = (5\n% 3)", "x = (5\n% 3)"),
        ("s = '''\n%cd a\n!ls'''", "s = '''\n%cd a\n!ls'''"),
        ("%env KEY=1", "__import__('os').environ['KEY'] = '1'"),
        ("!ls {folder}", "__import__('subprocess').run(f'ls {folder}', shell=True, check=False)"),
        ("names = !ls", "names = __import__('subprocess').getoutput('ls').splitlines()"),
        ("%%html\n<b>", "# %%html\n# <b>"),
    ],
)
def test_the_syntax_of_ipython_becomes_plain(source, plain):
    assert one(source) == (plain, ())


@pytest.mark.parametrize("source", ["%%R\nx <- 1", "%macro a 1-2", "x = %sql select 1"])
def test_what_has_no_plain_meaning_is_kept_as_a_comment_and_named(source):
    text, untranslated = one(source)
    assert all(line.startswith("#") for line in text.splitlines())
    assert untranslated == (source.splitlines()[0],)


def test_a_cell_that_nobody_can_read_is_named():
    text, untranslated = one("x = = 1\nfor")
    assert text == "# x = = 1\n# for"
    assert untranslated == ("the cell is not plain Python",)


def test_untranslated_lines_tell_their_cell():
    assert script([cell("%macro a 1", 4)]).untranslated == ("[4] %macro a 1",)


def test_the_script_runs(tmp_path):
    cells = [
        "%matplotlib inline\n%load_ext nbtrack",
        "%%writefile tool.py\ndef double(x):\n    return 2 * x",
        "!echo 21 > n.txt\nlines = !cat n.txt",
        "%run tool.py",
        "%time y = double(int(lines[0]))",
        "%%capture\nprint(y)",
    ]
    made = script([cell(each, number) for number, each in enumerate(cells)])
    assert made.untranslated == ()
    done = subprocess.run(
        [sys.executable, "-c", made.text], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "42\n"


def test_of_a_cell_that_failed_only_what_ran_is_left():
    made = script([cell("x = 1\ny = 1 / (\n    0)\nz = 2", 3, reached=3)])
    assert made.text == (
        "# %% [3]\nx = 1\n# It failed here; what follows had no effect.\n# y = 1 / (\n#     0)\n# z = 2\n"
    )
