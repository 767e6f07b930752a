"""Inverted dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cs231n_lib.contracts import (
    check_array,
    check_integer,
    check_keys,
    check_mode,
    check_upstream,
)


def dropout_forward(x: np.ndarray, dropout_param: Mapping[str, Any]) -> tuple[np.ndarray, tuple]:
    """Keep each value with probability p and set the others to zero; at test time keep all.

    What is kept is divided by p, so that the mean of the output is that of the input and nothing
    needs to be scaled at test time.

    Parameters
    ----------
    x : ndarray of any shape
        Input.
    dropout_param : dict
        ``'p'``, above 0 and at most 1, is the probability of *keeping* a value. ``'mode'`` is
        ``'train'`` or ``'test'``. Both are required. With an integer ``'seed'`` every call draws
        the same mask, as a gradient check needs; a Generator there draws a new one at each call;
        left out, masks can't be repeated.

    Returns
    -------
    out : ndarray, shape of ``x``
        Output.
    cache : tuple
        ``(dropout_param, mask)``, for `dropout_backward`; ``mask``, in the shape of ``x``, holds 0
        or 1 / p. It is None at test time.

    Raises
    ------
    TypeError
        If an argument or the seed has the wrong type.
    ValueError
        If a key, p or the mode is wrong.

    References
    ----------
    .. [1] Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
       2014; inverted as in CS231n course notes, "Neural Networks Part 2", "Regularization".

    Examples
    --------
    >>> out, cache = dropout_forward(np.ones((2, 6)), {"p": 0.25, "mode": "train", "seed": 1})
    >>> out
    array([[0., 0., 4., 0., 0., 0.],
           [0., 0., 0., 4., 0., 0.]])
    """
    check_array("x", x)
    check_keys("dropout_param", dropout_param, ("p", "mode", "seed"), required=("p", "mode"))
    p = float(dropout_param["p"])  # a NumPy scalar would turn float32 into float64
    if not 0 < p <= 1:
        raise ValueError(
            "dropout_param['p'] should be above 0 and at most 1 because it is the probability of "
            f"keeping a value, but it is {p}."
        )
    if check_mode("dropout_param", dropout_param) == "test":
        return x.copy(), (dropout_param, None)
    rng = _make_rng(dropout_param.get("seed"))
    mask = (rng.random(x.shape) < p).astype(x.dtype) / p
    return x * mask, (dropout_param, mask)


def dropout_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Compute the gradient of dropout, which passes where the value was kept, times 1 / p.

    Parameters
    ----------
    dout : ndarray of any shape
        Upstream gradient.
    cache : tuple
        ``(dropout_param, mask)`` from `dropout_forward`.

    Returns
    -------
    dx : ndarray, shape of ``dout``
        ``dout * mask``, or ``dout`` if the forward pass was at test time.

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of the forward pass's output, which is known at
        training time only.

    References
    ----------
    .. [1] Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
       2014.
    """
    _, mask = cache
    if mask is None:
        check_array("dout", dout)
        return dout.copy()
    check_upstream(dout, mask.shape)
    return dout * mask


def _make_rng(seed: int | np.random.Generator | None) -> np.random.Generator:
    if seed is not None and not isinstance(seed, np.random.Generator):
        check_integer("dropout_param['seed']", seed, 0)
    return np.random.default_rng(seed)  # local, so that no other random numbers change
