"""The convolutional layer, in loops that show what it does; `fast` has the quick one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cs231n_lib.contracts import check_convolution, check_upstream


def conv_forward_naive(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: Mapping[str, Any]
) -> tuple[np.ndarray, tuple]:
    """Slide each filter over each image and take the dot product at every position.

    This is what the field calls a convolution and signal processing a cross-correlation: the
    filter is not flipped. Where the stride does not divide the way, the last rows and columns that
    no full filter reaches are left out, as in the frameworks.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
        Images.
    w : ndarray of shape (F, C, HH, WW)
        Filters.
    b : ndarray of shape (F,)
        Biases, in the units of ``out``.
    conv_param : dict
        ``'stride'``, the pixels from one position to the next, and ``'pad'``, the pixels of zeros
        added on each of the four sides; both are integers and required.

    Returns
    -------
    out : ndarray of shape (N, F, H', W')
        Output, with H' = 1 + (H + 2 * pad - HH) // stride and W' = 1 + (W + 2 * pad - WW) //
        stride.
    cache : tuple
        ``(x, w, b, conv_param)``, for `conv_backward_naive`.

    Raises
    ------
    TypeError
        If an argument or a setting has the wrong type.
    ValueError
        If a shape or a key is wrong, or a filter does not fit into the padded image.

    References
    ----------
    .. [1] CS231n course notes, "Convolutional Neural Networks", "Convolutional Layer".

    Examples
    --------
    >>> x = np.arange(12.0).reshape(1, 1, 3, 4)
    >>> w = np.array([[[[-1.0, 1.0]]]])  # the difference of neighbors
    >>> out, cache = conv_forward_naive(x, w, np.array([10.0]), {"stride": 2, "pad": 0})
    >>> out
    array([[[[11., 11.],
             [11., 11.]]]])
    """
    out_height, out_width = check_convolution(x, w, b, conv_param)
    num_filters, _, height, width = w.shape
    stride = conv_param["stride"]
    padded = _pad(x, conv_param["pad"])
    out = np.zeros((len(x), num_filters, out_height, out_width), np.result_type(x, w, b))
    for i in range(out_height):
        for j in range(out_width):
            top, left = i * stride, j * stride
            window = padded[:, :, top : top + height, left : left + width]  # (N, C, HH, WW)
            for k in range(num_filters):
                out[:, k, i, j] = (window * w[k]).sum(axis=(1, 2, 3)) + b[k]
    return out, (x, w, b, conv_param)


def conv_backward_naive(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the gradients of a convolutional layer.

    Parameters
    ----------
    dout : ndarray of shape (N, F, H', W')
        Upstream gradient.
    cache : tuple
        ``(x, w, b, conv_param)`` from `conv_forward_naive`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
        Gradient with respect to ``x``.
    dw : ndarray of shape (F, C, HH, WW)
        Gradient with respect to ``w``.
    db : ndarray of shape (F,)
        Gradient with respect to ``b``.

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of the forward pass's output.

    References
    ----------
    .. [1] CS231n course notes, "Convolutional Neural Networks", "Convolutional Layer".
    """
    x, w, b, conv_param = cache
    out_height, out_width = check_convolution(x, w, b, conv_param)
    num_filters, _, height, width = w.shape
    check_upstream(dout, (len(x), num_filters, out_height, out_width))
    stride, pad = conv_param["stride"], conv_param["pad"]
    padded = _pad(x, pad)
    dpadded = np.zeros(padded.shape, dout.dtype)
    dw = np.zeros(w.shape, dout.dtype)
    for i in range(out_height):
        for j in range(out_width):
            top, left = i * stride, j * stride
            window = padded[:, :, top : top + height, left : left + width]  # (N, C, HH, WW)
            dwindow = dpadded[:, :, top : top + height, left : left + width]  # a view of dpadded
            for k in range(num_filters):
                upstream = dout[:, k, i, j].reshape(-1, 1, 1, 1)
                dwindow += upstream * w[k]  # windows overlap, so a pixel collects several terms
                dw[k] += (upstream * window).sum(axis=0)
    dx = dpadded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]  # [pad:-pad] is empty at 0
    db = dout.sum(axis=(0, 2, 3))
    return dx, dw, db


def _pad(x: np.ndarray, pad: int) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
