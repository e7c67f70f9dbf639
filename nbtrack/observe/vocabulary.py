"""The words that observing goes by: names of metrics, and names of secrets."""

from __future__ import annotations

__all__ = ["METRIC_WORDS", "NOT_METRIC_ENDINGS", "SCORING"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SCORING = _words("""
    accuracy_score adjusted_mutual_info_score adjusted_rand_score auc average_precision_score
    balanced_accuracy_score brier_score_loss calinski_harabasz_score class_likelihood_ratios
    classification_report cohen_kappa_score completeness_score consensus_score coverage_error
    d2_absolute_error_score d2_brier_score d2_log_loss_score d2_pinball_score d2_tweedie_score
    davies_bouldin_score dcg_score explained_variance_score f1_score fbeta_score fowlkes_mallows_score
    hamming_loss hinge_loss homogeneity_completeness_v_measure homogeneity_score jaccard_score
    label_ranking_average_precision_score label_ranking_loss log_loss matthews_corrcoef max_error
    mean_absolute_error mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss
    mean_poisson_deviance mean_squared_error mean_squared_log_error mean_tweedie_deviance
    median_absolute_error mutual_info_score ndcg_score normalized_mutual_info_score
    precision_recall_fscore_support precision_score r2_score rand_score recall_score roc_auc_score
    root_mean_squared_error root_mean_squared_log_error silhouette_score top_k_accuracy_score
    v_measure_score zero_one_loss
""")
"""Functions of ``sklearn.metrics`` whose result is a score or several."""

METRIC_WORDS = _words("""
    acc accuracy aic ap ari auc auprc auroc bic bleu brier cer chamfer coherence cost deviance dice
    distortion elbo err error f1 f2 fbeta fid fscore gini inertia iou jaccard kappa likelihood loglik
    logloss loss mae map50 mape mase mcc miou mrr mse msle ndcg nll nmi nrmse perplexity pinball ppl
    precision psnr r2 rae recall regret rmse rmsle rouge rsq rsquared rss score sensitivity silhouette
    smape specificity sse ssim ssr wape wcss wer
""")
"""A name with one of these words names a metric, unless it ends in one of :data:`NOT_METRIC_ENDINGS`."""

NOT_METRIC_ENDINGS = _words("""
    accuracies array arr class col cols column columns costs criterion curve df dict dir errors fct file
    fn format frame fun func function hist history idx index key label labels lambda layer limit list
    losses matrix message metric metrics msg name names obj object path patience per plot scores str
    table target text threshold thresholds tol tolerance type weight weights
""")
"""A name that ends in one of these is about a metric without being one, such as ``loss_fn``."""
