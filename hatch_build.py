"""A wheel without the panel would install without a word: building one raises instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PanelIsThere(BuildHookInterface[Any]):
    """The built assets of the panel are committed; ``python labextension/build.py`` makes them anew."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Raise where a file that JupyterLab needs is missing."""
        assets = Path(self.root, "nbtrack", "labextension")
        if not (assets / "package.json").is_file() or not list(assets.glob("static/remoteEntry.*.js")):
            raise RuntimeError(f"{assets} has no built panel; run `python labextension/build.py` first.")
