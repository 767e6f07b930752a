"""Sandwich layers: a few layers that are often used one after another, as one.

Each forward function runs its layers in order and keeps their caches in a tuple; its backward
function hands the gradient back through them in reverse. They raise what their layers raise.
Convolution and pooling are the fast ones, because networks are trained with these functions.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np

from cs231n_lib.layers.activations import relu_backward, relu_forward
from cs231n_lib.layers.affine import affine_backward, affine_forward
from cs231n_lib.layers.fast import (
    conv_backward_fast,
    conv_forward_fast,
    max_pool_backward_fast,
    max_pool_forward_fast,
)
from cs231n_lib.layers.normalization import (
    batchnorm_backward_alt,
    batchnorm_forward,
    layernorm_backward,
    layernorm_forward,
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
)

Gradients = tuple[np.ndarray, ...]


def affine_relu_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, tuple]:
    """Run an affine layer and ReLU.

    Parameters
    ----------
    x : ndarray of shape (N, d_1, ..., d_k)
        Minibatch of N examples of D = d_1 * ... * d_k features.
    w : ndarray of shape (D, M)
        Weights.
    b : ndarray of shape (M,)
        Biases.

    Returns
    -------
    out : ndarray of shape (N, M)
        Output.
    cache : tuple
        The caches of both layers, for `affine_relu_backward`.
    """
    affine_out, affine_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(affine_out)
    return out, (affine_cache, relu_cache)


def affine_relu_backward(dout: np.ndarray, cache: tuple, *, need_dx: bool = True) -> Gradients:
    """Compute the gradients of an affine layer and ReLU.

    Parameters
    ----------
    dout : ndarray of shape (N, M)
        Upstream gradient.
    cache : tuple
        The caches from `affine_relu_forward`.
    need_dx : bool, default True
        Whether to compute ``dx``, as in `affine_backward`.

    Returns
    -------
    dx : ndarray of shape (N, d_1, ..., d_k)
        Gradient with respect to ``x``.
    dw : ndarray of shape (D, M)
        Gradient with respect to ``w``.
    db : ndarray of shape (M,)
        Gradient with respect to ``b``.
    """
    affine_cache, relu_cache = cache
    daffine_out = relu_backward(dout, relu_cache)
    return affine_backward(daffine_out, affine_cache, need_dx=need_dx)


def affine_bn_relu_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    bn_param: MutableMapping[str, Any],
) -> tuple[np.ndarray, tuple]:
    """Run an affine layer, batch normalization and ReLU.

    Parameters
    ----------
    x : ndarray of shape (N, d_1, ..., d_k)
        Minibatch of N examples of D = d_1 * ... * d_k features.
    w : ndarray of shape (D, M)
        Weights.
    b : ndarray of shape (M,)
        Biases.
    gamma, beta : ndarray of shape (M,)
        Scale and shift of the normalization.
    bn_param : dict
        As for `batchnorm_forward`; the running averages are written back.

    Returns
    -------
    out : ndarray of shape (N, M)
        Output.
    cache : tuple
        The caches of the three layers, for `affine_bn_relu_backward`.
    """
    affine_out, affine_cache = affine_forward(x, w, b)
    normalized, norm_cache = batchnorm_forward(affine_out, gamma, beta, bn_param)
    out, relu_cache = relu_forward(normalized)
    return out, (affine_cache, norm_cache, relu_cache)


def affine_bn_relu_backward(dout: np.ndarray, cache: tuple, *, need_dx: bool = True) -> Gradients:
    """Compute the gradients of an affine layer, batch normalization and ReLU.

    Parameters
    ----------
    dout : ndarray of shape (N, M)
        Upstream gradient.
    cache : tuple
        The caches from `affine_bn_relu_forward`.
    need_dx : bool, default True
        Whether to compute ``dx``, as in `affine_backward`.

    Returns
    -------
    dx : ndarray of shape (N, d_1, ..., d_k)
        Gradient with respect to ``x``.
    dw : ndarray of shape (D, M)
        Gradient with respect to ``w``.
    db : ndarray of shape (M,)
        Gradient with respect to ``b``.
    dgamma, dbeta : ndarray of shape (M,)
        Gradients with respect to ``gamma`` and ``beta``.
    """
    affine_cache, norm_cache, relu_cache = cache
    dnormalized = relu_backward(dout, relu_cache)
    daffine_out, dgamma, dbeta = batchnorm_backward_alt(dnormalized, norm_cache)
    dx, dw, db = affine_backward(daffine_out, affine_cache, need_dx=need_dx)
    return dx, dw, db, dgamma, dbeta


def affine_ln_relu_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    ln_param: Mapping[str, Any],
) -> tuple[np.ndarray, tuple]:
    """Run an affine layer, layer normalization and ReLU.

    Parameters
    ----------
    x : ndarray of shape (N, d_1, ..., d_k)
        Minibatch of N examples of D = d_1 * ... * d_k features.
    w : ndarray of shape (D, M)
        Weights.
    b : ndarray of shape (M,)
        Biases.
    gamma, beta : ndarray of shape (M,)
        Scale and shift of the normalization.
    ln_param : dict
        As for `layernorm_forward`.

    Returns
    -------
    out : ndarray of shape (N, M)
        Output.
    cache : tuple
        The caches of the three layers, for `affine_ln_relu_backward`.
    """
    affine_out, affine_cache = affine_forward(x, w, b)
    normalized, norm_cache = layernorm_forward(affine_out, gamma, beta, ln_param)
    out, relu_cache = relu_forward(normalized)
    return out, (affine_cache, norm_cache, relu_cache)


def affine_ln_relu_backward(dout: np.ndarray, cache: tuple, *, need_dx: bool = True) -> Gradients:
    """Compute the gradients of an affine layer, layer normalization and ReLU.

    Parameters
    ----------
    dout : ndarray of shape (N, M)
        Upstream gradient.
    cache : tuple
        The caches from `affine_ln_relu_forward`.
    need_dx : bool, default True
        Whether to compute ``dx``, as in `affine_backward`.

    Returns
    -------
    dx : ndarray of shape (N, d_1, ..., d_k)
        Gradient with respect to ``x``.
    dw : ndarray of shape (D, M)
        Gradient with respect to ``w``.
    db : ndarray of shape (M,)
        Gradient with respect to ``b``.
    dgamma, dbeta : ndarray of shape (M,)
        Gradients with respect to ``gamma`` and ``beta``.
    """
    affine_cache, norm_cache, relu_cache = cache
    dnormalized = relu_backward(dout, relu_cache)
    daffine_out, dgamma, dbeta = layernorm_backward(dnormalized, norm_cache)
    dx, dw, db = affine_backward(daffine_out, affine_cache, need_dx=need_dx)
    return dx, dw, db, dgamma, dbeta


def conv_relu_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: Mapping[str, Any]
) -> tuple[np.ndarray, tuple]:
    """Run a convolution and ReLU.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
        Images.
    w : ndarray of shape (F, C, HH, WW)
        Filters.
    b : ndarray of shape (F,)
        Biases.
    conv_param : dict
        ``'stride'`` and ``'pad'``, as for `conv_forward_naive`.

    Returns
    -------
    out : ndarray of shape (N, F, H', W')
        Output, with H' and W' as for `conv_forward_naive`.
    cache : tuple
        The caches of both layers, for `conv_relu_backward`.
    """
    conv_out, conv_cache = conv_forward_fast(x, w, b, conv_param)
    out, relu_cache = relu_forward(conv_out)
    return out, (conv_cache, relu_cache)


def conv_relu_backward(dout: np.ndarray, cache: tuple) -> Gradients:
    """Compute the gradients of a convolution and ReLU.

    Parameters
    ----------
    dout : ndarray of shape (N, F, H', W')
        Upstream gradient.
    cache : tuple
        The caches from `conv_relu_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
        Gradient with respect to ``x``.
    dw : ndarray of shape (F, C, HH, WW)
        Gradient with respect to ``w``.
    db : ndarray of shape (F,)
        Gradient with respect to ``b``.
    """
    conv_cache, relu_cache = cache
    dconv_out = relu_backward(dout, relu_cache)
    return conv_backward_fast(dconv_out, conv_cache)


def conv_bn_relu_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    conv_param: Mapping[str, Any],
    bn_param: MutableMapping[str, Any],
) -> tuple[np.ndarray, tuple]:
    """Run a convolution, spatial batch normalization and ReLU.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
        Images.
    w : ndarray of shape (F, C, HH, WW)
        Filters.
    b : ndarray of shape (F,)
        Biases.
    gamma, beta : ndarray of shape (F,)
        Scale and shift of the normalization.
    conv_param : dict
        ``'stride'`` and ``'pad'``, as for `conv_forward_naive`.
    bn_param : dict
        As for `spatial_batchnorm_forward`; the running averages are written back.

    Returns
    -------
    out : ndarray of shape (N, F, H', W')
        Output, with H' and W' as for `conv_forward_naive`.
    cache : tuple
        The caches of the three layers, for `conv_bn_relu_backward`.
    """
    conv_out, conv_cache = conv_forward_fast(x, w, b, conv_param)
    normalized, norm_cache = spatial_batchnorm_forward(conv_out, gamma, beta, bn_param)
    out, relu_cache = relu_forward(normalized)
    return out, (conv_cache, norm_cache, relu_cache)


def conv_bn_relu_backward(dout: np.ndarray, cache: tuple) -> Gradients:
    """Compute the gradients of a convolution, spatial batch normalization and ReLU.

    Parameters
    ----------
    dout : ndarray of shape (N, F, H', W')
        Upstream gradient.
    cache : tuple
        The caches from `conv_bn_relu_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
        Gradient with respect to ``x``.
    dw : ndarray of shape (F, C, HH, WW)
        Gradient with respect to ``w``.
    db : ndarray of shape (F,)
        Gradient with respect to ``b``.
    dgamma, dbeta : ndarray of shape (F,)
        Gradients with respect to ``gamma`` and ``beta``.
    """
    conv_cache, norm_cache, relu_cache = cache
    dnormalized = relu_backward(dout, relu_cache)
    dconv_out, dgamma, dbeta = spatial_batchnorm_backward(dnormalized, norm_cache)
    dx, dw, db = conv_backward_fast(dconv_out, conv_cache)
    return dx, dw, db, dgamma, dbeta


def conv_relu_pool_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    conv_param: Mapping[str, Any],
    pool_param: Mapping[str, Any],
) -> tuple[np.ndarray, tuple]:
    """Run a convolution, ReLU and max pooling.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
        Images.
    w : ndarray of shape (F, C, HH, WW)
        Filters.
    b : ndarray of shape (F,)
        Biases.
    conv_param : dict
        ``'stride'`` and ``'pad'``, as for `conv_forward_naive`.
    pool_param : dict
        ``'pool_height'``, ``'pool_width'`` and ``'stride'``, as for `max_pool_forward_naive`.

    Returns
    -------
    out : ndarray of shape (N, F, H', W')
        Output, with H' and W' as for `max_pool_forward_naive`.
    cache : tuple
        The caches of the three layers, for `conv_relu_pool_backward`.
    """
    conv_out, conv_cache = conv_forward_fast(x, w, b, conv_param)
    relu_out, relu_cache = relu_forward(conv_out)
    out, pool_cache = max_pool_forward_fast(relu_out, pool_param)
    return out, (conv_cache, relu_cache, pool_cache)


def conv_relu_pool_backward(dout: np.ndarray, cache: tuple) -> Gradients:
    """Compute the gradients of a convolution, ReLU and max pooling.

    Parameters
    ----------
    dout : ndarray of shape (N, F, H', W')
        Upstream gradient.
    cache : tuple
        The caches from `conv_relu_pool_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
        Gradient with respect to ``x``.
    dw : ndarray of shape (F, C, HH, WW)
        Gradient with respect to ``w``.
    db : ndarray of shape (F,)
        Gradient with respect to ``b``.
    """
    conv_cache, relu_cache, pool_cache = cache
    drelu_out = max_pool_backward_fast(dout, pool_cache)
    dconv_out = relu_backward(drelu_out, relu_cache)
    return conv_backward_fast(dconv_out, conv_cache)
