"""Objects of two processes, compared by what they contain."""

import collections
import math
import pickle
import subprocess
import sys

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nbtrack.reproduce.models import compare_stored
from nbtrack.reproduce.sameness import compare, relative_difference

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner)
    ),
    max_leaves=12,
)
X = np.arange(40.0).reshape(20, 2) % 7
y = np.arange(20) % 2


def again(value):
    return pickle.loads(pickle.dumps(value))


@given(plain)
def test_a_value_is_the_same_after_a_journey_through_pickle(value):
    assert compare(value, again(value)).equal


@given(plain, plain)
def test_values_are_the_same_only_where_their_pickles_mean_the_same(one, other):
    if compare(one, other).equal:
        assert repr(one) == repr(other) or one == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        ([1], (1,)),
        ({"a": 1}, {"a": 1, "b": 2}),
        (np.zeros(2), np.zeros(3)),
        (np.zeros(2), np.zeros(2, dtype="f4")),
        (np.array(["a"], object), np.array(["b"], object)),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})),
        (lambda v: v + 1, lambda v: v + 2),
        ({1, 2}, {1, 3}),
        (collections.deque([1]), collections.deque([2])),
        (np.random.RandomState(0), np.random.RandomState(1)),
        (np.random.default_rng(0), np.random.default_rng(1)),
    ],
)
def test_what_differs_is_found_with_its_place(one, other):
    found = compare({"inside": [one]}, {"inside": [other]})
    assert not found.equal
    assert found.where.startswith(".inside[0]")


def test_numbers_that_differ_are_measured_relative_to_the_larger():
    assert compare(np.array([1.0, 2.0]), np.array([1.0, 2.5])).largest == 0.2
    assert compare(1.0, 1.0 + 1e-12).largest == pytest.approx(1e-12, rel=1e-3)
    assert compare(math.nan, math.nan).equal
    assert compare(np.array([np.nan, 1]), np.array([np.nan, 1])).equal
    assert compare(math.nan, 1.0).largest == math.inf


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: RandomForestClassifier(n_estimators=3, random_state=seed).fit(X, y),
        lambda seed: make_pipeline(StandardScaler(), LogisticRegression(C=1 + seed)).fit(X, y),
        lambda seed: GridSearchCV(LogisticRegression(), {"C": [1, 2 + seed]}, cv=2).fit(X, y),
    ],
)
def test_estimators_are_told_apart_by_what_they_learned_not_by_how_long_it_took(make):
    assert compare(make(0), make(0)).equal
    assert not compare(make(0), make(1)).equal


def test_what_cannot_be_taken_apart_is_unknown_not_equal():
    found = compare([open], [open])
    assert found.equal  # a function of Python, by name
    locks = [__import__("threading").Lock() for _ in range(2)]
    assert compare(*locks).unknown


def test_a_structure_that_holds_itself_ends():
    def ring():
        one = [1]
        one.append(one)
        return one

    assert compare(ring(), ring()).equal


MODEL = """
import cloudpickle, numpy as np, sys
SCALE = {scale}
class Mine:
    biases = [{bias}]
    @staticmethod
    def scale(y):
        return y * SCALE
    @property
    def bias(self):
        return self.biases[0]
    def predict(self, X):
        return self.scale(X @ self.weights) + self.bias
m = Mine()
m.weights = np.arange(2.0)
sys.stdout.buffer.write(cloudpickle.dumps(m, protocol=5))
"""


def of_another_process(bias, scale=1):
    script = MODEL.format(bias=bias, scale=scale)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout


def test_models_of_classes_of_the_notebook_are_the_same_across_processes(tmp_path):
    streams = [of_another_process(*given) for given in ((0,), (0,), (1,), (0, 2))]
    for place, stream in enumerate(streams):
        (tmp_path / str(place)).write_bytes(stream)
    files = [[str(tmp_path / str(place))] for place in range(4)]
    same = compare_stored({"then": files[0], "now": files[1], "data": []}, {})
    assert (same["equal"], same["by"]) == (True, "content")
    for other in files[2:]:
        found = compare_stored({"then": files[0], "now": other, "data": []}, {})
        assert found["equal"] is None
        assert "differs at" in found["why"]


class Sly:
    """Contains something that differs, and predicts as its kind says."""

    def __init__(self, inside, kind):
        self.inside = inside
        self.kind = kind

    def predict(self, rows):
        return np.full(len(rows), 1, dtype=self.kind)


def stored(folder, name, model):
    (folder / name).write_bytes(cloudpickle.dumps(model, protocol=5))
    return [str(folder / name)]


@pytest.mark.parametrize(("kind", "equal"), [("f8", True), ("i8", None)])
def test_equal_labels_prove_nothing_and_equal_numbers_do(tmp_path, kind, equal):
    from nbtrack import digest

    then = stored(tmp_path, "then", Sly("a", kind))
    now = stored(tmp_path, "now", Sly("b", kind))
    request = {"then": then, "now": now, "data": [["X", digest(X)]]}
    found = compare_stored(request, {"X": X})
    assert (found["equal"], found["by"]) == (equal, "predictions")
    assert ".inside" in found["why"]
    # Data of that name that is not what the run was fed is not asked.
    assert compare_stored(request, {"X": X + 1})["by"] is None


def test_a_model_that_cannot_be_loaded_is_unknown(tmp_path):
    (tmp_path / "bad").write_bytes(b"no pickle")
    found = compare_stored({"then": [str(tmp_path / "bad")], "now": [str(tmp_path / "bad")], "data": []}, {})
    assert found["equal"] is None
    assert "cannot be loaded" in found["why"]


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (0.0, 5e-324, 1.0),
        (5e-324, 2 * 5e-324, 0.5),
        (sys.float_info.max, -sys.float_info.max, 2.0),
        (sys.float_info.max, 0.5 * sys.float_info.max, 0.5),
    ],
)
def test_numbers_at_the_ends_of_what_there_is_are_as_far_apart_as_others(one, other, apart):
    assert relative_difference(one, other) == relative_difference(other, one) == apart
    assert compare(np.array([one]), np.array([other])).largest == apart
