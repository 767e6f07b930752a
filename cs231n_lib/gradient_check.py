"""Numerical gradients, and the facts about an analytic one.

The well-known helpers walk over all entries with one fixed step; they show what a gradient is.
`check_gradient` gives a verdict from some fifteen calls, however large the array. The module
imports NumPy only, so that it can judge every other one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

EPS = float(np.finfo(np.float64).eps)
FIRST_STEP = 1 / 64  # for inputs of size 1; larger inputs take larger steps
SHRINK = 8  # each step is 8 times smaller than the one before
LEVELS = 8  # the last step is 1e-8: below it, rounding takes over
SHARP = 1e-11  # a slope known this well, relative to its size, needs no further step
SETTLED = 1e-9  # a slope not even known this well has not converged
EXCUSED = 5  # but down to this level, as well as rounding lets it be known is enough
SAFETY = 10  # how much of an error estimate is tolerated
USEFUL = 1e-3  # a slope known less well than this says nothing

# The well-known helpers


def rel_error(x: Any, y: Any) -> float:
    """Compute the largest relative error, ``max(|x - y| / max(1e-8, |x| + |y|))``.

    Parameters
    ----------
    x, y : array_like of the same shape
        Two answers to the same question.

    Returns
    -------
    float
        From 0 (equal) to 1 (nothing in common); nan if either holds nan.

    Raises
    ------
    ValueError
        If the shapes differ, where broadcasting would pair the wrong entries, or both are empty.

    Examples
    --------
    >>> rel_error([1.0, 2.0], [1.0, 3.0])
    0.2
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.shape != y.shape or x.size == 0:
        raise ValueError(
            "x and y should have the same shape and not be empty, "
            f"but x has shape {x.shape} and y has shape {y.shape}."
        )
    with np.errstate(all="ignore"):  # infinity minus infinity: the nan says it
        return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))))


def eval_numerical_gradient(
    f: Callable[[np.ndarray], float], x: np.ndarray, verbose: bool = True, h: float = 0.00001
) -> np.ndarray:
    """Compute the gradient of a number, one entry at a time, by centered differences.

    Parameters
    ----------
    f : callable
        Takes ``x`` and returns one number. It may as well ignore its argument and read the array.
    x : ndarray of any shape
        The point, in float64. Entries are moved in place and restored exactly.
    verbose : bool, optional
        Print each entry as it is found.
    h : float, optional
        The step.

    Returns
    -------
    ndarray of the shape of x
        The numerical gradient, after ``2 * x.size`` calls.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not float64 or can't be written to, or ``f`` returns more than one number.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "Gradient checks".

    Examples
    --------
    >>> x = np.array([1.0, 3.0])
    >>> eval_numerical_gradient(lambda x: np.sum(x**2), x, verbose=False).round(6)
    array([2., 6.])
    """
    return _walk(lambda: f(x), "x", x, 1.0, h, verbose)


def eval_numerical_gradient_array(
    f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, df: Any, h: float = 1e-5
) -> np.ndarray:
    """Compute the gradient of ``sum(f(x) * df)``; otherwise like `eval_numerical_gradient`.

    Parameters
    ----------
    f, x, h
        As for `eval_numerical_gradient`, except that ``f`` returns an array.
    df : array_like of the shape of f(x)
        Upstream gradient; a ValueError says if its shape differs.

    Returns
    -------
    ndarray of the shape of x
        The numerical gradient.
    """
    return _walk(lambda: f(x), "x", x, np.array(df), h)  # a copy: df may be x itself


def eval_numerical_gradient_blobs(
    f: Callable[..., Any], inputs: Sequence[Any], output: Any, h: float = 1e-5
) -> list[np.ndarray]:
    """Compute the gradients of a function that writes its result into a blob.

    A blob is any object with arrays ``vals`` and ``diffs``.

    Parameters
    ----------
    f : callable
        Called as ``f(*inputs, output)``; it writes ``output.vals``.
    inputs : sequence of blobs
        Their ``vals``, in float64, are moved in place and restored exactly.
    output : blob
        ``output.diffs`` is the upstream gradient.
    h : float, optional
        The step.

    Returns
    -------
    list of ndarray
        One gradient for each input, in the shape of its ``vals``.
    """

    def run() -> np.ndarray:
        f(*inputs, output)
        return output.vals

    return [
        _walk(run, f"inputs[{number}].vals", blob.vals, output.diffs, h)
        for number, blob in enumerate(inputs)
    ]


def eval_numerical_gradient_net(
    net: Any, inputs: Sequence[Any], output: Any, h: float = 1e-5
) -> list[np.ndarray]:
    """Compute the gradients of a network whose ``forward()`` reads and writes blobs.

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
    *,
    rng: np.random.Generator | None = None,
) -> list[tuple[tuple[int, ...], float, float, float]]:
    """Compare a few entries of a gradient, drawn at random, with the numerical gradient.

    Parameters
    ----------
    f, x, h
        As for `eval_numerical_gradient`.
    analytic_grad : array_like of the shape of x
        The gradient to be checked.
    num_checks : int, optional
        How many entries; one may be drawn twice.
    rng : numpy.random.Generator, optional
        Draws the entries; the same ones at every call when left out.

    Returns
    -------
    list of tuple
        ``(index, numerical, analytic, rel_error)`` of each entry; each is printed as well.

    Raises
    ------
    TypeError, ValueError
        As for `eval_numerical_gradient`, or if ``analytic_grad`` has another shape than ``x``.
    """
    _require_float64("x", x, h)
    analytic_grad = np.array(analytic_grad, dtype=np.float64)  # a copy: it may be x itself
    if analytic_grad.shape != x.shape:
        raise ValueError(_wrong_shape("analytic_grad", "x", x.shape, analytic_grad.shape))
    rng = np.random.default_rng(0) if rng is None else rng
    checks = []
    for _ in range(num_checks):
        index = tuple(int(rng.integers(length)) for length in x.shape)
        numerical = _centered_difference(lambda: f(x), x, index, 1.0, h)
        analytic = float(analytic_grad[index])
        checks.append((index, numerical, analytic, rel_error(numerical, analytic)))
        print("numerical: {1:f} analytic: {2:f}, relative error: {3:e}".format(*checks[-1]))
    return checks


def _walk(
    evaluate: Callable[[], Any], name: str, x: np.ndarray, df: Any, h: float, verbose: bool = False
) -> np.ndarray:
    _require_float64(name, x, h)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        grad[index] = _centered_difference(evaluate, x, index, df, h)
        if verbose:
            print(index, grad[index])
    return grad


def _centered_difference(
    evaluate: Callable[[], Any], x: np.ndarray, index: tuple[int, ...], df: Any, h: float
) -> float:
    kept = x[index]
    try:
        x[index] = kept + h
        above = np.array(evaluate(), dtype=np.float64)  # a copy: it may be a view of x
        x[index] = kept - h
        below = np.array(evaluate(), dtype=np.float64)
    finally:
        x[index] = kept
    if np.shape(df) != above.shape and not np.size(df) == above.size == 1:
        raise ValueError(_wrong_shape("the upstream gradient", "f(x)", above.shape, np.shape(df)))
    return float(np.sum((above - below) * df) / (2 * h))


def _require_float64(name: str, x: Any, h: float = FIRST_STEP / SHRINK ** (LEVELS - 1)) -> None:
    if not isinstance(x, np.ndarray):
        raise TypeError(f"{name} should be a NumPy array, but it is of type {type(x).__name__}.")
    if x.dtype.kind != "f" or x.dtype.itemsize < 8:
        raise TypeError(
            f"{name} should be float64, but it is {x.dtype}; "
            f"{x.dtype} rounds away a step of {h:.3g}. Use {name}.astype(np.float64)."
        )
    if not x.flags.writeable:
        raise ValueError(f"{name} should be writable because it is moved in place. Use a copy.")


def _wrong_shape(name: str, like: str, want: tuple[int, ...], have: tuple[int, ...]) -> str:
    return f"{name} should have shape {want} because {like} has, but it has shape {have}."


# The verdict


@dataclass(frozen=True)
class GradientCheck:
    """What `check_gradient` found; true if the gradient passed.

    Attributes
    ----------
    passed : bool
        Whether the gradient is right, as far as it can be judged.
    cause : str
        Passed: "right"; "zero", where the true gradient is zero too; "kink", right except where x
        is on a kink and any slope between its two sides' is accepted. Not passed: "wrong",
        "shape", "not finite", "float32", "mutates" (f changes x), "random" (f answers differently
        at the same x) and "rough" (no slope can be measured).
    index : tuple of int or None
        The wrong entry, or one at a kink; with many wrong ones a bad one, not surely the worst.
    analytic, numerical : float or None
        The two gradients at ``index``; where that is None, the slopes along a random direction.
    tolerance : float or None
        How far apart they may be; `error` is how far they are.
    calls : int
        How often f was called.
    detail : str
        The sentence, where it is not about two numbers.
    """

    passed: bool
    cause: str
    index: tuple[int, ...] | None = None
    analytic: float | None = None
    numerical: float | None = None
    tolerance: float | None = None
    calls: int = 0
    detail: str = ""

    @property
    def error(self) -> float | None:
        """How far the two gradients are apart."""
        return None if self.analytic is None else abs(self.analytic - self.numerical)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        where = "along a random direction" if self.index is None else f"at {self.index}"
        return f"{self.cause}: " + (
            self.detail
            or f"{where} the gradient is {self.analytic:.9g} and the numerical gradient "
            f"{self.numerical:.9g}, {self.error:.1e} apart ({self.tolerance:.1e} accepted)."
        )


def check_gradient(
    f: Callable[[np.ndarray], Any],
    x: np.ndarray,
    analytic: Any,
    dout: Any = None,
    *,
    rng: np.random.Generator | None = None,
    max_calls: int = 100_000,
) -> GradientCheck:
    """Judge the gradient of ``sum(f(x) * dout)`` with respect to ``x``.

    All entries move at once along a random direction. The slope comes from centered differences
    at h, h/8, h/64, ..., extrapolated, which also gives its error; the analytic slope may be ten
    times that error off. Two directions are tried. Where one disagrees or does not converge,
    halving finds the entry, and the slopes on its two sides tell a wrong gradient from a kink.

    Parameters
    ----------
    f : callable
        Takes ``x`` and returns an array or a number. It may copy ``x``, or ignore its argument
        and read the array.
    x : ndarray of any shape
        The point, in float64. It is moved in place and restored exactly.
    analytic : array_like
        The gradient to be judged. On a kink, anything between the slopes of the two sides passes.
    dout : array_like of the shape of f(x), optional
        Upstream gradient; may be left out where ``f`` returns one number. Draw it at random: with
        ones, the gradient of a batch norm is zero, and a backward that returns zeros is right.
    rng : numpy.random.Generator, optional
        Draws the directions; the same ones at every call when left out.
    max_calls : int, optional
        Where to give up a search among very many kinks.

    Returns
    -------
    GradientCheck
        The verdict. If ``x``, ``f(x)`` or ``analytic`` is float32, its cause is "float32" and
        nothing is judged, because a difference needs more digits than float32 has.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not float64, empty or can't be written to, ``f`` returns something else than
        numbers, or ``dout`` has another shape than ``f(x)``.

    References
    ----------
    .. [1] C. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering
       Software 4(2), 1982.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> print(check_gradient(lambda x: np.sum(x**2), x, np.array([2.0, 4.0, 5.0])).cause)
    wrong
    """
    if getattr(x, "dtype", None) == np.float32:
        return GradientCheck(False, "float32", detail="x is float32; use x.astype(np.float64).")
    _require_float64("x", x)
    if x.size == 0:
        raise ValueError(f"x is empty: it has shape {x.shape}.")
    probe = _Probe(f, x, analytic, dout, max_calls)
    try:
        with np.errstate(all="ignore"):  # a step may leave the domain of f; the verdict says so
            probe.prepare()
            return _judge(probe, np.random.default_rng(0) if rng is None else rng)
    except _Stop as stop:
        return GradientCheck(False, stop.cause, stop.index, calls=probe.calls, detail=str(stop))
    finally:
        x[...] = probe.start


class _Stop(Exception):  # noqa: N818 - not an error: the reason why nothing can be judged
    def __init__(self, cause: str, detail: str, index: tuple[int, ...] | None = None) -> None:
        super().__init__(detail)
        self.cause, self.index = cause, index


def _stop_if_float32(name: str, array: np.ndarray) -> None:
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        raise _Stop("float32", f"{name} is {array.dtype}, which has too few digits.")


class _Slope(NamedTuple):
    value: float
    error: float  # estimated
    settled: bool  # whether it converged, or is as good as rounding lets it be
    level: int  # the smallest step taken was h / 8**level


class _Trial(NamedTuple):
    """The analytic slope and the numerical one, along a direction that moves some entries."""

    entries: np.ndarray  # flat indices
    direction: np.ndarray  # shape of x, zero outside entries
    analytic: float
    slope: _Slope

    def gap(self) -> float:
        return abs(self.analytic - self.slope.value)

    def agrees(self) -> bool:
        return self.slope.settled and self.gap() <= SAFETY * self.slope.error


class _Probe:
    """The function under test: moves x, calls f, measures slopes, counts calls."""

    def __init__(
        self, f: Callable[[np.ndarray], Any], x: np.ndarray, analytic: Any, dout: Any, limit: int
    ) -> None:
        self.f, self.x, self.limit, self.calls = f, x, limit, 0
        self.start = x.copy()
        # copies, because either may be x itself
        self.analytic = np.array(analytic)
        self.dout = np.array(1.0 if dout is None else dout, dtype=np.float64)

    def prepare(self) -> None:
        """Call f once, and stop if the gradient can't be judged."""
        self.step = FIRST_STEP * max(1.0, float(np.sqrt(np.mean(self.start**2))))
        self.base = self.output()
        if self.dout.shape != self.base.shape:
            raise ValueError(_wrong_shape("dout", "f(x)", self.base.shape, self.dout.shape))
        if self.analytic.dtype.kind not in "fiub":
            kind = "None" if self.analytic.ndim == 0 else f"of type {self.analytic.dtype}"
            raise _Stop("shape", f"the gradient should be an array of numbers, but it is {kind}.")
        if self.analytic.shape != self.x.shape:
            shapes = self.x.shape, self.analytic.shape
            raise _Stop("shape", _wrong_shape("the gradient", "x", *shapes))
        for name, array in [("f(x)", self.base), ("the gradient", self.analytic)]:
            _stop_if_float32(name, array)
            if not np.all(np.isfinite(array)):
                index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
                detail = f"{name} is {array[index]} at {index}."
                raise _Stop("not finite", detail, None if array is self.base else index)

    def output(self, direction: np.ndarray | float = 0.0, distance: float = 0.0) -> np.ndarray:
        """Call f with x moved along a direction."""
        if self.calls >= self.limit:
            raise _Stop("rough", f"no verdict after {self.calls} calls of f.")
        placed = self.start + distance * direction
        self.x[...] = placed
        self.calls += 1
        out = self.f(self.x)
        if not np.array_equal(self.x, placed, equal_nan=True):
            raise _Stop("mutates", "f changes its argument x; it should work on a copy.")
        if isinstance(out, tuple) or np.asarray(out).dtype.kind not in "fiub":
            kind = type(out).__name__
            raise TypeError(f"f should return an array or a number, but its type is {kind}.")
        _stop_if_float32("f(x)", np.asarray(out))
        return np.array(out, dtype=np.float64)  # a copy: it may be a view of x

    def slope(self, direction: np.ndarray, side: int = 0, first: int = 0) -> _Slope:
        """Measure the slope of sum(f * dout), centered at x (0) or on one side of it (-1, 1).

        Romberg's table: each row has a smaller step, each column removes one more power of h, and
        an entry's error is how far it is from its neighbors. The best entry counts, not the last:
        coarse steps may cross kinks, and fine ones drown in rounding.
        """
        power = SHRINK if side else SHRINK**2  # a centered difference has even powers of h only
        size = float(np.linalg.norm(self.analytic))  # of the whole: single entries may be tiny
        # x + h * direction is rounded too, and f passes it on
        inner = float(np.linalg.norm(self.start * self.analytic * (direction != 0)))
        best, previous = _Slope(np.nan, np.inf, False, first), []
        for level in range(first, LEVELS):
            h = self.step / SHRINK**level
            above = self.base if side < 0 else self.output(direction, h)
            below = self.base if side > 0 else self.output(direction, -h)
            width = h if side else 2 * h
            row = [float(np.sum((above - below) * self.dout)) / width]
            outer = np.linalg.norm((np.abs(above) + np.abs(below)) * self.dout * (above != below))
            rounding = EPS * (float(outer) + inner) / width
            before = best.error
            for column, coarser in enumerate(previous, start=1):
                row.append(row[-1] + (row[-1] - coarser) / (power**column - 1))
                error = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser)) + rounding
                if error < best.error:
                    scale = max(size, abs(row[-1]))
                    # kinks ask for tiny steps: where those drown, smaller groups may do better
                    excused = 10 * rounding if level <= EXCUSED else 0.0
                    settled = error <= max(SETTLED * scale, excused)
                    best = _Slope(row[-1], error, settled, level)
                    if error <= max(SHARP * scale, 2 * rounding):
                        return best
            if best.settled and best.error == before:
                break  # smaller steps make it worse
            previous = row if np.isfinite(row[0]) else []
        return best._replace(level=level)

    def trial(self, entries: np.ndarray, direction: np.ndarray, first: int = 0) -> _Trial:
        """Compare the slopes with only some entries moving."""
        part = np.zeros(self.x.shape)
        part.flat[entries] = direction.flat[entries]
        slope = self.slope(part, first=first)
        return _Trial(entries, part, float(np.sum(self.analytic * part)), slope)


def _judge(probe: _Probe, rng: np.random.Generator) -> GradientCheck:
    kinks: list[GradientCheck] = []
    free = np.ones(probe.x.shape, dtype=bool)  # entries not known to be on a kink
    agreed = None
    first = 0
    for _ in range(2):  # two directions: in one of them errors may cancel
        direction = rng.choice([-1.0, 1.0], free.shape) * rng.uniform(0.5, 1.5, free.shape)
        whole = probe.trial(np.flatnonzero(free), direction, first)
        if whole.agrees():
            agreed = whole
            first = max(0, whole.slope.level - 2)  # how small the steps must be is known now
            continue
        _stop_if_noisy(probe, whole.direction)
        for found in _search(probe, whole):
            if not found:
                return found
            kinks.append(found)
            free[found.index] = False
    if kinks:
        return replace(kinks[0], calls=probe.calls)
    if agreed is None:  # each half of them agreed
        agreed = whole
        if whole.slope.settled:
            raise _Stop("rough", "slopes along random directions disagree, but at no entry.")
    tolerance = SAFETY * agreed.slope.error
    cause, detail = "right", ""
    if np.sum(np.abs(probe.analytic * agreed.direction)) <= tolerance:
        cause, detail = "zero", "the slope of sum(f(x) * dout) is zero, and so is the gradient."
    numbers = agreed.analytic, agreed.slope.value, tolerance
    return GradientCheck(True, cause, None, *numbers, probe.calls, detail)


def _stop_if_noisy(probe: _Probe, direction: np.ndarray) -> None:
    again = probe.output()
    if np.max(np.abs(again - probe.base)) > 1e-9 * np.max(np.abs(probe.base)):
        raise _Stop("random", "f answers differently at the same x; fix its seed.")
    moved = probe.output(direction, probe.step)
    numbers = moved[(moved != probe.base) & (moved != np.round(moved))]
    if numbers.size and np.array_equal(numbers, numbers.astype(np.float32)):
        raise _Stop("float32", "f computes in float32, though it returns float64.")


def _search(probe: _Probe, whole: _Trial) -> Iterator[GradientCheck]:
    """Halve the groups of entries that disagree; yield each entry that is wrong or on a kink.

    Slopes add up, so a disagreement lives on in one half at least. The half that is further off
    goes first, which leads straight to a wrong entry. Among kinks the search goes on, because a
    wrong entry may hide behind them.
    """
    pending = [whole]
    while pending:
        group = pending.pop()
        if len(group.entries) == 1:
            found = _judge_entry(probe, group)
            if found is not None:
                yield found
            continue
        halves = [probe.trial(part, group.direction) for part in np.array_split(group.entries, 2)]
        halves.sort(key=lambda half: np.nan_to_num(half.gap(), nan=np.inf))
        pending += [half for half in halves if not half.agrees()]


def _judge_entry(probe: _Probe, entry: _Trial) -> GradientCheck | None:
    """Tell a wrong entry from one on a kink, by the slopes on its two sides; None if it is fine.

    Each slope is measured twice, with other steps: an error estimate that is too small by luck
    does not repeat.
    """
    index = tuple(int(i) for i in np.unravel_index(entry.entries[0], probe.x.shape))

    def measure(side: int) -> list[_Slope]:
        again = probe.slope(0.7 * entry.direction, side)
        return [probe.slope(entry.direction, side), again._replace(value=again.value / 0.7)]

    left, right = measure(-1), measure(1)
    kinked = abs(left[0].value - right[0].value) > SAFETY * (left[0].error + right[0].error)
    smooth = entry.slope.settled and not kinked
    slopes = measure(0) if smooth else left + right
    values = [slope.value for slope in slopes]
    if not np.all(np.isfinite(values)):
        raise _Stop("not finite", f"f is nan or infinite next to x, moved at {index}.", index)
    numerical = min(max(entry.analytic, min(values)), max(values))  # all between them pass
    gap = abs(entry.analytic - numerical)
    nearest = min(slopes, key=lambda slope: abs(slope.value - entry.analytic))
    # two sides may be known differently well, two measurements of one slope may not
    tolerance = SAFETY * (max(slope.error for slope in slopes) if smooth else nearest.error)
    doubt = SAFETY * max(abs(values[0] - values[1]), abs(values[-2] - values[-1]))
    wrong = gap > tolerance
    typical = float(np.sqrt(np.mean(probe.analytic**2)))
    if gap <= doubt if wrong else tolerance > USEFUL * max(typical, *np.abs(values)):
        raise _Stop("rough", f"f is too noisy to measure a slope at {index}.", index)
    if not wrong and not kinked:
        return None
    move = float(entry.direction[index])
    numbers = entry.analytic / move, numerical / move, tolerance / abs(move)
    if wrong:
        return GradientCheck(False, "wrong", index, *numbers, probe.calls)
    sides = f"{left[0].value / move:.6g} to {right[0].value / move:.6g}"
    detail = f"right, but at {index} the slope jumps from {sides}; {numbers[0]:.6g} is accepted."
    return GradientCheck(True, "kink", index, *numbers, probe.calls, detail)
