"""Comparing an answer with what was expected, and saying in words how it differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cs231n_lib.contracts import format_shape
from cs231n_lib.verdict.explain import agree, explain_shape, explain_values


@dataclass(frozen=True)
class Verdict:
    """What a comparison found for one named output.

    Attributes
    ----------
    name : str
        The output's name.
    problem : str
        One or two sentences, or an empty string when the answer is right.
    answer, expected : object
        What was compared; `expected` is None where nothing was known to compare with.
    options : dict
        How it was compared: the settings of `compare`.
    """

    name: str
    problem: str = ""
    answer: Any = field(default=None, repr=False, compare=False)
    expected: np.ndarray | None = field(default=None, repr=False, compare=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong with the answer."""
        return not self.problem

    def __str__(self) -> str:
        right = "right." if self.expected is not None else "nothing to compare it with here."
        return f"{self.name}: {self.problem or right}"

    def plot(self) -> None:
        """Draw the answer, the expected array, and where they differ."""
        # matplotlib takes half a second, and few ask for a picture
        from cs231n_lib.verdict.picture import draw_difference

        draw_difference(self.name, self.answer, self.expected)


def compare(
    name: str,
    answer: Any,
    expected: Any = None,
    *,
    axes: str = "",
    dtype: Any = None,
    kinks: Any = None,
    counts: Mapping[str, int] | None = None,
) -> Verdict:
    """Compare an answer with what was expected: presence, type, shape, finiteness, then values.

    Parameters
    ----------
    name : str
        What the answer is called, for the message.
    answer : object
        Whatever the student's function returned.
    expected : array_like, optional
        The right numbers. Without them only presence and type are looked at.
    axes : str, optional
        The letters of the axes, with spaces between them, as in ``"N D"``.
    dtype : dtype_like, optional
        The type of number, where the exercise states one.
    kinks : array_like of bool, optional
        True where the function has a kink, so that a numerical gradient is no judge there.
    counts : dict of str to int, optional
        Lengths of axes that the array itself does not have, such as ``{"N": 4}``: a factor that
        equals one is named.

    Returns
    -------
    Verdict
        Passed, or what is wrong: the worst place with both numbers, and what the difference
        looks like where that can be told.

    Examples
    --------
    >>> print(compare("dx", np.array([2.0, 4.0]), np.array([1.0, 2.0])))
    dx: worst at [1]: found 4, expected 2. Every entry is 2 times too large.
    >>> print(compare("db", np.zeros((1, 3)), np.zeros(3), axes="M"))
    db: has shape (1, 3), expected (3,), which is (M,). The numbers are right, the shape is not.
    >>> print(compare("dw", np.full((2, 3), 5.0), np.ones((2, 3)), axes="D M", counts={"N": 5}))
    dw: worst at [0, 0]: found 5, expected 1. Every entry is 5 times too large, and 5 is N.
    """
    options = {"axes": axes, "dtype": dtype, "kinks": kinks, "counts": counts}
    known = None if expected is None else np.asarray(expected)

    def verdict(*sentences: str) -> Verdict:
        return Verdict(name, " ".join(sentences), answer, known, options)

    if answer is None:
        return verdict("is None. Is it assigned and returned?")
    try:
        array = np.asarray(answer)
    except ValueError:  # rows of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        return verdict(f"has type {type(answer).__name__}, expected numbers.")
    if dtype is not None and array.dtype != np.dtype(dtype):
        return verdict(f"has dtype {array.dtype}, expected {np.dtype(dtype)}.")
    if known is None:
        return verdict()
    if array.dtype.kind == "b":
        array = array.astype(float)
    if array.shape != known.shape:
        letters = axes.split()
        meaning = f", which is ({', '.join(letters)}{',' * (len(letters) == 1)})" if letters else ""
        found, wanted = format_shape(array.shape), format_shape(known.shape)
        problem = f"has shape {found}, expected {wanted}{meaning}."
        return verdict(problem, *explain_shape(array, known))
    if agree(array, known):
        return verdict()
    with np.errstate(invalid="ignore", over="ignore"):  # as infinity minus infinity
        difference = np.abs(array - known)
    largest = np.argmax(np.where(np.isnan(difference), np.inf, difference))
    worst = np.unravel_index(largest, array.shape)
    place = f"worst at [{', '.join(map(str, worst))}]: " if worst else ""
    lengths = dict(counts or {}) | dict(zip(axes.split(), known.shape, strict=False))
    return verdict(
        f"{place}found {array[worst]:.6g}, expected {known[worst]:.6g}.",
        *explain_values(array, known, lengths, kinks),
    )


def unchanged(name: str, after: np.ndarray, before: np.ndarray) -> Verdict:
    """Compare an input after a call with a copy of it from before.

    Parameters
    ----------
    name : str
        What the input is called, for the message.
    after, before : ndarray
        The input that was passed in, and a copy made before that.

    Returns
    -------
    Verdict
        Passed, or the place of the largest change.

    Examples
    --------
    >>> print(unchanged("x", np.array([1.0, 0.0]), np.array([1.0, -2.0])))
    x: was changed in place by the call: at [1] it was -2, and is 0.
    """
    if np.array_equal(after, before, equal_nan=np.asarray(before).dtype.kind == "f"):
        return Verdict(name, "", after, before)
    if np.shape(after) != np.shape(before):
        found, was = format_shape(np.shape(after)), format_shape(np.shape(before))
        problem = f"was changed in place by the call: its shape was {was}, and is {found}."
        return Verdict(name, problem, after, before)
    worst = np.unravel_index(np.argmax(np.abs(after - before)), np.shape(before))
    place = f"at [{', '.join(map(str, worst))}] " if worst else ""
    was, found = f"{before[worst]:.6g}", f"{after[worst]:.6g}"
    change = f"it was {was}, and is {found}"
    if was == found:
        change = f"it was {was}, and is {after[worst] - before[worst]:.2g} more now"
    return Verdict(name, f"was changed in place by the call: {place}{change}.", after, before)


def new_object(name: str, answer: Any, **arguments: Any) -> Verdict:
    """Find out whether a result is one of the arguments instead of an array of its own.

    Parameters
    ----------
    name : str
        What the result is called, for the message.
    answer : object
        The result.
    **arguments : object
        What was passed in, by name.

    Returns
    -------
    Verdict
        Passed, or which argument came back.

    Examples
    --------
    >>> x = np.zeros(3)
    >>> print(new_object("out", x, x=x))
    out: is the same object as x. Who changes one of them later changes both.
    """
    for argument, value in arguments.items():
        if answer is value:
            problem = (
                f"is the same object as {argument}. Who changes one of them later changes both."
            )
            return Verdict(name, problem, answer, value)
    return Verdict(name, "", answer, answer)
