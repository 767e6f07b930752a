"""A small convolutional network."""

from __future__ import annotations

from typing import Any

import numpy as np

from cs231n_lib.contracts import check_array, check_integer
from cs231n_lib.layers import (
    affine_backward,
    affine_forward,
    affine_relu_backward,
    affine_relu_forward,
    relu_backward,
    relu_forward,
    softmax_loss,
)
from cs231n_lib.layers.fast import (
    conv_backward_fast,
    conv_forward_fast,
    max_pool_backward_fast,
    max_pool_forward_fast,
)


class ThreeLayerConvNet:
    """A network conv - ReLU - 2x2 max pool - affine - ReLU - affine - softmax.

    The convolution has stride 1 and pads ``(filter_size - 1) // 2`` pixels on all sides. With an
    odd filter size that keeps the size of the image; with an even one the image loses a row and a
    column. Pooling leaves out a last odd row or column.

    Parameters
    ----------
    input_dim : tuple of int, default (3, 32, 32)
        Channels, height and width of an image: (C, H, W).
    num_filters : int, default 32
        Filters, F.
    filter_size : int, default 7
        Height and width of a filter, k.
    hidden_dim : int, default 100
        Units of the hidden affine layer, M.
    num_classes : int, default 10
        Classes.
    weight_scale : float, default 1e-3
        Standard deviation of the first weights.
    reg : float, default 0.0
        Strength of L2 regularization: ``0.5 * reg * sum(W**2)`` for each weight array.
    dtype : dtype, default float32
        Of the parameters and of all arithmetic. Use float64 to check gradients.
    seed : int, Generator or None, default None
        Where the first weights are drawn from.

    Attributes
    ----------
    params : dict of str to ndarray
        ``W1`` of shape (F, C, k, k), ``b1`` (F,); ``W2`` (F * (H // 2) * (W // 2), M) where the
        filter size is odd, ``b2`` (M,); ``W3`` (M, num_classes), ``b3`` (num_classes,).
    conv_param, pool_param : dict
        Passed to the convolution and to pooling.
    reg, dtype
        As above.

    Raises
    ------
    TypeError
        If a dimension is not an integer.
    ValueError
        If a dimension is less than 1, or nothing is left of the image after pooling.

    References
    ----------
    .. [1] CS231n course notes, "Convolutional Neural Networks", "ConvNet Architectures".
    """

    def __init__(
        self,
        input_dim: tuple[int, int, int] = (3, 32, 32),
        num_filters: int = 32,
        filter_size: int = 7,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        dtype: type = np.float32,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        channels, height, width = input_dim
        for size in (*input_dim, num_filters, filter_size, hidden_dim, num_classes):
            check_integer("each size of the network", size, 1)
        pad = (filter_size - 1) // 2
        pooled_height, pooled_width = (
            (size + 2 * pad - filter_size + 1) // 2 for size in (height, width)
        )
        if min(pooled_height, pooled_width) < 1:
            raise ValueError(
                f"input_dim should be large enough for a filter of size {filter_size} and 2x2 "
                f"pooling, but images are {height}x{width}."
            )
        self.conv_param = {"stride": 1, "pad": pad}
        self.pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        self.reg, self.dtype = reg, dtype

        shapes = {
            "W1": (num_filters, channels, filter_size, filter_size),
            "b1": (num_filters,),
            "W2": (num_filters * pooled_height * pooled_width, hidden_dim),
            "b2": (hidden_dim,),
            "W3": (hidden_dim, num_classes),
            "b3": (num_classes,),
        }
        rng = np.random.default_rng(seed)
        self.params = {
            name: (weight_scale * rng.standard_normal(shape)).astype(dtype)
            if name.startswith("W")
            else np.zeros(shape, dtype)
            for name, shape in shapes.items()
        }

    def loss(self, X: np.ndarray, y: np.ndarray | None = None) -> Any:
        """Compute scores; with labels, the loss and its gradients.

        Parameters
        ----------
        X : ndarray of shape (N, C, H, W)
            Images.
        y : ndarray of shape (N,), optional
            Integer labels.

        Returns
        -------
        scores : ndarray of shape (N, num_classes)
            If there are no labels.
        loss, grads : tuple of float and dict
            If there are; the gradients have the keys and shapes of `params`.
        """
        check_array("X", X, "NCHW")
        X = X.astype(self.dtype, copy=False)
        W1, b1, W2, b2, W3, b3 = (
            self.params[name] for name in ("W1", "b1", "W2", "b2", "W3", "b3")
        )
        conv, conv_cache = conv_forward_fast(X, W1, b1, self.conv_param)
        relu, relu_cache = relu_forward(conv)
        pool, pool_cache = max_pool_forward_fast(relu, self.pool_param)
        flat = pool.reshape(len(X), -1)  # from channels last: copied once, not in both directions
        hidden, hidden_cache = affine_relu_forward(flat, W2, b2)
        scores, scores_cache = affine_forward(hidden, W3, b3)
        if y is None:
            return scores

        loss, dscores = softmax_loss(scores, y)
        grads = {}
        dhidden, grads["W3"], grads["b3"] = affine_backward(dscores, scores_cache)
        dpool, grads["W2"], grads["b2"] = affine_relu_backward(dhidden, hidden_cache)
        drelu = max_pool_backward_fast(dpool.reshape(pool.shape), pool_cache)
        dconv = relu_backward(drelu, relu_cache)
        _, grads["W1"], grads["b1"] = conv_backward_fast(dconv, conv_cache, need_dx=False)
        for name in ("W1", "W2", "W3"):
            W = self.params[name]
            loss += float(0.5 * self.reg * np.vdot(W, W))
            grads[name] += self.reg * W
        return loss, grads
