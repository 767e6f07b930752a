"""The affine (fully-connected) layer."""

from __future__ import annotations

import numpy as np

from cs231n_lib.contracts import check_array, check_shape, check_upstream


def affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, tuple]:
    """Compute an affine function of each example's features.

    Each example is flattened to a row of D features; then ``out = x @ w + b``.

    Parameters
    ----------
    x : ndarray of shape (N, d_1, ..., d_k)
        Minibatch of N examples of D = d_1 * ... * d_k features.
    w : ndarray of shape (D, M)
        Weights.
    b : ndarray of shape (M,)
        Biases, in the units of ``out``.

    Returns
    -------
    out : ndarray of shape (N, M)
        Scores.
    cache : tuple
        ``(x, w, b)``, for `affine_backward`.

    Raises
    ------
    ValueError
        If ``w`` does not have D rows, or ``b`` one bias per column of ``w``.

    References
    ----------
    .. [1] CS231n course notes, "Backpropagation, Intuitions", "Gradients for vectorized
       operations".

    Examples
    --------
    >>> out, cache = affine_forward(np.array([[1.0, 2.0]]), np.eye(2), np.array([10.0, 20.0]))
    >>> out
    array([[11., 22.]])
    """
    check_array("x", x)
    rows = x.reshape(len(x), -1)  # (N, D)
    check_shape("w", w, (rows.shape[1], "M"), f"each example has {rows.shape[1]} features")
    check_shape("b", b, (w.shape[1],), f"w has {w.shape[1]} columns")
    return rows @ w + b, (x, w, b)


def affine_backward(
    dout: np.ndarray, cache: tuple, *, need_dx: bool = True
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    """Compute the gradients of an affine layer.

    Parameters
    ----------
    dout : ndarray of shape (N, M)
        Upstream gradient.
    cache : tuple
        ``(x, w, b)`` from `affine_forward`.
    need_dx : bool, default True
        Whether to compute ``dx``; a network's first layer has no use for it.

    Returns
    -------
    dx : ndarray of shape (N, d_1, ..., d_k), or None
        Gradient with respect to ``x``, in the shape of ``x``; None if not needed.
    dw : ndarray of shape (D, M)
        Gradient with respect to ``w``.
    db : ndarray of shape (M,)
        Gradient with respect to ``b``.

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of the forward pass's output.

    References
    ----------
    .. [1] CS231n course notes, "Backpropagation, Intuitions", "Gradients for vectorized
       operations".
    """
    x, w, b = cache
    check_upstream(dout, (len(x), len(b)))
    dx = (dout @ w.T).reshape(x.shape) if need_dx else None
    dw = x.reshape(len(x), -1).T @ dout
    db = dout.sum(axis=0)  # forward broadcasts b over the batch, so backward sums over it
    return dx, dw, db
