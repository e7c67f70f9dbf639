"""The web routes: a Jupyter server extension that reads stores by itself, whatever the kernels do.

Needs the extra ``lab``; without Jupyter Server the import says so. Routes, errors and events are documented in
``docs/reference/rest.md`` and described in ``openapi.yaml``.
"""

from __future__ import annotations

from typing import Any

__all__ = ["_jupyter_server_extension_points"]

try:
    from nbtrack.server.extension import NbtrackExtension
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] == "nbtrack":
        raise
    raise ModuleNotFoundError(
        f"nbtrack.server needs {error.name}: install it with `pip install 'nbtrack[lab]'`.", name=error.name
    ) from error


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "nbtrack.server", "app": NbtrackExtension}]
