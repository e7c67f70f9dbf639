"""Runs of an MLflow store in the shape the scorer reads.

MLflow knows neither variables nor cells nor files: ``variable`` is None, the cell is found by time, and
its dataset (features, perhaps targets) is generously taken to be whatever the cell's label names, in that
order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from matching import literal

__all__ = ["mlflow_runs"]


def mlflow_runs() -> Iterator[tuple[dict, Callable[[], Any]]]:
    """Each run of the tracking store that the environment names, with what loads its model."""
    import mlflow

    client = mlflow.MlflowClient()
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    for run in client.search_runs(experiments, max_results=5000):
        models = mlflow.search_logged_models(
            experiment_ids=experiments,
            filter_string=f"source_run_id = '{run.info.run_id}'",
            output_format="list",
        )
        yield _run(run, client, models), lambda models=models: _load(models[0])


def _run(run: Any, client: Any, models: list) -> dict:
    flavor = run.data.tags.get("mlflow.autologging")
    return {
        "id": run.info.run_id,
        "label": run.info.run_name,
        "parent": run.data.tags.get("mlflow.parentRunId"),
        "started": run.info.start_time / 1000,
        "model": {
            "class": run.data.tags.get("estimator_name"),
            "variable": None,
            "framework": flavor,
            "stored": bool(models),
        },
        "params": [
            {"name": name, "value": literal(value), "origin": None} for name, value in run.data.params.items()
        ],
        "metrics": list(_metrics(run, client)),
        "datasets": list(_datasets(run)),
        "files": [],
        "depends_on": [],
    }


def _metrics(run: Any, client: Any) -> Iterator[dict]:
    for name in run.data.metrics:
        history = sorted(
            client.get_metric_history(run.info.run_id, name), key=lambda one: (one.step, one.timestamp)
        )
        yield {"name": name, "value": history[-1].value, "origin": None, "points": len(history)}


def _datasets(run: Any) -> Iterator[dict]:
    for used in run.inputs.dataset_inputs:
        schema = json.loads(used.dataset.schema or "{}")
        names = ["features", "targets"] if "targets" in json.dumps(schema) else ["features"]
        for position, name in enumerate(names):
            yield {"name": name, "digest": used.dataset.digest, "position": position}


def _load(model: Any) -> Any:
    import importlib

    import mlflow

    flavors = mlflow.models.get_model_info(model.model_uri).flavors
    for flavor in flavors:
        if flavor != "python_function":
            return importlib.import_module(f"mlflow.{flavor}").load_model(model.model_uri)
    return mlflow.pyfunc.load_model(model.model_uri)
