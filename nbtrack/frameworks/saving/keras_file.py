"""Keras's models as ``.keras``: configuration, weights and metadata in a zip."""

from __future__ import annotations

import json
import os
import time
import zipfile

from nbtrack.frameworks.saving.archives import stamped
from nbtrack.frameworks.saving.protocol import CannotWrite, Request, Written

__all__ = ["write_keras"]

_METADATA = "metadata.json"


def write_keras(request: Request) -> Written:
    """Write ``model.keras`` with the backend that trained it in its facts.

    Raises:
        CannotWrite: the model holds what Keras cannot write, such as a lambda without a name.
    """
    import keras

    file = request.folder / "model.keras"
    try:
        request.model.save(file)
        with zipfile.ZipFile(file) as archive:
            members = {name: archive.read(name) for name in sorted(archive.namelist())}
    except Exception as error:  # Keras raises what layers of the notebook do
        raise CannotWrite(f"Keras cannot write the model: {type(error).__name__}: {error}") from error
    config = members.get("config.json", b"").decode()
    if '"__lambda__"' in config or '"class_name": "Lambda"' in config:
        raise CannotWrite("the model has a Lambda layer, whose code runs on loading")
    metadata = json.loads(members[_METADATA])
    metadata["date_saved"] = time.strftime("%Y-%m-%d@%H:%M:%S", time.gmtime(request.epoch))
    members[_METADATA] = json.dumps(metadata).encode()
    file.write_bytes(stamped(members, request.epoch))
    backend = keras.backend.backend()
    return Written(
        format="keras",
        kind="keras",
        file="model.keras",
        safe=True,
        packages=("keras", backend),
        facts={"variables": {"KERAS_BACKEND": os.environ.get("KERAS_BACKEND", backend)}},
    )
