"""Batch, layer and group normalization.

All of them subtract a mean, divide by a standard deviation, and then scale by ``gamma`` and shift
by ``beta``. They differ in what the mean is taken over: the examples (batch), the features of one
example (layer), or a group of channels of one image (group). Variances are biased: they divide by
the number of values. Deviations are taken before they are squared, so that a large mean costs no
digits of the variance.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np

from cs231n_lib.contracts import (
    check_array,
    check_integer,
    check_keys,
    check_mode,
    check_shape,
    check_upstream,
)

BN_KEYS = ("mode", "eps", "momentum", "running_mean", "running_var")


def batchnorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: MutableMapping[str, Any]
) -> tuple[np.ndarray, tuple]:
    """Normalize each feature over the minibatch, then scale and shift it.

    At test time the running averages stand in for the minibatch, so that an example's output does
    not depend on its company.

    Parameters
    ----------
    x : ndarray of shape (N, D)
        Minibatch of N examples.
    gamma, beta : ndarray of shape (D,)
        Scale and shift, in the units of ``out``.
    bn_param : dict
        ``'mode'``, ``'train'`` or ``'test'``, is required. ``'eps'`` (1e-5, in the units of
        ``x**2``) is added to the variance. ``'running_mean'`` and ``'running_var'`` (zeros), of
        shape (D,), are written back; ``'momentum'`` (0.9) weighs their old value.

    Returns
    -------
    out : ndarray of shape (N, D)
        Output.
    cache : tuple
        ``(normalized, std, gamma, mode)``, for `batchnorm_backward` and `batchnorm_backward_alt`;
        ``normalized`` of shape (N, D), ``std`` of shape (D,).

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If a shape, a key or the mode is wrong.

    References
    ----------
    .. [1] Ioffe, Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
       Internal Covariate Shift", 2015.

    Examples
    --------
    >>> bn_param = {"mode": "train"}
    >>> x = np.array([[1.0], [3.0]])
    >>> out, cache = batchnorm_forward(x, np.array([10.0]), np.array([5.0]), bn_param)
    >>> out.round(3)
    array([[-5.], [15.]])
    >>> bn_param["running_mean"]  # 0.9 * 0 + 0.1 * 2
    array([0.2])
    """
    check_array("x", x, "ND")
    _check_scale_and_shift(gamma, beta, x.shape[1], "features")
    check_keys("bn_param", bn_param, BN_KEYS, required=("mode",))
    mode = check_mode("bn_param", bn_param)
    eps, momentum = _read_eps(bn_param), float(bn_param.get("momentum", 0.9))
    running_mean = _read_running(bn_param, "running_mean", x)
    running_var = _read_running(bn_param, "running_var", x)
    if mode == "train":
        mean = _sum(x, axis=0) / len(x)  # (D,)
        centered = x - mean  # (N, D)
        var = _sum(centered**2, axis=0) / len(x)
        # new arrays, not new values in the old ones, which the caller may have kept
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        centered = x - running_mean.astype(_float_type(x))
        var = running_var.astype(_float_type(x))
    bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
    std = np.sqrt(var + eps)
    normalized = np.divide(centered, std, out=centered)  # in place: centered is not used again
    out = gamma * normalized
    out += beta
    return out, (normalized, std, gamma, mode)


def batchnorm_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the gradients of batch normalization, node by node back through its graph.

    After a forward pass in test mode, mean and variance are constants and the gradients are those
    of a scale and a shift: what a saliency map, or training with frozen averages, needs.

    Parameters
    ----------
    dout : ndarray of shape (N, D)
        Upstream gradient.
    cache : tuple
        ``(normalized, std, gamma, mode)`` from `batchnorm_forward`.

    Returns
    -------
    dx : ndarray of shape (N, D)
        Gradient with respect to ``x``.
    dgamma, dbeta : ndarray of shape (D,)
        Gradients with respect to ``gamma`` and ``beta``.

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of the forward pass's output.

    References
    ----------
    .. [1] CS231n course notes, "Backpropagation, Intuitions", "Patterns in backward flow".
    """
    normalized, std, gamma, mode = cache
    check_upstream(dout, normalized.shape)
    num_examples = len(dout)

    # out = gamma * normalized + beta
    dbeta = _sum(dout, axis=0)
    dgamma = _sum(dout * normalized, axis=0)
    dnormalized = dout * gamma

    # normalized = centered / std
    dcentered = dnormalized / std
    if mode == "test":
        return dcentered, dgamma, dbeta
    dstd = -_sum(dnormalized * normalized, axis=0) / std

    # std = sqrt(var + eps), var = mean(centered**2): the second way from centered to out
    dvar = dstd / (2 * std)
    centered = normalized * std
    dcentered += 2 * centered * dvar / num_examples

    # centered = x - mean, mean = sum(x) / N
    dmean = -_sum(dcentered, axis=0)
    dx = dcentered + dmean / num_examples
    return dx, dgamma, dbeta


def batchnorm_backward_alt(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the gradients of batch normalization in closed form.

    The graph of `batchnorm_backward` collapses: ``dx`` is what is left of ``dnormalized`` once its
    mean, and its share along ``normalized``, are taken out, because a shift or a stretch of ``x``
    does not change the output.

    Parameters
    ----------
    dout : ndarray of shape (N, D)
        Upstream gradient.
    cache : tuple
        ``(normalized, std, gamma, mode)`` from `batchnorm_forward`.

    Returns
    -------
    dx : ndarray of shape (N, D)
        Gradient with respect to ``x``.
    dgamma, dbeta : ndarray of shape (D,)
        Gradients with respect to ``gamma`` and ``beta``.

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of the forward pass's output.

    References
    ----------
    .. [1] Ioffe, Szegedy, "Batch Normalization", 2015, section 3.
    """
    normalized, std, gamma, mode = cache
    check_upstream(dout, normalized.shape)
    dbeta = _sum(dout, axis=0)
    dgamma = _sum(dout * normalized, axis=0)
    if mode == "test":
        return dout * (gamma / std), dgamma, dbeta
    # gamma / std * (dout - dbeta / N - normalized * dgamma / N), in one array for speed
    dx = normalized * (-dgamma / len(dout))
    dx += dout
    dx -= dbeta / len(dout)
    dx *= gamma / std
    return dx, dgamma, dbeta


def layernorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, ln_param: Mapping[str, Any]
) -> tuple[np.ndarray, tuple]:
    """Normalize each example over its features, then scale and shift each feature.

    Parameters
    ----------
    x : ndarray of shape (N, D)
        Minibatch of N examples.
    gamma, beta : ndarray of shape (D,)
        Scale and shift, in the units of ``out``.
    ln_param : dict
        ``'eps'`` (1e-5, in the units of ``x**2``) is added to the variance; ``'mode'`` is ignored.

    Returns
    -------
    out : ndarray of shape (N, D)
        Output.
    cache : tuple
        ``(normalized, std, gamma)``, for `layernorm_backward`; ``normalized`` of shape (N, D),
        ``std`` of shape (N, 1).

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If a shape or a key is wrong.

    References
    ----------
    .. [1] Ba, Kiros, Hinton, "Layer Normalization", 2016.

    Examples
    --------
    >>> out, cache = layernorm_forward(np.array([[1.0, 3.0]]), np.ones(2), np.zeros(2), {})
    >>> out.round(3)
    array([[-1.,  1.]])
    """
    check_array("x", x, "ND")
    _check_scale_and_shift(gamma, beta, x.shape[1], "features")
    check_keys("ln_param", ln_param, ("eps", "mode"))
    centered = x - _sum(x, axis=1) / x.shape[1]  # (N, D) less (N, 1)
    var = np.vecdot(centered, centered)[:, None] / x.shape[1]  # (N, 1)
    std = np.sqrt(var + _read_eps(ln_param))
    normalized = np.divide(centered, std, out=centered)  # in place: centered is not used again
    out = gamma * normalized
    out += beta
    return out, (normalized, std, gamma)


def layernorm_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the gradients of layer normalization.

    Parameters
    ----------
    dout : ndarray of shape (N, D)
        Upstream gradient.
    cache : tuple
        ``(normalized, std, gamma)`` from `layernorm_forward`.

    Returns
    -------
    dx : ndarray of shape (N, D)
        Gradient with respect to ``x``.
    dgamma, dbeta : ndarray of shape (D,)
        Gradients with respect to ``gamma`` and ``beta``.

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of the forward pass's output.

    References
    ----------
    .. [1] Ba, Kiros, Hinton, "Layer Normalization", 2016.
    """
    normalized, std, gamma = cache
    check_upstream(dout, normalized.shape)
    num_features = dout.shape[1]
    dbeta = _sum(dout, axis=0)
    products = dout * normalized
    dgamma = _sum(products, axis=0)
    # unlike in batch norm, gamma differs along the axis of the means, so it weighs their terms
    mean = (dout @ gamma)[:, None] / num_features  # (N, 1)
    share = (products @ gamma)[:, None] / num_features  # (N, 1)
    dx = dout * gamma
    dx -= mean
    dx -= normalized * share
    dx /= std
    return dx, dgamma, dbeta


def spatial_batchnorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: MutableMapping[str, Any]
) -> tuple[np.ndarray, tuple]:
    """Normalize each channel over all pixels of all images, as a feature of `batchnorm_forward`.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
        Images.
    gamma, beta : ndarray of shape (C,)
        Scale and shift, in the units of ``out``.
    bn_param : dict
        As for `batchnorm_forward`; the running averages have shape (C,).

    Returns
    -------
    out : ndarray of shape (N, C, H, W)
        Output.
    cache : tuple
        ``(shape of x, cache of batchnorm_forward)``, for `spatial_batchnorm_backward`.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If a shape, a key or the mode is wrong.

    References
    ----------
    .. [1] Ioffe, Szegedy, "Batch Normalization", 2015, section 3.2.
    """
    check_array("x", x, "NCHW")
    _check_scale_and_shift(gamma, beta, x.shape[1], "channels")
    out, cache = batchnorm_forward(_pixels_as_rows(x), gamma, beta, bn_param)
    return _rows_as_pixels(out, x.shape), (x.shape, cache)


def spatial_batchnorm_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the gradients of spatial batch normalization.

    Parameters
    ----------
    dout : ndarray of shape (N, C, H, W)
        Upstream gradient.
    cache : tuple
        ``(shape of x, cache of batchnorm_forward)`` from `spatial_batchnorm_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
        Gradient with respect to ``x``.
    dgamma, dbeta : ndarray of shape (C,)
        Gradients with respect to ``gamma`` and ``beta``.

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of the forward pass's output.

    References
    ----------
    .. [1] Ioffe, Szegedy, "Batch Normalization", 2015, section 3.2.
    """
    shape, batchnorm_cache = cache
    check_upstream(dout, shape)
    dx, dgamma, dbeta = batchnorm_backward_alt(_pixels_as_rows(dout), batchnorm_cache)
    return _rows_as_pixels(dx, shape), dgamma, dbeta


def spatial_groupnorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, G: int, gn_param: Mapping[str, Any]
) -> tuple[np.ndarray, tuple]:
    """Normalize each group of channels of each image, then scale and shift each channel.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
        Images.
    gamma, beta : ndarray of shape (C,) or (1, C, 1, 1), both the same
        Scale and shift, in the units of ``out``.
    G : int
        Number of groups; each holds C / G neighboring channels.
    gn_param : dict
        ``'eps'`` (1e-5, in the units of ``x**2``) is added to the variance; ``'mode'`` is ignored.

    Returns
    -------
    out : ndarray of shape (N, C, H, W)
        Output.
    cache : tuple
        ``(normalized, std, gamma, G)``, for `spatial_groupnorm_backward`; ``normalized`` of shape
        (N, C, H, W), ``std`` of shape (N * G, 1).

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If a shape or a key is wrong, or ``G`` does not divide C.

    References
    ----------
    .. [1] Wu, He, "Group Normalization", 2018.
    """
    check_array("x", x, "NCHW")
    num_images, channels = x.shape[:2]
    wanted = (1, channels, 1, 1) if np.ndim(gamma) == 4 else (channels,)
    check_shape("gamma", gamma, wanted, f"x has {channels} channels")
    check_shape("beta", beta, gamma.shape, "that is the shape of gamma")
    check_keys("gn_param", gn_param, ("eps", "mode"))
    check_integer("G", G, 1)
    if channels % G:
        raise ValueError(f"G should divide the {channels} channels of x, but it is {G}.")
    groups = x.reshape(num_images * G, -1)  # one row of C / G * H * W values for each group
    centered = groups - _sum(groups, axis=1) / groups.shape[1]
    var = _sum(centered**2, axis=1) / groups.shape[1]  # (N * G, 1)
    std = np.sqrt(var + _read_eps(gn_param))
    normalized = (centered / std).reshape(x.shape)
    out = gamma.reshape(-1, 1, 1) * normalized + beta.reshape(-1, 1, 1)
    return out, (normalized, std, gamma, G)


def spatial_groupnorm_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the gradients of group normalization.

    Parameters
    ----------
    dout : ndarray of shape (N, C, H, W)
        Upstream gradient.
    cache : tuple
        ``(normalized, std, gamma, G)`` from `spatial_groupnorm_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
        Gradient with respect to ``x``.
    dgamma, dbeta : ndarray, shape of ``gamma``
        Gradients with respect to ``gamma`` and ``beta``.

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of the forward pass's output.

    References
    ----------
    .. [1] Wu, He, "Group Normalization", 2018.
    """
    normalized, std, gamma, num_groups = cache
    check_upstream(dout, normalized.shape)
    dbeta = dout.sum(axis=(0, 2, 3)).reshape(gamma.shape)
    dgamma = (dout * normalized).sum(axis=(0, 2, 3)).reshape(gamma.shape)
    # the closed form of layernorm_backward, with a group in the place of an example
    dgroups = (dout * gamma.reshape(-1, 1, 1)).reshape(len(dout) * num_groups, -1)
    groups = normalized.reshape(dgroups.shape)
    mean = _sum(dgroups, axis=1) / dgroups.shape[1]  # (N * G, 1)
    share = _sum(dgroups * groups, axis=1) / dgroups.shape[1]  # (N * G, 1)
    dx = ((dgroups - mean - groups * share) / std).reshape(dout.shape)
    return dx, dgamma, dbeta


def _check_scale_and_shift(gamma: Any, beta: Any, length: int, what: str) -> None:
    check_shape("gamma", gamma, (length,), f"x has {length} {what}")
    check_shape("beta", beta, (length,), f"x has {length} {what}")


def _read_eps(param: Mapping[str, Any]) -> float:
    return float(param.get("eps", 1e-5))  # a NumPy scalar would turn float32 into float64


def _read_running(bn_param: Mapping[str, Any], key: str, x: np.ndarray) -> np.ndarray:
    value = bn_param.get(key)
    if value is None:
        return np.zeros(x.shape[1], _float_type(x))
    check_shape(f"bn_param[{key!r}]", value, (x.shape[1],), f"x has {x.shape[1]} features")
    return value


def _float_type(x: np.ndarray) -> np.dtype:
    return np.result_type(x, np.float16)  # a float type, and no wider than x


def _sum(x: np.ndarray, axis: int) -> np.ndarray:
    """Sum an array of shape (N, D) to (D,) or (N, 1)."""
    # as a product with ones: several times as fast as x.sum, and closer in float32
    ones = np.ones(x.shape[axis], _float_type(x))
    return ones @ x if axis == 0 else (x @ ones)[:, None]


def _pixels_as_rows(x: np.ndarray) -> np.ndarray:
    # a plain reshape would cut rows out of the images and mix the channels
    if x.strides[1] == x.itemsize:  # channels last in memory, as the fast layers leave them
        return x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])  # (N * H * W, C)
    return x.transpose(1, 0, 2, 3).reshape(x.shape[1], -1).T  # the same, copied plane by plane


def _rows_as_pixels(rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    num_images, channels, height, width = shape
    return rows.reshape(num_images, height, width, channels).transpose(0, 3, 1, 2)
