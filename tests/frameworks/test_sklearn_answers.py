import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import uniform
from sklearn import decomposition, ensemble, feature_selection, linear_model, neighbors, preprocessing
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.impute import SimpleImputer
from sklearn.manifold import TSNE
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    ShuffleSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from nbtrack import frameworks

X, y = load_iris(return_X_y=True)


def explicit(model):
    return dict(frameworks.owner(model).parameters(model).explicit)


def test_a_classifier_is_fitted_on_its_two_positional_arguments(train):
    seen = train(SVC(kernel="linear").fit, X, y)
    assert (seen.framework.name, seen.training.kind, seen.training.model) == ("sklearn", "model", seen.result)
    assert [argument.value is given for argument, given in zip(seen.training.data, (X, y), strict=True)]
    assert seen.data == [("train", 0), ("train", 1)]
    assert seen.outcome.model is seen.result


def test_keyword_arguments_of_fit_are_data_or_choices(train):
    seen = train(ensemble.RandomForestClassifier(5).fit, X=X, y=y, sample_weight=np.ones(len(y)))
    assert seen.data == [("train", "X"), ("train", "y"), ("train", "sample_weight")]
    assert seen.training.params == {}


def test_a_list_of_labels_is_data_and_a_list_of_classes_is_a_choice(train):
    seen = train(linear_model.SGDClassifier().partial_fit, [[0.0], [1.0]], [0, 1], classes=[0, 1])
    assert seen.data == [("train", 0), ("train", 1)]
    assert seen.training.params == {"classes": [0, 1]}


def test_partial_fit_and_warm_starts_continue_and_other_fits_do_not(train):
    assert train(linear_model.SGDClassifier().partial_fit, X, y, classes=[0, 1, 2]).training.continues
    assert train(ensemble.RandomForestClassifier(3, warm_start=True).fit, X, y).training.continues
    assert not train(ensemble.RandomForestClassifier(3).fit, X, y).training.continues


@pytest.mark.parametrize(
    "model",
    [
        StandardScaler(),
        preprocessing.PolynomialFeatures(),
        preprocessing.KBinsDiscretizer(3, encode="ordinal", quantile_method="averaged_inverted_cdf"),
        SimpleImputer(),
        feature_selection.SelectKBest(k=2),
        make_pipeline(StandardScaler(), preprocessing.MinMaxScaler()),
        ColumnTransformer([("scale", StandardScaler(), [0, 1]), ("keep", "passthrough", [2])]),
        FeatureUnion([("scale", StandardScaler()), ("poly", preprocessing.PolynomialFeatures())]),
    ],
    ids=lambda model: type(model).__name__,
)
def test_what_only_prepares_data_is_preprocessing(train, model):
    assert train(model.fit_transform, X, y).training.kind == "preprocessing"


def test_vectorizers_and_label_encoders_are_preprocessing(train):
    assert train(CountVectorizer().fit, ["a cat", "a dog"]).training.kind == "preprocessing"
    assert train(TfidfVectorizer().fit_transform, ["a cat", "a dog"]).data == [("train", 0)]
    assert train(preprocessing.LabelEncoder().fit, ["cat", "dog"]).training.kind == "preprocessing"


@pytest.mark.parametrize(
    "model",
    [
        decomposition.PCA(2),
        decomposition.NMF(2, max_iter=2000),
        decomposition.TruncatedSVD(2),
        TSNE(2, perplexity=5),
        KMeans(3, n_init=1),
        neighbors.KernelDensity(),
        neighbors.NearestNeighbors(),
        ensemble.IsolationForest(n_estimators=5),
        make_pipeline(StandardScaler(), decomposition.PCA(2)),
        make_pipeline(StandardScaler(), SVC()),
        feature_selection.SelectFromModel(linear_model.LogisticRegression(max_iter=1000)),
        feature_selection.RFE(linear_model.LogisticRegression(max_iter=1000)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_predictors_clusterers_decompositions_and_what_holds_them_are_models(train, model):
    assert train(model.fit, X, y).training.kind == "model"


def test_estimators_defined_in_a_notebook_are_models_by_what_they_do(train):
    class Majority(ClassifierMixin, BaseEstimator):
        def __init__(self, smoothing=0.5, label=None):
            self.smoothing = smoothing
            self.label = label

        def fit(self, X, y):
            self.label_, self.shape_ = self.label or np.bincount(y).argmax(), X.shape
            return self

        def predict(self, X):
            return np.full(len(X), self.label_)

    class Doubling(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            self.fitted_on_ = (len(X), y)
            return self

        def transform(self, X):
            return X * 2

    seen = train(Majority(smoothing=0.25).fit, X, y)
    assert (seen.training.kind, explicit(seen.result)) == ("model", {"smoothing": 0.25})
    assert train(Doubling().fit_transform, X).training.kind == "preprocessing"


def test_only_what_the_author_wrote_is_explicit():
    assert explicit(SVC()) == {}
    assert explicit(SVC(C=10, kernel="linear")) == {"C": 10, "kernel": "linear"}
    assert explicit(neighbors.KNeighborsClassifier(n_neighbors=3)) == {"n_neighbors": 3}
    assert frameworks.owner(SVC()).parameters(SVC(C=10)).default["kernel"] == "rbf"


def test_a_number_written_as_another_type_than_the_default_is_explicit():
    assert explicit(SVC(C=1)) == {"C": 1}


def test_a_float_written_equal_to_its_default_is_explicit_until_pickled():
    import pickle

    written = SVC(C=float("1.0"))
    assert explicit(written) == {"C": 1.0}
    assert explicit(clone(written)) == {"C": 1.0}
    assert explicit(pickle.loads(pickle.dumps(SVC()))) == {}


@given(
    st.dictionaries(
        st.sampled_from(["C", "tol", "coef0"]),
        st.floats(0.1, 9.0).filter(lambda f: f not in {1.0, 1e-3, 0.0}),
    ),
)
def test_explicit_and_default_part_all_parameters(chosen):
    found = frameworks.owner(SVC()).parameters(SVC(**chosen))
    assert found.explicit == chosen
    assert found.explicit.keys().isdisjoint(found.default)
    assert {**found.default, **found.explicit} == SVC(**chosen).get_params()


def test_a_class_that_does_not_keep_its_arguments_tells_what_it_can():
    class Forgetful(BaseEstimator):
        def __init__(self, depth=3, rate=0.1):
            self.depth, self._rate = depth, rate

        def fit(self, X):
            self.fitted_on_ = X

    assert explicit(Forgetful(depth=5, rate=0.3)) == {"depth": 5}
    assert (
        explicit(make_pipeline(StandardScaler(with_std=False), Forgetful()))["standardscaler__with_std"]
        is False
    )


def structure(model):
    """What a model is made of, kept apart from what the author chose."""
    return frameworks.owner(model).parameters(model).default


def test_parameters_of_a_pipeline_are_named_by_step_and_its_steps_kept_apart():
    pipe = Pipeline([("scale", StandardScaler(with_mean=False)), ("svc", SVC(C=3.0))])
    assert explicit(pipe) == {"scale__with_mean": False, "svc__C": 3.0}
    assert (structure(pipe)["scale"], structure(pipe)["svc"]) == ("StandardScaler", "SVC")


def test_parameters_reach_through_columns_meta_estimators_and_kernels():
    columns = ColumnTransformer(
        [("scale", StandardScaler(with_std=False), [0]), ("keep", "passthrough", [1])]
    )
    assert explicit(columns) == {"scale__with_std": False}
    assert (structure(columns)["scale"], structure(columns)["keep"]) == ("StandardScaler", "passthrough")
    target = TransformedTargetRegressor(linear_model.Ridge(alpha=2.0), func=np.log)
    assert explicit(target) == {"regressor__alpha": 2.0, "func": "log"}
    votes = ensemble.VotingClassifier(
        [("a", SVC(C=2.0)), ("b", linear_model.LogisticRegression())], voting="soft"
    )
    assert explicit(votes) == {"voting": "soft", "a__C": 2.0}
    assert (structure(votes)["a"], structure(votes)["b"]) == ("SVC", "LogisticRegression")
    process = GaussianProcessRegressor(RBF(2.5) + WhiteKernel())
    assert (structure(process)["kernel"], explicit(process)["kernel__k1__length_scale"]) == ("Sum", 2.5)


def test_a_grid_search_tells_grid_trials_best_score_and_number_of_fits(train):
    pipe = make_pipeline(StandardScaler(), SVC())
    search = GridSearchCV(
        pipe, {"svc__C": np.array([1.0, 2.0]), "svc__kernel": ["rbf"]}, cv=KFold(3, shuffle=True)
    )
    seen = train(search.fit, X, y)
    assert seen.training.kind == "search"
    assert seen.parameters.grid == {"svc__C": [1.0, 2.0], "svc__kernel": ["rbf"]}
    assert seen.parameters.default["estimator"] == "Pipeline"
    assert seen.parameters.explicit["cv.n_splits"] == 3
    assert seen.outcome.fits == 2 * 3 + 1
    assert seen.outcome.scores == {"best_score_": search.best_score_}
    assert seen.outcome.parts == (search.best_estimator_,)
    table = seen.outcome.trials
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [row["svc__C"] for row in rows] == [1.0, 2.0]
    assert [row["mean_test_score"] for row in rows] == search.cv_results_["mean_test_score"].tolist()
    assert {type(value) for row in rows for value in row.values()} <= {float, int, str}


def test_a_random_search_shows_distributions_as_written_and_needs_no_refit(train):
    search = RandomizedSearchCV(SVC(), {"C": uniform(0.1, 4)}, n_iter=2, cv=2, random_state=0, refit=False)
    seen = train(search.fit, X, y)
    assert seen.parameters.grid == {"C": "uniform(0.1, 4)"}
    assert seen.outcome.fits == 4


def test_a_list_of_grids_is_one_grid_and_its_gaps_are_empty_cells(train):
    search = GridSearchCV(SVC(), [{"kernel": ["linear"]}, {"kernel": ["rbf"], "C": [1, 2]}], cv=2)
    seen = train(search.fit, X, y)
    assert seen.parameters.grid == {"kernel": ["linear", "rbf"], "C": [1, 2]}
    assert [row[0] for row in seen.outcome.trials.rows] == [None, 1, 2]


def test_cross_val_score_gives_the_mean_and_the_folds_and_keeps_no_model(train):
    model = SVC()
    seen = train(
        cross_val_score, model, X, y, cv=ShuffleSplit(4, test_size=0.2, random_state=1), scoring="accuracy"
    )
    assert (seen.training.kind, seen.training.model, seen.outcome.model) == ("validation", model, None)
    assert seen.data == [("train", 1), ("train", 2)]
    assert seen.training.params["cv.n_splits"] == 4
    assert seen.outcome.trials.columns == ("fold", "test_accuracy")
    assert [row[1] for row in seen.outcome.trials.rows] == list(seen.result)
    assert seen.outcome.scores == {"mean_test_accuracy": pytest.approx(seen.result.mean())}
    assert seen.outcome.fits == 4
    assert seen.framework.fitted(model) is False


def test_cross_validate_names_each_metric(train):
    seen = train(cross_validate, SVC(), X, y, cv=3, scoring=["accuracy", "f1_macro"], return_train_score=True)
    measured = {"test_accuracy", "test_f1_macro", "train_accuracy", "train_f1_macro"}
    assert set(seen.outcome.trials.columns) == {"fold", *measured}
    assert seen.outcome.fits == 3


def test_cross_val_predict_counts_its_fits(train):
    assert train(cross_val_predict, SVC(), X, y).outcome.fits == 5
    assert train(cross_val_predict, SVC(), X, y, cv=KFold(3, shuffle=True)).outcome.fits == 3


def test_validation_and_learning_curves_are_tables_of_trials(train):
    seen = train(validation_curve, SVC(), X, y, param_name="C", param_range=np.array([0.1, 1.0]), cv=3)
    table = seen.outcome.trials
    assert (table.columns[0], [row[0] for row in table.rows], seen.outcome.fits) == ("C", [0.1, 1.0], 6)
    sizes = train(learning_curve, SVC(), X, y, cv=3, shuffle=True, train_sizes=[0.5, 1.0]).outcome.trials
    assert (sizes.columns[0], [row[0] for row in sizes.rows]) == ("train_size", [50, 100])


def test_a_permutation_test_gives_score_and_p_value(train):
    seen = train(permutation_test_score, SVC(), X, y, n_permutations=3, cv=2)
    assert seen.outcome.scores == {"score": seen.result[0], "p_value": seen.result[2]}
    assert seen.outcome.fits == 8


def test_histories_kept_by_the_estimator_become_curves(train):
    seen = train(make_pipeline(StandardScaler(), MLPClassifier((4,), max_iter=300, tol=0.1)).fit, X, y)
    assert seen.outcome.curves["loss"] == tuple(seen.result[-1].loss_curve_)
    forest = train(ensemble.RandomForestClassifier(30, oob_score=True, random_state=0).fit, X, y)
    assert forest.outcome.scores == {"oob_score": forest.result.oob_score_}


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (SVC(), "accuracy"),
        (linear_model.LinearRegression(), "r2"),
        (DummyClassifier(), "accuracy"),
        (make_pipeline(StandardScaler(), SVC()), "accuracy"),
        (GridSearchCV(linear_model.Ridge(), {"alpha": [1.0]}), "r2"),
        (GridSearchCV(SVC(), {"C": [1.0]}, scoring="f1_macro"), "f1_macro"),
        (GridSearchCV(SVC(), {"C": [1.0]}, scoring=["f1_macro", "accuracy"], refit="f1_macro"), "f1_macro"),
        (KMeans(2, n_init=1), "score"),
        (decomposition.PCA(2), "score"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_score_is_named_by_what_the_class_says_it_measures(call, model, name):
    model.fit(X, y)
    asked = call(model.score, X, y)
    assert frameworks.scores(asked, model.score(X, y)) == {name: model.score(X, y)}


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "decision_function", "transform", "fit_predict"]
)
def test_predicting_methods_are_computed_by_the_receiver(call, method):
    model = {"transform": StandardScaler(), "fit_predict": KMeans(2)}.get(method, SVC())
    if method == "predict_proba":
        model = linear_model.LogisticRegression(max_iter=1000)
    assert frameworks.predictor(call(getattr(model.fit(X, y), method), X)) is model


def test_other_methods_and_unbound_calls_predict_and_train_nothing(call):
    scaler = StandardScaler().fit(X)
    assert frameworks.predictor(call(scaler.inverse_transform, X)) is None
    assert frameworks.training(call(scaler.get_params)) is None
    assert frameworks.training(call(SVC.fit, SVC(), X, y)) is None


def test_fitted_is_read_from_the_object():
    model = SVC()
    framework = frameworks.owner(model)
    assert framework.fitted(model) is False
    assert framework.fitted(model.fit(X, y)) is True
    pipe = make_pipeline(StandardScaler(), SVC())
    assert framework.fitted(pipe) is False
    assert framework.fitted(pipe.fit(X, y)) is True


def test_classes_and_data_are_nobody_s():
    assert frameworks.owner(SVC) is None
    assert frameworks.owner(X) is None
    assert frameworks.owner("SVC()") is None


class _Terms:
    """Part of a model, of a library whose parts take their settings as ``**kwargs`` (as those of pygam do)."""

    def __init__(self, *columns, **kwargs):
        self.columns = columns
        self.verbose = kwargs.pop("verbose", False)

    def get_params(self, **_):
        return {"verbose": self.verbose}


def test_a_switch_that_is_off_in_a_part_that_names_no_defaults_is_none_of_the_author_s_choices():
    class Additive(BaseEstimator):
        def __init__(self, terms, smooth=1.0):
            self.terms = terms
            self.smooth = smooth

    class Wrapped(BaseEstimator):
        def __init__(self, estimator):
            self.estimator = estimator

    model = Wrapped(Additive(_Terms(0, 1), smooth=0.5))
    assert explicit(model) == {"estimator__smooth": 0.5}
    assert frameworks.owner(model).parameters(model).default["estimator__terms__verbose"] is False
    assert explicit(Wrapped(Additive(_Terms(0, verbose=True)))) == {"estimator__terms__verbose": True}
