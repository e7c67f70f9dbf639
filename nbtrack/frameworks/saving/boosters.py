"""XGBoost, LightGBM and CatBoost in their own files, which hold trees and no code."""

from __future__ import annotations

from typing import Any

from nbtrack.frameworks.saving.protocol import CannotWrite, Request, Written

__all__ = ["write_catboost", "write_lightgbm", "write_xgboost"]


def write_xgboost(request: Request) -> Written:
    """Write ``model.ubj``.

    Raises:
        CannotWrite: the class is not XGBoost's own.
    """
    model = request.model
    name = _own_class(model, "xgboost")
    model.save_model(request.folder / "model.ubj")
    booster = name == "Booster"
    return Written(
        format="xgboost",
        kind="booster" if booster else "estimator",
        file="model.ubj",
        safe=True,
        packages=("xgboost",) if booster else ("xgboost", "sklearn"),
        facts={"class_name": name},
    )


def write_lightgbm(request: Request) -> Written:
    """Write ``model.txt``; a classifier's classes are kept beside it, since the text holds numbers only.

    Raises:
        CannotWrite: the class is not LightGBM's own, or its classes are neither texts, numbers nor flags.
    """
    model: Any = request.model
    name = _own_class(model, "lightgbm")
    facts: dict[str, Any] = {"class_name": name}
    classes = getattr(model, "classes_", None)
    if classes is not None:
        facts["classes"] = classes.tolist()
        if not all(isinstance(one, str | int | float) for one in facts["classes"]):
            raise CannotWrite(
                f"LightGBM's text cannot hold classes of type {type(facts['classes'][0]).__name__}"
            )
    if callable(getattr(model, "objective", None)):
        raise CannotWrite("the model was trained with an objective of its own, which the text does not hold")
    booster = model if name == "Booster" else model.booster_
    booster.save_model(request.folder / "model.txt")
    return Written(
        format="lightgbm", kind="lightgbm", file="model.txt", safe=True, packages=("lightgbm",), facts=facts
    )


def write_catboost(request: Request) -> Written:
    """Write ``model.cbm``.

    Raises:
        CannotWrite: the class is not CatBoost's own.
    """
    name = _own_class(request.model, "catboost")
    request.model.save_model(str(request.folder / "model.cbm"), format="cbm")
    return Written(
        format="catboost",
        kind="estimator",
        file="model.cbm",
        safe=True,
        packages=("catboost",),
        facts={"class_name": name},
    )


def _own_class(model: Any, library: str) -> str:
    kind = type(model)
    if kind.__module__.partition(".")[0] != library:
        raise CannotWrite(f"{kind.__module__}.{kind.__qualname__} is not a class of {library} itself")
    return str(kind.__name__)
