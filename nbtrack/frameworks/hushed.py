"""Questions to other people's objects without their warnings: those are about our asking, not about the user's cell."""

from __future__ import annotations

import re
import warnings
from typing import Any, cast

__all__ = ["Hushed"]

# Matches everything, and equals no filter that somebody else would make.
_NOTHING: Any = ("ignore", re.compile(""), Warning, None, 0)


class Hushed:
    """No warning is shown or raised in the ``with`` block.

    Not :class:`warnings.catch_warnings`: at its end Python forgets which warnings it has shown, and shows the user's
    again that are to be shown once. As there, it is the process that is hushed, other threads included.
    """

    __slots__ = ("_filters",)

    def __enter__(self) -> None:
        """Put a filter before all others, of the list that is in force now."""
        self._filters = cast("list[Any]", warnings.filters)
        self._filters.insert(0, _NOTHING)

    def __exit__(self, *_: object) -> None:
        """Take it out of that list again, whichever list is in force by then."""
        if self._filters and self._filters[0] is _NOTHING:  # as it nearly always is
            del self._filters[0]
        elif _NOTHING in self._filters:  # else the block reset the filters
            self._filters.remove(_NOTHING)
