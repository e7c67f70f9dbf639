"""Cells of libraries beyond scikit-learn and PyTorch, as people write them, and cells that fit by the thousand."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from nbtrack.config import Settings
from nbtrack.digests import digest

_spec = importlib.util.spec_from_file_location("capture_conftest", Path(__file__).with_name("conftest.py"))
_conftest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_conftest)
values, numbers = _conftest.values, _conftest.numbers

# Libraries not quite at home on the newest Python, NumPy and pandas warn; that is not what is tested.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_catboost_by_scikit_learn_s_interface(cancer):
    pytest.importorskip("catboost")
    cancer.run(
        "from catboost import CatBoostClassifier\n"
        "clf = CatBoostClassifier(iterations=5, depth=3, verbose=0, allow_writing_files=False, random_seed=1)\n"
        "clf.fit(X_train, y_train, eval_set=(X_test, y_test))\nprint(clf.score(X_test, y_test))"
    )
    (run,) = cancer.runs
    assert (run.model.class_name, run.model.variable, run.model.framework) == (
        "CatBoostClassifier",
        "clf",
        "catboost",
    )
    assert values(run).items() >= {"iterations": 5, "depth": 3, "random_seed": 1}.items()
    assert {(data.name, data.role) for data in run.datasets} == {
        ("X_train", "train"),
        ("y_train", "train"),
        ("X_test", "validation"),
        ("y_test", "validation"),
    }
    assert cancer.names["clf"].score(cancer.names["X_test"], cancer.names["y_test"]) in numbers(run).values()


def test_catboost_by_its_own_interface(cancer):
    pytest.importorskip("catboost")
    cancer.run(
        "from catboost import Pool, train\npool = Pool(X_train, y_train)\n"
        "model = train(pool, {'iterations': 4, 'loss_function': 'Logloss', 'verbose': 0, 'allow_writing_files': False})"
    )
    (run,) = cancer.runs
    assert (run.model.class_name, run.model.variable, run.model.stored) == ("CatBoost", "model", True)
    assert values(run)["iterations"] == 4
    assert "pool" in {data.name.partition(".")[0] for data in run.datasets}


def test_a_catboost_pool_with_categories_is_told_by_what_was_put_into_it(cancer):
    pytest.importorskip("catboost")
    cancer.run(
        "from catboost import CatBoostClassifier, Pool\n"
        "def kinds(X):\n    return X.assign(kind=['small' if size < 14 else 'large' for size in X['mean radius']])\n"
        "Z = kinds(X_train)\npool = Pool(Z, label=y_train.tolist(), cat_features=['kind'], weight=[1.0] * len(Z))"
    )
    cancer.run("before, Z['kind'] = Z.copy(), 'small'")  # the pool keeps what it was given
    cancer.run(
        "clf = CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False)\n"
        "clf.fit(pool, eval_set=Pool(kinds(X_test), y_test, ['kind']))"
    )
    (run,) = cancer.runs
    assert run.capture_notes == ()
    found = {(data.name, data.role): data.content for data in run.datasets}
    assert found["pool", "train"].digest == digest(cancer.names["before"])
    assert found["pool", "train"].columns[-1].name == "kind"
    assert found["pool.label", "train"].digest == digest(cancer.names["y_train"].tolist())
    assert found["pool.weight", "train"].shape == (len(cancer.names["Z"]),)
    (other,) = [
        content for (name, role), content in found.items() if role == "validation" and "label" not in name
    ]
    assert other.shape == (len(cancer.names["X_test"]), 31)
    assert len(found) == 5


def test_keras_compiled_and_fitted(cancer, monkeypatch):
    if importlib.util.find_spec("keras") is None:
        pytest.skip("keras is not installed")
    backend = "tensorflow" if importlib.util.find_spec("tensorflow") else "torch"
    monkeypatch.setitem(os.environ, "KERAS_BACKEND", backend)
    cancer.run(
        "import keras\nkeras.utils.set_random_seed(3)\nnet = keras.Sequential([keras.Input((30,)), keras.layers.Dense(4, activation='relu'),\n"
        "    keras.layers.Dense(1, activation='sigmoid')])\n"
        "net.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss='binary_crossentropy', metrics=['accuracy'])\n"
        "history = net.fit(X_train.to_numpy(), y_train.to_numpy(), epochs=2, batch_size=64, verbose=0)"
    )
    (run,) = cancer.runs
    assert (run.model.class_name, run.model.variable, run.model.stored) == ("Sequential", "net", True)
    assert values(run).items() >= {"epochs": 2, "batch_size": 64}.items()
    assert {metric.name: metric.points for metric in run.metrics} == {"loss": 2, "accuracy": 2}


def test_skorch_nets_have_their_history(cancer):
    pytest.importorskip("skorch")
    cancer.run(
        "import torch\nfrom torch import nn\nfrom skorch import NeuralNetClassifier\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__(); self.line = nn.Linear(30, 2)\n"
        "    def forward(self, X):\n        return torch.softmax(self.line(X), -1)\n"
        "net = NeuralNetClassifier(Net, max_epochs=2, lr=0.05, verbose=0)\n"
        "net.fit(X_train.to_numpy('float32'), y_train.to_numpy('int64'))"
    )
    (run,) = cancer.runs
    assert (run.model.class_name, run.model.variable, run.model.stored) == (
        "NeuralNetClassifier",
        "net",
        True,
    )
    assert values(run).items() >= {"max_epochs": 2, "lr": 0.05}.items()
    assert {metric.points for metric in run.metrics if metric.name in {"train_loss", "valid_loss"}} == {2}


def test_lifelines_fits_and_their_tests(cancer):
    pytest.importorskip("lifelines")
    cancer.run(
        "from lifelines import CoxPHFitter, KaplanMeierFitter\nfrom lifelines.datasets import load_rossi\nrossi = load_rossi()\n"
        "kmf = KaplanMeierFitter(alpha=0.1).fit(rossi['week'], rossi['arrest'])\n"
        "cph = CoxPHFitter(penalizer=0.1).fit(rossi, duration_col='week', event_col='arrest')\ncph.log_likelihood_ratio_test()"
    )
    kaplan, cox = cancer.runs
    assert (kaplan.model.variable, values(kaplan)) == ("kmf", {"alpha": 0.1})
    assert values(cox) == {"penalizer": 0.1, "duration_col": "week", "event_col": "arrest"}
    test = cancer.names["cph"].log_likelihood_ratio_test()
    assert numbers(cox) == {
        "log_likelihood_ratio_test.test_statistic": pytest.approx(test.test_statistic),
        "log_likelihood_ratio_test.p_value": pytest.approx(test.p_value),
    }


def test_statsmodels_by_formula_and_by_arrays(cancer):
    pytest.importorskip("statsmodels")
    cancer.run(
        "import statsmodels.api as sm\nimport statsmodels.formula.api as smf\nframe = X.iloc[:, :3].set_axis(list('abc'), axis=1)"
    )
    cancer.run("by_formula = smf.ols('a ~ b + c', data=frame).fit()\nby_formula.rsquared")
    cancer.run(
        "exog = sm.add_constant(frame[['b']])\nby_arrays = sm.OLS(frame['a'], exog).fit()\nprint(by_arrays.f_test('b = 0'))"
    )
    formula, arrays = cancer.runs
    assert values(formula) == {"formula": "a ~ b + c"}
    assert [data.name for data in formula.datasets] == ["frame"]
    assert {data.name for data in arrays.datasets} == {"frame['a']", "exog"}
    assert numbers(arrays)["f_test.fvalue"] == pytest.approx(
        float(cancer.names["by_arrays"].f_test("b = 0").fvalue)
    )


def test_results_have_the_numbers_that_their_author_looked_at(cancer):
    pytest.importorskip("statsmodels")
    cancer.run("import statsmodels.api as sm\nexog = sm.add_constant(X.iloc[:, :2])")
    cancer.run("silent = sm.Logit(y, exog).fit(disp=0)")
    cancer.run("printed = sm.Logit(y, exog).fit(disp=0)\nprint(printed.summary())")
    cancer.run("counted = sm.Logit(y, exog).fit(disp=0)\nprint(counted.aic)")
    cancer.run("silent.llf")
    silent, printed, counted = cancer.runs
    assert set(numbers(silent)) == {"llf"}
    assert {"prsquared", "llf"} <= set(numbers(printed))
    assert set(numbers(counted)) == {"aic"}


def test_the_mean_of_many_estimates_is_no_metric(cancer):
    pytest.importorskip("statsmodels")
    cancer.run(
        "import statsmodels.api as sm\nresults = sm.OLS(y, X).fit()\nprint(results.tvalues, results.rsquared)"
    )
    assert set(numbers(cancer.last)) == {"rsquared"}


def test_a_study_is_a_run_with_a_run_for_each_trial(cancer):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    cancer.run(
        "import optuna\ndef objective(trial):\n    depth = trial.suggest_int('max_depth', 1, 5)\n"
        "    clf = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X_train, y_train)\n"
        "    return clf.score(X_test, y_test)\n"
        "study = optuna.create_study(direction='maximize', sampler=optuna.samplers.RandomSampler(seed=0))\n"
        "study.optimize(objective, n_trials=3)"
    )
    by_class = {}
    for run in cancer.runs:
        by_class.setdefault(run.model.class_name, []).append(run)
    (study,) = by_class["Study"]
    assert len(study.trials.rows) == 3
    assert numbers(study)["best_value"] == cancer.names["study"].best_value
    trials = cancer.names["study"].trials
    assert [values(run)["max_depth"] for run in by_class["DecisionTreeClassifier"]] == [
        trial.params["max_depth"] for trial in trials
    ]
    assert [numbers(run)["accuracy"] for run in by_class["DecisionTreeClassifier"]] == [
        trial.value for trial in trials
    ]


def test_two_thousand_fits_in_one_cell_flood_nothing(cancer):
    cancer.run(
        "small, target = X_train.iloc[:60, :2], y_train.iloc[:60]\nscores = []\nfor seed in range(2000):\n"
        "    clf = DecisionTreeClassifier(max_depth=1, random_state=seed).fit(small, target)\n"
        "    scores.append(clf.score(small, target))"
    )
    *whole, rest = cancer.runs
    most = Settings().max_runs_per_cell
    assert [values(run)["random_state"] for run in whole] == list(range(most))
    assert len(rest.trials.rows) == rest.fits == 2000 - most
    assert "random_state" in rest.trials.columns
    assert not rest.model


def test_a_package_installed_in_between_makes_a_new_environment(cancer, monkeypatch):
    cancer.run("clf = DecisionTreeClassifier(max_depth=1).fit(X_train, y_train)")
    before = cancer.last.environment
    cancer.run("clf.fit(X_train, y_train)")
    assert cancer.last.environment.digest == before.digest
    site = cancer.folder / "site-packages"
    (site / "fresh_thing-1.2.dist-info").mkdir(parents=True)
    (site / "fresh_thing").mkdir()
    (site / "fresh_thing" / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    cancer.run("import fresh_thing\nclf.fit(X_train, y_train)")
    after = cancer.last.environment
    assert after.digest != before.digest
    assert after.packages["fresh-thing"] == "1.2"
