"""Max pooling and average pooling, in loops that show what they do; `fast` has a quick max pool.

Where the stride does not divide the way, the last rows and columns that no full window reaches are
left out, as in the frameworks; their gradient is zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cs231n_lib.contracts import check_array, check_pooling, check_upstream


def max_pool_forward_naive(
    x: np.ndarray, pool_param: Mapping[str, Any]
) -> tuple[np.ndarray, tuple]:
    """Take the largest value of each window of each channel.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
        Images.
    pool_param : dict
        ``'pool_height'``, ``'pool_width'`` and ``'stride'``, in pixels; all are integers and
        required.

    Returns
    -------
    out : ndarray of shape (N, C, H', W')
        Output, with H' = 1 + (H - pool_height) // stride and W' = 1 + (W - pool_width) // stride.
    cache : tuple
        ``(x, pool_param)``, for `max_pool_backward_naive`.

    Raises
    ------
    TypeError
        If an argument or a setting has the wrong type.
    ValueError
        If a shape or a key is wrong, or a window does not fit into the image.

    References
    ----------
    .. [1] CS231n course notes, "Convolutional Neural Networks", "Pooling Layer".

    Examples
    --------
    >>> x = np.array([[[[1.0, 7.0, 2.0], [3.0, 4.0, 5.0]]]])
    >>> pool_param = {"pool_height": 2, "pool_width": 1, "stride": 2}
    >>> max_pool_forward_naive(x, pool_param)[0]
    array([[[[3., 5.]]]])
    """
    out_height, out_width = check_pooling(x, pool_param)
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    out = np.zeros((*x.shape[:2], out_height, out_width), x.dtype)
    for i in range(out_height):
        for j in range(out_width):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + height, left : left + width]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Route each upstream gradient to the largest value of its window; the first of equals.

    Parameters
    ----------
    dout : ndarray of shape (N, C, H', W')
        Upstream gradient.
    cache : tuple
        ``(x, pool_param)`` from `max_pool_forward_naive`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
        Gradient with respect to ``x``.

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of the forward pass's output.

    References
    ----------
    .. [1] CS231n course notes, "Convolutional Neural Networks", "Pooling Layer".
    """
    x, pool_param = cache
    out_shape = (*x.shape[:2], *check_pooling(x, pool_param))
    check_upstream(dout, out_shape)
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, i, j in np.ndindex(out_shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + height, left : left + width]
        row, column = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, top + row, left + column] += dout[n, c, i, j]  # it may win in several windows
    return dx


def avg_pool_forward_naive(
    x: np.ndarray, pool_param: Mapping[str, Any]
) -> tuple[np.ndarray, tuple]:
    """Take the mean of each window of each channel.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
        Images.
    pool_param : dict
        As for `max_pool_forward_naive`.

    Returns
    -------
    out : ndarray of shape (N, C, H', W')
        Output, with H' and W' as for `max_pool_forward_naive`.
    cache : tuple
        ``(x, pool_param)``, for `avg_pool_backward_naive`.

    Raises
    ------
    TypeError
        If an argument or a setting has the wrong type.
    ValueError
        If a shape or a key is wrong, or a window does not fit into the image.

    References
    ----------
    .. [1] CS231n course notes, "Convolutional Neural Networks", "General pooling".
    """
    out_height, out_width = check_pooling(x, pool_param)
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    out = np.zeros((*x.shape[:2], out_height, out_width), np.result_type(x, np.float16))
    for i in range(out_height):
        for j in range(out_width):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + height, left : left + width]
            out[:, :, i, j] = window.mean(axis=(2, 3))
    return out, (x, pool_param)


def avg_pool_backward_naive(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Share each upstream gradient equally among the values of its window.

    Parameters
    ----------
    dout : ndarray of shape (N, C, H', W')
        Upstream gradient.
    cache : tuple
        ``(x, pool_param)`` from `avg_pool_forward_naive`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
        Gradient with respect to ``x``.

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of the forward pass's output.

    References
    ----------
    .. [1] CS231n course notes, "Convolutional Neural Networks", "General pooling".
    """
    x, pool_param = cache
    out_height, out_width = check_pooling(x, pool_param)
    check_upstream(dout, (*x.shape[:2], out_height, out_width))
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    shares = dout / (height * width)
    dx = np.zeros(x.shape, dout.dtype)
    for i in range(out_height):
        for j in range(out_width):
            top, left = i * stride, j * stride
            dwindow = dx[:, :, top : top + height, left : left + width]  # a view of dx
            dwindow += shares[:, :, i, j, None, None]  # windows may overlap
    return dx


def global_avg_pool_forward(x: np.ndarray) -> tuple[np.ndarray, tuple]:
    """Take the mean of each channel, whatever the size of the images.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
        Images.

    Returns
    -------
    out : ndarray of shape (N, C)
        Output, ready for an affine layer.
    cache : tuple
        The shape of ``x``, for `global_avg_pool_backward`.

    Raises
    ------
    ValueError
        If ``x`` does not have four axes.

    References
    ----------
    .. [1] Lin, Chen, Yan, "Network In Network", 2013.
    """
    check_array("x", x, "NCHW")
    return x.mean(axis=(2, 3)), x.shape


def global_avg_pool_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Share each upstream gradient equally among the pixels of its channel.

    Parameters
    ----------
    dout : ndarray of shape (N, C)
        Upstream gradient.
    cache : tuple
        The shape of the input of `global_avg_pool_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
        Gradient with respect to ``x``.

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of the forward pass's output.

    References
    ----------
    .. [1] Lin, Chen, Yan, "Network In Network", 2013.
    """
    num_images, channels, height, width = cache
    check_upstream(dout, (num_images, channels))
    shares = dout / (height * width)
    return np.tile(shares[:, :, None, None], (1, 1, height, width))
