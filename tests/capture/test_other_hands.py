"""Notebooks as people write them: ranges in a search, partial functions, models that die with the call."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("capture_conftest", Path(__file__).with_name("conftest.py"))
_conftest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_conftest)
values, numbers = _conftest.values, _conftest.numbers


@pytest.mark.parametrize(
    ("written", "recorded"),
    [
        ("{'max_depth': range(1, 4)}", [1, 2, 3]),
        ("{'max_depth': np.arange(1, 4)}", [1, 2, 3]),
        ("{'ccp_alpha': np.linspace(0, 0.5, 3)}", [0.0, 0.25, 0.5]),
        ("{'ccp_alpha': np.logspace(-2, 0, 3)}", [0.01, 0.1, 1.0]),
        ("[{'max_depth': [1]}, {'max_depth': range(2, 4)}]", [1, 2, 3]),
        ("[{'max_depth': range(1, 3)}, {'max_depth': [2, 3]}]", [1, 2, 3]),
    ],
)
def test_a_range_in_the_grid_of_a_search_is_its_values(cancer, written, recorded):
    cancer.run(
        "import numpy as np\nfrom sklearn.model_selection import GridSearchCV\n"
        f"grid = GridSearchCV(DecisionTreeClassifier(), {written}, cv=2).fit(X_train, y_train)"
    )
    ((_, value),) = [each for each in values(cancer.last).items() if each[0] in {"max_depth", "ccp_alpha"}]
    assert value == recorded


def test_a_range_of_very_many_values_in_a_search_is_written_as_a_range(cancer):
    cancer.run(
        "from sklearn.model_selection import RandomizedSearchCV\n"
        "search = RandomizedSearchCV(DecisionTreeClassifier(), {'random_state': range(2, 10**9)}, n_iter=1, cv=2)\n"
        "search.fit(X_train, y_train)"
    )
    assert values(cancer.last)["random_state"] == "range(2, 1000000000)"
