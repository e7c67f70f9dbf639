"""The process that loads a stored model to write it in another format; started by the export, never imported by it.

It reads ``job.json`` in its folder and leaves ``model/``, ``code/`` and ``result.json`` there. Loading runs code from
the pickle, which is why it has a process of its own: the user's kernel and the export stay as they are.
"""

from __future__ import annotations

import gc
import importlib
import json
import math
import random
import sys
import types
import warnings
from pathlib import Path
from typing import Any

from nbtrack.frameworks import registry, saving
from nbtrack.frameworks.saving import CannotWrite, Request, Written
from nbtrack.handoff import requirements
from nbtrack.handoff.definitions import Untold, module_of
from nbtrack.handoff.example import ROWS
from nbtrack.handoff.shipped import bundle_model
from nbtrack.observe.models import deserialize

__all__ = ["SOURCE_MODULE", "main"]

SOURCE_MODULE = "model_source"
_WIDEST = 100_000
_MOST_SOURCE_BYTES = 4 << 20
_TOLERANCES = {"onnx": (1e-3, 1e-5), "safetensors": (1e-4, 1e-6), "keras": (1e-4, 1e-6)}
_USUAL_TOLERANCE = (1e-5, 1e-8)


def main(folder: Path) -> None:
    """Do the job in ``folder``."""
    warnings.simplefilter(
        "ignore"
    )  # what libraries say of other versions is told from the versions themselves
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    sys.path[:0] = [*job["paths"], str(folder / "code")]
    stream = (folder / "stored" / "stream").read_bytes()
    buffers = [bytearray((folder / "stored" / name).read_bytes()) for name in job["buffers"]]
    model = deserialize(stream, buffers)
    owner = registry.owner(model)
    framework = job["framework"] if job["framework"] in saving.FORMATS or owner is None else owner.name
    code, refused = _sources(folder, job)
    rows, schema, example = _rows(job, model)
    made = _written(folder, job, framework, Request(
        model=model, folder=folder / "model", code=code, rows=rows, epoch=job["epoch"],
    ), refused)  # fmt: skip
    packages = _packages(made, schema, model, folder)
    about = _about(made, schema, code, model)
    result: dict[str, Any] = {
        "about": about,
        "refused": refused,
        "packages": requirements.distributions_of(packages),
        "closure": requirements.closure(requirements.distributions_of(packages)),
        "python": sys.version.partition(" ")[0],
        "example": example,
        "guessed": rows is not None and job["example"] is None and job["real"] is None,
        "expected": None,
    }
    if rows is not None:
        result["expected"], result["unasked"] = _expected(model, about, rows)
    (folder / "model" / "model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


# Source.


def _sources(folder: Path, job: dict[str, Any]) -> tuple[tuple[str, ...], list[list[str]]]:
    """Write what the model's classes are defined by into ``code/``; the names of the modules."""
    refused: list[list[str]] = []
    modules = set(_local_modules(folder / "code", [Path(one) for one in job["local"]]))
    modules |= _recorded_modules(folder / "code", job["modules"])
    own = [one for one in gc.get_objects() if _of_notebook(one)]
    names = {one.__qualname__.partition(".")[0] for one in own if "<" not in one.__qualname__}
    if names:
        try:
            text = module_of(names, job["cells"])
            (folder / "code" / f"{SOURCE_MODULE}.py").write_text(text, encoding="utf-8")
            importlib.invalidate_caches()
            importlib.import_module(SOURCE_MODULE)
        except Exception as error:  # the source of a cell may do anything when it is run alone
            (folder / "code" / f"{SOURCE_MODULE}.py").unlink(missing_ok=True)
            reason = str(error) if isinstance(error, Untold) else f"{type(error).__name__}: {error}"
            refused.append(
                ["source", f"the source of {', '.join(sorted(names))} cannot stand alone: {reason}"]
            )
        else:
            for one in own:
                one.__module__ = SOURCE_MODULE
            modules.add(SOURCE_MODULE)
    return tuple(sorted(modules)), refused


def _of_notebook(value: object) -> bool:
    return isinstance(value, type | types.FunctionType) and value.__module__ == "__main__"


def _local_modules(code: Path, folders: list[Path]) -> list[str]:
    """Copy the modules of the project that the model needed into ``code/``; their top-level names."""
    found = set()
    for name, module in sorted(sys.modules.items()):
        file = Path(getattr(module, "__file__", None) or "/")
        home = next((folder for folder in folders if file.is_relative_to(folder)), None)
        if (
            home is None
            or file.suffix != ".py"
            or not {"site-packages", "dist-packages"}.isdisjoint(file.parts)
        ):
            continue
        if file.stat().st_size > _MOST_SOURCE_BYTES or name == "__main__":
            continue
        inside = Path(*name.split("."))
        target = code / (inside / "__init__.py" if file.name == "__init__.py" else inside.with_suffix(".py"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
        found.add(name.partition(".")[0])
    return sorted(found)


def _recorded_modules(code: Path, sources: dict[str, str]) -> set[str]:
    """Write those of the recorded modules that the model's classes and functions are of, and those they import.

    They were pickled by value, so that they need not be here; in other formats they are found by their names.
    """
    named = {one.__module__ for one in gc.get_objects() if isinstance(one, type | types.FunctionType)}
    waiting, written = [name for name in sources if name in named], set[str]()
    while waiting:
        name = waiting.pop()
        target = code / Path(*name.split(".")).with_suffix(".py")
        package = any(other.startswith(f"{name}.") for other in sources)
        target = target.with_suffix("") / "__init__.py" if package else target
        if name in written or not all(part.isidentifier() for part in name.split(".")):
            continue
        written.add(name)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(sources[name], encoding="utf-8")
        roots = _imported(sources[name]) | {name.partition(".")[0]}
        waiting += [other for other in sources if other.partition(".")[0] in roots]
    return {name.partition(".")[0] for name in written}


# Rows.


def _rows(job: dict[str, Any], model: Any) -> tuple[Any, dict[str, Any], dict[str, Any] | None]:
    """The example rows as the model takes them, the schema of its input, the rows as JSON."""
    schema, example = job["schema"], job["example"]
    if job["real"] is not None:
        return _real(Path(job["real"]), schema)
    if example is None:
        told, example = _guessed(model, schema)
        schema = told or schema
    if schema is None or example is None:
        return None, schema or {"kind": "unknown"}, None
    return bundle_model.rows_from_json(schema, example), schema, example


def _real(file: Path, schema: dict[str, Any] | None) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """The first rows of a file of data: Parquet, CSV or ``.npy``."""
    import numpy as np
    import pandas as pd

    if file.suffix == ".npy":
        array = np.load(file, allow_pickle=False)[:5]
        kind = schema["kind"] if schema is not None and schema["kind"] != "frame" else "array"
        given = {"kind": kind, "name": file.stem, "dtype": str(array.dtype), "shape": list(array.shape[1:])}
        return array, given, {"inputs": array.tolist()}
    frame = (pd.read_csv(file, nrows=5) if file.suffix == ".csv" else pd.read_parquet(file)).head(5)
    if schema is not None and schema["kind"] in {"array", "tensor"}:
        values = frame.to_numpy(dtype=schema["dtype"].removeprefix("torch.")).reshape([-1, *schema["shape"]])
        return values, schema, {"inputs": values.tolist()}
    if schema is not None and schema["kind"] == "texts":
        column = [str(one) for one in frame.iloc[:, 0]]
        return column, schema, {"columns": ["text"], "data": [[one] for one in column]}
    if schema is None:
        columns = [{"name": str(name), "dtype": str(dtype)} for name, dtype in frame.dtypes.items()]
        schema = {"kind": "frame", "name": file.stem, "columns": columns}
    frame = frame[[one["name"] for one in schema["columns"] if one["name"] in frame]]
    example = json.loads(frame.to_json(orient="split", date_format="iso", double_precision=15))
    example = {"columns": example["columns"], "data": example["data"]}
    return bundle_model.rows_from_json(schema, example), schema, example


def _guessed(
    model: Any, schema: dict[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The input that the model itself tells, where the record tells too little, and random rows for it.

    A net's first layer may tell its width; a booster knows the names of its columns.
    """
    draw = random.Random(0)  # noqa: S311 - rows to look at, no secret
    if saving.kind_of(model) == "booster" and model.feature_names:
        columns = [{"name": name, "dtype": "float32"} for name in model.feature_names]
        rows = [[round(draw.random(), 3) for _ in columns] for _ in range(ROWS)]
        name = schema["name"] if schema is not None else "input"
        return {"kind": "frame", "name": name, "columns": columns}, {
            "columns": model.feature_names,
            "data": rows,
        }
    if schema is not None and schema["kind"] == "sparse" and schema["shape"][0] <= _WIDEST:
        width = schema["shape"][0]
        values = [[round(draw.random(), 3) * draw.randint(0, 1) for _ in range(width)] for _ in range(ROWS)]
        return schema, {"inputs": values}
    if saving.kind_of(model) != "net":
        return None, None
    first = next((one for one in model.modules() if next(one.children(), None) is None), None)
    if first is None or type(first).__name__ != "Linear":
        return None, None
    schema = {"kind": "tensor", "name": "input", "dtype": "torch.float32", "shape": [first.in_features]}
    return schema, {
        "inputs": [[round(draw.random(), 3) for _ in range(first.in_features)] for _ in range(ROWS)]
    }


# Writing.


def _written(
    folder: Path, job: dict[str, Any], framework: str, request: Request, refused: list[list[str]]
) -> Written:
    """The model in the first of the wanted formats that takes it."""
    wanted = job["formats"] or [one for one in saving.formats(framework) if one != "onnx"]
    for format_ in (one for one in wanted if one not in job["failed"]):
        for old in request.folder.iterdir():
            old.unlink()
        try:
            return (
                _pickled(folder, job, request) if format_ == "cloudpickle" else saving.write(format_, request)
            )
        except CannotWrite as error:
            refused.append([format_, str(error)])
        except ImportError as error:
            refused.append([format_, f"it needs a library that is not installed: {error}"])
    (folder / "result.json").write_text(json.dumps({"refused": refused, "about": None}), encoding="utf-8")
    sys.exit(0)


def _pickled(folder: Path, job: dict[str, Any], request: Request) -> Written:
    """The stored pickle itself: its stream and its buffers, byte for byte."""
    for name in ("stream", *job["buffers"]):
        target = request.folder / ("model.pkl" if name == "stream" else f"{name}.bin")
        target.write_bytes((folder / "stored" / name).read_bytes())
    return Written(
        format="cloudpickle",
        kind=saving.kind_of(request.model),
        file="model.pkl",
        safe=False,
        packages=("cloudpickle",),
        facts={"buffers": [f"{name}.bin" for name in job["buffers"]]},
    )


def _about(made: Written, schema: dict[str, Any], code: tuple[str, ...], model: Any) -> dict[str, Any]:
    rtol, atol = _TOLERANCES.get(made.format, _USUAL_TOLERANCE)
    return {
        "format": made.format,
        "kind": made.kind,
        "file": made.file,
        "safe": made.safe,
        "class": f"{type(model).__module__}.{type(model).__qualname__}",
        "input": schema,
        "code": list(code),
        "tolerance": [rtol, atol],
        **made.facts,
    }


def _packages(made: Written, schema: dict[str, Any], model: Any, folder: Path) -> list[str]:
    """Top-level modules that loading and predicting import."""
    roots = set(made.packages)
    if made.format == "cloudpickle":
        roots |= _pickle_roots((folder / "stored" / "stream").read_bytes())
        roots.add(type(model).__module__.partition(".")[0])
    if schema["kind"] == "frame":
        roots.add("pandas")
    if schema["kind"] == "sparse":
        roots.add("scipy")
    for file in (folder / "code").rglob("*.py"):
        roots |= _imported(file.read_text(encoding="utf-8"))
    return sorted(roots)


def _imported(text: str) -> set[str]:
    import ast

    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    plain = {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    plain |= {
        str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level
    }
    return {name.partition(".")[0] for name in plain}


def _pickle_roots(stream: bytes) -> set[str]:
    """Top-level modules that a pickle names, read from its text without loading it again."""
    import pickletools

    strings = {argument for _, argument, _ in pickletools.genops(stream) if isinstance(argument, str)}
    return {text.partition(".")[0] for text in strings if text.partition(".")[0] in sys.modules}


# What the model says.


def _expected(model: Any, about: dict[str, Any], rows: Any) -> tuple[dict[str, Any] | None, str | None]:
    """What the stored model itself says of the rows; None and why where it cannot be asked."""
    kind = saving.kind_of(model)
    try:
        outputs = bundle_model.outputs_of(model, {**about, "kind": kind}, rows)
    except Exception as error:  # the rows may be none that the model takes
        return None, f"The model does not take the example rows: {type(error).__name__}: {error}"
    if about["kind"] == "onnx":
        outputs = {name: value for name, value in outputs.items() if name == "predict"}
    rtol, atol = about["tolerance"]
    told = {
        name: {"dtype": str(value.dtype), "shape": list(value.shape), "data": _json(value.tolist())}
        for name, value in outputs.items()
    }
    return {"rtol": rtol, "atol": atol, "outputs": told}, None


def _json(value: Any) -> Any:
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)
