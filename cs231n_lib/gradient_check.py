"""Numerical gradients, and the facts about an analytic one.

The well-known helpers walk over all entries with one fixed step; `check_gradient` gives a verdict
from some fifteen calls. The module imports NumPy only, so that it can judge every other one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

EPS = float(np.finfo(np.float64).eps)
FIRST_STEP = 1 / 64  # for inputs of size 1; larger inputs take larger steps
SHRINK = 8  # each step is 8 times smaller than the one before
LEVELS = 7  # the last step is 6e-8: below it, rounding takes over
SHARP = 1e-11  # a slope known this well, relative to its size, needs no further step
SETTLED = 1e-9  # a slope not even known this well has not converged
SAFETY = 10  # how much of an error estimate is tolerated
USEFUL = 1e-3  # a slope known less well than this says nothing


def rel_error(x: Any, y: Any) -> float:
    """Compute the largest relative error, ``max(|x - y| / max(1e-8, |x| + |y|))``.

    Parameters
    ----------
    x, y : array_like of the same shape
        Two answers to the same question. A ValueError says if their shapes differ.

    Returns
    -------
    float
        From 0 (equal) to 1 (nothing in common); nan if either holds nan.
    """
    x, y = (np.asarray(array, dtype=np.float64) for array in (x, y))
    _require_shape("y", y, "x", x)
    with np.errstate(all="ignore"):  # infinity minus infinity: the nan says it
        return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))))


def eval_numerical_gradient(
    f: Callable[[np.ndarray], float], x: np.ndarray, verbose: bool = True, h: float = 0.00001
) -> np.ndarray:
    """Compute the gradient of a number, one entry at a time, by centered differences.

    Parameters
    ----------
    f : callable
        Takes ``x`` and returns one number (else a ValueError). It may copy ``x``, work in place,
        or ignore its argument and read the array.
    x : ndarray of any shape
        The point, in float64 (else a TypeError). It is moved in place and restored exactly.
    verbose : bool, optional
        Print each entry.
    h : float, optional
        The step.

    Returns
    -------
    ndarray of the shape of x
        The numerical gradient, after ``2 * x.size`` calls.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "Gradient checks".
    """

    def number(point: np.ndarray) -> float:
        value = f(point)
        if np.ndim(value):
            raise ValueError(
                f"f should return one number, but it returned an array of shape {np.shape(value)}."
            )
        return value

    grad = eval_numerical_gradient_array(number, x, 1.0, h)
    if verbose:
        for index in np.ndindex(x.shape):
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array(
    f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, df: Any, h: float = 1e-5
) -> np.ndarray:
    """Compute the gradient of ``sum(f(x) * df)``; otherwise like `eval_numerical_gradient`.

    Parameters
    ----------
    f, x
        As for `eval_numerical_gradient`, except that ``f`` returns an array.
    df : array_like of the shape of f(x)
        Upstream gradient; a ValueError says if its shape differs.
    h : float, optional
        The step.

    Returns
    -------
    ndarray of the shape of x
        The numerical gradient.
    """
    _require_float64(x)
    df = np.array(df)  # a copy: it may be x itself
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        grad[index] = _difference(f, x, index, df, h)
    return grad


def eval_numerical_gradient_blobs(
    f: Callable[..., Any], inputs: Sequence[Any], output: Any, h: float = 1e-5
) -> list[np.ndarray]:
    """Compute the gradients of a function that writes its result into a blob.

    Parameters
    ----------
    f : callable
        Called as ``f(*inputs, output)``; it writes ``output.vals``.
    inputs : sequence of blobs
        Objects with an array ``vals`` in float64, moved in place and restored exactly.
    output : blob
        ``output.diffs`` is the upstream gradient.
    h : float, optional
        The step.

    Returns
    -------
    list of ndarray
        One gradient for each input, in the shape of its ``vals``.
    """

    def write(_: np.ndarray) -> np.ndarray:
        f(*inputs, output)
        return output.vals

    return [eval_numerical_gradient_array(write, x.vals, output.diffs, h) for x in inputs]


def eval_numerical_gradient_net(
    net: Any, inputs: Sequence[Any], output: Any, h: float = 1e-5
) -> list[np.ndarray]:
    """Compute the gradients of a network, like `eval_numerical_gradient_blobs`.

    Parameters
    ----------
    net : object
        ``net.forward()`` reads the input blobs and writes the output blob.
    inputs, output, h
        As for `eval_numerical_gradient_blobs`.

    Returns
    -------
    list of ndarray
        One gradient for each input.
    """
    return eval_numerical_gradient_blobs(lambda *blobs: net.forward(), inputs, output, h)


def grad_check_sparse(
    f: Callable[[np.ndarray], float],
    x: np.ndarray,
    analytic_grad: Any,
    num_checks: int = 10,
    h: float = 1e-5,
) -> list[tuple[tuple[int, ...], float, float, float]]:
    """Print a few entries of a gradient beside the numerical gradient.

    Parameters
    ----------
    f, x
        As for `eval_numerical_gradient`.
    analytic_grad : array_like of the shape of x
        The gradient to be checked; a ValueError says if its shape differs.
    num_checks : int, optional
        How many entries, drawn at random, the same at every call; one may be drawn twice.
    h : float, optional
        The step.

    Returns
    -------
    list of tuple
        Of each entry ``(index, numerical, analytic, rel_error)``.
    """
    _require_float64(x)
    analytic_grad = np.array(analytic_grad)  # a copy: it may be x itself
    _require_shape("analytic_grad", analytic_grad, "x", x)
    checks, rng = [], np.random.default_rng(0)
    for _ in range(num_checks):
        index = tuple(int(i) for i in rng.integers(x.shape))
        numerical, analytic = _difference(f, x, index, 1.0, h), float(analytic_grad[index])
        error = rel_error(numerical, analytic)
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")
        checks.append((index, numerical, analytic, error))
    return checks


def _difference(
    f: Callable[[np.ndarray], Any], x: np.ndarray, index: tuple[int, ...], df: Any, h: float
) -> float:
    start, sides = x.copy(), []
    try:
        for step in (h, -h):
            x[index] += step
            sides.append(_call(f, x).astype(np.float64))
            x[...] = start  # all of it: f may work in place
    finally:
        x[...] = start
    _require_shape("the upstream gradient", df, "f(x)", sides[0])
    return float(np.sum((sides[0] - sides[1]) * df) / (2 * h))


def _call(f: Callable[[np.ndarray], Any], x: np.ndarray) -> np.ndarray:
    out = f(x)
    if isinstance(out, tuple) or np.asarray(out).dtype.kind not in "fiub":
        kind = type(out).__name__
        raise TypeError(f"f should return an array or a number, but its type is {kind}.")
    return np.array(out)  # a copy: it may be a view of x


def _require_float64(x: Any) -> None:
    kind = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
    if kind != np.float64:
        raise TypeError(
            "x should be a float64 array, because it is moved in small steps, "
            f"but it is {kind}. Use np.array(x, dtype=np.float64)."
        )
    if not x.flags.writeable:
        raise ValueError("x should be writable, because it is moved in place. Use a copy.")


def _require_shape(name: str, array: Any, like: str, other: np.ndarray) -> None:
    have, want = np.shape(array), other.shape
    if have != want and not np.size(array) == other.size == 1:
        raise ValueError(
            f"{name} should have shape {want} because {like} has, but it has shape {have}."
        )


@dataclass(frozen=True)
class GradientCheck:
    """What `check_gradient` found: true if the gradient passed, and one line as text.

    Attributes
    ----------
    cause : str
        Passed: "right"; "zero", where the true gradient is zero too; "kink", where x is on a kink
        and any slope between those of its two sides is right. Not passed: "wrong", "shape",
        "not finite", "float32", or "unclear", where no slope can be measured.
    text : str
        The finding as a sentence.
    index : tuple of int or None
        The wrong entry, or one on a kink; of many wrong ones a bad one, not surely the worst.
    analytic, numerical, tolerance : float or None
        The two gradients at ``index``, or along a random direction, and how far apart they may be.
    calls : int
        How often f was called.
    """

    cause: str
    text: str
    index: tuple[int, ...] | None = None
    analytic: float | None = None
    numerical: float | None = None
    tolerance: float | None = None
    calls: int = 0

    def __bool__(self) -> bool:
        return self.cause in ("right", "zero", "kink")

    def __str__(self) -> str:
        return self.text


def check_gradient(
    f: Callable[[np.ndarray], Any],
    x: np.ndarray,
    analytic: Any,
    dout: Any = None,
    *,
    rng: np.random.Generator | None = None,
    max_calls: int = 10_000,
) -> GradientCheck:
    """Judge the gradient of ``sum(f(x) * dout)`` with respect to ``x``.

    All entries move at once along a random direction. The slope comes from centered differences
    at h, h/8, h/64, ..., extrapolated (Ridders, 1982), which also gives its error; ten times that
    is tolerated. Two directions are tried. Where one disagrees, halving finds the entry, and the
    slopes on its two sides tell a wrong gradient from a kink.

    Parameters
    ----------
    f, x
        As for `eval_numerical_gradient`, except that ``f`` may return an array. A ValueError says
        if ``x`` is empty.
    analytic : array_like of the shape of x
        The gradient to be judged.
    dout : array_like of the shape of f(x), optional
        Upstream gradient (a ValueError says if its shape differs); may be left out where ``f``
        returns one number. Draw it at random: with ones, the gradient of a batch norm is zero,
        and a backward that returns zeros is right.
    rng : numpy.random.Generator, optional
        Draws the directions; the same ones at every call when left out.
    max_calls : int, optional
        About when to give up the search, which takes so long only among very many kinks.

    Returns
    -------
    GradientCheck
        The verdict.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> print(check_gradient(lambda x: np.sum(x**2), x, np.array([2.0, 4.0, 5.0])))
    wrong at [2]: your gradient says 5, the numerical gradient 6
    """
    _require_float64(x)
    if x.size == 0:
        raise ValueError(f"x should not be empty, but it has shape {x.shape}.")
    start = x.copy()
    analytic = np.array(analytic)  # copies: both may be x itself
    dout = np.array(1.0 if dout is None else dout, dtype=np.float64)
    try:
        with np.errstate(all="ignore"):  # a step may leave the domain of f; the verdict says so
            base = _call(f, x)
            _require_shape("dout", dout, "f(x)", base)
            refusal = _refuse(start, base, analytic)
            if refusal is not None:
                return refusal
            probe = _Probe(f, x, start, base.astype(np.float64), analytic, dout)
            rng = np.random.default_rng(0) if rng is None else rng
            return replace(_judge(probe, rng, max_calls), calls=probe.calls)
    finally:
        x[...] = start


def _refuse(x: np.ndarray, base: np.ndarray, analytic: np.ndarray) -> GradientCheck | None:
    """Say why this gradient can't be judged, if so."""
    if analytic.shape != x.shape or analytic.dtype.kind not in "fiub":
        kind = f"has shape {analytic.shape}" if analytic.shape else f"is {analytic}"
        text = f"wrong: your gradient {kind}, but should be numbers of shape {x.shape}"
        return GradientCheck("shape", text, calls=1)
    for name, array in [("f(x)", base), ("your gradient", analytic)]:
        if array.dtype in (np.float16, np.float32):
            text = f"not judged: {name} is {array.dtype}, which has too few digits; use float64"
            return GradientCheck("float32", text, calls=1)
        bad = np.argwhere(~np.isfinite(array)).tolist()
        if bad:
            text = f"not finite: {name} is {array[tuple(bad[0])]}{_at(bad[0])}"
            return GradientCheck("not finite", text, calls=1)
    return None


def _at(index: Sequence[int]) -> str:
    return f" at {list(index)}" if index else ""


class _Slope(NamedTuple):
    analytic: float
    numerical: float = np.nan
    error: float = np.inf  # of the numerical one, estimated
    settled: bool = False  # whether it converged, or is as good as rounding lets it be
    level: int = 0  # the smallest step taken was h / 8**level

    def gap(self) -> float:
        return float(np.nan_to_num(abs(self.analytic - self.numerical), nan=np.inf))

    def agrees(self) -> bool:
        return self.settled and self.gap() <= SAFETY * self.error


class _Probe:  # moves x along a direction, and measures how sum(f(x) * dout) changes
    def __init__(self, f: Any, x: Any, start: Any, base: Any, analytic: Any, dout: Any) -> None:
        self.f, self.x, self.start, self.base = f, x, start, base
        self.analytic, self.dout, self.calls = analytic, dout, 1
        self.size = float(np.linalg.norm(analytic))
        self.step = FIRST_STEP * max(1.0, float(np.sqrt(np.mean(start**2))))
        # f(x) is rounded, and so is x + h * direction, which f passes on
        numbers = 2 * np.linalg.norm(base * dout) + np.linalg.norm(start * analytic)
        self.rounding = EPS * float(numbers)

    def output(self, direction: np.ndarray, distance: float) -> np.ndarray:
        self.x[...] = self.start + distance * direction
        self.calls += 1
        return _call(self.f, self.x).astype(np.float64)

    def slope(self, direction: np.ndarray, side: int = 0, first: int = 0) -> _Slope:
        """Measure the slope, centered at x (0) or on one side of it (-1, 1).

        Romberg's table: each row has a smaller step, each column removes one more power of h; an
        entry's error is its distance from its neighbors. The best one counts, not the last: coarse
        steps may cross kinks, and fine ones drown in rounding.
        """
        power = SHRINK if side else SHRINK**2  # a centered difference has even powers of h only
        best = _Slope(float(np.sum(self.analytic * direction)))
        previous: list[float] = []
        for level in range(first, LEVELS):
            h = self.step / SHRINK**level
            above = self.base if side < 0 else self.output(direction, h)
            below = self.base if side > 0 else self.output(direction, -h)
            width = h if side else 2 * h
            rounding = self.rounding / width
            row = [float(np.sum((above - below) * self.dout) / width)]
            known = best
            for column, coarser in enumerate(previous, start=1):
                row.append(row[-1] + (row[-1] - coarser) / (power**column - 1))
                error = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser)) + rounding
                if error < best.error:
                    scale = max(self.size, abs(row[-1]))
                    settled = error <= max(SETTLED * scale, 10 * rounding)
                    best = _Slope(best.analytic, row[-1], error, settled, level)
                    if error <= max(SHARP * scale, 2 * rounding):
                        return best
            if best.settled and best is known:
                break  # smaller steps make it worse
            previous = row
        return best


def _judge(probe: _Probe, rng: np.random.Generator, max_calls: int) -> GradientCheck:
    shape, first = probe.x.shape, 0
    for _ in range(2):  # two directions: in one of them errors may cancel
        direction = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.5, shape)
        whole = probe.slope(direction, first=first)
        if whole.agrees():
            first = max(0, whole.level - 2)  # how small the steps must be is known now
            continue
        again = probe.output(direction, 0.0)
        if np.linalg.norm(again - probe.base) > 1e-9 * np.linalg.norm(probe.base):
            return GradientCheck("unclear", "unclear: f(x) changes from call to call; fix its seed")
        numbers = again[again != np.round(again)]
        if numbers.size and np.array_equal(numbers, numbers.astype(np.float32)):
            return GradientCheck("float32", "not judged: f computes in float32; use float64")
        found = _search(probe, direction, max_calls)
        if found is not None:
            return found
        if whole.settled:
            text = "unclear: the two gradients differ a little, but at no single entry"
            return GradientCheck("unclear", text)
    tolerance = SAFETY * whole.error
    numbers = None, whole.analytic, whole.numerical, tolerance
    if np.sum(np.abs(probe.analytic * direction)) <= tolerance:
        text = f"right, but the gradient is zero here, which tests little ({probe.calls} calls)"
        return GradientCheck("zero", text, *numbers)
    error = rel_error(whole.analytic, whole.numerical)
    return GradientCheck("right", f"right ({probe.calls} calls, error {error:.0e})", *numbers)


def _search(probe: _Probe, direction: np.ndarray, max_calls: int) -> GradientCheck | None:
    """Halve the groups of entries that disagree; return a wrong entry, or else one on a kink.

    Slopes add up, so a disagreement lives on in one half at least; the one further off goes first.
    Among kinks the search goes on, because a wrong entry may hide behind them.
    """
    kink = None
    pending = [np.flatnonzero(direction)]
    while pending:
        if probe.calls >= max_calls:
            text = f"unclear: no verdict after {probe.calls} calls; is x on very many kinks?"
            return GradientCheck("unclear", text)
        entries = pending.pop()
        if len(entries) == 1:
            found = _judge_entry(probe, entries[0])
            if found is not None and found.cause != "kink":
                return found
            kink = kink or found
            continue
        halves = []
        for half in np.array_split(entries, 2):
            part = np.zeros(direction.shape)
            part.flat[half] = direction.flat[half]
            slope = probe.slope(part)
            if not slope.agrees():
                halves.append((slope.gap(), half))
        pending += [half for _, half in sorted(halves, key=lambda pair: pair[0])]
    return kink


def _judge_entry(probe: _Probe, entry: int) -> GradientCheck | None:
    """Tell a wrong entry from one on a kink, by the slopes on its two sides; None if it is fine."""
    index = tuple(int(i) for i in np.unravel_index(entry, probe.x.shape))
    unit = np.zeros(probe.x.shape)
    unit[index] = 1.0
    left, center, right = (probe.slope(unit, side) for side in (-1, 0, 1))
    kinked = abs(left.numerical - right.numerical) > SAFETY * (left.error + right.error)
    sides = [center] if center.settled and not kinked else [left, right]
    low, high = (choose(side.numerical for side in sides) for choose in (min, max))
    analytic = center.analytic
    numerical = min(max(analytic, low), high)  # all between the two sides pass
    tolerance = SAFETY * min(sides, key=_Slope.gap).error
    numbers, place = (index, analytic, numerical, tolerance), _at(index)
    size = max(probe.size / np.sqrt(unit.size), abs(low), abs(high))
    if not np.isfinite(size + tolerance) or tolerance > USEFUL * size:
        text = f"unclear: no slope can be measured{place}; does f use float32, or end at x?"
        return GradientCheck("unclear", text, *numbers)
    gap = abs(analytic - numerical)
    if gap > tolerance:
        found = f"{numerical:.6g}" if abs(numerical) > tolerance else "0"
        text = f"wrong{place}: your gradient says {analytic:.6g}, the numerical gradient {found}"
        if gap < 1e-3 * abs(numerical):
            text += f", a difference of {gap:.1g}"
        return GradientCheck("wrong", text, *numbers)
    if kinked:
        text = f"right; x is on a kink{place}, and slopes from {low:.6g} to {high:.6g} pass"
        return GradientCheck("kink", text, *numbers)
    return None
