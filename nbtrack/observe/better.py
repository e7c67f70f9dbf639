"""Whether a higher or a lower number of a metric is the better one, where its name tells."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

__all__ = ["better"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HIGHER = _words(
    "acc accuracy ap ari auc auprc auroc balanced bleu coverage dice f1 f2 fbeta gini iou jaccard kappa loglik map "
    "map50 mcc miou ndcg nmi precision psnr r2 recall reward rsq rsquared rouge score sensitivity silhouette "
    "specificity ssim profit elbo fscore"
)
_LOWER = _words(
    "aic bic brier cer chamfer cost deviance distortion err error fid hamming inertia logloss loss mae mape mase "
    "mse msle nll nrmse perplexity pinball ppl rae regret rmse rmsle rss smape sse wape wcss wer hinge "
    "mean_squared_error"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")
_SPREAD = _words("std var min max sem")  # of folds: no direction of their own


@lru_cache(maxsize=1024)
def better(metric: str) -> Literal["higher", "lower"] | None:
    """``higher`` for ``accuracy`` and ``neg_log_loss``, ``lower`` for ``val_rmse``; None where a name says neither."""
    words = [word.lower() for word in _WORD.findall(metric)]
    if not words or words[-1] in _SPREAD:
        return None
    lower = any(word in _LOWER or word.rstrip("0123456789") in _LOWER for word in words)
    higher = any(word in _HIGHER for word in words)
    # An error rate is lower's, whatever else the name says; scikit-learn's neg_… are turned around.
    if lower:
        return "higher" if words[0] in {"neg", "negative"} else "lower"
    return "higher" if higher else None
