"""Small charts as SVG for notebook output: no script, colours readable on light and dark, ink inherited."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from nbtrack.records import Point
from nbtrack.render.numbers import number
from nbtrack.render.plain import clean, cut, value_text

__all__ = ["COLOURS", "Axis", "curves_svg", "legend", "parallel_svg", "swatch", "telling_axes"]

COLOURS = ("#2f86c9", "#d9702b", "#2f9e6b", "#b565c4", "#a98b1e", "#d1527a", "#5d79d6", "#1d9aa8")
"""As far from white as from black."""

_WIDTH, _HEIGHT, _EDGE = 620, 220, 52
_TOP, _BOTTOM = 10, 24
_DECADES = 100  # largest to smallest value from which a scale is logarithmic
_MOST_AXES = 8


class Axis(NamedTuple):
    """One axis of parallel coordinates: a value per run, numbers or texts; None where a run has none."""

    name: str
    values: Sequence[float | str | None]


def curves_svg(lines: Mapping[str, Sequence[Point]], colours: Mapping[str, str], metric: str) -> str:
    """A line for each name over the steps; empty where no line has a finite point.

    ``colours`` are by the same names.
    """
    finite = {
        name: [(point.step, point.value) for point in points if math.isfinite(point.value)]
        for name, points in lines.items()
    }
    finite = {name: points for name, points in finite.items() if points}
    if not finite:
        return ""
    steps = [step for points in finite.values() for step, _ in points]
    values = [value for points in finite.values() for _, value in points]
    across = _Scale(min(steps), max(steps), _EDGE, _WIDTH - 8)
    up = _Scale(min(values), max(values), _HEIGHT - _BOTTOM, _TOP, logarithmic=_spans_decades(values))
    drawn = "".join(
        f'<polyline fill="none" stroke="{colours[name]}" stroke-width="1.6" points="'
        + " ".join(f"{across.at(step):.1f},{up.at(value):.1f}" for step, value in points)
        + f'"><title>{_text(name)}</title></polyline>'
        for name, points in finite.items()
    )
    scale = " (logarithmic)" if up.logarithmic else ""
    labels = [
        _label(_EDGE - 5, _TOP + 8, number(max(values), 3), "end"),
        _label(_EDGE - 5, _HEIGHT - _BOTTOM, number(min(values), 3), "end"),
        _label(_EDGE, _HEIGHT - 8, str(min(steps)), "start"),
        _label(_WIDTH - 8, _HEIGHT - 8, f"step {max(steps)}", "end"),
        _label(_WIDTH / 2, _HEIGHT - 8, cut(clean(metric), 60) + scale, "middle"),
    ]
    frame = (
        f'<rect x="{_EDGE}" y="{_TOP}" width="{_WIDTH - _EDGE - 8}" height="{_HEIGHT - _BOTTOM - _TOP}" '
        'fill="none" stroke="#8886"/>'
    )
    return _svg(f"{metric} by step", frame + drawn + "".join(labels))


def parallel_svg(axes: Sequence[Axis], names: Sequence[str], colours: Sequence[str]) -> str:
    """Parallel coordinates, a line for each run through its values; empty with fewer than two axes or runs.

    Where a run lacks a value its line is interrupted. At most eight axes are drawn, the first ones.
    """
    shown = axes[:_MOST_AXES]
    if len(shown) < 2 or len(names) < 2:  # noqa: PLR2004 - there is nothing to see between fewer
        return ""
    at = [_EDGE + place * (_WIDTH - 2 * _EDGE) / (len(shown) - 1) for place in range(len(shown))]
    scales = [_scale_of(axis) for axis in shown]
    drawn = []
    for run, (name, colour) in enumerate(zip(names, colours, strict=True)):
        ups = [scale(axis.values[run]) for axis, scale in zip(shown, scales, strict=True)]
        path = " ".join(
            f"{'L' if place and ups[place - 1] is not None else 'M'}{at[place]:.1f},{up:.1f}"
            for place, up in enumerate(ups)
            if up is not None
        )
        drawn.append(
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6" stroke-opacity=".8">'
            f"<title>{_text(name)}</title></path>"
        )
    frames = "".join(_axis(axis, x) for axis, x in zip(shown, at, strict=True))
    return _svg("parallel coordinates", frames + "".join(drawn))


def telling_axes(axes: Sequence[Axis], most: int) -> list[Axis]:
    """The first ``most`` axes on which runs stand apart: one value that some runs lack is nothing to see."""
    return [axis for axis in axes if len({repr(value) for value in axis.values if value is not None}) > 1][
        :most
    ]


def legend(names: Sequence[str], colours: Sequence[str]) -> str:
    """Which colour is whose, to stand over a chart."""
    parts = "".join(
        f'<span style="white-space:nowrap;margin-right:14px">{swatch(colour)} {_text(name)}</span>'
        for name, colour in zip(names, colours, strict=True)
    )
    return f'<div style="font-size:.92em;line-height:1.6">{parts}</div>' if parts else ""


def swatch(colour: str) -> str:
    """A small square of a line's colour, to stand before its name."""
    return f'<span style="display:inline-block;width:.7em;height:.7em;background:{colour}"></span>'


class _Scale:
    """From values to places on the picture."""

    def __init__(
        self, low: float, high: float, begin: float, end: float, *, logarithmic: bool = False
    ) -> None:
        self.logarithmic = logarithmic
        self._low, top = self._told(low), self._told(high)
        self._span = (top / 2 - self._low / 2) * 2 or 1.0
        self._begin, self._end = begin, end

    def at(self, value: float) -> float:
        """The place of a value."""
        part = (
            self._told(value) / self._span - self._low / self._span
        )  # a difference of huge numbers may be none
        return self._begin + part * (self._end - self._begin)

    def _told(self, value: float) -> float:
        return math.log10(value) if self.logarithmic else value


def _numbers(axis: Axis) -> list[float] | None:
    """The axis' numbers, where it has nothing else."""
    present = [value for value in axis.values if value is not None]
    found = [value for value in present if isinstance(value, int | float) and not isinstance(value, bool)]
    return [value for value in found if math.isfinite(value)] if len(found) == len(present) else None


def _texts(axis: Axis) -> list[str]:
    return list(dict.fromkeys(_spelled(value) for value in axis.values if value is not None))


def _spelled(value: float | str) -> str:
    return value_text(value, 16)


def _scale_of(axis: Axis) -> _Place:
    return _Place(axis)


class _Place:
    """Where on its axis a value stands; None for none."""

    def __init__(self, axis: Axis) -> None:
        self._numbers = _numbers(axis)
        self._texts = _texts(axis)
        bottom, top = _HEIGHT - _BOTTOM - 6.0, _TOP + 22.0
        if self._numbers:
            low, high = min(self._numbers), max(self._numbers)
            self._scale = _Scale(low, high, bottom, top, logarithmic=_spans_decades(self._numbers))
        else:
            self._scale = _Scale(0, max(1, len(self._texts) - 1), bottom, top)

    def __call__(self, value: float | str | None) -> float | None:
        if value is None:
            return None
        if self._numbers is None:
            return self._scale.at(self._texts.index(_spelled(value)))
        return self._scale.at(float(value)) if math.isfinite(float(value)) else None


def _axis(axis: Axis, x: float) -> str:
    numbers = _numbers(axis)
    ends = (number(max(numbers), 3), number(min(numbers), 3)) if numbers else ("", "")
    if numbers is None:
        texts = _texts(axis)
        ends = (texts[-1] if len(texts) > 1 else "", texts[0] if texts else "")
    top, bottom = _TOP + 22, _HEIGHT - _BOTTOM - 6
    return (
        f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="#888a"/>'
        + _label(x, _TOP + 4, cut(clean(axis.name), 16), "middle", bold=True)
        + _label(x, top - 5, ends[0], "middle")
        + _label(x, bottom + 13, ends[1], "middle")
    )


def _spans_decades(values: Sequence[float]) -> bool:
    return min(values) > 0 and max(values) / _DECADES > min(values)


def _label(x: float, y: float, text: str, anchor: str, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def _svg(title: str, body: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{_text(title)}" '
        f'style="display:block;width:100%;max-width:{_WIDTH}px;height:auto;font-size:11px;fill:currentColor">{body}</svg>'
    )


def _text(text: str) -> str:
    return escape(cut(clean(text), 80))
