"""What a labelled metric really was, from the notebook's own outputs and from the probes of its kernel."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matching import Printed, last_name, printed_numbers, same_number, same_value

__all__ = ["Truth", "own_outputs", "text_of", "truth_of"]


@dataclass(frozen=True)
class Truth:
    """The value of one labelled metric: a number, numbers, named items, or numbers found in printed text.

    ``number`` is one number; ``numbers`` a sequence (with ``rows`` the means of a table's rows);
    ``items`` names to truths or texts; ``printed`` the numbers in a text, of which the metric is one. All
    empty: unknown.
    """

    number: float | None = None
    numbers: tuple[float, ...] = ()
    rows: tuple[float, ...] = ()
    items: Mapping[str, Any] | None = None
    printed: tuple[Printed, ...] = ()

    @property
    def known(self) -> bool:
        return self.number is not None or bool(self.numbers or self.items or self.printed)

    @property
    def single(self) -> bool:
        """Whether it is exactly one number: then a recorded number can stand for one such metric only."""
        return self.number is not None or len(self.printed) == 1

    def matches(self, value: Any) -> bool:
        """Whether one recorded number is (part of) this truth; a sequence is also told by its mean."""
        if self.number is not None:
            return same_number(self.number, value)
        if self.numbers:
            whole = (*self.numbers, *self.rows, statistics.fmean(self.numbers))
            return any(same_number(number, value) for number in whole)
        if self.items:
            return any(isinstance(item, Truth) and item.matches(value) for item in self.items.values())
        return any(number.shows(value) for number in self.printed)

    def told_by(self, metrics: Sequence[Mapping], params: Sequence[Mapping]) -> list[int]:
        """Indices of the recorded metrics that tell this truth; empty if they do not.

        A sequence is told by its mean, by its last value (of a curve with as many points, or the last of
        a table's rows), or by all of its items (or rows). Named items are told when each is, by a metric
        or a parameter.
        """
        if self.numbers:
            return self._sequence_told_by(metrics)
        if self.items:
            return self._items_told_by(metrics, params)
        return [index for index, metric in enumerate(metrics) if self.matches(metric["value"])]

    def _sequence_told_by(self, metrics: Sequence[Mapping]) -> list[int]:
        whole = [statistics.fmean(self.numbers), self.numbers[-1], *self.rows[-1:]]
        told = [i for i, metric in enumerate(metrics) if any(same_number(n, metric["value"]) for n in whole)]
        curves = [
            i for i in told if metrics[i].get("points", 1) > 1 or same_number(whole[0], metrics[i]["value"])
        ]
        if curves or (told and len(self.numbers) == 1):
            return curves or told
        for items in (self.numbers, self.rows):
            held = [[i for i, metric in enumerate(metrics) if same_number(n, metric["value"])] for n in items]
            if items and all(held):
                return sorted({index for indices in held for index in indices})
        return []

    def _items_told_by(self, metrics: Sequence[Mapping], params: Sequence[Mapping]) -> list[int]:
        told: list[int] = []
        for name, item in (self.items or {}).items():
            if isinstance(item, Truth):
                named = [i for i in item.told_by(metrics, params) if _about(name, metrics[i]["name"])]
                value = item.number
            else:
                named, value = [], item
            if not named and not any(
                last_name(p["name"]) == last_name(name) and same_value(value, p["value"]) for p in params
            ):
                return []
            told += named
        return told or ([-1] if self.items else [])


def _about(name: str, recorded: str) -> bool:
    return last_name(name) in recorded.lower() or last_name(recorded) in name.lower()


def own_outputs(outputs: Sequence[Mapping]) -> list[Mapping]:
    """The outputs that are the cell's own: those of nbtrack carry its name in their metadata."""
    return [output for output in outputs if "nbtrack" not in output.get("metadata", {})]


def text_of(outputs: Sequence[Mapping], streams: Sequence[str] = ("stdout",)) -> str:
    """All that a cell printed or displayed, as plain text."""
    texts = []
    for output in own_outputs(outputs):
        if output["output_type"] == "stream" and output["name"] in streams:
            texts.append(output["text"])
        elif "data" in output:
            texts.append(output["data"].get("text/plain", ""))
    return "\n".join(texts)


def truth_of(
    metric: Mapping, siblings: Sequence[Mapping], outputs: Sequence[Mapping], values: Mapping
) -> Truth:
    """The truth of one labelled ``metric``.

    ``siblings`` are the labelled metrics of the same model, read in the same cell from the same place
    (with this one, in order): where as many numbers stand there as there are siblings, each is one of
    them. ``outputs`` are those of the cell where it is read, ``values`` what the probe found there.
    """
    expression, position = metric["value_expr"], list(siblings).index(metric)
    if expression == "<History>":
        return _from_value(values.get(f"<History> {metric['model']}") or values.get("<out>"), metric, 0, 1)
    if expression in {"<print>", "<log>"}:
        streams = ("stdout",) if expression == "<print>" else ("stdout", "stderr")
        return _from_text(text_of(outputs, streams), position, len(siblings))
    value = values.get(expression)
    if value is None and expression == "<out>":
        return _from_text(text_of(outputs), position, len(siblings))
    return _from_value(value, metric, position, len(siblings))


def _from_value(value: Any, metric: Mapping, position: int, count: int) -> Truth:  # noqa: PLR0911 - one per kind
    if value is None or isinstance(value, str):
        return Truth()
    if not isinstance(value, Mapping):
        return Truth(number=float(value))
    if "items" in value:
        named = value["items"].get(metric["name"])
        if named is not None:
            return _from_value(named, metric, 0, 1)
        items = {
            k: v if isinstance(v, str) else _from_value(v, metric, 0, 1) for k, v in value["items"].items()
        }
        return Truth(items={k: v for k, v in items.items() if isinstance(v, str) or v.known})
    numbers = tuple(float(number) for number in value["numbers"])
    if count > 1 and len(numbers) == count:
        return Truth(number=numbers[position])
    if not numbers:
        return Truth()
    shape = value.get("shape", [])
    width = shape[1] if len(shape) == 2 else 0
    rows = (
        tuple(statistics.fmean(numbers[i : i + width]) for i in range(0, len(numbers), width))
        if width
        else ()
    )
    return Truth(numbers=numbers, rows=rows)


def _from_text(text: str, position: int, count: int) -> Truth:
    try:
        shown = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        shown = None
    if isinstance(shown, dict):
        items = {
            str(k): Truth(number=float(v)) if isinstance(v, int | float) else str(v) for k, v in shown.items()
        }
        return Truth(items=items)
    numbers = printed_numbers(text)
    fractions = [number for number in numbers if number.decimals > 0]
    for candidates in (fractions, numbers):
        if candidates and len(candidates) == count:
            return Truth(printed=(candidates[position],))
    return Truth(printed=tuple(numbers))
