"""majority@k."""

from __future__ import annotations

import numpy as np

from northstar.metrics.arrays import FloatArray, IntArray


def majority_score(answers: IntArray, scores: FloatArray) -> float:
    """Mean over rows of the score of the row's most frequent answer.

    answers: [rows, k], equal numbers in a row are equal answers, -1 is none and never counts as an answer. scores:
    [rows, k]. Where several answers are equally frequent, the mean of their scores; a row without any answer scores 0.
    The score of an answer is the mean over its generations: a judge may differ between them.
    """
    rows, k = answers.shape
    given = answers >= 0
    counts = np.zeros((rows, k))  # of each generation's answer in its row
    sums = np.zeros((rows, k))
    for other in range(k):
        same = given & (answers == answers[:, other : other + 1])
        counts += same
        sums += np.where(same, scores[:, other : other + 1], 0.0)
    most = counts.max(axis=1, keepdims=True)
    winning = given & (counts == most)
    # A winning answer has `most` generations, each of them with weight 1/most: so every answer weighs the same.
    total = np.where(winning, sums / np.maximum(counts, 1), 0.0).sum(axis=1)
    return float(np.mean(total / np.maximum(winning.sum(axis=1), 1)))
