"""When is what a tracker recorded the same as what a label says? Names, values, printed numbers.

Every rule of leniency of the benchmark stands here, and in ``test_score.py`` by example.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Printed",
    "flatten",
    "found_in",
    "last_name",
    "literal",
    "names_data",
    "printed_numbers",
    "same_class",
    "same_file",
    "same_number",
    "same_value",
]

# A recorded float and the probed one went through JSON and perhaps float32: equal to six digits is equal.
RELATIVE_TOLERANCE = 1e-6

_SEPARATORS = re.compile(r"__|[.\[\]:/ ]+")
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w])%?")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def last_name(name: str) -> str:
    """The last component of a name, in lower case: ``cv.n_splits`` and ``svc__C`` give n_splits and c."""
    parts = [part for part in _SEPARATORS.split(name) if part and not part.isdigit()]
    return parts[-1].lower() if parts else name.lower()


def same_class(label: str, recorded: str | None) -> bool:
    """Class names are equal by their last component: ``keras.Sequential`` is ``Sequential``."""
    return recorded is not None and label.rsplit(".", 1)[-1] == recorded.rsplit(".", 1)[-1]


def same_file(label: str, recorded: str) -> bool:
    """Paths as written and as recorded: equal, or one ends with the other, leading dots left out."""
    given = [part for part in label.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    kept = [part for part in recorded.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    shorter = min(len(given), len(kept))
    return shorter > 0 and given[-shorter:] == kept[-shorter:]


def names_data(label: str, recorded: str) -> bool:
    """A dataset goes by its variable or an expression on it: ``df[['Age']]`` and ``X.values`` count."""
    return label == recorded or label in _IDENTIFIER.findall(recorded)


def same_number(label: float, recorded: Any) -> bool:
    if isinstance(recorded, str):
        recorded = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}.get(recorded)
    if not isinstance(recorded, bool | int | float):
        return False
    if math.isnan(label) or math.isnan(recorded):
        return math.isnan(label) and math.isnan(recorded)
    return math.isclose(label, recorded, rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-12)


def same_value(label: Any, recorded: Any) -> bool:
    """Numbers by value, lists by items in order, dicts by key, names of classes by their last component."""
    if isinstance(label, bool) or isinstance(recorded, bool):
        return isinstance(label, bool | int | float) and label == recorded
    if isinstance(label, int | float):
        return same_number(label, recorded)
    if isinstance(label, Sequence) and not isinstance(label, str):
        return (
            isinstance(recorded, Sequence)
            and not isinstance(recorded, str)
            and len(label) == len(recorded)
            and all(map(same_value, label, recorded))
        )
    if isinstance(label, Mapping):
        return (
            isinstance(recorded, Mapping)
            and label.keys() == recorded.keys()
            and all(same_value(value, recorded[key]) for key, value in label.items())
        )
    if label is None:
        return recorded is None
    return isinstance(recorded, str) and _plain(label) == _plain(recorded)


def _plain(text: str) -> str:
    """``torch.nn.L1Loss()`` as ``l1loss``; a text that is no dotted name stays as it is."""
    head = text.split("(", 1)[0].strip()
    return head.rsplit(".", 1)[-1].lower() if re.fullmatch(r"[\w.]+", head) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def literal(value: Any) -> Any:
    """A value that a tracker kept as text, such as ``"[1, 2]"`` or ``"True"``, as what it says."""
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value


def flatten(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A parameter with the items of a dict beside it, so that ``param_grid={'C': […]}`` also says ``C``."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from flatten(f"{name}.{key}", item)
    else:
        yield name, value


def found_in(label: Any, recorded: Iterable[Any]) -> bool:
    """A labelled value among those recorded under its name: equal to one, or a list whose items all occur."""
    values = list(recorded)
    if any(same_value(label, value) for value in values):
        return True
    if isinstance(label, Sequence) and not isinstance(label, str) and label:
        loose = [item for value in values for item in (value if isinstance(value, list | tuple) else [value])]
        return all(any(same_value(item, value) for value in loose) for item in label)
    return False


@dataclass(frozen=True)
class Printed:
    """A number as it stands in text: known to ``decimals`` digits after the point (0: exactly)."""

    value: float
    decimals: int
    percent: bool = False

    def shows(self, recorded: Any) -> bool:
        """Whether ``recorded``, rounded as this number was, is this number."""
        if isinstance(recorded, bool) or not isinstance(recorded, int | float) or not math.isfinite(recorded):
            return False
        scaled = [recorded, recorded * 100] if self.percent else [recorded]
        if self.decimals == 0:
            return any(same_number(self.value, value) for value in scaled)
        half = 0.5000001 * 10.0**-self.decimals
        return any(abs(self.value - value) <= half for value in scaled)


def printed_numbers(text: str) -> list[Printed]:
    """The numbers that stand alone in ``text`` (not those inside names such as ``R2``), in order."""
    numbers = []
    for token in _NUMBER.findall(text):
        percent = token.endswith("%")
        digits, _, exponent = token.rstrip("%").lower().partition("e")
        decimals = len(digits.partition(".")[2]) - int(exponent or 0)
        numbers.append(Printed(float(token.rstrip("%")), max(decimals, 0), percent))
    return numbers
