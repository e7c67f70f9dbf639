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
    "FIT_FREE",
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
    "returns_self",
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
        "learn",
        "load_state_dict",
        "load_weights",
        "optimize",
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
    "evolve",
    "fit",
    "init",
    "insert_",
    "load_",
    "maximize",
    "minimize",
    "prepare",
    "push",
    "put",
    "register",
    "remove_",
    "reset",
    "run",
    "search",
    "set_",
    "setup",
    "solve",
    "train",
    "update_",
)

# With a thrown-away result, methods that only show or write out.
LOOKS = frozenset(
    {
        "agg", "aggregate", "all", "any", "apply", "applymap", "asfreq", "assign", "astype", "bar", "barplot",
        "boxplot", "cat", "close", "copy", "corr", "count", "cov", "cpu", "cuda", "cumsum", "describe", "detach",
        "drop",
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
        "max", "min",
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

# Methods for which it does not matter what an estimator was fitted to.
FIT_FREE = frozenset({"get_params", "set_params"})
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


def returns_self(package: str) -> bool:
    """Whether fitting methods of what ``package`` makes give the object itself back."""
    return package in REFITTING_LIBRARIES


_HOLDING_DATA = frozenset({"DMatrix", "Dataset", "FeaturesData", "Pool", "QuantileDMatrix"})
"""Classes of the boosting libraries that hold data: training with them leaves them as they are."""


def makes_model(dotted: str) -> bool:
    """Whether what ``dotted`` makes is something that other objects may hold and train."""
    package, _, rest = dotted.partition(".")
    last = rest.rpartition(".")[2]
    if package in {"sklearn", "catboost", "lightgbm", "xgboost"}:
        return (
            last[:1].isupper()
            and not rest.startswith(("metrics.", "model_selection."))
            and last not in _HOLDING_DATA
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
