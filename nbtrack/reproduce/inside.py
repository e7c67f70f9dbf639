"""What is called in the fresh kernel between the cells, as expressions: no cell runs, no hook of the shell fires.

Each function takes JSON text and gives JSON text back.
"""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import json
import sys
from typing import Any

__all__ = ["compare_models", "prepare", "seed", "start"]


def start(text: str) -> str:
    """Begin: watch the kernel, and guard the user's files; ``{"copy": folder, "original": folder}``."""
    from IPython.core.getipython import get_ipython

    from nbtrack.reproduce.guard import guard

    shell: Any = get_ipython()
    shell.extension_manager.load_extension("nbtrack")
    guard(**json.loads(text))
    return json.dumps({"python": sys.version.split()[0], "executable": sys.executable})


def prepare(text: str) -> str:
    """Before a cell: its number, and the generators as it found them; ``{"count", "states": {stream: base64}}``."""
    from IPython.core.getipython import get_ipython

    from nbtrack.observe.streams import put_back

    given = json.loads(text)
    shell: Any = get_ipython()
    if given["count"] is not None:
        shell.execution_count = given["count"]  # what Out[7] means to later cells
    failed = []
    for stream, state in given["states"].items():
        try:
            put_back({stream: base64.b64decode(state)})
        except (ImportError, ValueError) as error:
            failed.append(f"the state of {stream}'s generator could not be put back: {error}")
    return json.dumps(failed)


def seed(text: str) -> str:
    """Seed the global generators; ``{"seed": n, "libraries": […]}``."""
    import random

    given = json.loads(text)
    number = int(given["seed"])
    random.seed(number)
    if importlib.util.find_spec("numpy") is not None:
        import numpy as np

        np.random.seed(number)  # noqa: NPY002 - the legacy generator is the one that libraries use
    if "torch" in given["libraries"] and importlib.util.find_spec("torch") is not None:
        import torch

        torch.manual_seed(number)
    if "keras" in given["libraries"] and importlib.util.find_spec("keras") is not None:
        with contextlib.suppress(ImportError):  # its backend is not installed: no cell here can draw by it
            import keras

            keras.utils.set_random_seed(number)
    return "[]"


def compare_models(text: str) -> str:
    """Compare two stored models; see :func:`nbtrack.reproduce.models.compare_stored`."""
    from IPython.core.getipython import get_ipython

    from nbtrack.reproduce.models import compare_stored

    shell: Any = get_ipython()
    return json.dumps(compare_stored(json.loads(text), shell.user_ns))
