"""The values that a search goes through where its author wrote a range of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbtrack.frameworks.data import shown

__all__ = ["with_ranges"]

_SPACES = ("param_grid", "param_distributions", "search_spaces")
_LONGEST_RANGE = 256
"""Above so many values a range says more as it is written."""


def with_ranges(grid: Mapping[str, Any], model: object) -> dict[str, Any]:
    """The grid of a search, with the values of its ranges in place of their type's name; others as they are."""
    listed = dict(grid)
    written = list(_written(model)) if grid else []
    for name in {name for name, options in written if isinstance(options, range)} & listed.keys():
        listed[name] = _merged([options for each, options in written if each == name])
    return listed


def _written(model: object) -> Iterator[tuple[str, Any]]:
    for attribute in _SPACES:
        space = getattr(model, attribute, None)
        for each in space if isinstance(space, list | tuple) else [space]:
            if isinstance(each, Mapping):
                yield from each.items()


def _merged(written: list[Any]) -> Any:
    """The options of one name in all spaces, in order, each once; a long range as its text."""
    if len(written) == 1 and _is_long(written[0]):
        return repr(written[0])
    found: list[Any] = []
    for options in written:
        plain = options.tolist() if hasattr(options, "tolist") else options
        values = [*plain] if isinstance(plain, range) and not _is_long(plain) else shown(plain)
        values = values if isinstance(values, list) else [repr(plain) if isinstance(plain, range) else values]
        found += [value for value in values if value not in found]
    return found


def _is_long(options: Any) -> bool:
    # Not its length: that of a huge range does not fit into the machine's integers.
    return isinstance(options, range) and bool(options[_LONGEST_RANGE:])
