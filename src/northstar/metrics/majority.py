"""majority@k: the score of each row's most frequent answer."""

from __future__ import annotations

import numpy as np

from northstar.metrics.arrays import FloatArray, IntArray


def pairs_of(answers: IntArray, scores: FloatArray) -> IntArray:
    """Return [rows, k] numbers of the pairs (answer, correct or not); -1 is no answer.

    >>> pairs_of(np.array([[7, 7, -1]]), np.array([[1.0, 0.0, 1.0]])).tolist()
    [[15, 14, -1]]
    """
    return np.where(answers >= 0, 2 * answers + (scores >= 1.0), -1)


def majority_score(answers: IntArray, scores: FloatArray) -> float:
    """Return the mean over rows of the score of the row's most frequent answer.

    Equally frequent answers count with the mean of their scores; a row without any answer scores 0. An answer's score
    is the mean over its generations, since a judge may score them differently.

    Args:
        answers: [rows, k]. Equal numbers in a row are equal answers; -1 is no answer and never wins.
        scores: [rows, k].

    >>> majority_score(np.array([[7, 7, 9], [-1, -1, -1]]), np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    0.5
    """
    return float(np.mean(majority_by_row(answers, scores)))


def majority_by_row(answers: IntArray, scores: FloatArray) -> FloatArray:
    """Return [rows]: the score of each row's most frequent answer; see majority_score."""
    rows, k = answers.shape
    given = answers >= 0
    counts = np.zeros((rows, k))  # how often each generation's answer occurs in its row
    sums = np.zeros((rows, k))
    for other in range(k):
        same = given & (answers == answers[:, other : other + 1])
        counts += same
        sums += np.where(same, scores[:, other : other + 1], 0.0)
    most = counts.max(axis=1, keepdims=True)
    winning = given & (counts == most)
    # A winning answer occurs `most` times, each with weight 1/most, so that every winning answer weighs the same.
    total = np.where(winning, sums / np.maximum(counts, 1), 0.0).sum(axis=1)
    by_row: FloatArray = total / np.maximum(winning.sum(axis=1), 1)
    return by_row
