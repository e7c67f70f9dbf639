"""A figure that a notebook shows once, and that is readable on light and on dark pages."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nbtrack.render.svg import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Chart", "colours"]

_INK = "#7f7f7f"  # as far from white as from black
_WIDTH, _HEIGHT, _DPI = 6.4, 3.6, 100
_SHARP = 2  # pixels of the image to one of the page


class Chart(Figure):
    """A matplotlib figure without pyplot: nothing else has it, so a cell that ends in it shows it once.

    Its background is transparent, its text and lines are of middle lightness.
    """

    def __init__(self, width: float = _WIDTH, height: float = _HEIGHT) -> None:
        super().__init__(figsize=(width, height), dpi=_DPI, layout="constrained")
        self.patch.set_alpha(0)
        FigureCanvasAgg(self)

    def axes_for(self, *, x: str, y: str, title: str = "") -> Axes:
        """The one pair of axes, with these labels."""
        axes = self.add_subplot()
        axes.patch.set_alpha(0)
        axes.set_xlabel(x, color=_INK)
        axes.set_ylabel(y, color=_INK)
        if title:
            axes.set_title(title, color=_INK, fontsize="medium", loc="left")
        axes.tick_params(colors=_INK, which="both")
        axes.grid(visible=True, color=_INK, alpha=0.25, linewidth=0.6)
        for side, spine in axes.spines.items():
            spine.set_visible(side in {"left", "bottom"})
            spine.set_color(_INK)
        return axes

    def legend_of(self, axes: Axes, title: str = "") -> None:
        """A legend beside the axes, where there is more than one thing to tell apart."""
        handles, labels = axes.get_legend_handles_labels()
        if len(labels) > 1:
            legend = self.legend(
                handles,
                labels,
                loc="outside right upper",
                frameon=False,
                labelcolor=_INK,
                title=title or None,
            )
            legend.get_title().set_color(_INK)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:  # noqa: ARG002 - IPython's signature
        image = io.BytesIO()
        self.savefig(image, format="png", dpi=_DPI * _SHARP)
        width, height = (int(inches * _DPI) for inches in self.get_size_inches())
        return {"image/png": image.getvalue(), "text/plain": repr(self)}, {
            "image/png": {"width": width, "height": height}
        }

    def __repr__(self) -> str:
        titles = [axes.get_title(loc="left") or axes.get_ylabel() for axes in self.axes]
        return f"<nbtrack chart: {', '.join(titles)}>"


def colours() -> Iterator[str]:
    """Colours that can be told apart on light and on dark, over and over."""
    while True:
        yield from COLOURS
