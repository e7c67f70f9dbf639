"""Whether a metric is better when it is larger or when it is smaller, as far as its name tells."""

from __future__ import annotations

import re

__all__ = ["smaller_is_better"]

_SMALLER = {
    "aic", "bic", "brier", "cer", "chamfer", "cost", "costs", "deviance", "err", "error", "errors", "fid", "inertia",
    "logloss", "loss", "losses", "mae", "mape", "mase", "mse", "msle", "nll", "nrmse", "perplexity", "pinball", "ppl",
    "rae", "regret", "rmse", "rmsle", "rss", "smape", "sse", "wape", "wcss", "wer",
}  # fmt: skip
_LARGER_ENDINGS = ("_score", "-score", "score")


def smaller_is_better(name: str) -> bool:
    """A guess, to be shown as one and to be overruled: ``val_loss`` yes, ``accuracy`` and ``neg_log_loss`` no."""
    folded = name.lower()
    words = [
        word for word in re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()) if word
    ]
    if words[:1] == ["neg"] or folded.startswith("negative") or folded.endswith(_LARGER_ENDINGS):
        return False
    return not _SMALLER.isdisjoint(words) or words[:2] == ["davies", "bouldin"]
