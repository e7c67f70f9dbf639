"""The one list of verbs of ``%track``, and the module that has each."""

from __future__ import annotations

import difflib
import importlib

from nbtrack.errors import UsageError
from nbtrack.magics.verb import Verb

__all__ = ["VERBS", "all_verbs", "verb"]

# Each verb and its module, whose ``VERBS`` has it: only the one that is called is imported. In the order of the help.
VERBS = {
    "on": "nbtrack.magics.steering",
    "off": "nbtrack.magics.steering",
    "experiment": "nbtrack.magics.steering",
    "runs": "nbtrack.magics.listing",
    "show": "nbtrack.magics.listing",
    "load": "nbtrack.magics.listing",
    "compare": "nbtrack.magics.comparing",
    "diff": "nbtrack.magics.comparing",
    "plot": "nbtrack.magics.comparing",
    "slice": "nbtrack.magics.tracing",
    "lineage": "nbtrack.magics.tracing",
    "reproduce": "nbtrack.magics.reproducing",
    "register": "nbtrack.magics.registering",
    "models": "nbtrack.magics.registering",
    "rm": "nbtrack.magics.registering",
    "check": "nbtrack.magics.handing",
    "export": "nbtrack.magics.handing",
    "verify": "nbtrack.magics.handing",
    "import": "nbtrack.magics.handing",
    "gc": "nbtrack.magics.caring",
    "doctor": "nbtrack.magics.caring",
    "note": "nbtrack.magics.notes",
    "tag": "nbtrack.magics.notes",
}


def verb(name: str) -> Verb:
    """The verb of that name.

    Raises:
        UsageError: there is none; the nearest is named.
    """
    home = VERBS.get(name)
    if home is None:
        nearest = difflib.get_close_matches(name, VERBS, n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"there are: {', '.join(VERBS)}."
        raise UsageError(f"%track has no verb {name!r}; {hint} `%track?` has an example of each.")
    found = {each.name: each for each in importlib.import_module(home).VERBS}[name]
    assert isinstance(found, Verb)
    return found


def all_verbs() -> tuple[Verb, ...]:
    """All verbs, in the order of the help; imports their modules."""
    return tuple(verb(name) for name in VERBS)
