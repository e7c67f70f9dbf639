"""XGBoost's DMatrix and LightGBM's Dataset: the data that they were made of, where it can still be had."""

from __future__ import annotations

import sys
from typing import Any

from nbtrack.digests.encode import Encoder, Teller
from nbtrack.digests.tree import Told, node
from nbtrack.errors import DigestError

__all__ = ["teller"]


def teller(cls: type) -> Teller | None:
    """How values of ``cls`` are told, if it is a booster's container of data."""
    xgboost = sys.modules.get("xgboost")
    if xgboost is not None and hasattr(xgboost, "DMatrix") and issubclass(cls, xgboost.DMatrix):
        return _dmatrix
    lightgbm = sys.modules.get("lightgbm")
    if lightgbm is not None and hasattr(lightgbm, "Dataset") and issubclass(cls, lightgbm.Dataset):
        return _dataset
    return None


def _dmatrix(matrix: Any, encoder: Encoder) -> Told:
    """Entries (a QuantileDMatrix's are its bins' bounds), labels, weights, margins, groups, names and types."""
    data = matrix.get_data()
    fields = {
        "label": matrix.get_label(),
        "weight": matrix.get_weight(),
        "base_margin": matrix.get_base_margin(),
        "group": matrix.get_group(),
        "lower": matrix.get_float_info("label_lower_bound"),
        "upper": matrix.get_float_info("label_upper_bound"),
        "feature_names": matrix.feature_names,
        "feature_types": matrix.feature_types,
    }
    shape = (int(matrix.num_row()), int(matrix.num_col()))
    return Told(node(b"dmatrix", encoder.encode(data), encoder.encode(fields)), shape)


def _dataset(dataset: Any, encoder: Encoder) -> Told:
    if dataset.data is None:
        raise DigestError(
            "A lightgbm.Dataset has freed the data it was made of, and so cannot be given a digest. "
            "Make it with free_raw_data=False, or digest its data before."
        )
    data = dataset.data
    # In the types that LightGBM itself turns them to, so that its making them changes nothing.
    fields = {
        "label": _as(dataset.label, "f4"),
        "weight": _as(dataset.weight, "f4"),
        "group": _as(dataset.group, "i4"),
        "init_score": _as(dataset.init_score, "f8"),
        "position": _as(getattr(dataset, "position", None), "i4"),
        "feature_name": _names(dataset.feature_name, data),
        "categorical_feature": dataset.categorical_feature,
    }
    shape = getattr(data, "shape", None)
    inner = encoder.teller(type(data))
    told = inner(data, encoder) if inner else None
    strips = told.strips if isinstance(told, Told) else ()
    head = told.raw if isinstance(told, Told) else encoder.encode(data)
    return Told(node(b"lightgbm", head, encoder.encode(fields)), shape, strips)


def _as(values: Any, dtype: str) -> Any:
    return None if values is None else sys.modules["numpy"].asarray(values, dtype).ravel(order="F")


def _names(names: Any, data: Any) -> Any:
    """The names that were given; None for those that LightGBM gives or takes from the data itself."""
    usual = [f"Column_{place}" for place in range(len(names))]
    own = [str(name) for name in getattr(data, "columns", ())]
    return None if isinstance(names, str) or list(names) in (usual, own) else list(names)
