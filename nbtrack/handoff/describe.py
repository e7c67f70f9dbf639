"""What others read of a bundle: MLflow's ``MLmodel`` with its signature, the environment, a Dockerfile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["dockerfile", "mlmodel", "pyproject", "python_env", "requirements", "serving_input", "signature"]

# MLflow's words for the types of columns.
_COLUMN_TYPES = (
    ("bool", "boolean"),
    ("int8", "integer"), ("int16", "integer"), ("int32", "integer"), ("uint8", "integer"), ("uint16", "integer"),
    ("int", "long"), ("uint32", "long"), ("float64", "double"), ("double", "double"), ("float", "float"),
    ("datetime", "datetime"), ("timestamp", "datetime"),
)  # fmt: skip


def signature(schema: Mapping[str, Any], outputs: Mapping[str, Any] | None) -> dict[str, str | None]:
    """The signature in MLflow's words: JSON lists of columns or tensors, by ``inputs`` and ``outputs``."""
    told = next(iter(outputs.values())) if outputs else None
    out = None
    if told is not None:
        out = json.dumps([_tensor(told["dtype"], told["shape"][1:])])
    return {"inputs": json.dumps(_inputs(schema)), "outputs": out, "params": None}


def _inputs(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    if schema["kind"] in {"frame", "texts"}:
        return [
            {"type": _column_type(one["dtype"]), "name": one["name"], "required": True}
            for one in schema["columns"]
        ]
    return [_tensor(schema["dtype"].removeprefix("torch."), schema["shape"])]


def _column_type(dtype: str) -> str:
    plain = dtype.lower()
    return next((word for start, word in _COLUMN_TYPES if plain.startswith(start)), "string")


def _tensor(dtype: str, shape: list[int]) -> dict[str, Any]:
    # NumPy's fixed-width texts are any text to MLflow.
    plain = "str" if dtype.startswith("<U") else dtype
    return {"type": "tensor", "tensor-spec": {"dtype": plain, "shape": [-1, *shape]}}


def serving_input(schema: Mapping[str, Any], example: Mapping[str, Any]) -> dict[str, Any]:
    """The example rows as a request to a server's ``/invocations``."""
    if schema["kind"] in {"frame", "texts"}:
        return {"dataframe_split": {"columns": example["columns"], "data": example["data"]}}
    return {"inputs": example["inputs"]}


def mlmodel(  # noqa: PLR0913 - what the file tells, by name
    about: Mapping[str, Any],
    result: Mapping[str, Any],
    *,
    created: str,
    run_id: str,
    versions: Mapping[str, str],
    size_bytes: int,
) -> str:
    """The ``MLmodel`` file: with it the folder is an MLflow model, loaded by the bundle's own loader."""
    schema, expected = about["input"], result["expected"]
    lines = [
        "flavors:",
        "  python_function:",
        "    loader_module: bundle_model",
        "    data: model",
        "    code: code",
        "    env:",
        "      virtualenv: python_env.yaml",
        f"    python_version: {result['python']}",
        f"model_size_bytes: {size_bytes}",
        f"model_uuid: {run_id.replace('-', '')}",
        f"utc_time_created: {json.dumps(created)}",
    ]
    if schema["kind"] != "unknown" and expected is not None:
        told = signature(schema, expected["outputs"])
        lines += ["signature:", *(f"  {name}: {_yaml(text)}" for name, text in told.items())]
        table = schema["kind"] in {"frame", "texts"}
        lines += [
            "saved_input_example_info:",
            "  artifact_path: example/input.json",
            f"  type: {'dataframe' if table else 'ndarray'}",
            *(["  pandas_orient: split"] if table else ["  format: tf-serving"]),
            "  serving_input_path: example/serving.json",
        ]
    lines += ["metadata:", f"  nbtrack_run: {run_id}", f"  format: {about['format']}"]
    lines += [f"  safe: {'true' if about['safe'] else 'false'}"]
    if versions:
        lines += ["  registered:", *(f"    {name}: {_yaml(version)}" for name, version in versions.items())]
    return "\n".join(lines) + "\n"


def _yaml(text: str | None) -> str:
    """A text in YAML's single quotes, in which nothing but the quote itself means anything."""
    return "null" if text is None else "'" + text.replace("'", "''") + "'"


def python_env(python: str) -> str:
    """MLflow's description of the environment; it reads ``requirements.txt`` beside it."""
    return f"python: {python}\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n"


def requirements(closure: Mapping[str, str]) -> str:
    """Every distribution that predicting needs, pinned."""
    return "".join(f"{name}=={version}\n" for name, version in closure.items())


def pyproject(name: str, python: str, direct: Mapping[str, str]) -> str:
    """A fragment for the ``pyproject.toml`` of who takes the model over: what it names itself, by minor version."""
    minor = ".".join(python.split(".")[:2])
    needs = "".join(f'    "{package}~={_compatible(version)}",\n' for package, version in direct.items())
    return (
        "[project]\n"
        f'name = "{name}"\nversion = "1"\n'
        f'requires-python = "~={minor}.0"\n'
        f"dependencies = [\n{needs}]\n"
    )


def _compatible(version: str) -> str:
    """The version with at least two parts, as ``~=`` asks for."""
    return version if "." in version else f"{version}.0"


def dockerfile(python: str) -> str:
    """An image that serves the model by MLflow's scoring server; nothing else needs it."""
    minor = ".".join(python.split(".")[:2])
    return f"""# Serves the model on port 8080: docker build -t model . && docker run -p 8080:8080 model
FROM python:{minor}-slim

RUN useradd --create-home --uid 1000 model
WORKDIR /home/model/bundle
COPY environment/requirements.txt environment/requirements.txt
RUN pip install --no-cache-dir -r environment/requirements.txt "mlflow-skinny[pyfunc]>=3" "uvicorn" "fastapi"
COPY --chown=1000 . .
RUN python verify.py
USER 1000
ENV PYTHONDONTWRITEBYTECODE=1
EXPOSE 8080
CMD ["mlflow", "models", "serve", "-m", ".", "-h", "0.0.0.0", "-p", "8080", "--env-manager", "local"]
"""
