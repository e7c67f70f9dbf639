"""Loading and unloading: the shell is as it was before."""

from __future__ import annotations

import builtins
import sys

from IPython.core.interactiveshell import InteractiveShell

from nbtrack.capture.asking import WATCHER
from nbtrack.magics.extension import _loaded


def state(shell):
    return {
        "hooks": {name: [str(each) for each in found] for name, found in shell.events.callbacks.items()},
        "ast": list(shell.ast_transformers),
        "cleanup": [str(each) for each in shell.input_transformers_cleanup],
        "names": set(shell.user_ns),
        "line": set(shell.magics_manager.magics["line"]),
        "cell": set(shell.magics_manager.magics["cell"]),
        # ExtensionMagics is IPython's own, entered by the first %load_ext of all.
        "registry": set(shell.magics_manager.registry) - {"ExtensionMagics"},
        "builtins": set(vars(builtins)),
        "matchers": list(shell.Completer.custom_matchers),
    }


def test_unloading_leaves_the_shell_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shell = InteractiveShell()
    before = state(shell)
    shell.run_cell("%load_ext nbtrack").raise_error()
    shell.run_cell("x = max([1])").raise_error()
    assert state(shell)["hooks"] != before["hooks"]
    shell.run_cell("%unload_ext nbtrack").raise_error()
    del shell.user_ns["x"]
    assert state(shell) == before
    assert WATCHER not in vars(builtins)


def test_loading_twice_watches_once(cancer):
    cancer.run("%reload_ext nbtrack")
    cancer.run("%load_ext nbtrack")
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)")
    assert len(cancer.runs) == 1
    assert len(cancer.shell.ast_transformers) == 1


def test_nothing_is_made_on_disk_before_there_is_a_run(notebook):
    notebook.run("x = 1\ny = x + 1")
    notebook.run("%track")
    assert not (notebook.folder / ".nbtrack").exists()


def test_the_user_s_namespace_holds_nothing_of_nbtrack(notebook):
    notebook.run("x = max([1])")
    assert not [name for name in notebook.names if "nbtrack" in name]
    assert notebook.run("'nbtrack' in ' '.join(dir())").result is False


def test_functions_that_outlive_the_extension_still_run(notebook):
    notebook.run("class M:\n    def fit(self, X):\n        return self\ndef go():\n    return M().fit([1.0])")
    notebook.run("go()")
    notebook.run("%unload_ext nbtrack")
    assert notebook.run("go()").success
    notebook.run("%load_ext nbtrack")


def test_a_setting_that_is_wrong_is_said_once_and_the_notebook_runs(notebook, capsys):
    notebook.run("x = 0")
    (notebook.folder / "pyproject.toml").write_text('[tool.nbtrack]\nmax_runs_per_cell = "many"\n')
    notebook.run("%reload_ext nbtrack")
    notebook.run("x = max([1])")
    notebook.run("y = x + 1")
    assert notebook.names["y"] == 2
    said = capsys.readouterr().out
    assert said.count("not tracked") == 1
    assert "max_runs_per_cell" in said


def test_after_a_cell_that_imports_much_a_thread_looks_ahead(notebook):
    hooks = next(iter(_loaded.values()))
    notebook.run("x = max([1])")
    hooks._timer.join(10)
    first, known = hooks._timer, hooks._imported
    notebook.run("y = max([2])")
    assert hooks._timer is first
    notebook.run(
        "import sys, types\nfor i in range(60):\n    sys.modules[f'made_{i}'] = types.ModuleType(f'made_{i}')"
    )
    hooks._timer.join(10)
    for name in [each for each in sys.modules if each.startswith("made_")]:
        del sys.modules[name]
    assert hooks._timer is not first
    assert hooks._imported >= known + 60


def test_a_cell_of_whose_end_an_interrupt_kept_us_from_hearing_stops_no_later_one_from_being_watched(cancer):
    begun = []
    cancer.shell.events.register("pre_run_cell", begun.append)
    cancer.run("x = 1")
    cancer.shell.events.unregister("pre_run_cell", begun.append)
    cancer.shell.events.trigger("pre_run_cell", begun[0])  # and no end of it
    for depth in (1, 2):
        cancer.run(f"clf = DecisionTreeClassifier(max_depth={depth}).fit(X_train, y_train)")
        assert len(cancer.runs) == depth


def test_builtins_are_the_same_from_cell_to_cell_so_that_python_need_not_look_for_them_again(notebook):
    notebook.run("import builtins\ninside = sorted(vars(builtins))")
    between = dict(vars(builtins))
    notebook.run("inside = sorted(vars(builtins))")
    assert dict(vars(builtins)) == between
    assert notebook.names["inside"] == sorted(between)
    assert notebook.run("exit", fails=True).error_in_exec is not None  # as IPython has it in a cell
