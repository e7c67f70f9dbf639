import pickle

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("statsmodels")

import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from nbtrack import frameworks

rng = np.random.default_rng(0)
frame = pd.DataFrame({"a": np.arange(40.0) + rng.random(40), "b": rng.random(40)})
frame["y"] = 2 * frame.a + rng.random(40)
frame["won"] = (rng.random(40) > 0.5).astype(int)
X = sm.add_constant(frame[["a", "b"]])


def test_the_results_are_the_model_and_the_arrays_passed_are_the_data(train):
    seen = train(sm.OLS(frame.y, X).fit)
    assert (seen.framework.name, seen.training.kind) == ("statsmodels", "model")
    assert seen.outcome.model is seen.result
    assert type(seen.outcome.specification).__name__ == "OLS"
    assert seen.data == [("train", "model.endog"), ("train", "model.exog")]
    assert seen.training.data[1].value is X
    assert seen.outcome.scores == {}


def test_a_formula_is_a_parameter_and_its_frame_the_data(train):
    seen = train(smf.ols("y ~ a + b", frame).fit, cov_type="HC1")
    assert seen.parameters.explicit == {"formula": "y ~ a + b"}
    assert seen.training.params == {"cov_type": "HC1"}
    assert [argument.value is frame for argument in seen.training.data] == [True]


def test_a_family_is_told_where_it_was_given(train):
    assert train(sm.GLM(frame.won, X, family=sm.families.Binomial()).fit).parameters.explicit == {
        "family": "Binomial"
    }
    assert train(sm.GLM(frame.y, X).fit).parameters.explicit == {}


def test_choices_of_fit(train):
    seen = train(sm.Logit(frame.won, X).fit, disp=0)
    assert seen.training.params == {"disp": 0}
    assert train(smf.quantreg("y ~ a", frame).fit, q=0.3).training.params == {"q": 0.3}
    assert train(sm.OLS(frame.y, X).fit_regularized, alpha=0.5).training.params == {"alpha": 0.5}


def test_time_series_tell_their_orders_and_nothing_derived(train):
    assert train(ARIMA(frame.y.to_numpy(), order=(1, 1, 0)).fit).parameters.explicit == {"order": [1, 1, 0]}
    assert train(ExponentialSmoothing(frame.y, trend="add").fit).parameters.explicit == {"trend": "add"}


@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.ConvergenceWarning")
def test_the_trend_of_a_time_series_is_no_data_and_what_was_passed_beside_it_is(train):
    series, beside = frame.y.to_numpy(), frame.a.to_numpy()
    assert train(ARIMA(series, order=(1, 0, 0)).fit).data == [("train", "model.endog")]
    both = [("train", "model.endog"), ("train", "model.exog")]
    assert train(ARIMA(series, beside, order=(1, 0, 0)).fit).data == both


def test_two_fits_of_one_model_are_two_models(train):
    model = sm.OLS(frame.y, X)
    assert train(model.fit).outcome.model is not train(model.fit).outcome.model


def test_fitting_computes_nothing_that_nobody_asked_for(call):
    asked = call(sm.Logit(frame.won, X).fit, disp=0)
    framework, training = frameworks.training(asked)
    results = asked.function(disp=0)
    before = pickle.dumps(results)
    framework.outcome(training, asked, results)
    assert pickle.dumps(results) == before


def test_asking_for_the_scores_of_a_summary_leaves_the_results_as_they_were(call):
    results = sm.OLS(frame.y, X).fit()
    asked = call(results.summary)
    before = pickle.dumps(results)
    assert frameworks.scores(asked, None)["rsquared"] == pytest.approx(results.rsquared)
    assert pickle.dumps(sm.OLS(frame.y, X).fit()) == before


def test_results_predict_and_specifications_do_not(call, train):
    seen = train(sm.OLS(frame.y, X).fit)
    results = seen.outcome.model
    # The wrapper's methods are bound to the results inside it.
    assert frameworks.predictor(call(results.predict, X)) in seen.outcome.parts
    assert frameworks.owner(results).fitted(results)
    assert frameworks.owner(sm.OLS(frame.y, X)) is None
    assert frameworks.training(call(results.summary)) is None
