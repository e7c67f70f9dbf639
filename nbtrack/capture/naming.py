"""What data is called: the user's variable that holds it, else the text of the argument it was passed as."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nbtrack.capture.holders import name_of
from nbtrack.capture.sites import Site
from nbtrack.frameworks.protocol import Argument, Call
from nbtrack.frameworks.signatures import bound, init_defaults

__all__ = ["data_name"]

# Data inside an argument, such as ``evals[0][0].label``: the argument, the way to what holds the data, the part.
_INSIDE = re.compile(r"(?P<argument>\w+)(?P<way>(?:\[\d+\])*)(?:\.(?P<part>\w+))?\Z")


def data_name(
    site: Site,
    call: Call,
    argument: Argument,
    namespace: Mapping[str, Any],
    built: Site | None = None,
) -> str:
    """The name of data that went into a training.

    A variable that holds this very object wins, first the one written in the call. The data of a container
    (``DMatrix``, ``Dataset``, ``Pool``) is called as the container, its other parts ``container.label`` and so on; that
    of a model which was given it when it was ``built``, as it was written there.
    """
    text = _text(site, argument.parameter)
    if text is not None and namespace.get(text) is argument.value:
        return text
    held = name_of(namespace, argument.value)
    if held is not None:
        return held
    if text is not None:
        return text
    written = _written(call, str(argument.parameter), built) if built is not None else None
    return written or _inside(call, str(argument.parameter), namespace) or str(argument.parameter)


def _text(site: Site, parameter: int | str) -> str | None:
    if isinstance(parameter, str):
        return site.keywords.get(parameter)
    # Of arguments bound before, by a partial function, the text is empty.
    return (site.arguments[parameter] or None) if parameter < len(site.arguments) else None


def _written(call: Call, parameter: str, built: Site) -> str | None:
    """The text of the argument that a model's constructor was given its data by."""
    owner, _, part = parameter.partition(".")
    if owner != "model":
        return None
    order = list(init_defaults(type(call.receiver)))
    if part in built.keywords:
        return built.keywords[part]
    position = order.index(part) if part in order else -1
    return built.arguments[position] if 0 <= position < len(built.arguments) else None


def _inside(call: Call, parameter: str, namespace: Mapping[str, Any]) -> str | None:
    found = _INSIDE.match(parameter)
    if found is None:
        return None
    values = {each.name: each.value for each in bound(call)}
    holder = values.get(found["argument"], call.receiver if found["argument"] == "model" else None)
    for index in re.findall(r"\d+", found["way"]):
        holder = holder[int(index)]
    name = name_of(namespace, holder) if holder is not None else None
    if name is None:
        return None
    return name if found["part"] in {None, "data"} else f"{name}.{found['part']}"
