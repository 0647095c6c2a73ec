"""How alike two texts are: edit distance with swapped neighbors, and Jaro-Winkler, compiled.

Texts are arrays of code points behind each other; text ``i`` is ``codes[starts[i]:starts[i + 1]]``. A pair of texts costs at most
the product of the lengths, and lengths are cut by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float32]
_LONGEST = 64  # characters of a text that are compared
_FAR = 3  # edit distances from here on count as one


def encoded(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], Ints]:
    """Return the code points of texts behind each other, and where each text starts."""
    cut = [text[:_LONGEST] for text in texts]
    starts = np.zeros(len(cut) + 1, np.int64)
    starts[1:] = np.cumsum([len(text) for text in cut])
    return np.frombuffer("".join(cut).encode("utf-32-le", "surrogatepass"), np.uint32), starts


def similarities(texts: Sequence[str], left: Ints, right: Ints) -> tuple[npt.NDArray[np.int64], Reals]:
    """Return edit distance (3 for all above 2) and Jaro-Winkler similarity of pairs of texts, which are given by position.

    >>> distance, similarity = similarities(["martha", "marhta", "jones"], np.array([0, 0]), np.array([1, 2]))
    >>> distance.tolist(), [round(float(value), 2) for value in similarity]
    ([1, 3], [0.96, 0.0])
    """
    codes, starts = encoded(texts)
    packed = np.minimum(left, right) * len(texts) + np.maximum(left, right)
    unique, inverse = np.unique(packed, return_inverse=True)
    first, second = unique // max(1, len(texts)), unique % max(1, len(texts))
    distance, similarity = np.zeros(len(unique), np.int64), np.zeros(len(unique), np.float32)
    _compare(codes, starts, first, second, distance, similarity)
    return distance[inverse], similarity[inverse]


def begins(texts: Sequence[str], left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
    """Return for which pairs of texts one is the beginning of the other.

    >>> begins(["rob", "robert", "bob"], np.array([0, 1]), np.array([1, 2])).tolist()
    [True, False]
    """
    codes, starts = encoded(texts)
    found = np.zeros(len(left), np.bool_)
    _begin(codes, starts, left, right, found)
    return found


@njit(cache=True, nogil=True)
def _compare(codes, starts, first, second, distance, similarity):  # type: ignore[no-untyped-def]  # pragma: no cover
    rows = np.zeros((3, _LONGEST + 1), np.int64)
    taken = np.zeros((2, _LONGEST), np.bool_)
    for k in range(len(first)):
        a = codes[starts[first[k]] : starts[first[k] + 1]]
        b = codes[starts[second[k]] : starts[second[k] + 1]]
        distance[k] = _edits(a, b, rows)
        similarity[k] = _jaro_winkler(a, b, taken)


@njit(cache=True, nogil=True)
def _begin(codes, starts, left, right, found):  # type: ignore[no-untyped-def]  # pragma: no cover
    for k in range(len(left)):
        a, b = starts[left[k]], starts[right[k]]
        size = min(starts[left[k] + 1] - a, starts[right[k] + 1] - b)
        found[k] = size > 0
        for at in range(size):
            if codes[a + at] != codes[b + at]:
                found[k] = False
                break


@njit(cache=True, nogil=True)
def _edits(a, b, rows):  # type: ignore[no-untyped-def]  # pragma: no cover
    if abs(len(a) - len(b)) >= _FAR:
        return _FAR
    for j in range(len(b) + 1):
        rows[0, j] = j
    for i in range(1, len(a) + 1):
        now, last, before = rows[i % 3], rows[(i - 1) % 3], rows[(i - 2) % 3]
        now[0] = nearest = i
        for j in range(1, len(b) + 1):
            cost = 0 if a[i - 1] == b[j - 1] else 1
            best = min(last[j] + 1, now[j - 1] + 1, last[j - 1] + cost)
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                best = min(best, before[j - 2] + 1)
            now[j] = best
            nearest = min(nearest, best)
        if nearest >= _FAR:
            return _FAR
    return min(_FAR, rows[len(a) % 3, len(b)])


@njit(cache=True, nogil=True)
def _jaro_winkler(a, b, taken):  # type: ignore[no-untyped-def]  # pragma: no cover
    n, m = len(a), len(b)
    if n == 0 or m == 0:
        return 0.0
    reach = max(0, max(n, m) // 2 - 1)
    taken[0, :n] = False
    taken[1, :m] = False
    common = 0
    for i in range(n):
        for j in range(max(0, i - reach), min(m, i + reach + 1)):
            if not taken[1, j] and a[i] == b[j]:
                taken[0, i] = taken[1, j] = True
                common += 1
                break
    if common == 0:
        return 0.0
    swapped, j = 0, 0
    for i in range(n):
        if taken[0, i]:
            while not taken[1, j]:
                j += 1
            swapped += a[i] != b[j]
            j += 1
    jaro = (common / n + common / m + (common - swapped / 2) / common) / 3
    prefix = 0
    while prefix < min(4, n, m) and a[prefix] == b[prefix]:
        prefix += 1
    return jaro + prefix * 0.1 * (1 - jaro)
