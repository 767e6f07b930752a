"""Convolution and max pooling for speed: the same functions as the readable ones, in other words.

Nothing here is compiled; what makes it fast is the order in which the same sums are done.

* **Channels last inside, ``(N, C, H, W)`` outside.** Work arrays have shape (N, H, W, C), so the
  numbers that meet in a sum lie side by side. A result is returned as a transposed view; NumPy
  keeps the layout through every ufunc, so nothing is converted between two layers.
* **Matrix products do the arithmetic**, on blocks that stay in the processor's cache.
* **Work arrays live for one call.** No buffer is shared between calls or threads, so no result
  can change later.

Tests compare every function with loops and with PyTorch; ``benchmarks/`` has the times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from cs231n_lib.contracts import check_convolution, check_pooling, check_upstream

BLOCK_BYTES = 2**20  # of patches for one matrix product: about what a core's own cache holds
FEW_CHANNELS = 8  # up to here a pixel's channels are too few to be copied as one stretch


def conv_forward_fast(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: Mapping[str, Any]
) -> tuple[np.ndarray, tuple]:
    """Convolve a minibatch of images with a bank of filters.

    As in every framework the filter is not flipped: each output is the sum of an image patch times
    the filter, plus the filter's bias.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
        Images.
    w : ndarray of shape (F, C, HH, WW)
        Filters.
    b : ndarray of shape (F,)
        Biases, in the units of ``out``.
    conv_param : dict
        ``"stride"``: pixels from one patch to the next, in both directions;
        ``"pad"``: rows and columns of zeros around each image.

    Returns
    -------
    out : ndarray of shape (N, F, H', W')
        ``H' = 1 + (H + 2 * pad - HH) // stride`` and likewise ``W'``.
    cache : tuple
        For `conv_backward_fast`.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If a shape is wrong, a key is missing or unknown, or the filter does not fit the image.

    References
    ----------
    .. [1] CS231n course notes, "Convolutional Neural Networks", "Implementation as Matrix
       Multiplication".

    Examples
    --------
    >>> x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> conv_forward_fast(x, w, np.array([0.5]), {"stride": 1, "pad": 0})[0]
    array([[[[ 8.5, 12.5],
             [20.5, 24.5]]]])
    """
    size = check_convolution(x, w, b, conv_param)  # (H', W')
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    out = np.empty((N, *size, F), np.result_type(x, w, b))
    if HH == WW == 1 and pad == 0:  # one matrix product, and no patches to copy
        padded = _pixels(x, stride).astype(out.dtype, copy=False)
        np.matmul(padded, w.reshape(F, C).T, out=out.reshape(N, -1, F))
        out += b
    elif C <= FEW_CHANNELS:
        padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad), out.dtype)
        padded[:, :, pad : pad + H, pad : pad + W] = x
        _correlate_few(padded, w, b, out, stride)
    else:
        padded = _pad_channels_last(x, (pad, pad + H + pad), (pad, pad + W + pad), out.dtype)
        _correlate(padded, w.transpose(2, 3, 1, 0), out, stride, b)
    return out.transpose(0, 3, 1, 2), (padded, x.shape, w, stride, pad, out.shape)


def conv_backward_fast(
    dout: np.ndarray, cache: tuple, *, need_dx: bool = True
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    """Compute the gradients of a convolution.

    Parameters
    ----------
    dout : ndarray of shape (N, F, H', W')
        Upstream gradient.
    cache : tuple
        From `conv_forward_fast`.
    need_dx : bool, default True
        Whether to compute ``dx``; a network's first layer has no use for it.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W), or None
        Gradient with respect to ``x``; None if not needed.
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
    .. [1] Dumoulin, Visin, "A guide to convolution arithmetic for deep learning", 2016.
    """
    padded, x_shape, w, stride, pad, (N, out_height, out_width, F) = cache
    check_upstream(dout, (N, F, out_height, out_width))
    dtype = np.result_type(padded, dout)
    padded, d = padded.astype(dtype, copy=False), dout.astype(dtype, copy=False)
    _, C, H, W = x_shape
    HH, WW = w.shape[2:]
    db = (np.ones(out_height * out_width, d.dtype) @ _pixels(d)).sum(axis=0)
    if HH == WW == 1 and pad == 0:
        pixels = _pixels(d)  # (N, H' * W', F)
        dw = np.matmul(pixels.transpose(0, 2, 1), padded).sum(axis=0).reshape(w.shape)
        dx = None
        if need_dx:
            dx = np.zeros((N, H, W, C), d.dtype)
            out_pixels = pixels @ w.reshape(F, C)
            dx[:, ::stride, ::stride] = out_pixels.reshape(N, out_height, out_width, C)
            dx = dx.transpose(0, 3, 1, 2)
    elif C <= FEW_CHANNELS:
        dpadded, dw = _gradients_few(padded, w, d.transpose(0, 2, 3, 1), stride, need_dx)
        dx = dpadded[:, :, pad : pad + H, pad : pad + W] if need_dx else None
    else:
        dw = _weight_gradient(padded, d.transpose(0, 2, 3, 1), HH, WW, stride)
        dx = _input_gradient(d, w, x_shape, stride, pad) if need_dx else None
    return dx, dw, db


conv_forward_im2col = conv_forward_strides = conv_forward_fast
conv_backward_im2col = conv_backward_strides = conv_backward_fast


def max_pool_forward_fast(x: np.ndarray, pool_param: Mapping[str, Any]) -> tuple[np.ndarray, tuple]:
    """Take the largest value of each window; windows may overlap or leave pixels out.

    The loop runs over the places in a window, not over the windows: each step is one maximum of
    whole arrays.

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
        For `max_pool_backward_fast`: ``x``, which place won in each window, and the windows.

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
    >>> pool_param = {"pool_height": 2, "pool_width": 2, "stride": 1}
    >>> max_pool_forward_fast(x, pool_param)[0]
    array([[[[7., 7.]]]])
    """
    size = check_pooling(x, pool_param)
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    if x.shape[1] > FEW_CHANNELS and x.strides[1] != x.itemsize:
        # Channels last, every step of a stride is still a stretch of C numbers.
        x = _pad_channels_last(x, (0, x.shape[2]), (0, x.shape[3]), x.dtype).transpose(0, 3, 1, 2)
    out = _tap(x, 0, 0, stride, size).copy(order="K")  # "K": channels last stay last
    winner = np.zeros_like(out, dtype=np.min_scalar_type(height * width))
    for place in range(1, height * width):
        value = _tap(x, *divmod(place, width), stride, size)
        # Only a strictly larger value wins, so the first of equals keeps its place; and places
        # count upwards, so the last one that won is the largest number.
        np.maximum(winner, (value > out) * winner.dtype.type(place), out=winner)
        np.maximum(out, value, out=out)
    return out, (winner, x, height, width, stride)


def max_pool_backward_fast(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Route each upstream gradient to the largest value of its window; the first of equals.

    Parameters
    ----------
    dout : ndarray of shape (N, C, H', W')
        Upstream gradient.
    cache : tuple
        From `max_pool_forward_fast`.

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
    winner, x, height, width, stride = cache
    check_upstream(dout, winner.shape)
    # All arrays in the layout of x: one pass over two layouts takes several times as long.
    upstream = np.empty_like(winner, dtype=dout.dtype)
    upstream[...] = dout
    dx = np.zeros_like(x, dtype=dout.dtype)
    for place in range(height * width):
        target = _tap(dx, *divmod(place, width), stride, winner.shape[2:])
        if stride >= height and stride >= width:  # no pixel is in two windows: nothing to add to
            np.multiply(upstream, winner == place, out=target)
        else:
            target += upstream * (winner == place)
    return dx


max_pool_forward_reshape = max_pool_forward_im2col = max_pool_forward_fast
max_pool_backward_reshape = max_pool_backward_im2col = max_pool_backward_fast


def _pixels(x: np.ndarray, stride: int = 1) -> np.ndarray:
    """View (N, C, H, W) as (N, H' * W', C), every `stride`-th pixel of both axes."""
    N, C = x.shape[:2]
    return x[:, :, ::stride, ::stride].transpose(0, 2, 3, 1).reshape(N, -1, C)


def _pad_channels_last(
    x: np.ndarray, rows: tuple[int, int], columns: tuple[int, int], dtype: np.dtype
) -> np.ndarray:
    """Copy (N, C, H, W) into zeros of shape (N, rows, columns, C).

    ``rows`` and ``columns`` are pairs: where the image starts, and the length of the axis.
    """
    N, C, H, W = x.shape
    padded = np.zeros((N, rows[1], columns[1], C), dtype)
    inner = padded[:, rows[0] : rows[0] + H, columns[0] : columns[0] + W]
    if x.strides[1] == x.itemsize:
        inner[...] = x.transpose(0, 2, 3, 1)
        return padded
    # Channels a power of two apart share a few cache lines, and a transposing copy would fetch
    # each many times; from rows a little longer it runs three times faster.
    spaced = np.empty((C, H * W + 16), dtype)[:, : H * W].reshape(C, H, W)
    for image, target in zip(x, inner, strict=True):
        spaced[...] = image
        target[...] = spaced.transpose(1, 2, 0)
    return padded


def _blocks(N: int, rows: int, row_bytes: int) -> Iterator[tuple[slice, int, int]]:
    """Split output rows of N images into blocks: whole images, or bands of one image."""
    fit = max(1, BLOCK_BYTES // row_bytes)
    images, band = (fit // rows, rows) if fit >= rows else (1, fit)
    for n in range(0, N, images):
        for top in range(0, rows, band):
            yield slice(n, n + images), top, min(top + band, rows)


def _row_patches(
    padded: np.ndarray, height: int, width: int, stride: int, size: tuple[int, int]
) -> Iterator[tuple[slice, int, int, list[np.ndarray]]]:
    """Yield, block by block, one matrix of image patches for each row of the filter.

    Only windows along an image row are copied (im2col over columns alone, WW numbers per channel
    instead of HH * WW); because image rows come first, output rows `top` to `bottom` under filter
    row i are one contiguous stretch of the copy.
    """
    N, _, _, C = padded.shape
    out_height, out_width = size
    image, row, column, item = padded.strides
    windows = as_strided(
        padded,
        (N, padded.shape[1], out_width, width * C),
        (image, row, stride * column, item),
        writeable=False,
    )
    for images, top, bottom in _blocks(N, out_height, stride * out_width * width * C * item):
        used = windows[images, stride * top : stride * (bottom - 1) + height]
        used = used.transpose(1, 0, 2, 3)  # (image rows, n, W', WW * C)
        # A stride skips image rows: those that one filter row meets are put next to each other.
        copies = [np.ascontiguousarray(used[k::stride]) for k in range(min(stride, height))]
        rows = bottom - top
        yield (
            images,
            top,
            bottom,
            [
                copies[i % stride][i // stride : i // stride + rows].reshape(-1, width * C)
                for i in range(height)
            ],
        )


def _correlate(
    padded: np.ndarray,
    w: np.ndarray,
    out: np.ndarray,
    stride: int,
    b: np.ndarray | float = 0,
) -> None:
    """Fill out (N, H', W', F) from padded (N, Hp, Wp, C) and w (HH, WW, C, F): many channels."""
    HH, WW, C, F = w.shape
    w = np.ascontiguousarray(w.reshape(HH, WW * C, F))
    size = out.shape[1:3]
    for images, top, bottom, patches in _row_patches(padded, HH, WW, stride, size):
        total = patches[0] @ w[0]  # one product per filter row
        for i in range(1, HH):
            total += patches[i] @ w[i]
        total = total.reshape(bottom - top, -1, size[1], F).transpose(1, 0, 2, 3)
        np.add(total, b, out=out[images, top:bottom])


def _weight_gradient(
    padded: np.ndarray, d: np.ndarray, HH: int, WW: int, stride: int
) -> np.ndarray:
    """Return dw (F, C, HH, WW) from padded (N, Hp, Wp, C) and d (N, H', W', F)."""
    C, F = padded.shape[3], d.shape[3]
    dw = np.zeros((HH, WW * C, F), padded.dtype)
    for images, top, bottom, patches in _row_patches(padded, HH, WW, stride, d.shape[1:3]):
        upstream = d[images, top:bottom].transpose(1, 0, 2, 3).reshape(-1, F)
        for i in range(HH):
            dw[i] += patches[i].T @ upstream
    return dw.reshape(HH, WW, C, F).transpose(3, 2, 0, 1)


def _input_gradient(
    d: np.ndarray, w: np.ndarray, x_shape: tuple[int, ...], stride: int, pad: int
) -> np.ndarray:
    """Return dx (N, C, H, W) as convolutions of d (N, F, H', W') with the flipped filters.

    With stride s, pixel y of the padded image has met only the filter rows i with ``i % s ==
    y % s``. So the pixels of each remainder are a stride-1 convolution with every s-th filter
    row and column: s * s small convolutions and no overlapping sums. Stride 1 is one of them.
    """
    N, C, H, W = x_shape
    out_height, out_width = d.shape[2:]
    rows = [_reach(H, w.shape[2], stride, pad, r) for r in range(stride)]
    columns = [_reach(W, w.shape[3], stride, pad, r) for r in range(stride)]
    top, left = rows[0][0] - 1, columns[0][0] - 1  # remainder 0 has the most filter rows
    height = top + max(out_height, *(last for _, _, last in rows))
    width = left + max(out_width, *(last for _, _, last in columns))
    padded = _pad_channels_last(d, (top, height), (left, width), d.dtype)
    dx = np.zeros((N, H, W, C), d.dtype)
    w = w.transpose(2, 3, 0, 1)  # (HH, WW, F, C)
    for r, (HH, y0, y1) in enumerate(rows):
        for c, (WW, x0, x1) in enumerate(columns):
            target = dx[:, stride * y0 + r - pad :: stride, stride * x0 + c - pad :: stride]
            if HH and WW and target.size:
                met = padded[:, y0 - HH + 1 + top : y1 + top, x0 - WW + 1 + left : x1 + left]
                _correlate(met, w[r::stride, c::stride][::-1, ::-1], target, 1)
    return dx.transpose(0, 3, 1, 2)


def _reach(length: int, field: int, stride: int, pad: int, remainder: int) -> tuple[int, int, int]:
    """Return how many rows of the filter have a remainder, and which rows of the padded image.

    Those of the image are ``q * stride + remainder``, with q from `first` to before `last`; rows
    of padding are left out. The same goes for columns.
    """
    taps = len(range(remainder, field, stride))
    first = max(0, -((remainder - pad) // stride))  # -(-a // b) rounds up
    last = -((remainder - pad - length) // stride)
    return taps, first, last


def _patches_few(
    padded: np.ndarray, HH: int, WW: int, stride: int, size: tuple[int, int]
) -> Iterator[tuple[slice, int, int, np.ndarray]]:
    """Yield, block by block, whole patches as columns of a matrix (C * HH * WW, n * rows * W').

    With three channels a patch's row is nine numbers, too short a stretch to copy well; copied
    along the image row instead, each stretch is as long as the output is wide.
    """
    N, C = padded.shape[:2]
    windows = sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    windows = windows.transpose(1, 4, 5, 0, 2, 3)  # (C, HH, WW, N, H', W')
    for images, top, bottom in _blocks(N, size[0], C * HH * WW * size[1] * padded.itemsize):
        block = windows[:, :, :, images, top:bottom].copy()
        yield images, top, bottom, block.reshape(C * HH * WW, -1)


def _correlate_few(
    padded: np.ndarray, w: np.ndarray, b: np.ndarray, out: np.ndarray, stride: int
) -> None:
    """Fill out (N, H', W', F) from padded (N, C, Hp, Wp) and w (F, C, HH, WW): few channels."""
    F, _, HH, WW = w.shape
    filters = np.ascontiguousarray(w.reshape(F, -1).T)
    for images, top, bottom, patches in _patches_few(padded, HH, WW, stride, out.shape[1:3]):
        block = out[images, top:bottom].reshape(-1, F)  # whole images or one: contiguous, a view
        np.matmul(patches.T, filters, out=block)
        block += b


def _gradients_few(
    padded: np.ndarray, w: np.ndarray, d: np.ndarray, stride: int, need_dx: bool
) -> tuple[np.ndarray | None, np.ndarray]:
    """Return the gradients of `_correlate_few`, dpadded (N, C, Hp, Wp) and dw, from d."""
    F, C, HH, WW = w.shape
    width = d.shape[2]
    filters = np.ascontiguousarray(w.reshape(F, -1).T)
    dw = np.zeros((F, C * HH * WW), padded.dtype)
    dpadded = np.zeros_like(padded) if need_dx else None
    for images, top, bottom, patches in _patches_few(padded, HH, WW, stride, d.shape[1:3]):
        upstream = d[images, top:bottom].reshape(-1, F)
        dw += upstream.T @ patches.T
        if need_dx:
            np.matmul(filters, upstream.T, out=patches)
            dpatches = patches.reshape(C, HH, WW, -1, bottom - top, width)
            block = dpadded[images, :, stride * top :].transpose(1, 0, 2, 3)
            for i in range(HH):
                for j in range(WW):
                    view = _tap(block, i, j, stride, (bottom - top, width))
                    view += dpatches[:, i, j]  # patches overlap, so their gradients add up
    return dpadded, dw.reshape(w.shape)


def _tap(x: np.ndarray, i: int, j: int, stride: int, size: tuple[int, int]) -> np.ndarray:
    """View entry (i, j) of every window of the last two axes, `size` windows `stride` apart."""
    rows, columns = size
    return x[..., i : i + stride * rows : stride, j : j + stride * columns : stride]
