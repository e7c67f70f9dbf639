"""lifelines and Optuna."""

import pytest

pytest.importorskip("lifelines")
pytest.importorskip("optuna")

import optuna
from lifelines import CoxPHFitter, KaplanMeierFitter, WeibullFitter
from lifelines.datasets import load_rossi, load_waltons

from nbtrack import frameworks

optuna.logging.set_verbosity(optuna.logging.WARNING)

# lifelines calls pandas in ways that pandas 3 is about to end.
pytestmark = pytest.mark.filterwarnings("ignore:Starting with pandas")


@pytest.fixture(scope="module")
def waltons():
    return load_waltons()


def test_durations_and_events_are_data_and_labels_are_choices(train, waltons):
    seen = train(KaplanMeierFitter(alpha=0.1).fit, waltons["T"], event_observed=waltons["E"], label="all")
    assert (seen.framework.name, seen.data) == ("lifelines", [("train", 0), ("train", "event_observed")])
    assert seen.training.params == {"label": "all"}
    assert seen.before.explicit == {"alpha": 0.1}
    assert seen.framework.fitted(seen.result)
    assert not seen.framework.fitted(KaplanMeierFitter())


def test_parametric_and_regression_models_tell_their_choices_and_no_number_that_nobody_asked_for(
    train, waltons
):
    weibull = train(WeibullFitter().fit, waltons["T"], waltons["E"])
    assert weibull.outcome.scores == {}
    cox = train(CoxPHFitter(penalizer=0.1).fit, load_rossi(), "week", event_col="arrest")
    assert cox.data == [("train", 0)]
    assert cox.training.params == {"duration_col": "week", "event_col": "arrest"}
    assert cox.before.explicit == {"penalizer": 0.1}
    assert cox.outcome.scores == {}


def test_survival_models_predict_and_score(call, train, waltons):
    rossi = load_rossi()
    seen = train(CoxPHFitter().fit, rossi, "week", "arrest")
    cox = seen.outcome.model
    # A CoxPHFitter hands its questions on to a model inside.
    assert frameworks.predictor(call(cox.predict_survival_function, rossi)) in seen.outcome.parts
    weibull = WeibullFitter().fit(waltons["T"], waltons["E"])
    assert frameworks.predictor(call(weibull.predict, 3.0)) is weibull
    assert frameworks.scores(call(cox.score, rossi, scoring_method="concordance_index"), 0.6) == {
        "concordance_index": 0.6
    }


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    if trial.number == 1:
        raise optuna.TrialPruned
    return x if trial.suggest_categorical("sign", ["plus", "minus"]) == "plus" else -x


def test_a_study_is_a_search_whose_trials_are_runs_of_their_own(train):
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    seen = train(study.optimize, objective, n_trials=4)
    assert (seen.training.kind, seen.training.model, seen.training.encloses) == ("search", study, True)
    assert seen.training.params == {"n_trials": 4}
    assert seen.outcome.scores == {"best_value": study.best_value}
    assert seen.outcome.fits == 4
    assert seen.outcome.trials.columns == ("number", "x", "sign", "value", "state", "seconds")
    assert [row[4] for row in seen.outcome.trials.rows] == ["COMPLETE", "PRUNED", "COMPLETE", "COMPLETE"]
    assert seen.parameters.explicit == {"direction": "maximize"}
    assert seen.parameters.grid == {"x": {"low": 0.0, "high": 1.0}, "sign": ["plus", "minus"]}
    more = train(study.optimize, objective, n_trials=2)
    assert (more.outcome.fits, len(more.outcome.trials.rows)) == (2, 6)


def test_several_objectives_have_a_value_each_and_no_best(train):
    study = optuna.create_study(directions=["minimize", "maximize"])
    seen = train(study.optimize, lambda trial: (trial.suggest_int("n", 1, 5), 0.5), n_trials=2)
    assert seen.outcome.scores == {}
    assert seen.outcome.trials.columns[1:4] == ("n", "value_0", "value_1")
