"""Random numbers: which calls seed a global stream of them, and which draw from one.

The streams are ``numpy``, ``python`` (the module random), ``tensorflow`` and ``torch``. A generator that the notebook
makes itself (``np.random.default_rng(0)``) is an object like others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

__all__ = ["GENERATORS", "seeded_by", "streams_of"]

GENERATORS = frozenset({"numpy.random.RandomState", "numpy.random.default_rng", "random.Random"})
"""What makes a generator of random numbers, seeded by its first argument."""

_ALL = ("numpy", "python", "tensorflow", "torch")
# Calls that seed, and the streams of random numbers they seed.
SEEDS: dict[str, tuple[str, ...]] = {
    "fastai.set_seed": _ALL,
    "keras.utils.set_random_seed": _ALL,
    "lightning.seed_everything": _ALL,
    "lightning.pytorch.seed_everything": _ALL,
    "numpy.random.seed": ("numpy",),
    "numpy.random.set_state": ("numpy",),
    "pytorch_lightning.seed_everything": _ALL,
    "random.seed": ("python",),
    "tensorflow.compat.v1.set_random_seed": ("tensorflow",),
    "tensorflow.keras.utils.set_random_seed": _ALL,
    "tensorflow.random.set_random_seed": ("tensorflow",),
    "tensorflow.random.set_seed": ("tensorflow",),
    "tensorflow.set_random_seed": ("tensorflow",),
    "torch.cuda.manual_seed": ("torch",),
    "torch.cuda.manual_seed_all": ("torch",),
    "torch.manual_seed": ("torch",),
    "torch.random.manual_seed": ("torch",),
    "torch.set_rng_state": ("torch",),
    "transformers.set_seed": _ALL,
}

# scikit-learn: what draws from NumPy's global stream unless random_state is given. Solvers that draw only with
# arguments of their own are in _RANDOM_WITH. (From the signatures of scikit-learn 1.9 and its user guide.)
_RANDOM_SKLEARN = frozenset(
    {
        "AdaBoostClassifier", "AdaBoostRegressor", "AffinityPropagation", "BaggingClassifier", "BaggingRegressor",
        "BayesianGaussianMixture", "BernoulliRBM", "BisectingKMeans", "DecisionTreeClassifier",
        "DecisionTreeRegressor", "DictionaryLearning", "EllipticEnvelope", "ExtraTreeClassifier",
        "ExtraTreeRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor", "FactorAnalysis", "FastICA",
        "GaussianMixture", "GaussianRandomProjection", "GradientBoostingClassifier", "GradientBoostingRegressor",
        "GroupShuffleSplit", "HistGradientBoostingClassifier", "HistGradientBoostingRegressor", "IsolationForest",
        "KMeans", "LatentDirichletAllocation", "LinearSVC", "MDS", "MLPClassifier", "MLPRegressor", "MinCovDet",
        "MiniBatchDictionaryLearning", "MiniBatchKMeans", "MiniBatchNMF", "MiniBatchSparsePCA",
        "NeighborhoodComponentsAnalysis", "Nystroem", "OutputCodeClassifier", "PassiveAggressiveClassifier",
        "PassiveAggressiveRegressor", "Perceptron", "QuantileTransformer", "RANSACRegressor", "RBFSampler",
        "RandomForestClassifier", "RandomForestRegressor", "RandomTreesEmbedding", "RandomizedSearchCV",
        "RepeatedKFold", "RepeatedStratifiedKFold", "SGDClassifier", "SGDOneClassSVM", "SGDRegressor",
        "ShuffleSplit", "SparsePCA", "SparseRandomProjection", "SpectralBiclustering", "SpectralClustering",
        "SpectralCoclustering", "StratifiedShuffleSplit", "TSNE", "TheilSenRegressor", "TruncatedSVD", "UMAP",
        "make_biclusters", "make_blobs", "make_checkerboard", "make_circles", "make_classification",
        "make_friedman1", "make_friedman2", "make_friedman3", "make_gaussian_quantiles", "make_hastie_10_2",
        "make_low_rank_matrix", "make_moons", "make_multilabel_classification", "make_regression", "make_s_curve",
        "make_sparse_coded_signal", "make_sparse_uncorrelated", "make_spd_matrix", "make_swiss_roll",
        "permutation_importance", "permutation_test_score", "resample", "shuffle", "train_test_split",
    },
)  # fmt: skip
_RANDOM_WITH: dict[str, tuple[str, frozenset[object]]] = {
    "KFold": ("shuffle", frozenset({True})),
    "StratifiedKFold": ("shuffle", frozenset({True})),
    "StratifiedGroupKFold": ("shuffle", frozenset({True})),
    "learning_curve": ("shuffle", frozenset({True})),
    "LogisticRegression": ("solver", frozenset({"liblinear", "sag", "saga"})),
    "LogisticRegressionCV": ("solver", frozenset({"liblinear", "sag", "saga"})),
    "Ridge": ("solver", frozenset({"sag", "saga"})),
    "RidgeClassifier": ("solver", frozenset({"sag", "saga"})),
    "SVC": ("probability", frozenset({True})),
    "NuSVC": ("probability", frozenset({True})),
    "PCA": ("svd_solver", frozenset({"arpack", "randomized"})),
    "Lasso": ("selection", frozenset({"random"})),
    "ElasticNet": ("selection", frozenset({"random"})),
    "NMF": ("init", frozenset({"random", "nndsvdar"})),
}
# torch functions that draw; layers draw their first weights when they are built.
_RANDOM_TORCH = frozenset(
    {
        "bernoulli", "dropout", "multinomial", "normal", "poisson", "rand", "rand_like", "randint", "randint_like",
        "randn", "randn_like", "randperm",
    },
)  # fmt: skip
_TORCH_DATA = frozenset(
    {"DataLoader", "RandomSampler", "SubsetRandomSampler", "WeightedRandomSampler", "random_split"}
)
_FIXED_NUMPY = frozenset(
    {"Generator", "RandomState", "default_rng", "get_state", "SeedSequence", "PCG64", "MT19937"}
)


_SEEDING_NAMES = frozenset(
    {"fix_seed", "random_seed", "seed_all", "seed_everything", "set_seed", "set_seeds"}
)
_KERAS_BUILDING = ("layers.", "Sequential", "Model", "applications.", "models.")


def seeded_by(dotted: str) -> tuple[str, ...]:
    """The global streams of random numbers that calling ``dotted`` seeds."""
    known = SEEDS.get(dotted)
    if known is not None:
        return known
    # The helpers that people keep in modules of their own bear these names.
    return _ALL if dotted.rpartition(".")[2] in _SEEDING_NAMES else ()


class _Call(NamedTuple):
    """A call: what stands after the package's name, and the keywords passed."""

    rest: str
    constants: Mapping[str, object]
    keywords: Collection[str]


def streams_of(dotted: str, constants: Mapping[str, object], keywords: Collection[str]) -> tuple[str, ...]:
    """The global streams of random numbers that calling ``dotted``, or fitting what it builds, draws from.

    ``keywords`` are the keywords passed, ``constants`` the values of those that are constants.
    """
    package, _, rest = dotted.partition(".")
    known = _LIBRARIES.get(package)
    if known is None:
        return ()
    streams, draws = known
    return streams if draws(_Call(rest, constants, keywords)) else ()


def _draws_in_numpy(call: _Call) -> bool:
    return call.rest.startswith("random.") and call.rest.rpartition(".")[2] not in _FIXED_NUMPY


def _draws_in_python(call: _Call) -> bool:
    return call.rest not in {"", "Random", "SystemRandom", "getstate"}


def _draws_in_scipy(call: _Call) -> bool:
    return call.rest.endswith(".rvs") and "random_state" not in call.keywords


def _draws_in_sklearn(call: _Call) -> bool:
    name = call.rest.rpartition(".")[2]
    if "random_state" in call.keywords and call.constants.get("random_state", 0) is not None:
        return False
    if name in _RANDOM_WITH:
        keyword, values = _RANDOM_WITH[name]
        return call.constants.get(keyword) in values
    return name in _RANDOM_SKLEARN and call.constants.get("shuffle", True) is not False


def _draws_in_torch(call: _Call) -> bool:
    name = call.rest.rpartition(".")[2]
    layer = call.rest.startswith(("nn.", "models.")) and name[:1].isupper() and "Loss" not in name
    drawing = layer or name in _RANDOM_TORCH or name in _TORCH_DATA or call.rest.startswith("nn.init.")
    return drawing and "generator" not in call.keywords


def _draws_in_keras(call: _Call) -> bool:
    building = any(part in call.rest for part in _KERAS_BUILDING)
    return (
        building or call.rest.startswith("random.") or "random" in call.rest
    ) and "seed" not in call.keywords


_KERAS_STREAMS = ("numpy", "python", "tensorflow")
_LIBRARIES: dict[str, tuple[tuple[str, ...], Callable[[_Call], bool]]] = {
    "imblearn": (("numpy",), _draws_in_sklearn),
    "keras": (_KERAS_STREAMS, _draws_in_keras),
    "numpy": (("numpy",), _draws_in_numpy),
    "random": (("python",), _draws_in_python),
    "scipy": (("numpy",), _draws_in_scipy),
    "sklearn": (("numpy",), _draws_in_sklearn),
    "tensorflow": (_KERAS_STREAMS, _draws_in_keras),
    "torch": (("torch",), _draws_in_torch),
    "torchvision": (("torch",), _draws_in_torch),
    "umap": (("numpy",), _draws_in_sklearn),
}
