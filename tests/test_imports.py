"""What nbtrack imports, and when: start-up time cannot creep in unseen."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "numpy",
    "pandas",
    "sqlite_utils",
    "matplotlib",
    "ipywidgets",
    "polars",
    "pyarrow",
    "scipy",
    "sklearn",
    "torch",
    "xgboost",
    "lightgbm",
    "click",
}


def modules_after(code: str, before: str = "") -> set[str]:
    """Names of the modules that ``code`` adds, in a fresh interpreter, to those that ``before`` loads."""
    program = (
        f"import json, sys\n{before}\nknown = set(sys.modules)\n{code}\n"
        "print('\\n' + json.dumps(sorted(set(sys.modules) - known)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_nbtrack_loads_itself_alone():
    added = modules_after("import nbtrack", before="import typing")
    assert added - {"__future__"} == {"nbtrack"}


START_SHELL = (
    "from IPython.core.interactiveshell import InteractiveShell\n"
    "shell = InteractiveShell.instance()\n"
    "shell.run_cell('1 + 1')"
)


@pytest.fixture(scope="module")
def loaded_by_extension(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    before = f"import os\nos.chdir({str(folder)!r})\n{START_SHELL}"
    return modules_after("shell.run_cell('%load_ext nbtrack').raise_error()\nshell.run_cell('a = 1')", before)


def test_loading_the_extension_and_running_a_plain_cell_loads_no_heavy_library(loaded_by_extension):
    assert not {name.partition(".")[0] for name in loaded_by_extension} & HEAVY


def test_loading_the_extension_loads_the_watching_and_no_other_door(loaded_by_extension):
    ours = {".".join(name.split(".")[:2]) for name in loaded_by_extension if name.startswith("nbtrack.")}
    assert {"nbtrack.capture", "nbtrack.magics"} <= ours
    assert not ours & {"nbtrack.cli", "nbtrack.run"}


def test_loading_the_extension_alone_loads_neither_records_nor_digests():
    added = modules_after("shell.run_cell('%load_ext nbtrack').raise_error()", START_SHELL)
    assert "nbtrack.capture.kernel" in added
    assert not {".".join(name.split(".")[:2]) for name in added} & {
        "nbtrack.records",
        "nbtrack.digests",
        "nbtrack.store",
    }


def test_a_table_of_runs_in_a_terminal_loads_nothing_of_the_lineage(tmp_path):
    added = modules_after(
        "import pathlib\nfrom nbtrack.store import Store\n"
        f"Store.open(pathlib.Path({str(tmp_path / '.nbtrack')!r}), create=True).close()\n"
        "from nbtrack.cli.program import program\n"
        f"program(['runs', '--store', {str(tmp_path / '.nbtrack')!r}], standalone_mode=False)"
    )
    assert "nbtrack.store" in added
    assert not {".".join(name.split(".")[:2]) for name in added} & {"nbtrack.lineage", "nbtrack.provenance"}


@pytest.mark.parametrize("verb", ["runs", "show"])
def test_listing_runs_in_a_terminal_loads_neither_pandas_nor_sqlite_utils(verb):
    added = modules_after(
        f"from nbtrack.cli.program import program\nprogram.get_command(None, {verb!r})\nimport nbtrack.store"
    )
    assert not {name.partition(".")[0] for name in added} & (HEAVY - {"click"}) - {"IPython"}
    assert "IPython" not in {name.partition(".")[0] for name in added}


def test_no_framework_is_imported_to_ask_whether_a_value_is_its_own():
    added = modules_after("import nbtrack.frameworks, nbtrack.observe, nbtrack.digests, nbtrack.lineage")
    assert not {name.partition(".")[0] for name in added} & HEAVY


def test_a_list_of_runs_loads_nothing_of_what_writes_and_of_what_digests_values(tmp_path):
    made = "import pathlib, nbtrack.store\n"
    code = f"{made}nbtrack.store.Store.open(pathlib.Path({str(tmp_path / '.nbtrack')!r}), create=True).find_runs()"
    assert not modules_after(code) & {
        "nbtrack.store.session",
        "nbtrack.store.saving",
        "nbtrack.store.blobs",
        "nbtrack.store.spool",
        "nbtrack.digests.contents",
    }
