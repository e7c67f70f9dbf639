"""Files, magics, shell commands, settings and search paths between cells."""

import pytest


def magic(name: str, line: str = "") -> str:
    return f"get_ipython().run_line_magic({name!r}, {line!r})"


def cell_magic(name: str, line: str, body: str) -> str:
    return f"get_ipython().run_cell_magic({name!r}, {line!r}, {body!r})"


def shell(command: str) -> str:
    return f"get_ipython().system({command!r})"


@pytest.mark.parametrize(
    ("writing", "reading"),
    [
        ("df.to_csv('out.csv')", "x = pd.read_csv('out.csv')"),
        ("df.to_csv('./out.csv')", "x = pd.read_csv('out.csv')"),
        (
            "with open('m.pkl', 'wb') as f:\n  pickle.dump(df, f)",
            "with open('m.pkl', 'rb') as f:\n  x = pickle.load(f)",
        ),
        ("torch.save(df, PATH)", "x = torch.load(PATH)"),
        ("net.save_weights(f'{FOLDER}/a.h5')\nkept = 1", "net.load_weights(f'{FOLDER}/a.h5')\nprint(kept)"),
        (cell_magic("writefile", "tool.py", "def f(): pass"), "import tool"),
        (shell("wget -q https://example.org/d/data.csv"), "x = pd.read_csv('data.csv')"),
        (shell("unzip -q archive.zip"), "x = pd.read_csv('archive/a.csv')"),
        (shell("git clone https://example.org/a/helpers.git"), "import helpers"),
        (shell("echo 1 > n.txt"), "x = open('n.txt').read()"),
        ("import os\nos.system('wget example.org/data.csv')", "x = pd.read_csv('data.csv')"),
    ],
)
def test_who_reads_a_file_needs_who_wrote_it(run, writing, reading):
    ran = run(
        "import pandas as pd, torch, pickle",
        "PATH = 'net.pt'\nFOLDER = 'f'",
        "df = 1",
        writing,
        "noise = 1",
        reading,
    )
    assert 3 in ran.needs(5)
    assert 4 not in ran.needs(5)


def test_who_reads_another_file_does_not(run):
    ran = run("df.to_csv('a.csv')", "pd.read_csv('b.csv')", "open('a.csv', 'w')")
    assert ran.needs(1) == []
    assert ran.needs(2) == []


@pytest.mark.parametrize(
    "cell",
    [
        magic("time", "m.fit(X, y)"),
        cell_magic("time", "", "m.fit(X, y)"),
        cell_magic("capture", "out", "# quiet\nm.fit(X, y)"),
        cell_magic("capture", "", "%matplotlib inline\n!pip install -q x\nm.fit(X, y)"),
        cell_magic("track", "-n first", "m.fit(X, y)"),
        magic("timeit", "-n 1 -r 1 m.fit(X, y)"),
    ],
)
def test_code_inside_magics_counts(run, cell):
    ran = run("m = make()", "X, y = load()", cell, "m.predict(X)")
    assert ran.needs(2) == [0, 1]
    assert ran.needs(3) == [0, 1, 2]


@pytest.mark.parametrize(
    "cell",
    [
        magic("matplotlib", "inline"),
        magic("load_ext", "autoreload"),
        shell("pip install x"),
        cell_magic("html", "", "<b>"),
    ],
)
def test_magics_that_only_show_are_needed_by_nobody(run, cell):
    ran = run("x = 1", cell, "y = x")
    assert ran.needs(2) == [0]


def test_names_that_a_script_may_have_bound_come_from_it(run):
    ran = run(magic("run", "setup.py"), "x = 1", "y = df + x")
    assert ran.needs(2) == [0, 1]
    assert ran.graph.effects("0").opaque == ("%run setup.py",)


def test_relative_paths_depend_on_the_folder(run):
    ran = run(
        "import os, pandas as pd",
        "os.chdir('data')",
        "a = pd.read_csv('a.csv')",
        magic("cd", "/tmp"),
        "b = pd.read_csv('b.csv')",
        "c = pd.read_csv('/abs/c.csv')",
    )
    assert ran.needs(2) == [0, 1]
    assert ran.needs(4) == [0, 3]
    assert ran.needs(5) == [0]


def test_modules_found_through_an_extended_path_need_it(run):
    ran = run(
        "import sys", "sys.path.append('..')", "import own_tools", "import json, numpy", "own_tools.f()"
    )
    assert ran.needs(2) == [0, 1]
    assert ran.needs(3) == []
    assert ran.needs(4) == [0, 1, 2]


def test_settings_of_a_package_count_for_what_uses_it(run):
    ran = run(
        "import torch",
        "torch.set_default_dtype(torch.float64)",
        "torch.backends.cudnn.deterministic = True",
        "x = torch.zeros(3)",
    )
    assert ran.needs(3) == [0, 1, 2]


def test_settings_of_how_things_look_do_not_count(run):
    ran = run(
        "import pandas as pd, numpy as np, warnings, seaborn as sns",
        "pd.set_option('display.max_columns', 9)\npd.options.display.width = 9",
        "np.set_printoptions(precision=2)",
        "warnings.filterwarnings('ignore')\nsns.set_style('dark')\nsns.set()",
        "x = pd.DataFrame(np.zeros(3))",
    )
    assert ran.needs(4) == [0]


def test_the_last_output_is_used_by_its_name(run):
    ran = run("x = 1", "x + 1", "y = _")
    assert ran.needs(2) == [0, 1]
