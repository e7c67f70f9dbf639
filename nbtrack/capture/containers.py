"""Containers of data that do not give back what was put into them: CatBoost's ``Pool``.

What goes in is digested when the container is made. It may change afterwards; what trains on the container trains on
what it was then.
"""

from __future__ import annotations

from contextlib import suppress

from nbtrack.capture.memory import IdentityMap
from nbtrack.errors import DigestError
from nbtrack.frameworks.data import is_data
from nbtrack.frameworks.protocol import Call
from nbtrack.frameworks.signatures import bound
from nbtrack.observe import data
from nbtrack.records import Content, Dataset

__all__ = ["Containers"]

# fmt: off
_PARTS = frozenset({
    "data", "label", "weight", "baseline", "group_id", "group_weight", "subgroup_id", "pairs", "pairs_weight",
    "timestamp",
})
# fmt: on


class Containers:
    """Remembers what each container was made of."""

    def __init__(self) -> None:
        self._inside: IdentityMap[dict[str, Content]] = IdentityMap()

    def made(self, call: Call, container: object) -> None:
        """A call in the user's code gave ``container``, if it is one."""
        kind = type(container)
        if kind.__name__ != "Pool" or kind.__module__.partition(".")[0] != "catboost":
            return
        inside: dict[str, Content] = {}
        for argument in bound(call):
            if argument.name in _PARTS and is_data(argument.value):
                # What cannot be digested is missing; without its features a container says nothing.
                with suppress(DigestError):
                    inside[argument.name] = data.dataset(argument.name, "input", argument.value).content
        if "data" in inside:
            self._inside[container] = inside

    def inside(self, container: object, name: str, role: str) -> list[Dataset]:
        """The data in a container that is called ``name``: the features by that name, ``name.label`` and so on."""
        return [
            Dataset(name=name if part == "data" else f"{name}.{part}", role=role, content=content)
            for part, content in (self._inside.get(container) or {}).items()
        ]
