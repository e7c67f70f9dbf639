"""Models of boosters, regressors and transformers as ONNX: onnxruntime predicts what they predict, in the same shape."""

import numpy as np
import pandas as pd
import pytest

from nbtrack.errors import ExportFailed
from nbtrack.frameworks.saving import CannotWrite, Request, kind_of, write
from nbtrack.handoff.export import export
from nbtrack.handoff.options import Options
from nbtrack.handoff.shipped import bundle_model

pytest.importorskip("onnxmltools")
pytest.importorskip("onnxruntime")

X = pd.DataFrame(
    np.random.default_rng(0).normal(size=(120, 3)).astype("float32"), columns=["mean radius", "b", "c d"]
)
TWO = (X["b"] > 0).astype(int)
THREE = TWO + (X["c d"] > 0)
NAMES = np.where(TWO, "yes", "no")
NUMBERS = X["b"] * 2


def xgboost(objective, y, **given):
    import xgboost

    return xgboost.train({"objective": objective, **given}, xgboost.DMatrix(X, y), 4)


def lightgbm(objective, y, **given):
    import lightgbm

    return lightgbm.train(
        {"objective": objective, "verbose": -1, **given}, lightgbm.Dataset(X.to_numpy(), y), 4
    )


def fitted(library, name, y, **given):
    import importlib

    model = getattr(importlib.import_module(library), name)(**given)
    return model.fit(X.to_numpy() if library == "lightgbm" else X, y)


QUIET = {"iterations": 4, "verbose": 0, "allow_writing_files": False}
MODELS = {
    "xgboost, two classes": lambda: fitted("xgboost", "XGBClassifier", TWO, n_estimators=4),
    "xgboost, three classes": lambda: fitted("xgboost", "XGBClassifier", THREE, n_estimators=4),
    "xgboost, numbers": lambda: fitted("xgboost", "XGBRegressor", NUMBERS, n_estimators=4),
    "xgboost's booster, two classes": lambda: xgboost("binary:logistic", TWO),
    "xgboost's booster, three classes": lambda: xgboost("multi:softprob", THREE, num_class=3),
    "xgboost's booster, numbers": lambda: xgboost("reg:squarederror", NUMBERS),
    "lightgbm, names": lambda: fitted("lightgbm", "LGBMClassifier", NAMES, n_estimators=4, verbose=-1),
    "lightgbm, numbers": lambda: fitted("lightgbm", "LGBMRegressor", NUMBERS, n_estimators=4, verbose=-1),
    "lightgbm's booster, two classes": lambda: lightgbm("binary", TWO),
    "lightgbm's booster, three classes": lambda: lightgbm("multiclass", THREE, num_class=3),
    "catboost, names": lambda: fitted("catboost", "CatBoostClassifier", NAMES, **QUIET),
    "catboost, three classes": lambda: fitted("catboost", "CatBoostClassifier", THREE, **QUIET),
    "catboost, numbers": lambda: fitted("catboost", "CatBoostRegressor", NUMBERS, **QUIET),
    "scikit-learn, numbers": lambda: fitted("sklearn.linear_model", "LinearRegression", NUMBERS),
    "scikit-learn, components": lambda: fitted("sklearn.decomposition", "PCA", None, n_components=2),
}


@pytest.mark.parametrize("name", MODELS)
def test_onnxruntime_predicts_the_same_in_the_same_shape(name, tmp_path):
    model = MODELS[name]()
    written = write("onnx", Request(model=model, folder=tmp_path, rows=X.head()))
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]
    schema = {"kind": "frame", "columns": [{"name": name, "dtype": "float32"} for name in X]}
    about = {
        "format": "onnx",
        "kind": written.kind,
        "file": written.file,
        "safe": True,
        "input": schema,
        **written.facts,
    }
    found = bundle_model.outputs_of(bundle_model._onnx(tmp_path, about), about, X)["predict"]
    asked = {**about, "kind": kind_of(model), "classes": getattr(model, "classes_", None)}
    told = next(iter(bundle_model.outputs_of(model, asked, X).values()))
    assert found.shape == told.shape
    if told.dtype.kind == "f":
        assert np.allclose(found, told, rtol=1e-3, atol=1e-5)
    else:
        assert found.tolist() == told.tolist()


def test_what_the_conversion_does_not_take_is_refused_with_the_reason(tmp_path):
    import xgboost as library

    rows = X.assign(kind=pd.Categorical(["a", "b"] * 60))
    model = library.XGBClassifier(n_estimators=2, enable_categorical=True).fit(rows, TWO)
    with pytest.raises(CannotWrite, match="takes numbers only, and kind holds none"):
        write("onnx", Request(model=model, folder=tmp_path, rows=rows.head()))
    with pytest.raises(CannotWrite, match="'survival:cox'"):
        write("onnx", Request(model=xgboost("survival:cox", TWO + 1), folder=tmp_path, rows=X.head()))
    assert list(tmp_path.iterdir()) == []


def test_a_booster_leaves_as_onnx_on_request_and_proves_itself(store, tmp_path):
    made = export(
        store, store.get_run("XGBClassifier-1"), tmp_path / "out", options=Options(format="onnx", lock=False)
    )
    assert (made.format, made.safe, made.predicted) == ("onnx", True, True)
    needed = (tmp_path / "out" / "environment" / "requirements.txt").read_text()
    assert "onnxruntime" in needed
    assert "xgboost" not in needed


def test_a_pipeline_with_a_booster_in_it_says_why_it_has_no_onnx(gated, tmp_path):
    from nbtrack.store import Store

    gated(
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n"
        "from xgboost import XGBClassifier\n"
        "clf = make_pipeline(StandardScaler(), XGBClassifier(n_estimators=2)).fit(X_train, y_train)"
    )
    with Store.open(gated.folder) as store, pytest.raises(ExportFailed, match="XGBClassifier"):
        export(store, store.get_run("last"), tmp_path / "out", options=Options(format="onnx", lock=False))
    assert not (tmp_path / "out").exists()
