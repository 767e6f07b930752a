"""A picture of where an array is wrong."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from cs231n_lib.contracts import format_shape
from cs231n_lib.verdict.explain import TOLERANCE, ZERO


def draw_difference(name: str, answer: Any, expected: np.ndarray | None) -> None:
    """Draw an answer, the expected array, and the size of their difference.

    An array of more than two axes is laid out with its last axis as columns. The title says how
    many entries differ; each that does has a cross.

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
    largest = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)
    wrong = ~(difference <= max(TOLERANCE * largest, ZERO))  # NaN is wrong

    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), sharey=True)
    limit = max(np.abs(part[np.isfinite(part)]).max(initial=0) for part in (found, wanted)) or 1
    for ax, values, title in zip(
        axes, (found, wanted, difference), ("yours", "expected", "difference"), strict=True
    ):
        signed = {"cmap": "RdBu", "vmin": -limit, "vmax": limit}
        unsigned = {"cmap": "Greys", "vmin": 0}
        style = unsigned if title == "difference" else signed
        image = ax.imshow(values, aspect="auto", **style)
        figure.colorbar(image, ax=ax)
        ax.set(title=title, xlabel="last axis")
        ax.grid(False)
    axes[0].set_ylabel("all other axes")
    rows, places = np.nonzero(wrong)
    axes[2].plot(places, rows, "x", color="#c0392b", markersize=9)
    figure.suptitle(f"{name}: {wrong.sum()} of {wrong.size} entries differ (×)")
