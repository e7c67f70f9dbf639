"""What is said of a parameter is what the fit used, whatever has its name before or after."""

import pytest

DATA = """
import numpy as np
from sklearn.linear_model import Ridge
rng = np.random.default_rng(0)
X, y = rng.random((40, 3)), rng.random(40)
"""


def alphas(run):
    return [(param.value, param.origin) for param in run.params if param.name == "alpha"]


@pytest.fixture
def data(notebook):
    notebook.run(DATA)
    return notebook


def test_an_attribute_set_after_the_fit_is_none_of_its_params(data):
    data.run("alpha = 5\nmodel = Ridge()\nmodel.fit(X, y)\nmodel.alpha = alpha")
    assert alphas(data.last) == [(1.0, "default")]
    data.run("alpha = 7\nmodel = Ridge(alpha=1.5)\nmodel.fit(X, y)\nmodel.alpha = alpha")
    assert alphas(data.last) == [(1.5, "constructor")]
    data.run("model = Ridge()\nmodel.fit(X, y)\nmodel.set_params(alpha=9.0)")
    assert alphas(data.last) == [(1.0, "default")]


def test_an_attribute_set_before_the_fit_is_what_the_fit_used(data):
    data.run("alpha = 5\nmodel = Ridge()\nmodel.alpha = alpha\nmodel.fit(X, y)\nmodel.alpha = 6")
    assert alphas(data.last) == [(5, "constructor")]


def test_a_loop_that_sets_it_after_each_fit_does_not_say_what_the_fit_used(data):
    data.run("for alpha in (2.0, 3.0):\n    model = Ridge()\n    model.fit(X, y)\n    model.alpha = alpha")
    assert [alphas(run) for run in data.runs] == [[(1.0, "default")]] * 2


def test_a_variable_that_happens_to_have_the_value_of_a_default_is_told_as_a_variable(data):
    data.run("alpha = 1.0\nmodel = Ridge().fit(X * alpha, y)")
    assert alphas(data.last) == [(1.0, "variable")]
