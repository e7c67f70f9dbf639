"""Numbers, sizes, durations and moments as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

__all__ = [
    "deviation",
    "duration",
    "mean",
    "moment",
    "number",
    "number_column",
    "shape",
    "short_digest",
    "size",
    "sparkline",
]

_BARS = "▁▂▃▄▅▆▇█"


def number(value: float, digits: int = 4) -> str:
    """``value`` with ``digits`` significant digits, an ``int`` in full.

    Below 1 in size it gets as many digits as it takes not to become 1: an accuracy of 0.99996 is no 1.0.
    """
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if 10**digits <= abs(value) < 1e15:
        return f"{value:.0f}"
    text = f"{value:.{digits}g}"
    while abs(value) < 1 and abs(float(text)) == 1:
        digits += 1
        text = f"{value:.{digits}g}"
    return f"{text}.0" if value.is_integer() and not {".", "e"} & set(text) else text


def number_column(values: Sequence[float | None]) -> list[str]:
    """``values`` as :func:`number` writes them, with equally many decimals where that stays short."""
    texts = ["" if value is None else number(value) for value in values]
    decimals = max((len(text.partition(".")[2]) for text in texts), default=0)
    for place, value in enumerate(values):
        fixed = isinstance(value, float) and "." in texts[place] and "e" not in texts[place]
        if fixed and len(padded := f"{value:.{decimals}f}") <= 8:
            texts[place] = padded
    return texts


def size(count: int) -> str:
    """``count`` bytes in decimal units: ``812 B``, ``48 kB``, ``1.2 MB``."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if amount < 999.5 or unit == "PB":
            break
        amount /= 1000
    whole = unit == "B" or amount >= 9.95
    return f"{amount:.0f} {unit}" if whole else f"{amount:.1f} {unit}"


def duration(seconds: float) -> str:
    """``seconds`` with its natural unit: ``<1 ms``, ``6 ms``, ``1.2 s``, ``1 min 15 s``, ``2 h 05 min``."""
    if seconds < 0.0005:
        return "<1 ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min"


def moment(at: float, now: datetime | None = None) -> str:
    """The time ``at``, seconds since the epoch, in the local time zone and as short as ``now`` allows."""
    then = datetime.fromtimestamp(at).astimezone()
    today = now or datetime.now().astimezone()
    if then.date() == today.date():
        return f"{then:%H:%M:%S}"
    return f"{then:%m-%d %H:%M}" if then.year == today.year else f"{then:%Y-%m-%d}"


def shape(dimensions: Sequence[int]) -> str:
    """``(455, 30)`` as ``455×30``; a scalar's empty shape as ``scalar``."""
    return "×".join(str(length) for length in dimensions) or "scalar"


def short_digest(digest: str, digits: int = 4) -> str:
    """``b3:9f3a77…`` cut to its first ``digits`` hexadecimal digits."""
    algorithm, colon, hexadecimal = digest.partition(":")
    if not colon:
        algorithm, hexadecimal = "", digest
    return f"{algorithm}{colon}{hexadecimal[:digits]}{'…' if len(hexadecimal) > digits else ''}"


def sparkline(values: Sequence[float], width: int = 24) -> str:
    """``values`` as at most ``width`` bars, each the mean of its stretch; ``×`` where none is finite."""
    count = min(len(values), width)
    heights = [_mean(values[i * len(values) // count : (i + 1) * len(values) // count]) for i in range(count)]
    finite = [height for height in heights if height is not None]
    if not finite:
        return "×" * count
    low, high = min(finite), max(finite)
    # Halved before they are subtracted: the spread of two huge finite numbers is not finite.
    spread = high / 2 - low / 2
    return "".join(
        "×" if height is None else _BARS[round((height / 2 - low / 2) / spread * 7) if spread else 0]
        for height in heights
    )


def _mean(values: Sequence[float]) -> float | None:
    finite = [value for value in values if math.isfinite(value)]
    return mean(finite) if finite else None


def mean(values: Sequence[float]) -> float:
    """The mean of at least one number, between the least and the largest of them; NaN where one is not finite."""
    if not all(map(math.isfinite, values)):
        return math.nan
    try:
        middle = math.fsum(values) / len(values)
    except OverflowError:
        middle = math.fsum(value / len(values) / 2 for value in values) * 2
    return min(max(values), max(min(values), middle))


def deviation(values: Sequence[float]) -> float | None:
    """The sample standard deviation; None where there are less than two numbers, or one is not finite."""
    import statistics  # takes milliseconds, which the start of a command is not to wait for

    if len(values) == 1 or not all(map(math.isfinite, values)):
        return None
    try:
        return statistics.stdev(values)
    except OverflowError:
        return math.inf
