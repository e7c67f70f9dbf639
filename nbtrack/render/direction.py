"""Whether a metric is better when it is higher or when it is lower, as far as its name tells."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

__all__ = ["better", "smaller_is_better"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HIGHER = _words(
    "acc accuracy ap ari auc auprc auroc balanced bleu coverage dice elbo f1 f2 fbeta fscore gini iou jaccard kappa "
    "likelihood loglik map map50 mcc miou ndcg nmi precision profit psnr r2 recall reward rouge rsq rsquared score "
    "sensitivity silhouette specificity ssim"
)
_LOWER = _words(
    "aic bic brier cer chamfer cost costs davies deviance distortion err error errors fid hamming hinge inertia "
    "logloss loss losses mae mape mase mse msle nll nrmse perplexity pinball ppl rae regret rmse rmsle rss smape sse "
    "wape wcss wer"
)
_SPREAD = _words("max min sem std var")  # of folds: no direction of their own
_WORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")


@lru_cache(maxsize=1024)
def better(metric: str) -> Literal["higher", "lower"] | None:
    """``higher`` for ``accuracy`` and ``neg_log_loss``, ``lower`` for ``val_rmse``; None where a name says neither."""
    words = [word.lower() for word in _WORD.findall(metric)]
    if not words or words[-1] in _SPREAD:
        return None
    # What ends in score is one, whatever it is a score of; scikit-learn's neg_… are turned around.
    if words[0] in {"neg", "negative"} or (words[-1] == "score" and "davies" not in words):
        return "higher"
    if any(word in _LOWER or word.rstrip("0123456789") in _LOWER for word in words):
        return "lower"
    return "higher" if not _HIGHER.isdisjoint(words) else None


def smaller_is_better(name: str) -> bool:
    """Whether it is known to be: ``val_loss`` yes, ``accuracy`` and ``turnover`` no."""
    return better(name) == "lower"
