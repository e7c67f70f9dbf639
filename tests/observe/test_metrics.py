from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
import torch
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.observe.metrics import MAX_ITEMS, MAX_POINTS, SCORING, curve, metric_name, number, scores


@given(st.floats(allow_nan=False) | st.integers(-(2**53), 2**53))
def test_a_python_number_is_a_number(value):
    assert number(value) == value
    assert type(number(value)) is float


@pytest.mark.parametrize(
    "value",
    [
        np.float16(0.5),
        np.float32(0.5),
        np.longdouble(0.5),
        Decimal("0.5"),
        Fraction(1, 2),
        np.array(0.5),
        np.array([[0.5]]),
        torch.tensor(0.5),
        torch.tensor([[0.5]], requires_grad=True),
        torch.tensor(0.5, dtype=torch.bfloat16),
    ],
)
def test_numbers_of_every_library_are_numbers(value):
    assert number(value) == 0.5


def test_nan_and_infinity_are_numbers():
    assert math.isnan(number(np.float32("nan")))
    assert number(torch.tensor(math.inf)) == math.inf


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.array([True])[0],
        torch.ones(1, dtype=torch.bool),
        "0.5",
        1j,
        np.complex64(1),
        None,
        [0.5],
        np.array([0.5, 0.6]),
        np.array(["a"]),
        np.timedelta64(5, "s"),
        np.ma.masked,
        10**400,
        pd.Series([0.5]),
        torch.empty(1, device="meta"),
    ],
)
def test_what_is_not_one_real_number_is_none(value):
    assert number(value) is None


def test_a_number_type_that_raises_is_none():
    class Broken(float):
        def __float__(self) -> float:
            raise ValueError

    assert number(Broken(1)) is None


@pytest.mark.parametrize(
    "name",
    [
        "accuracy",
        "acc",
        "val_acc",
        "testAcc",
        "train_rmse",
        "RMSE",
        "lossVal",
        "loss",
        "total_loss",
        "log_loss",
        "r2",
        "R2",
        "r_squared",
        "f1",
        "f1score",
        "roc_auc",
        "AUC",
        "best_score",
        "silhouette",
        "inertia_",
        "cost",
        "compute_cost",
        "error",
        "error_rate",
        "mean_squared_error",
        "acc1",
        "loss2",
        "top5_acc",
        "mAP",
        "perplexity",
        "valid_logloss",
        "testscore",
        "val_f1_macro",
        "sse",
        "metrics.accuracy_score",
        "explained_variance",
        "model.score",
    ],
)
def test_these_names_say_metric(name):
    assert metric_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "loss_fn",
        "losses",
        "scorer",
        "loss_weight",
        "score_threshold",
        "scores",
        "accuracy_scores",
        "tokenizer",
        "learning_rate",
        "epochs",
        "test_size",
        "plot_loss",
        "n_errors",
        "error_message",
        "model",
        "clf",
        "lr",
        "X_test",
        "y_val",
        "results",
        "criterion",
        "loss_function",
        "loss_history",
        "test",
        "val",
        "acceleration",
        "account",
        "terror",
        "scoreboard",
        "use_score",
        "error_type",
        "_",
        "1",
    ],
)
def test_these_names_do_not(name):
    assert not metric_name(name)


def test_every_nominated_scoring_function_exists_and_is_named_like_a_metric_or_known():
    missing = {name for name in SCORING if not hasattr(sklearn.metrics, name)}
    assert missing == set()


@pytest.mark.parametrize(
    "value",
    [
        [1, 2.5],
        (1, 2.5),
        np.array([1, 2.5]),
        torch.tensor([1, 2.5], requires_grad=True),
        pd.Series([1, 2.5]),
        [torch.tensor(1.0), 2.5],
    ],
)
def test_a_sequence_of_numbers_is_a_curve(value):
    assert curve(value) == (1.0, 2.5)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [1],
        [1, "a"],
        [True, False],
        "ab",
        np.zeros((2, 2)),
        np.array([True, False]),
        [[1], [2]],
        {1: 2},
        None,
        3,
        range(MAX_POINTS + 1),
        [0.0] * (MAX_POINTS + 1),
    ],
)
def test_anything_else_is_none(value):
    assert curve(value) is None


y_true, y_pred, y_score = [0, 1, 1, 0], [0, 1, 0, 0], [0.1, 0.9, 0.4, 0.2]


def test_the_suffix_score_is_left_out_and_the_value_kept():
    assert scores("accuracy_score", sklearn.metrics.accuracy_score(y_true, y_pred)) == {"accuracy": 0.75}
    assert scores("metrics.roc_auc_score", 0.9) == {"roc_auc": 0.9}
    assert scores("mean_squared_error", 2.0) == {"mean_squared_error": 2.0}
    assert scores("my_score", 2.0) == {"my_score": 2.0}


def test_a_report_is_flattened_by_dots():
    report = sklearn.metrics.classification_report(y_true, y_pred, output_dict=True)
    named = scores("classification_report", report)
    assert named["classification_report.accuracy"] == 0.75
    assert named["classification_report.macro avg.f1-score"] == report["macro avg"]["f1-score"]
    assert named["classification_report.0.recall"] == 1.0


def test_scores_per_class_give_mean_deviation_and_items():
    named = scores("f1_score", sklearn.metrics.f1_score(y_true, y_pred, average=None))
    assert set(named) == {"f1.mean", "f1.std", "f1.0", "f1.1"}
    assert named["f1.mean"] == pytest.approx((named["f1.0"] + named["f1.1"]) / 2)


def test_the_deviation_is_that_of_numpy():
    values = np.array([0.9, 0.8, 0.85])
    assert scores("cross_val", values)["cross_val.std"] == pytest.approx(values.std())


def test_of_many_scores_the_items_are_left_out():
    assert set(scores("f1_score", np.linspace(0, 1, MAX_ITEMS + 1))) == {"f1.mean", "f1.std"}


def test_precision_recall_fscore_support_is_named_by_its_parts():
    averaged = sklearn.metrics.precision_recall_fscore_support(y_true, y_pred, average="macro")
    assert set(scores("precision_recall_fscore_support", averaged)) == {"precision", "recall", "fscore"}
    by_class = sklearn.metrics.precision_recall_fscore_support(y_true, y_pred)
    assert scores("precision_recall_fscore_support", by_class)["recall.0"] == 1.0


class Evaluation(NamedTuple):
    loss: float
    acc: float


def test_a_tuple_is_named_by_position_or_fields():
    assert scores("evaluate", [0.3, 0.9]) == {"evaluate.0": 0.3, "evaluate.1": 0.9}
    assert scores("evaluate", Evaluation(0.3, 0.9)) == {
        "evaluate.loss": 0.3,
        "evaluate.acc": 0.9,
    }


def test_a_series_is_named_by_its_labels():
    assert scores("score", pd.Series([0.3, 0.9], index=["a", "b"])) == {"score.a": 0.3, "score.b": 0.9}
    assert scores("score", pd.Series([0.3, 0.9], index=["a", "a"])) == {"score.0": 0.3, "score.1": 0.9}


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("confusion_matrix", sklearn.metrics.confusion_matrix(y_true, y_pred)),
        ("roc_curve", sklearn.metrics.roc_curve(y_true, y_score)),
        ("precision_recall_curve", sklearn.metrics.precision_recall_curve(y_true, y_score)),
        ("classification_report", sklearn.metrics.classification_report(y_true, y_pred)),
        ("score", None),
        ("score", "0.5"),
        ("score", True),
        ("score", pd.DataFrame({"a": [1.0]})),
        ("score", object()),
    ],
)
def test_a_result_without_scores_gives_none(name, result):
    assert scores(name, result) == {}


def test_a_result_in_itself_ends():
    loop: dict[str, object] = {"a": 1.0}
    loop["again"] = loop
    assert scores("score", loop)["score.a"] == 1.0


def test_nan_is_kept():
    assert math.isnan(scores("r2_score", math.nan)["r2"])
