"""Activation functions: sigmoid, tanh, ReLU, leaky ReLU, ELU and maxout.

All but maxout act on each entry alone, so their backward pass is the upstream gradient times one
local derivative, entry by entry. Each cache holds whatever makes that derivative cheapest: the
output for sigmoid and tanh, the input where the sign decides.
"""

from __future__ import annotations

import numpy as np

from cs231n_lib.contracts import check_array, check_integer, check_upstream


def sigmoid_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squash each entry into (0, 1): ``1 / (1 + exp(-x))``.

    Parameters
    ----------
    x : ndarray of any shape
        Input.

    Returns
    -------
    out : ndarray, shape of ``x``
        Output; exactly 0 or 1 only where floating point can't tell the difference.
    cache : ndarray, shape of ``x``
        ``out``, for `sigmoid_backward`.

    References
    ----------
    .. [1] CS231n lecture 4, "Backpropagation and Neural Networks", the sigmoid gate.

    Examples
    --------
    >>> sigmoid_forward(np.array([0.0, -1000.0, 1000.0]))[0]
    array([0.5, 0. , 1. ])
    """
    check_array("x", x)
    small = np.exp(-np.abs(x))  # at most 1, so that no large |x| overflows
    out = np.where(x >= 0, 1, small) / (1 + small)
    return out, out


def sigmoid_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Compute the gradient of the sigmoid.

    Parameters
    ----------
    dout : ndarray of any shape
        Upstream gradient.
    cache : ndarray, shape of ``dout``
        The output of `sigmoid_forward`.

    Returns
    -------
    dx : ndarray, shape of ``dout``
        ``dout * out * (1 - out)``.

    References
    ----------
    .. [1] CS231n lecture 4, "Backpropagation and Neural Networks", the sigmoid gate.
    """
    out = cache
    check_upstream(dout, out.shape)
    return dout * out * (1 - out)


def tanh_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squash each entry into (-1, 1).

    Parameters
    ----------
    x : ndarray of any shape
        Input.

    Returns
    -------
    out : ndarray, shape of ``x``
        Output.
    cache : ndarray, shape of ``x``
        ``out``, for `tanh_backward`.

    References
    ----------
    .. [1] CS231n lecture 6, "Training Neural Networks I", activation functions.
    """
    check_array("x", x)
    out = np.tanh(x)
    return out, out


def tanh_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Compute the gradient of the hyperbolic tangent.

    Parameters
    ----------
    dout : ndarray of any shape
        Upstream gradient.
    cache : ndarray, shape of ``dout``
        The output of `tanh_forward`.

    Returns
    -------
    dx : ndarray, shape of ``dout``
        ``dout * (1 - out**2)``.

    References
    ----------
    .. [1] CS231n lecture 6, "Training Neural Networks I", activation functions.
    """
    out = cache
    check_upstream(dout, out.shape)
    return dout * (1 - out * out)


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep what is positive and set the rest to zero.

    Parameters
    ----------
    x : ndarray of any shape
        Input.

    Returns
    -------
    out : ndarray, shape of ``x``
        Output.
    cache : ndarray, shape of ``x``
        ``x``, for `relu_backward`.

    References
    ----------
    .. [1] CS231n lecture 6, "Training Neural Networks I", activation functions.
    """
    check_array("x", x)
    return np.maximum(x, 0), x


def relu_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Compute the gradient of ReLU; at exactly 0, where there is none, it is taken as 0.

    Parameters
    ----------
    dout : ndarray of any shape
        Upstream gradient.
    cache : ndarray, shape of ``dout``
        The input of `relu_forward`.

    Returns
    -------
    dx : ndarray, shape of ``dout``
        ``dout`` where the input was positive, 0 elsewhere.

    References
    ----------
    .. [1] CS231n lecture 6, "Training Neural Networks I", activation functions.
    """
    x = cache
    check_upstream(dout, x.shape)
    return dout * (x > 0)  # five times as fast as np.where


def leaky_relu_forward(x: np.ndarray, alpha: float = 0.01) -> tuple[np.ndarray, tuple]:
    """Keep what is positive and shrink the rest.

    Parameters
    ----------
    x : ndarray of any shape
        Input.
    alpha : float, default 0.01
        Slope for negative input, no unit.

    Returns
    -------
    out : ndarray, shape of ``x``
        Output.
    cache : tuple
        ``(x, alpha)``, for `leaky_relu_backward`.

    References
    ----------
    .. [1] Maas, Hannun, Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models",
       2013.
    """
    check_array("x", x)
    alpha = float(alpha)  # a NumPy scalar would turn float32 into float64
    return np.where(x > 0, x, alpha * x), (x, alpha)


def leaky_relu_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Compute the gradient of leaky ReLU; at exactly 0 it is taken as ``alpha``.

    Parameters
    ----------
    dout : ndarray of any shape
        Upstream gradient.
    cache : tuple
        ``(x, alpha)`` from `leaky_relu_forward`.

    Returns
    -------
    dx : ndarray, shape of ``dout``
        ``dout`` where the input was positive, ``alpha * dout`` elsewhere.

    References
    ----------
    .. [1] Maas, Hannun, Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models",
       2013.
    """
    x, alpha = cache
    check_upstream(dout, x.shape)
    return np.where(x > 0, dout, alpha * dout)


def elu_forward(x: np.ndarray, alpha: float = 1.0) -> tuple[np.ndarray, tuple]:
    """Keep what is positive and bend the rest smoothly towards ``-alpha``.

    Parameters
    ----------
    x : ndarray of any shape
        Input.
    alpha : float, default 1.0
        Depth of the negative side, in the units of ``x``.

    Returns
    -------
    out : ndarray, shape of ``x``
        ``x`` where it is positive, ``alpha * (exp(x) - 1)`` elsewhere.
    cache : tuple
        ``(x, out, alpha)``, for `elu_backward`.

    References
    ----------
    .. [1] Clevert, Unterthiner, Hochreiter, "Fast and Accurate Deep Network Learning by
       Exponential Linear Units (ELUs)", 2015.
    """
    check_array("x", x)
    alpha = float(alpha)  # a NumPy scalar would turn float32 into float64
    # expm1 is exact near 0; the minimum keeps large x, whose branch is not taken, from overflowing
    out = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
    return out, (x, out, alpha)


def elu_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Compute the gradient of ELU; at exactly 0 it is taken as ``alpha``.

    Parameters
    ----------
    dout : ndarray of any shape
        Upstream gradient.
    cache : tuple
        ``(x, out, alpha)`` from `elu_forward`.

    Returns
    -------
    dx : ndarray, shape of ``dout``
        ``dout`` where the input was positive, ``dout * (out + alpha)`` elsewhere.

    References
    ----------
    .. [1] Clevert, Unterthiner, Hochreiter, "Fast and Accurate Deep Network Learning by
       Exponential Linear Units (ELUs)", 2015.
    """
    x, out, alpha = cache
    check_upstream(dout, x.shape)
    return np.where(x > 0, dout, dout * (out + alpha))


def maxout_forward(x: np.ndarray, num_pieces: int = 2) -> tuple[np.ndarray, tuple]:
    """Take the largest of each group of neighboring features.

    After an affine layer with M * num_pieces outputs, this is the maxout unit: the largest of
    `num_pieces` affine functions of the same input.

    Parameters
    ----------
    x : ndarray of shape (N, M * num_pieces)
        Input; unit m reads columns m * num_pieces to (m + 1) * num_pieces - 1.
    num_pieces : int, default 2
        How many features compete for one output.

    Returns
    -------
    out : ndarray of shape (N, M)
        Output.
    cache : tuple
        ``(winners, num_pieces)``, for `maxout_backward`; ``winners`` of shape (N, M) says which
        of its pieces won.

    Raises
    ------
    ValueError
        If `num_pieces` does not divide the number of features.

    References
    ----------
    .. [1] Goodfellow et al., "Maxout Networks", 2013.

    Examples
    --------
    >>> maxout_forward(np.array([[1.0, 5.0, 4.0, 2.0]]))[0]
    array([[5., 4.]])
    """
    check_array("x", x, "ND")
    check_integer("num_pieces", num_pieces, 1)
    if x.shape[1] % num_pieces:
        raise ValueError(
            f"num_pieces should divide the {x.shape[1]} features of x, but it is {num_pieces}."
        )
    pieces = x.reshape(len(x), -1, num_pieces)  # (N, M, num_pieces)
    winners = pieces.argmax(axis=2)
    out = np.take_along_axis(pieces, winners[:, :, None], axis=2)[:, :, 0]
    return out, (winners, num_pieces)


def maxout_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Route each upstream gradient to the feature that won; the first of equals.

    Parameters
    ----------
    dout : ndarray of shape (N, M)
        Upstream gradient.
    cache : tuple
        ``(winners, num_pieces)`` from `maxout_forward`.

    Returns
    -------
    dx : ndarray of shape (N, M * num_pieces)
        ``dout`` at the winners, 0 elsewhere.

    References
    ----------
    .. [1] Goodfellow et al., "Maxout Networks", 2013.
    """
    winners, num_pieces = cache
    check_upstream(dout, winners.shape)
    dx = np.zeros((*winners.shape, num_pieces), dtype=dout.dtype)
    np.put_along_axis(dx, winners[:, :, None], dout[:, :, None], axis=2)
    return dx.reshape(len(winners), -1)
