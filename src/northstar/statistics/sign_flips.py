"""The permutation test of paired differences: how often chance alone makes a sum as large."""

from __future__ import annotations

import math

import numpy as np

from northstar.metrics.arrays import FloatArray, IntArray

EXACT_WORK = 100_000_000  # cosines; about a second
EXACT_POINTS = 1 << 22  # 100 MB in all
DRAWS = 20_000


def sign_flip_p(differences: FloatArray, *, parts: int = 1) -> float:
    """Return the two-sided p: the share of all choices of signs whose sum is at least as far from 0.

    If neither run is better, each row's difference is as likely to have the other sign. Exact where the differences
    are fractions with one denominator, as shares of k generations are; else from 20,000 draws with a fixed seed.

    Args:
        differences: [rows].
        parts: A number by which all differences become whole: the product of both runs' generations a row.

    >>> sign_flip_p(np.array([1.0, 1.0, 1.0, 1.0, 0.0]))
    0.125
    """
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    whole = np.rint(moved * parts)
    if np.abs(moved * parts - whole).max() < 1e-6:
        p = _exact(np.abs(whole).astype(np.int64), int(abs(whole.sum())))
        if p is not None:
            return p
    return _drawn(moved)


def _exact(sizes: IntArray, reached: int) -> float | None:
    """Return the share of signings of `sizes` whose sum is at least `reached` in size; None if it takes too long.

    The sum's characteristic function is a product of cosines; its inverse Fourier transform gives all probabilities.
    """
    divisor = int(np.gcd.reduce(sizes))
    sizes, reached = sizes // divisor, reached // divisor
    values, counts = np.unique(sizes, return_counts=True)
    reach = int(sizes.sum())
    points = 1 << (2 * reach + 1).bit_length()
    if points > EXACT_POINTS or points // 2 * len(values) > EXACT_WORK:
        return None
    angles = 2.0 * math.pi / points * np.arange(points // 2 + 1)
    transformed = np.ones(len(angles))
    for value, count in zip(values, counts, strict=True):
        transformed *= np.cos(angles * value) ** int(count)
    chances = np.fft.irfft(transformed, points)
    inner = chances[0] + 2.0 * chances[1:reached].sum() if reached else 0.0
    outer = 2.0 * chances[reached : reach + 1].sum() if reached else 1.0
    # The smaller of the two sums has the smaller error.
    p = 1.0 - inner if outer > 0.5 else outer
    return float(min(1.0, max(p, math.ldexp(2.0, -len(sizes)))))


def _drawn(differences: FloatArray) -> float:
    """Return the share of random signings whose sum is at least as far from 0, the actual one counted in."""
    random = np.random.default_rng(0)
    reached = abs(differences.sum()) * (1.0 - 1e-12)
    as_far = 0
    chunk = max(1, 4_000_000 // len(differences))
    for start in range(0, DRAWS, chunk):
        draws = min(chunk, DRAWS - start)
        signs = random.integers(0, 2, size=(draws, len(differences)), dtype=np.int8)
        sums = 2.0 * (signs @ differences) - differences.sum()
        as_far += int((np.abs(sums) >= reached).sum())
    return (as_far + 1) / (DRAWS + 1)
