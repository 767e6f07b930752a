"""Losses on class scores: the multiclass SVM and softmax cross-entropy."""

from __future__ import annotations

import numpy as np

from cs231n_lib.contracts import check_array, check_labels


def svm_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Compute the multiclass SVM (hinge) loss with margin 1, and its gradient.

    Parameters
    ----------
    x : ndarray of shape (N, C)
        Scores; ``x[i, j]`` is the score of class j for example i.
    y : ndarray of shape (N,)
        Integer labels, from 0 to C - 1.

    Returns
    -------
    loss : float
        The sum of the violated margins, averaged over the minibatch.
    dx : ndarray of shape (N, C)
        Gradient of the loss with respect to ``x``; where a margin is exactly 0, it is taken as 0.

    Raises
    ------
    TypeError
        If ``y`` does not hold integers.
    ValueError
        If a shape is wrong or a label is out of range.

    References
    ----------
    .. [1] CS231n course notes, "Linear Classification", "Multiclass SVM loss".

    Examples
    --------
    >>> svm_loss(np.array([[3.0, 5.0, 2.5]]), np.array([0]))[0]
    3.5
    """
    check_array("x", x, "NC")
    check_labels(y, *x.shape)
    rows = np.arange(len(x))
    margins = np.maximum(x - x[rows, y][:, None] + 1, 0)
    margins[rows, y] = 0  # the right class has no margin over itself
    dx = (margins > 0).astype(np.result_type(x, np.float16))  # a float type, and no wider than x
    dx[rows, y] = -dx.sum(axis=1)
    dx /= len(x)
    return float(margins.sum() / len(x)), dx


def softmax_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Compute the softmax cross-entropy loss and its gradient.

    Parameters
    ----------
    x : ndarray of shape (N, C)
        Scores; ``x[i, j]`` is the score of class j for example i.
    y : ndarray of shape (N,)
        Integer labels, from 0 to C - 1.

    Returns
    -------
    loss : float
        The negative log probability of the right class, in nats, averaged over the minibatch.
    dx : ndarray of shape (N, C)
        Gradient of the loss with respect to ``x``.

    Raises
    ------
    TypeError
        If ``y`` does not hold integers.
    ValueError
        If a shape is wrong or a label is out of range.

    References
    ----------
    .. [1] CS231n course notes, "Linear Classification", "Softmax classifier".

    Examples
    --------
    >>> loss, dx = softmax_loss(np.zeros((1, 10)), np.array([3]))
    >>> round(loss, 4)  # ln 10: ten classes, none preferred
    2.3026
    """
    check_array("x", x, "NC")
    check_labels(y, *x.shape)
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)  # same probabilities, and exp can't overflow
    exps = np.exp(shifted)
    sums = exps.sum(axis=1, keepdims=True)
    # log of a sum, not of a probability: a probability that underflows to 0 keeps a finite loss
    loss = (np.log(sums[:, 0]) - shifted[rows, y]).mean()
    dx = exps / sums
    dx[rows, y] -= 1
    dx /= len(x)
    return float(loss), dx
