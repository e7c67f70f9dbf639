"""scikit-learn's estimators as ``.skops``: a JSON tree and arrays, whose types are read before any is built.

skops names arrays and objects by their addresses; here they are numbered in their order, so that equal models give
equal bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from nbtrack.frameworks.saving.archives import stamped
from nbtrack.frameworks.saving.protocol import CannotWrite, Request, Written

__all__ = ["write_skops"]

_SCHEMA = "schema.json"


def write_skops(request: Request) -> Written:
    """Write ``model.skops``.

    Raises:
        CannotWrite: the model holds what skops does not take, such as a lambda.
    """
    import skops.io

    try:
        dumped = skops.io.dumps(request.model)
        file = request.folder / "model.skops"
        file.write_bytes(_canonical(dumped, request.epoch))
        trusted = skops.io.get_untrusted_types(file=file)
    except Exception as error:  # skops raises what the model's own __reduce__ and __getstate__ do
        raise CannotWrite(f"skops does not take the model: {type(error).__name__}: {error}") from error
    local = [name for name in trusted if name.startswith("__main__.") or ".<locals>." in name]
    if local:
        raise CannotWrite(f"the model holds {', '.join(sorted(local))}, which exist in the notebook only")
    roots = {name.partition(".")[0] for name in trusted} - set(request.code)
    return Written(
        format="skops",
        kind="estimator",
        file="model.skops",
        safe=True,
        packages=("skops", "sklearn", *sorted(roots & _LIBRARIES)),
        facts={"trusted": sorted(trusted)},
    )


_LIBRARIES = {"xgboost", "lightgbm", "catboost", "imblearn", "pandas"}


def _canonical(dumped: bytes, epoch: float) -> bytes:
    with zipfile.ZipFile(io.BytesIO(dumped)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    tree = json.loads(contents.pop(_SCHEMA))
    ids: dict[int, int] = {}
    names: dict[str, str] = {}
    for node in _nodes(tree):
        if isinstance(node.get("__id__"), int):
            node["__id__"] = ids.setdefault(node["__id__"], len(ids) + 1)
        file = node.get("file")
        if isinstance(file, str) and file in contents:
            node["file"] = names.setdefault(file, f"{len(names) + 1}.{file.rpartition('.')[2]}")
    members = {_SCHEMA: json.dumps(tree, indent=1).encode()}
    members |= {new: contents[old] for old, new in names.items()}
    return stamped(members, epoch)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """The dictionaries of a tree, each before those in it."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += reversed(node.values())
        elif isinstance(node, list):
            waiting += reversed(node)
