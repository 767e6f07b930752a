"""Points in the plane, for pictures of decision regions.

Points come shuffled, with as many of each class as can be, mostly within -1.5 to 1.5.
"""

from __future__ import annotations

import numpy as np

from cs231n_lib.contracts import check_integer


def circles(
    num: int, noise: float = 0.08, rng: np.random.Generator | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points on two circles, one inside the other.

    Parameters
    ----------
    num : int
        Points in all, N.
    noise : float, default 0.08
        Standard deviation of what is added to each coordinate.
    rng : Generator, optional
        Where the points are drawn from; a new one with seed 0 when left out.

    Returns
    -------
    X : ndarray of shape (N, 2)
        Points.
    y : ndarray of shape (N,)
        Labels: 0 for the circle of radius 1, 1 for that of radius 0.5.
    """
    y, rng = _labels(num, 2, rng)
    angle = rng.uniform(0, 2 * np.pi, num)
    radius = np.where(y == 0, 1.0, 0.5)
    return _noisy(radius * np.cos(angle), radius * np.sin(angle), noise, rng), y


def moons(
    num: int, noise: float = 0.1, rng: np.random.Generator | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points on two half circles, each of which reaches into the other.

    Parameters
    ----------
    num : int
        Points in all, N.
    noise : float, default 0.1
        Standard deviation of what is added to each coordinate.
    rng : Generator, optional
        Where the points are drawn from; a new one with seed 0 when left out.

    Returns
    -------
    X : ndarray of shape (N, 2)
        Points.
    y : ndarray of shape (N,)
        Labels: 0 for the upper half circle, 1 for the lower one.
    """
    y, rng = _labels(num, 2, rng)
    angle = rng.uniform(0, np.pi, num)
    side = np.where(y == 0, 1, -1)  # the lower moon is the upper one turned by half a circle
    return _noisy(side * (np.cos(angle) - 0.5), side * (np.sin(angle) - 0.25), noise, rng), y


def spiral(
    num: int, noise: float = 0.2, rng: np.random.Generator | None = None, num_classes: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points on the arms of a spiral, one arm for each class.

    Parameters
    ----------
    num : int
        Points in all, N.
    noise : float, default 0.2
        Standard deviation of what is added to each angle, in radians.
    rng : Generator, optional
        Where the points are drawn from; a new one with seed 0 when left out.
    num_classes : int, default 3
        Arms.

    Returns
    -------
    X : ndarray of shape (N, 2)
        Points, at most 1 from the origin.
    y : ndarray of shape (N,)
        Labels.

    References
    ----------
    .. [1] CS231n course notes, "Putting it together: Minimal Neural Network Case Study".
    """
    y, rng = _labels(num, num_classes, rng)
    radius = rng.uniform(0, 1, num)
    angle = 4 * radius + 2 * np.pi * y / num_classes + noise * rng.standard_normal(num)
    return np.column_stack([radius * np.sin(angle), radius * np.cos(angle)]), y


def xor(
    num: int, noise: float = 0.1, rng: np.random.Generator | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points in four quadrants; opposite quadrants have the same class.

    Parameters
    ----------
    num : int
        Points in all, N.
    noise : float, default 0.1
        Standard deviation of what is added to each coordinate, after the label is set.
    rng : Generator, optional
        Where the points are drawn from; a new one with seed 0 when left out.

    Returns
    -------
    X : ndarray of shape (N, 2)
        Points.
    y : ndarray of shape (N,)
        Labels: 1 where one coordinate is positive and the other is not.
    """
    y, rng = _labels(num, 2, rng)
    first, second = rng.uniform(0, 1, (2, num))
    sign = rng.choice([-1, 1], num)
    return _noisy(sign * first, sign * np.where(y == 0, 1, -1) * second, noise, rng), y


def blobs(
    num: int, noise: float = 0.2, rng: np.random.Generator | None = None, num_classes: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points around centers that lie on a circle of radius 1, one center for each class.

    Parameters
    ----------
    num : int
        Points in all, N.
    noise : float, default 0.2
        Standard deviation of each coordinate around the center.
    rng : Generator, optional
        Where the points are drawn from; a new one with seed 0 when left out.
    num_classes : int, default 3
        Centers.

    Returns
    -------
    X : ndarray of shape (N, 2)
        Points.
    y : ndarray of shape (N,)
        Labels.
    """
    y, rng = _labels(num, num_classes, rng)
    angle = 2 * np.pi * y / num_classes
    return _noisy(np.cos(angle), np.sin(angle), noise, rng), y


def _labels(
    num: int, num_classes: int, rng: np.random.Generator | None
) -> tuple[np.ndarray, np.random.Generator]:
    check_integer("num", num, 1)
    check_integer("num_classes", num_classes, 1)
    rng = np.random.default_rng(0) if rng is None else rng
    return rng.permutation(np.arange(num, dtype=np.int64) % num_classes), rng


def _noisy(x: np.ndarray, y: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    return np.column_stack([x, y]) + noise * rng.standard_normal((len(x), 2))
