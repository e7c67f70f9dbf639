import numpy as np
import pytest

catboost = pytest.importorskip("catboost")

from nbtrack import frameworks  # noqa: E402 - after the skip

rng = np.random.default_rng(0)
X = rng.random((60, 3))
y = (X[:, 0] > 0.5).astype(int)
QUIET = {"verbose": 0, "allow_writing_files": False}


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """CatBoost leaves a folder of logs where it runs."""
    monkeypatch.chdir(tmp_path)


def test_estimators_tell_what_was_passed_and_no_default(train):
    seen = train(catboost.CatBoostRegressor(iterations=4, depth=2, **QUIET).fit, X, y)
    assert (seen.framework.name, seen.data) == ("catboost", [("train", 0), ("train", 1)])
    assert seen.before.explicit == {"iterations": 4, "depth": 2, **QUIET}
    assert seen.before.default == {"loss_function": "RMSE"}
    assert seen.framework.fitted(seen.result)
    assert not seen.framework.fitted(catboost.CatBoostClassifier())


def test_evaluation_sets_and_categorical_columns_are_told_apart(train):
    model = catboost.CatBoostClassifier(iterations=4, **QUIET)
    columns = np.column_stack([X[:, :2], y]).astype(object)
    columns[:, 2] = y
    seen = train(model.fit, columns, y, cat_features=[2], eval_set=(columns[:20], y[:20]))
    assert seen.data[2:] == [("validation", "eval_set[0]"), ("validation", "eval_set[1]")]
    assert seen.training.params == {"cat_features": [2]}
    curve = tuple(model.evals_result_["validation"]["Logloss"])
    assert seen.outcome.curves["validation_Logloss"] == curve
    assert seen.outcome.scores["best_validation_Logloss"] == min(curve)


def test_a_pool_is_the_data_that_it_holds(train):
    pool = catboost.Pool(X, y)
    seen = train(catboost.CatBoostClassifier(iterations=3, **QUIET).fit, pool)
    assert seen.data == [("train", "X.data"), ("train", "X.label")]
    np.testing.assert_allclose(seen.training.data[0].value, X, rtol=1e-6)
    native = train(catboost.train, pool, {"iterations": 3, "loss_function": "Logloss", **QUIET})
    assert native.data == [("train", "pool.data"), ("train", "pool.label")]
    assert native.training.params["loss_function"] == "Logloss"
    assert isinstance(native.outcome.model, catboost.CatBoost)
    judged = train(
        catboost.train,
        pool,
        {"iterations": 1, "loss_function": "RMSE", **QUIET},
        eval_set=catboost.Pool(X, y),
    )
    assert judged.data[2:] == [("validation", "eval_set.data"), ("validation", "eval_set.label")]


def test_a_pool_of_categories_stands_for_itself(train):
    pool = catboost.Pool([["a", 1], ["b", 2], ["a", 3], ["b", 4]], [0, 1, 0, 1], cat_features=[0])
    seen = train(catboost.CatBoostClassifier(iterations=2, **QUIET).fit, pool)
    assert [argument.value for argument in seen.training.data] == [pool]


def test_cv_gives_curves_and_keeps_no_model(train):
    params = {
        "iterations": 3,
        "loss_function": "Logloss",
        "allow_writing_files": False,
        "logging_level": "Silent",
    }
    seen = train(catboost.cv, catboost.Pool(X, y), params, fold_count=3)
    assert (seen.training.kind, seen.outcome.model, seen.outcome.fits) == ("validation", None, 3)
    assert len(seen.outcome.curves["test_Logloss_mean"]) == 3


def test_scores_and_predictions_are_the_model_s(call):
    model = catboost.CatBoostClassifier(iterations=3, **QUIET).fit(X, y)
    assert frameworks.scores(call(model.score, X, y), model.score(X, y)) == {"accuracy": model.score(X, y)}
    assert frameworks.predictor(call(model.predict_proba, X)) is model
