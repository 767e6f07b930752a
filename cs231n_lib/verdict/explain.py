"""What a wrong array looks like, next to the right one: the first sentence that fits."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, permutations
from typing import Any

import numpy as np

# Two right computations in float64 agree to about 1e-12 of the largest entry; one of them in
# float32 to about 1e-6. A wrong one that is closer than this is not a mistake a student makes.
TOLERANCE = 2e-6

ZERO = 1e-9  # a numerical gradient that should be 0 is noise of up to this size


def agree(array: np.ndarray, expected: np.ndarray) -> bool:
    """Tell whether two arrays are equal in shape and, but for rounding, in values.

    Parameters
    ----------
    array, expected : ndarray
        The answer, and what is right.

    Returns
    -------
    bool
        Whether no entry is further off than `TOLERANCE` times the largest entry.
    """
    return array.shape == expected.shape and bool(np.all(close(array, expected)))


def close(array: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Tell for each entry whether it is right, but for rounding.

    Parameters
    ----------
    array, expected : ndarray
        The answer, and what is right; of one shape.

    Returns
    -------
    ndarray of bool
        False for NaN.
    """
    finite = expected[np.isfinite(expected)]  # one infinity must not make all others equal
    size = max(TOLERANCE * np.abs(finite).max(initial=0), ZERO)
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers that are almost infinite
        return np.isclose(array, expected, rtol=TOLERANCE, atol=size)


def explain_shape(array: np.ndarray, expected: np.ndarray) -> list[str]:
    """Say what an answer of the wrong shape looks like; empty when nothing fits.

    Parameters
    ----------
    array, expected : ndarray
        The answer, and what is right.

    Returns
    -------
    list of str
        No sentence, or one.
    """
    if array.size == 0 or expected.size == 0:
        return []
    if array.ndim == 2 and agree(array.T, expected):
        return ["It is the transpose of the right answer."]
    for order in permutations(range(array.ndim)) if 3 <= array.ndim <= 5 else ():
        if agree(array.transpose(order), expected):
            is_reversed = order == tuple(range(array.ndim))[::-1]
            return [f"Its axes are {'reversed' if is_reversed else 'in another order'}."]
    if array.size == expected.size and agree(array.reshape(expected.shape), expected):
        return ["The numbers are right, the shape is not."]
    try:
        if agree(np.broadcast_to(array, expected.shape), expected):
            return ["Repeated along the missing axes, it holds the right numbers."]
    except ValueError:
        pass
    for axis in [None, *range(array.ndim)]:
        where = "" if axis is None else f" over axis {axis}"
        for word, reduced in (("sum", array.sum(axis)), ("mean", array.mean(axis))):
            if agree(np.asarray(reduced), expected):
                return [f"Its {word}{where} is the right answer."]
    return []


def explain_values(
    array: np.ndarray, expected: np.ndarray, lengths: Mapping[str, int], kinks: Any = None
) -> list[str]:
    """Say what a wrong answer of the right shape looks like; empty when nothing fits.

    Parameters
    ----------
    array, expected : ndarray
        The answer, and what is right; of one shape.
    lengths : dict of str to int
        The counts that a factor may equal, by their letters.
    kinks : array_like of bool, optional
        True where the function has a kink.

    Returns
    -------
    list of str
        No sentence, or one.
    """
    if not np.isfinite(array).all():
        return ["It holds NaN or infinity."]
    if array.size > 1 and not array.any():
        return ["Every entry is 0."]
    if agree(-array, expected):
        return ["The sign is wrong."]
    scale = np.vdot(expected, array) / max(np.vdot(expected, expected), 1e-300)
    if abs(scale) > 1e-9 and agree(array / scale, expected):
        sentence = _factor(scale, lengths, array.size > 1)
        if sentence:
            return [sentence]
    if array.ndim == 2 and agree(array.T, expected):
        return ["It is the transpose of the right answer."]
    if array.ndim > 2 and agree(array.transpose(), expected):
        return ["Its axes are reversed."]
    for axis in range(array.ndim):
        if agree(np.flip(array, axis), expected):
            return [f"Its order along axis {axis} is reversed."]
    if array.size == 1:
        return []
    with np.errstate(over="ignore"):
        offset = (array - expected).mean()
    if agree(array - offset, expected):
        return [f"Every entry is off by {offset:.4g}."]
    return _partly_right(array, expected, kinks)


def _factor(scale: float, lengths: Mapping[str, int], entries: bool) -> str:
    """Name the factor, and the count or the product of two that it equals."""
    size, word = (scale, "large") if abs(scale) > 1 else (1 / scale, "small")
    products = {name: [length] for name, length in lengths.items() if length > 1}
    pairs = {f"{a} times {b}": [*products[a], *products[b]] for a, b in combinations(products, 2)}
    equal = [
        name
        for name, factors in (products | pairs).items()
        if np.isclose(abs(size), np.prod(factors), rtol=1e-4)
    ]
    if not entries and not equal:  # any two numbers have a ratio
        return ""
    subject = "Every entry" if entries else "It"
    count = f", and {abs(size):.4g} is {' or '.join(equal)}" if equal else ""
    sign = "has the wrong sign and " if scale < 0 else ""
    return f"{subject} {sign}is {abs(size):.4g} times too {word}{count}."


def _partly_right(array: np.ndarray, expected: np.ndarray, kinks: Any) -> list[str]:
    right = close(array, expected)
    if kinks is not None and np.all(right | np.asarray(kinks, bool)):
        return ["It is right except where a kink lies, and there no slope is the only right one."]
    rows = right.reshape(len(right), -1).all(axis=1)
    if array.ndim > 1 and len(rows) > 1 and rows[0] and not rows[1:].any():
        return ["Only the first row is right."]
    if agree(np.sort(array, axis=None), np.sort(expected, axis=None)):
        return ["The numbers are right, but in other places."]
    wrong = int(np.sum(~right))
    if wrong <= array.size // 2:
        return [f"{wrong} of {array.size} entries {'is' if wrong == 1 else 'are'} wrong."]
    return []
