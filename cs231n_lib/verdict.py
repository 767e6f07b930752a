"""Comparing an answer with what was expected, and saying in words how it differs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from cs231n_lib.contracts import format_shape

# Two right computations in float64 agree to about 1e-12 of the largest entry; one of them in
# float32 to about 1e-6. A wrong one that is closer than this is not a mistake a student makes.
TOLERANCE = 2e-6

ZERO = 1e-9  # a numerical gradient that should be 0 is noise of up to this size

NOT_ATTEMPTED = "not attempted: the line `raise NotImplementedError()` is still there."


@dataclass(frozen=True)
class Verdict:
    """What a comparison found for one named output.

    Attributes
    ----------
    name : str
        The output's name.
    problem : str
        One or two sentences, or an empty string when the answer is right.
    """

    name: str
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return not self.problem

    def __str__(self) -> str:
        return f"{self.name}: {self.problem or 'right.'}"


class CheckFailed(AssertionError):  # noqa: N818  the name students read
    """An answer is wrong; the text says which outputs, and how."""

    def _render_traceback_(self) -> list[str]:
        """Tell Jupyter to show the text alone: the frames above it are not the student's."""
        return ["Not right yet.", *str(self).splitlines()]


def compare(name: str, answer: Any, expected: Any) -> Verdict:
    """Compare an answer with what was expected: presence, type, shape, then values.

    Parameters
    ----------
    name : str
        What the answer is called, for the message.
    answer : object
        Whatever the student's function returned.
    expected : array_like
        The right numbers.

    Returns
    -------
    Verdict
        Passed, or what is wrong: the worst place with both numbers, and what the difference
        looks like where that can be told.

    Examples
    --------
    >>> print(compare("dx", np.array([2.0, 4.0]), np.array([1.0, 2.0])))
    dx: worst at [1]: found 4, expected 2. Every entry is 2 times too large.
    >>> print(compare("db", np.zeros((1, 3)), np.zeros(3)))
    db: has shape (1, 3), expected (3,).
    """
    expected = np.asarray(expected)
    if answer is None:
        return Verdict(name, "is None. Is it assigned and returned?")
    try:
        array = np.asarray(answer)
    except ValueError:  # rows of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        return Verdict(name, f"has type {type(answer).__name__}, expected numbers.")
    if array.dtype.kind == "b":
        array = array.astype(float)
    if array.shape != expected.shape:
        problem = f"has shape {format_shape(array.shape)}, expected {format_shape(expected.shape)}."
        if array.ndim == 2 and _agree(array.T, expected):
            problem += " It is the transpose of the right answer."
        return Verdict(name, problem)
    if _agree(array, expected):
        return Verdict(name)
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        difference = np.abs(array - expected)
    worst = np.unravel_index(
        np.argmax(np.where(np.isnan(difference), np.inf, difference)), array.shape
    )
    place = f"worst at [{', '.join(map(str, worst))}]: " if worst else ""
    problem = f"{place}found {array[worst]:.6g}, expected {expected[worst]:.6g}."
    return Verdict(name, " ".join([problem, *_explain(array, expected)]))


def require(*verdicts: Verdict, hint: str = "") -> None:
    """Print that every answer is right, or raise with a line for each one that is not.

    Parameters
    ----------
    *verdicts : Verdict
        Results of `compare`.
    hint : str, optional
        Where to look when something is wrong.

    Raises
    ------
    CheckFailed
        If an answer is wrong.
    """
    if all(verdict.passed for verdict in verdicts):
        print("Right:", ", ".join(verdict.name for verdict in verdicts))
        return
    lines = [str(verdict) for verdict in verdicts]
    raise CheckFailed("\n".join([*lines, f"Hint: {hint}"] if hint else lines))


def describe_error(name: str, message: str) -> str:
    """Say in plain text what stopped a test cell.

    Parameters
    ----------
    name : str
        The exception's class name.
    message : str
        Its message; terminal colors are removed.

    Returns
    -------
    str
        The message alone for a failed check, `NOT_ATTEMPTED` for an answer that still has the
        line it was released with, else name and message.

    Examples
    --------
    >>> describe_error("NameError", "name 'dX' is not defined")
    "NameError: name 'dX' is not defined"
    >>> describe_error("NotImplementedError", "")
    'not attempted: the line `raise NotImplementedError()` is still there.'
    """
    message = re.sub(r"\x1b\[[0-9;]*m", "", message).strip()
    if name == "NotImplementedError" and not message:
        return NOT_ATTEMPTED
    if name in ("AssertionError", "CheckFailed", "Timeout") and message:
        return message
    if message.startswith("cannot unpack non-iterable NoneType"):
        message += ". A function that should return several results returned None."
    elif message.startswith("cannot unpack non-iterable"):
        message += ". A function that should return several results returned only one."
    return f"{name}: {message}" if message else name


def _agree(array: np.ndarray, expected: np.ndarray) -> bool:
    if array.shape != expected.shape:
        return False
    finite = expected[np.isfinite(expected)]  # one infinity must not make all others equal
    largest = np.abs(finite).max(initial=0)
    return bool(np.allclose(array, expected, rtol=TOLERANCE, atol=max(TOLERANCE * largest, ZERO)))


def _explain(array: np.ndarray, expected: np.ndarray) -> list[str]:
    """Say what a wrong answer of the right shape looks like: the first sentence that fits."""
    if not np.isfinite(array).all():
        return ["It holds NaN or infinity."]
    if array.size > 1 and not array.any():
        return ["Every entry is 0."]
    if _agree(-array, expected):
        return ["The sign is wrong."]
    scale = np.vdot(expected, array) / max(np.vdot(expected, expected), 1e-300)
    if array.size > 1 and abs(scale) > 1e-9 and _agree(array / scale, expected):
        size, word = (scale, "large") if abs(scale) > 1 else (1 / scale, "small")
        return [f"Every entry is {size:.4g} times too {word}."]
    if array.ndim == 2 and _agree(array.T, expected):
        return ["It is the transpose of the right answer."]
    if array.size > 1 and _agree(array - (array - expected).mean(), expected):
        return [f"Every entry is off by {(array - expected).mean():.4g}."]
    if array.ndim and len(array) > 1 and _agree(array[:1], expected[:1]):
        return ["The first row is right, later ones are not."] if array.ndim > 1 else []
    return []
