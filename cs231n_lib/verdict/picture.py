"""A picture of where an array is wrong."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from cs231n_lib.contracts import format_shape
from cs231n_lib.verdict.explain import close

CROSSES = 400  # entries; among more of them a cross hides what it marks


def draw_difference(name: str, answer: Any, expected: np.ndarray | None) -> None:
    """Draw an answer, the expected array, and the size of their difference.

    An array of more than two axes is laid out with its last axis as columns. The title says how
    many entries differ; in a small array each that does has a cross. NaN is yellow.

    Parameters
    ----------
    name : str
        What the answer is called, for the title.
    answer : array_like
        The answer.
    expected : ndarray or None
        What is right.

    Raises
    ------
    ValueError
        If the two have no common shape.
    """
    if expected is None or np.shape(answer) != expected.shape:
        known = "nothing" if expected is None else f"shape {format_shape(expected.shape)}"
        raise ValueError(
            f"{name} has shape {format_shape(np.shape(answer))}, and there is {known} to compare it"
            " with; a picture needs two arrays of one shape."
        )
    columns = expected.shape[-1] if expected.ndim else 1
    found = np.asarray(answer, dtype=float).reshape(-1, columns)
    wanted = expected.astype(float).reshape(-1, columns)
    difference = np.abs(found - wanted)
    wrong = ~close(found, wanted)

    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), sharey=True)
    limit = max(np.abs(part[np.isfinite(part)]).max(initial=0) for part in (found, wanted)) or 1
    signed = {"cmap": "RdBu", "vmin": -limit, "vmax": limit}
    top = max(difference[np.isfinite(difference)].max(initial=0), limit / 1000)  # no rounding
    size = {"cmap": "Greys", "vmin": 0, "vmax": top}
    parts = (
        ("yours", found, signed),
        ("expected", wanted, signed),
        ("difference", difference, size),
    )
    for ax, (title, values, style) in zip(axes, parts, strict=True):
        image = ax.imshow(values, aspect="auto", **style)
        figure.colorbar(image, ax=ax)
        ax.set(title=title, xlabel="last axis" if expected.ndim > 2 else "column")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_facecolor("#d9b310")  # shows where a number is NaN
        ax.grid(False)
    axes[0].set_ylabel("all other axes" if expected.ndim > 2 else "row")
    rows, places = np.nonzero(wrong)
    few = wrong.size <= CROSSES
    if few:
        axes[2].plot(places, rows, "x", color="#c0392b", markersize=9)
    figure.suptitle(f"{name}: {wrong.sum()} of {wrong.size} entries differ{' (×)' if few else ''}")
