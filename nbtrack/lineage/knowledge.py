"""What is known of libraries without looking at them: which calls change what they are called on.

Everything here is a table; a call that stands in none of them changes nothing unless its result is thrown away.
Dotted names are those of the import, aliases resolved: ``np.random.seed`` is ``numpy.random.seed``.
"""

from __future__ import annotations

__all__ = [
    "ALWAYS_CHANGING",
    "CHANGING_PREFIXES",
    "CONTAINER_CHANGING",
    "FIRST_ARGUMENT_CHANGING",
    "FITTING",
    "HANDLES",
    "LOOKS",
    "LOOK_PREFIXES",
    "MODE_FREE",
    "PASSING",
    "PLAIN_BUILTINS",
    "RETURNING_SELF",
    "SHIPPED",
    "TRAINING",
    "fitting_of",
    "is_cloning",
    "is_look_module",
    "is_setting",
    "keeps_only_parameters",
    "makes_model",
    "seeded_by",
    "streams_of",
]

# Methods that give nothing back and change a container; where the result is taken, they are another's method.
CONTAINER_CHANGING = frozenset(
    {
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "extendleft",
        "insert",
        "remove",
        "reverse",
        "rotate",
        "sort",
        "update",
    },
)

# Methods that change their object, whatever becomes of the result.
ALWAYS_CHANGING = frozenset(
    {
        "add_module",
        "backward",
        "compile",
        "fill",
        "fine_tune",
        "fit_generator",
        "fit_on_texts",
        "fit_one_cycle",
        "freeze",
        "load_state_dict",
        "load_weights",
        "partial_fit",
        "partition",
        "pop",
        "popitem",
        "seed",
        "set_params",
        "set_weights",
        "setdefault",
        "setflags",
        "step",
        "train",
        "train_on_batch",
        "unfreeze",
    },
)

# Methods that fit: of estimators that start anew each time, only the last of them counts.
FITTING = frozenset({"fit", "fit_predict", "fit_resample", "fit_transform"})
# Methods that train the models their object was made of: `trainer.fit()`, `optimizer.step()`.
TRAINING = FITTING | {
    "fine_tune",
    "fit_generator",
    "fit_one_cycle",
    "learn",
    "step",
    "train",
    "train_on_batch",
}
# Libraries whose ``fit`` starts anew, and whose estimators therefore need no earlier fit.
REFITTING_LIBRARIES = frozenset(
    {
        "catboost",
        "category_encoders",
        "hdbscan",
        "imblearn",
        "lifelines",
        "lightgbm",
        "mlxtend",
        "pygam",
        "sklearn",
        "umap",
        "xgboost",
    },
)
# Libraries whose ``fit`` leaves the model as it was and gives the result back.
PURE_FITTING_LIBRARIES = frozenset({"arch", "linearmodels", "scipy", "statsmodels"})

# With a thrown-away result, methods that begin so change their object.
CHANGING_PREFIXES = (
    "add_",
    "adapt",
    "append_",
    "build",
    "delete_",
    "disable",
    "enable",
    "fit",
    "init",
    "insert_",
    "load_",
    "register",
    "remove_",
    "reset",
    "set_",
    "train",
    "update_",
)

# With a thrown-away result, methods that only show or write out.
LOOKS = frozenset(
    {
        "agg", "aggregate", "all", "any", "apply", "applymap", "asfreq", "assign", "astype", "bar", "barplot", "boxplot",
        "cat", "close", "copy", "corr", "count", "cov", "cpu", "cuda", "cumsum", "describe", "detach", "drop",
        "drop_duplicates", "dropna", "dump", "dumps", "duplicated", "eval", "evaluate", "explain", "fillna", "filter",
        "format", "groupby", "head", "hist", "histplot", "info", "isna", "isnull", "items", "iterrows", "join", "keys",
        "kurt", "legend", "line", "lower", "map", "max", "mean", "median", "melt", "merge", "min", "mode", "nlargest",
        "notna", "notnull", "nsmallest", "numpy", "nunique", "parameters", "pivot", "pivot_table", "pie", "pprint",
        "predict", "predict_log_proba", "predict_proba", "quantile", "rename", "replace", "report", "reset_index",
        "round", "sample", "save", "savefig", "scatter", "score", "select_dtypes", "skew", "sort_index", "sort_values",
        "split", "std", "strip", "style", "sum", "summary", "tail", "test", "tolist", "transform", "transpose",
        "unique", "upper", "value_counts", "values", "var", "view", "visualize", "write",
    },
)  # fmt: skip
LOOK_PREFIXES = (
    "_repr",
    "display",
    "draw",
    "get_",
    "is_",
    "log_",
    "plot",
    "print",
    "report_",
    "save",
    "show",
    "to_",
)

# Methods that are called for their effect and give the object back.
RETURNING_SELF = frozenset(
    {
        "cpu",
        "cuda",
        "double",
        "eval",
        "fit",
        "float",
        "half",
        "load_model",
        "partial_fit",
        "requires_grad_",
        "set_params",
        "to",
        "train",
    },
)

# Results that stand for the object itself: through them it is changed.
HANDLES = frozenset(
    {"children", "modules", "named_children", "named_modules", "named_parameters", "parameters"}
)

# Functions and methods whose result holds what they were given.
PASSING = frozenset(
    {
        "chain", "copy", "deque", "dict", "enumerate", "filter", "from_iterable", "frozenset", "items", "iter", "list",
        "next", "OrderedDict", "partial", "product", "reversed", "set", "sorted", "tqdm", "trange", "tuple", "values",
        "zip",
    },
)  # fmt: skip

# Builtins that call nothing they are given.
PLAIN_BUILTINS = frozenset(
    {
        "abs", "bool", "bytes", "chr", "complex", "divmod", "float", "format", "hash", "hex", "id", "input", "int",
        "isinstance", "issubclass", "len", "oct", "open", "ord", "pow", "print", "range", "repr", "round", "slice",
        "str", "type", "display", "hasattr", "callable", "dir", "help",
    },
)  # fmt: skip

# Methods for which it does not matter whether a network is in training mode.
MODE_FREE = frozenset(
    {
        "cpu",
        "cuda",
        "double",
        "eval",
        "float",
        "half",
        "load_state_dict",
        "state_dict",
        "to",
        "train",
        *HANDLES,
    },
)

# Functions that change their first argument.
FIRST_ARGUMENT_CHANGING = frozenset(
    {
        "heapq.heapify",
        "heapq.heappop",
        "heapq.heappush",
        "numpy.copyto",
        "numpy.fill_diagonal",
        "numpy.place",
        "numpy.put",
        "numpy.putmask",
        "numpy.random.shuffle",
        "random.shuffle",
        "bisect.insort",
    },
)

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
_RANDOM_WITH = {
    "KFold": ("shuffle", {True}),
    "StratifiedKFold": ("shuffle", {True}),
    "StratifiedGroupKFold": ("shuffle", {True}),
    "learning_curve": ("shuffle", {True}),
    "LogisticRegression": ("solver", {"liblinear", "sag", "saga"}),
    "LogisticRegressionCV": ("solver", {"liblinear", "sag", "saga"}),
    "Ridge": ("solver", {"sag", "saga"}),
    "RidgeClassifier": ("solver", {"sag", "saga"}),
    "SVC": ("probability", {True}),
    "NuSVC": ("probability", {True}),
    "PCA": ("svd_solver", {"arpack", "randomized"}),
    "Lasso": ("selection", {"random"}),
    "ElasticNet": ("selection", {"random"}),
    "NMF": ("init", {"random", "nndsvdar"}),
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

# Packages that are installed, never found through a search path that a notebook extends.
SHIPPED = frozenset(
    {
        "IPython", "PIL", "bs4", "catboost", "cv2", "datasets", "gensim", "imblearn", "ipywidgets", "joblib", "keras",
        "lifelines", "lightgbm", "matplotlib", "networkx", "nltk", "numpy", "optuna", "pandas", "plotly", "polars",
        "pyarrow", "pytorch_lightning", "requests", "scipy", "seaborn", "shap", "skimage", "sklearn", "spacy",
        "statsmodels", "tensorflow", "tensorflow_datasets", "torch", "torchaudio", "torchmetrics", "torchvision",
        "tqdm", "transformers", "umap", "xgboost", "yaml",
    },
)  # fmt: skip

_LOOK_MODULES = frozenset(
    {
        "IPython",
        "altair",
        "bokeh",
        "cufflinks",
        "folium",
        "holoviews",
        "logging",
        "matplotlib",
        "missingno",
        "mpl_toolkits",
        "nbtrack",
        "plotly",
        "pprint",
        "rich",
        "seaborn",
        "tqdm",
        "warnings",
        "wordcloud",
        "yellowbrick",
    },
)


def seeded_by(dotted: str) -> tuple[str, ...]:
    """The global streams of random numbers that calling ``dotted`` seeds."""
    known = SEEDS.get(dotted)
    if known is not None:
        return known
    last = dotted.rpartition(".")[2]
    # The helpers that people keep in modules of their own bear these names.
    return (
        _ALL
        if last in {"fix_seed", "random_seed", "seed_all", "seed_everything", "set_seed", "set_seeds"}
        else ()
    )


def fitting_of(package: str, name: str, *, warm: bool) -> str:
    """How ``name``, a fitting method, treats an object made by ``package``.

    Returns:
        "anew" when earlier fits no longer matter, "further" when it goes on from them, "result" when the object
        stays as it was and the result is what counts.
    """
    if package in PURE_FITTING_LIBRARIES:
        return "result"
    if name == "partial_fit" or warm or package not in REFITTING_LIBRARIES:
        return "further"
    return "anew"


def makes_model(dotted: str) -> bool:
    """Whether what ``dotted`` makes is something that other objects may hold and train."""
    package, _, rest = dotted.partition(".")
    last = rest.rpartition(".")[2]
    if package in {"sklearn", "catboost", "lightgbm", "xgboost"}:
        return (
            last[:1].isupper() and not rest.startswith(("metrics.", "model_selection.")) and last != "DMatrix"
        )
    if package == "torch":
        return rest.startswith("nn.")
    words = ("Model", "Sequential", "applications.", "models.", "layers.", "from_pretrained")
    return package in {"keras", "tensorflow", "timm", "torchvision", "transformers"} and any(
        word in rest for word in words
    )


def is_cloning(dotted: str) -> bool:
    """Whether what ``dotted`` makes fits clones of the models it is given, not the models themselves."""
    return dotted.startswith("sklearn.") and not dotted.endswith(
        ("Pipeline", "make_pipeline", "FeatureUnion")
    )


def keeps_only_parameters(dotted: str) -> bool:
    """Whether ``dotted`` takes an estimator for its parameters alone: it clones it, fitted or not."""
    return dotted.startswith(("sklearn.model_selection.", "sklearn.base.clone"))


def is_setting(dotted: str, texts: tuple[str, ...]) -> bool:
    """Whether ``dotted`` is a function that changes how its package computes, not how it shows or logs."""
    last = dotted.rpartition(".")[2]
    if not last.startswith(("disable_", "enable_", "set_", "use_")) or is_look_module(dotted):
        return False
    if any(text.startswith("display") for text in texts):
        return False
    shown = ("display", "log", "memory", "print", "thread", "verbosity", "warn")
    return not any(word in last for word in shown)


def is_look_module(dotted: str) -> bool:
    """Whether a module is there to show things: its state changes no value that is computed."""
    return dotted.partition(".")[0] in _LOOK_MODULES


def streams_of(dotted: str, constants: dict[str, object], keywords: frozenset[str]) -> tuple[str, ...]:
    """The global streams of random numbers that calling ``dotted``, or fitting what it builds, draws from.

    ``keywords`` are the keywords passed, ``constants`` the values of those that are constants.
    """
    package, _, rest = dotted.partition(".")
    last = rest.rpartition(".")[2]
    if package == "numpy":
        return ("numpy",) if rest.startswith("random.") and last not in _FIXED_NUMPY else ()
    if package == "random":
        return ("python",) if last and last not in {"Random", "SystemRandom"} else ()
    if package in {"sklearn", "imblearn", "umap"}:
        return ("numpy",) if _draws_in_sklearn(last, constants, keywords) else ()
    if package in {"torch", "torchvision"}:
        layer = (
            (rest.startswith("nn.") or package == "torchvision") and last[:1].isupper() and "Loss" not in last
        )
        draws = layer or last in _RANDOM_TORCH or last in _TORCH_DATA or rest.startswith("nn.init.")
        return ("torch",) if draws and "generator" not in keywords else ()
    if package in {"tensorflow", "keras"}:
        layered = any(part in rest for part in ("layers.", "Sequential", "Model", "applications.", "models."))
        draws = layered or rest.startswith("random.") or "random" in last
        return ("tensorflow", "numpy", "python") if draws and "seed" not in keywords else ()
    if package == "scipy":
        return ("numpy",) if rest.endswith(".rvs") and "random_state" not in keywords else ()
    return ()


def _draws_in_sklearn(name: str, constants: dict[str, object], keywords: frozenset[str]) -> bool:
    if "random_state" in keywords and constants.get("random_state", 0) is not None:
        return False
    if name in _RANDOM_WITH:
        keyword, values = _RANDOM_WITH[name]
        return constants.get(keyword) in values
    return name in _RANDOM_SKLEARN and constants.get("shuffle", True) is not False
