"""Fully-connected networks: two layers, and any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cs231n_lib.contracts import check_array, check_integer
from cs231n_lib.layers import (
    affine_backward,
    affine_bn_relu_backward,
    affine_bn_relu_forward,
    affine_forward,
    affine_ln_relu_backward,
    affine_ln_relu_forward,
    affine_relu_backward,
    affine_relu_forward,
    dropout_backward,
    dropout_forward,
    softmax_loss,
)

# normalization: (forward, backward, parameters in the order of the forward arguments)
HIDDEN_LAYERS = {
    None: (affine_relu_forward, affine_relu_backward, ("W", "b")),
    "batchnorm": (affine_bn_relu_forward, affine_bn_relu_backward, ("W", "b", "gamma", "beta")),
    "layernorm": (affine_ln_relu_forward, affine_ln_relu_backward, ("W", "b", "gamma", "beta")),
}


class TwoLayerNet:
    """A network affine - ReLU - affine - softmax.

    Parameters
    ----------
    input_dim : int, default 3 * 32 * 32
        Features of an example, D.
    hidden_dim : int, default 100
        Hidden units, H.
    num_classes : int, default 10
        Classes, C.
    weight_scale : float, default 1e-3
        Standard deviation of the first weights.
    reg : float, default 0.0
        Strength of L2 regularization: ``0.5 * reg * sum(W**2)`` for each weight matrix.
    seed : int, Generator or None, default None
        Where the first weights are drawn from.

    Attributes
    ----------
    params : dict of str to ndarray
        ``W1`` of shape (D, H), ``b1`` (H,), ``W2`` (H, C), ``b2`` (C,), in float64.
    reg : float
        As above.

    References
    ----------
    .. [1] CS231n course notes, "Putting it together: Minimal Neural Network Case Study".
    """

    def __init__(
        self,
        input_dim: int = 3 * 32 * 32,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        rng = np.random.default_rng(seed)
        self.reg = reg
        self.params = {
            "W1": weight_scale * rng.standard_normal((input_dim, hidden_dim)),
            "b1": np.zeros(hidden_dim),
            "W2": weight_scale * rng.standard_normal((hidden_dim, num_classes)),
            "b2": np.zeros(num_classes),
        }

    def loss(self, X: np.ndarray, y: np.ndarray | None = None) -> Any:
        """Compute scores; with labels, the loss and its gradients.

        Parameters
        ----------
        X : ndarray of shape (N, d_1, ..., d_k)
            Examples.
        y : ndarray of shape (N,), optional
            Integer labels.

        Returns
        -------
        scores : ndarray of shape (N, C)
            If there are no labels.
        loss, grads : tuple of float and dict
            If there are; the gradients have the keys and shapes of `params`.
        """
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        hidden, hidden_cache = affine_relu_forward(X, W1, b1)
        scores, scores_cache = affine_forward(hidden, W2, b2)
        if y is None:
            return scores

        data_loss, dscores = softmax_loss(scores, y)
        dhidden, dW2, db2 = affine_backward(dscores, scores_cache)
        _, dW1, db1 = affine_relu_backward(dhidden, hidden_cache, need_dx=False)
        reg_loss = 0.5 * self.reg * (np.vdot(W1, W1) + np.vdot(W2, W2))
        grads = {"W1": dW1 + self.reg * W1, "b1": db1, "W2": dW2 + self.reg * W2, "b2": db2}
        return float(data_loss + reg_loss), grads


class FullyConnectedNet:
    """A network {affine - [normalization] - ReLU - [dropout]} x (L - 1) - affine - softmax.

    Parameters
    ----------
    hidden_dims : sequence of int
        Units of each hidden layer.
    input_dim : int, default 3 * 32 * 32
        Features of an example.
    num_classes : int, default 10
        Classes, C.
    dropout_keep_ratio : float, default 1
        The probability of *keeping* a hidden unit; 1 for no dropout.
    normalization : {None, "batchnorm", "layernorm"}, default None
        What to put between affine layer and ReLU.
    reg : float, default 0.0
        Strength of L2 regularization: ``0.5 * reg * sum(W**2)`` for each weight matrix.
    weight_scale : float, default 1e-2
        Standard deviation of the first weights.
    dtype : dtype, default float32
        Of the parameters and of all arithmetic. Use float64 to check gradients.
    seed : int, Generator or None, default None
        Where the first weights and the masks of dropout are drawn from. With an integer all passes
        have the same masks, as a gradient check needs; to train, pass a Generator or None.

    Attributes
    ----------
    params : dict of str to ndarray
        ``W1``, ``b1``, ... up to the last layer L; with a normalization ``gamma1``, ``beta1``, ...
        for all layers but the last.
    num_layers : int
        Affine layers, L.
    use_dropout : bool
        Whether `dropout_keep_ratio` is not 1.
    dropout_param : dict
        Passed to the dropout layers; empty without dropout.
    bn_params : list of dict
        Passed to the normalization layers, one each; empty without normalization.
    normalization, reg, dtype
        As above.

    Raises
    ------
    TypeError
        If a dimension is not an integer.
    ValueError
        If a dimension is less than 1, `dropout_keep_ratio` is no probability above 0, or the
        normalization is unknown.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 1" and "Part 2".
    """

    def __init__(
        self,
        hidden_dims: Sequence[int],
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout_keep_ratio: float = 1,
        normalization: str | None = None,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        dtype: type = np.float32,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        if isinstance(hidden_dims, int):
            raise TypeError(f"hidden_dims should be a list, such as [{hidden_dims}], not a number.")
        dims = [input_dim, *hidden_dims, num_classes]
        for dim in dims:
            check_integer("each of input_dim, hidden_dims and num_classes", dim, 1)
        if not 0 < dropout_keep_ratio <= 1:
            raise ValueError(
                "dropout_keep_ratio should be above 0 and at most 1 because it is the probability "
                f"of keeping a unit, but it is {dropout_keep_ratio}."
            )
        if normalization not in HIDDEN_LAYERS:
            raise ValueError(
                f"normalization should be None, 'batchnorm' or 'layernorm', not {normalization!r}."
            )
        self.num_layers = len(dims) - 1
        self.normalization, self.reg, self.dtype = normalization, reg, dtype
        self.use_dropout = dropout_keep_ratio != 1

        rng = np.random.default_rng(seed)
        self.params = {}
        for layer in range(1, self.num_layers + 1):
            weights = weight_scale * rng.standard_normal((dims[layer - 1], dims[layer]))
            self.params[f"W{layer}"] = weights.astype(dtype)
            self.params[f"b{layer}"] = np.zeros(dims[layer], dtype)
            if normalization is not None and layer < self.num_layers:
                self.params[f"gamma{layer}"] = np.ones(dims[layer], dtype)
                self.params[f"beta{layer}"] = np.zeros(dims[layer], dtype)

        self.bn_params = [] if normalization is None else [{} for _ in hidden_dims]
        self.dropout_param = {"p": dropout_keep_ratio} if self.use_dropout else {}
        if self.use_dropout and seed is not None:
            self.dropout_param["seed"] = seed
        self._set_mode("train")

    def loss(self, X: np.ndarray, y: np.ndarray | None = None) -> Any:
        """Compute scores at test time; with labels, the loss and its gradients at training time.

        Parameters
        ----------
        X : ndarray of shape (N, d_1, ..., d_k)
            Examples.
        y : ndarray of shape (N,), optional
            Integer labels.

        Returns
        -------
        scores : ndarray of shape (N, C)
            If there are no labels.
        loss, grads : tuple of float and dict
            If there are; the gradients have the keys and shapes of `params`.
        """
        check_array("X", X)
        self._set_mode("test" if y is None else "train")
        last, hidden_layers = self.num_layers, range(1, self.num_layers)
        out, caches = X.astype(self.dtype, copy=False), {}
        for layer in hidden_layers:
            out, caches[layer] = self._hidden_forward(layer, out)
        scores, scores_cache = affine_forward(out, self.params[f"W{last}"], self.params[f"b{last}"])
        if y is None:
            return scores

        loss, dscores = softmax_loss(scores, y)
        grads = {}
        dout, grads[f"W{last}"], grads[f"b{last}"] = affine_backward(dscores, scores_cache)
        for layer in reversed(hidden_layers):
            dout, hidden_grads = self._hidden_backward(layer, dout, caches[layer])
            grads |= hidden_grads
        for layer in range(1, last + 1):
            W = self.params[f"W{layer}"]
            loss += float(0.5 * self.reg * np.vdot(W, W))
            grads[f"W{layer}"] += self.reg * W
        return loss, grads

    def _hidden_forward(self, layer: int, x: np.ndarray) -> tuple[np.ndarray, tuple]:
        forward, _, names = HIDDEN_LAYERS[self.normalization]
        arguments = [self.params[f"{name}{layer}"] for name in names]
        if self.normalization is not None:
            arguments.append(self.bn_params[layer - 1])
        out, cache = forward(x, *arguments)
        if not self.use_dropout:
            return out, (cache, None)
        out, dropout_cache = dropout_forward(out, self.dropout_param)
        return out, (cache, dropout_cache)

    def _hidden_backward(
        self, layer: int, dout: np.ndarray, caches: tuple
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        _, backward, names = HIDDEN_LAYERS[self.normalization]
        cache, dropout_cache = caches
        if self.use_dropout:
            dout = dropout_backward(dout, dropout_cache)
        dx, *grads = backward(dout, cache, need_dx=layer > 1)  # nothing learns from the input's
        names = [f"{name}{layer}" for name in names]
        return dx, dict(zip(names, grads, strict=True))

    def _set_mode(self, mode: str) -> None:
        """Tell the layers that behave differently at training and test time which it is."""
        if self.use_dropout:
            self.dropout_param["mode"] = mode
        if self.normalization == "batchnorm":
            for bn_param in self.bn_params:
                bn_param["mode"] = mode
