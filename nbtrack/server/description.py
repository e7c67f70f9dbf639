"""The routes' description in OpenAPI, which stands in ``openapi.yaml``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from nbtrack.server.answer import Look
from nbtrack.server.asked import Asked

__all__ = ["EVENTS", "DescriptionRoute", "description", "event_schema"]

EVENTS = "https://nbtrack.dev/events/store/v1"


@cache
def description() -> dict[str, Any]:
    """The description, read from the package."""
    import yaml

    loaded = yaml.safe_load(_text("openapi.yaml"))
    assert isinstance(loaded, dict)
    return loaded


def event_schema() -> str:
    """The schema of the event, as Jupyter's event logger takes it."""
    return _text("events.yaml")


def _text(name: str) -> str:
    return files("nbtrack.server").joinpath(name).read_text(encoding="utf-8")


class DescriptionRoute(Look):
    """``GET openapi.json``."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """The description."""
        return description()
