"""Images to columns and back, under the well-known names: convolution as one matrix product.

These show the idea in its plain form; `fast` copies less.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cs231n_lib.contracts import check_array, check_shape


def get_im2col_indices(
    x_shape: tuple[int, ...],
    field_height: int,
    field_width: int,
    padding: int = 1,
    stride: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Say which channel, row and column of a padded image each entry of the columns comes from.

    Parameters
    ----------
    x_shape : tuple of int
        (N, C, H, W), the shape of the images before padding.
    field_height, field_width : int
        Size of a patch, in pixels.
    padding : int, default 1
        Pixels of zeros on each of the four sides.
    stride : int, default 1
        Pixels from one patch to the next.

    Returns
    -------
    k : ndarray of shape (C * field_height * field_width, 1)
        Channel.
    i, j : ndarray of shape (C * field_height * field_width, H' * W')
        Row and column in the padded image, so that ``padded[:, k, i, j]`` has all patches.

    Raises
    ------
    ValueError
        If the field does not fit into the padded image.

    Examples
    --------
    >>> k, i, j = get_im2col_indices((1, 1, 2, 3), 1, 2, padding=0)
    >>> np.arange(6).reshape(1, 1, 2, 3)[:, k, i, j]
    array([[[0, 1, 3, 4],
            [1, 2, 4, 5]]])
    """
    C = x_shape[1]
    rows, columns = _count_patches(x_shape, field_height, field_width, padding, stride)
    k, i0, j0 = (axis.reshape(-1, 1) for axis in np.indices((C, field_height, field_width)))
    i1, j1 = (stride * axis.reshape(1, -1) for axis in np.indices((rows, columns)))
    return k, i0 + i1, j0 + j1


def im2col_indices(
    x: np.ndarray, field_height: int, field_width: int, padding: int = 1, stride: int = 1
) -> np.ndarray:
    """Copy every patch of every image into a column of a matrix.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
        Images.
    field_height, field_width : int
        Size of a patch, in pixels.
    padding : int, default 1
        Pixels of zeros on each of the four sides.
    stride : int, default 1
        Pixels from one patch to the next.

    Returns
    -------
    ndarray of shape (C * field_height * field_width, H' * W' * N)
        Patches; column ``(row * W' + column) * N + n`` is from image n.

    Raises
    ------
    ValueError
        If the field does not fit into the padded image.

    Examples
    --------
    >>> im2col_indices(np.arange(6.0).reshape(1, 1, 2, 3), 2, 2, padding=0)
    array([[0., 1.],
           [1., 2.],
           [3., 4.],
           [4., 5.]])
    """
    check_array("x", x, "NCHW")
    _count_patches(x.shape, field_height, field_width, padding, stride)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = sliding_window_view(padded, (field_height, field_width), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]  # (N, C, H', W', field_height, field_width)
    return windows.transpose(1, 4, 5, 2, 3, 0).reshape(x.shape[1] * field_height * field_width, -1)


def col2im_indices(
    cols: np.ndarray,
    x_shape: tuple[int, ...],
    field_height: int = 3,
    field_width: int = 3,
    padding: int = 1,
    stride: int = 1,
) -> np.ndarray:
    """Add every column back to where `im2col_indices` took it from; its gradient.

    Parameters
    ----------
    cols : ndarray of shape (C * field_height * field_width, H' * W' * N)
        Columns, in the order of `im2col_indices`.
    x_shape : tuple of int
        (N, C, H, W), the shape of the images before padding.
    field_height, field_width : int, default 3
        Size of a patch, in pixels.
    padding : int, default 1
        Pixels of zeros on each of the four sides.
    stride : int, default 1
        Pixels from one patch to the next.

    Returns
    -------
    ndarray of shape (N, C, H, W)
        Sums; a pixel that lies in several patches collects from all of them.

    Raises
    ------
    ValueError
        If the field does not fit into the padded image, or ``cols`` has the wrong shape.

    Examples
    --------
    >>> col2im_indices(np.ones((4, 2)), (1, 1, 2, 3), 2, 2, padding=0)
    array([[[[1., 2., 1.],
             [1., 2., 1.]]]])
    """
    N, C, H, W = x_shape
    rows, columns = _count_patches(x_shape, field_height, field_width, padding, stride)
    patches = f"there are {N} images with {rows} x {columns} patches"
    check_shape("cols", cols, (C * field_height * field_width, rows * columns * N), patches)
    cols = cols.reshape(C, field_height, field_width, rows, columns, N)
    padded = np.zeros((C, H + 2 * padding, W + 2 * padding, N), cols.dtype)
    # One shifted addition per place in the field; np.add.at would go entry by entry.
    for i in range(field_height):
        for j in range(field_width):
            bottom, right = i + stride * rows, j + stride * columns
            padded[:, i:bottom:stride, j:right:stride] += cols[:, i, j]
    return padded[:, padding : padding + H, padding : padding + W].transpose(3, 0, 1, 2)


def _count_patches(
    x_shape: tuple[int, ...], field_height: int, field_width: int, padding: int, stride: int
) -> tuple[int, int]:
    H, W = x_shape[2] + 2 * padding, x_shape[3] + 2 * padding
    if not (1 <= field_height <= H and 1 <= field_width <= W):
        raise ValueError(
            f"the field of {field_height} x {field_width} pixels should fit into the padded "
            f"image, but that has {H} x {W}."
        )
    return 1 + (H - field_height) // stride, 1 + (W - field_width) // stride
