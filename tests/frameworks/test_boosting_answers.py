"""XGBoost and LightGBM, by both of their interfaces."""

import lightgbm as lgb
import numpy as np
import pytest
import xgboost as xgb
from sklearn.datasets import load_breast_cancer, load_iris

from nbtrack import frameworks

X, y = load_breast_cancer(return_X_y=True)
IRIS, SPECIES = load_iris(return_X_y=True)


def explicit(model):
    return dict(frameworks.owner(model).parameters(model).explicit)


def test_xgboost_estimators_tell_written_parameters_and_choices_of_fit(train):
    seen = train(xgb.XGBClassifier(n_estimators=4, max_depth=2, learning_rate=0.3).fit, X, y, verbose=False)
    assert (seen.framework.name, seen.training.kind) == ("xgboost", "model")
    assert seen.before.explicit == {"n_estimators": 4, "max_depth": 2, "learning_rate": 0.3}
    assert "gamma" in seen.before.default
    assert seen.training.params == {"verbose": False}
    assert seen.data == [("train", 0), ("train", 1)]


def test_what_xgboost_writes_into_a_classifier_while_fitting_is_not_the_author_s():
    assert explicit(xgb.XGBClassifier(n_estimators=3).fit(IRIS, SPECIES)) == {"n_estimators": 3}


def test_xgboost_evaluation_sets_give_data_curves_and_the_best_score(train):
    model = xgb.XGBClassifier(n_estimators=5, early_stopping_rounds=2, eval_metric="logloss")
    seen = train(model.fit, X[100:], y[100:], eval_set=[(X[:100], y[:100])], verbose=False)
    assert seen.data[2:] == [("validation", "eval_set[0][0]"), ("validation", "eval_set[0][1]")]
    curve = tuple(model.evals_result()["validation_0"]["logloss"])
    assert seen.outcome.curves == {"validation_0_logloss": curve}
    assert seen.outcome.scores == {"validation_0_logloss": curve[-1], "best_score": model.best_score}


def test_curves_of_an_earlier_xgboost_fit_are_not_told_again(train):
    model = xgb.XGBRegressor(n_estimators=3).fit(X, y, eval_set=[(X, y)], verbose=False)
    assert train(model.fit, X, y).outcome.curves == {}


def test_xgboost_train_gives_a_booster_from_the_data_in_its_matrices(train):
    held = xgb.DMatrix(X[100:], y[100:])
    other = xgb.DMatrix(X[:100], y[:100])
    history = {}
    params = {"max_depth": 2, "objective": "binary:logistic", "eval_metric": "auc"}
    seen = train(xgb.train, params, held, 3, evals=[(held, "train"), (other, "val")], evals_result=history)
    assert seen.training.model is None
    assert isinstance(seen.outcome.model, xgb.Booster)
    assert seen.training.params == {**params, "num_boost_round": 3}
    assert seen.data == [
        ("train", "dtrain.data"),
        ("train", "dtrain.label"),
        ("validation", "evals[1][0].data"),
        ("validation", "evals[1][0].label"),
    ]
    np.testing.assert_allclose(seen.training.data[0].value.toarray(), X[100:], rtol=1e-6)
    assert seen.training.data[1].value.tolist() == y[100:].tolist()
    assert set(seen.outcome.curves) == {"train_auc", "val_auc"}
    assert seen.outcome.scores["val_auc"] == history["val"]["auc"][-1]
    assert seen.framework.fitted(seen.outcome.model)


def test_a_matrix_that_keeps_no_raw_data_stands_for_itself(train):
    matrix = xgb.QuantileDMatrix(X, y)
    seen = train(xgb.train, {"max_depth": 2}, matrix, num_boost_round=2)
    assert [argument.role for argument in seen.training.data] in (["train"], ["train", "train"])
    assert seen.training.params == {"max_depth": 2, "num_boost_round": 2}


def test_xgboost_cv_gives_curves_and_keeps_no_model(train):
    seen = train(xgb.cv, {"max_depth": 2, "objective": "binary:logistic"}, xgb.DMatrix(X, y), 4, nfold=3)
    assert (seen.training.kind, seen.outcome.model, seen.outcome.fits) == ("validation", None, 3)
    assert len(seen.outcome.curves["test_logloss_mean"]) == 4


def test_boosters_predict_and_score(call):
    model = xgb.XGBClassifier(n_estimators=3).fit(X, y)
    assert frameworks.predictor(call(model.predict_proba, X)) is model
    assert frameworks.predictor(call(model.get_booster().predict, xgb.DMatrix(X))) is model.get_booster()
    assert frameworks.scores(call(model.score, X, y), model.score(X, y)) == {"accuracy": model.score(X, y)}


def test_lightgbm_estimators_tell_written_parameters(train):
    seen = train(lgb.LGBMClassifier(n_estimators=4, learning_rate=0.1, max_bin=63, verbose=-1).fit, X, y)
    assert seen.framework.name == "lightgbm"
    # 0.1 is the default too, but the author's 0.1 is an object of its own; max_bin is no parameter of the class.
    assert seen.before.explicit == {"n_estimators": 4, "learning_rate": 0.1, "max_bin": 63, "verbose": -1}
    assert seen.framework.fitted(seen.result)


def test_lightgbm_evaluation_sets_give_data_and_curves(train):
    model = lgb.LGBMRegressor(n_estimators=3, verbose=-1)
    seen = train(model.fit, X[100:], y[100:], eval_X=(X[:100],), eval_y=(y[:100],), eval_metric="l1")
    assert seen.data[2:] == [("validation", "eval_X[0]"), ("validation", "eval_y[0]")]
    assert seen.training.params == {"eval_metric": "l1"}
    assert seen.outcome.curves["valid_0_l1"] == tuple(model.evals_result_["valid_0"]["l1"])


def test_lightgbm_train_is_given_the_very_arrays_of_its_datasets(train):
    held, other = lgb.Dataset(X[100:], y[100:]), lgb.Dataset(X[:100], y[:100])
    raw, history = held.data, {}
    seen = train(
        lgb.train,
        {"objective": "binary", "verbose": -1},
        held,
        3,
        valid_sets=[held, other],
        valid_names=["fit", "held out"],
        callbacks=[lgb.record_evaluation(history)],
    )
    assert seen.training.data[0].value is raw
    assert [argument.role for argument in seen.training.data] == [
        "train",
        "train",
        "validation",
        "validation",
    ]
    assert isinstance(seen.outcome.model, lgb.Booster)
    assert seen.training.params["objective"] == "binary"
    assert seen.training.params["num_boost_round"] == 3
    losses = tuple(history["held out"]["binary_logloss"])
    assert seen.outcome.curves["held out_binary_logloss"] == losses
    assert seen.outcome.scores["held out_binary_logloss"] == losses[-1]


def test_one_evaluation_set_needs_no_list(train):
    seen = train(lgb.train, {"verbose": -1}, lgb.Dataset(X, y), 1, valid_sets=lgb.Dataset(X, y))
    assert seen.data[2:] == [("validation", "valid_sets.data"), ("validation", "valid_sets.label")]


def test_a_lightgbm_dataset_that_let_go_of_its_data_stands_for_itself(train):
    dataset = lgb.Dataset(X, y)
    lgb.train({"verbose": -1}, dataset, 1)
    seen = train(lgb.train, {"verbose": -1}, dataset, 1)
    assert [argument.value for argument in seen.training.data] == [dataset]


def test_lightgbm_cv_gives_curves_and_keeps_no_model(train):
    seen = train(lgb.cv, {"objective": "binary", "verbose": -1}, lgb.Dataset(X, y), 4, nfold=3)
    assert (seen.training.kind, seen.outcome.model, seen.outcome.fits) == ("validation", None, 3)
    assert {len(curve) for curve in seen.outcome.curves.values()} == {4}


@pytest.mark.parametrize("function", [xgb.plot_importance, lgb.early_stopping, lgb.Dataset, xgb.DMatrix])
def test_other_functions_of_the_libraries_train_nothing(call, function):
    assert frameworks.training(call(function, X)) is None
