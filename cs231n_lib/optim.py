"""Update rules: from the weights and their gradient to the next weights.

Every rule is ``rule(w, dw, config=None) -> (next_w, config)``. The config holds the settings and
whatever the rule remembers from step to step; pass the one that came back with the last step. A
missing setting has its default, a missing state is zeros. Neither ``w``, ``dw`` nor the config
passed is changed, and all arithmetic is in the dtype of ``w``.

Below the rules are schedules: functions of the epoch that say by what factor the learning rate has
fallen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from cs231n_lib.contracts import check_array, check_keys, check_shape


def sgd(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Step against the gradient: ``w - learning_rate * dw``.

    Parameters
    ----------
    w : ndarray of any shape
        Weights.
    dw : ndarray, shape of ``w``
        Gradient of the loss with respect to ``w``.
    config : dict, optional
        ``learning_rate`` (default 1e-2).

    Returns
    -------
    next_w : ndarray, shape of ``w``
        Weights after the step.
    config : dict
        For the next step.

    Raises
    ------
    TypeError
        If ``w`` is not an array of floating-point numbers, or ``dw`` is not an array.
    ValueError
        If the shapes differ, or the config has an unknown key.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "SGD and bells and whistles".

    Examples
    --------
    >>> next_w, config = sgd(np.array([1.0, 2.0]), np.array([10.0, -10.0]))
    >>> next_w
    array([0.9, 2.1])
    """
    dw, config = _prepare(w, dw, config, {"learning_rate": 1e-2})
    return w - config["learning_rate"] * dw, config


def sgd_momentum(
    w: np.ndarray, dw: np.ndarray, config: dict | None = None
) -> tuple[np.ndarray, dict]:
    """Let the gradient push a velocity, and the velocity move the weights.

    Parameters
    ----------
    w : ndarray of any shape
        Weights.
    dw : ndarray, shape of ``w``
        Gradient of the loss with respect to ``w``.
    config : dict, optional
        ``learning_rate`` (default 1e-2); ``momentum`` (0.9), the share of the velocity that
        friction leaves; ``velocity``, shape of ``w``.

    Returns
    -------
    next_w : ndarray, shape of ``w``
        Weights after the step.
    config : dict
        For the next step.

    Raises
    ------
    TypeError
        If ``w`` is not an array of floating-point numbers, or another array is not an array.
    ValueError
        If the shapes differ, or the config has an unknown key.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "Momentum update".
    """
    defaults = {"learning_rate": 1e-2, "momentum": 0.9}
    dw, config = _prepare(w, dw, config, defaults, ("velocity",))
    velocity = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return w + velocity, {**config, "velocity": velocity}


def sgd_nesterov(
    w: np.ndarray, dw: np.ndarray, config: dict | None = None
) -> tuple[np.ndarray, dict]:
    """Nesterov momentum, rearranged so that it needs the gradient at ``w`` only.

    What is called ``w`` here is the look-ahead point ``w + momentum * velocity`` of
    `sgd_nesterov_lookahead`: the same path, seen from one velocity further on.

    Parameters
    ----------
    w : ndarray of any shape
        Weights.
    dw : ndarray, shape of ``w``
        Gradient of the loss with respect to ``w``, at ``w``.
    config : dict, optional
        ``learning_rate`` (default 1e-2); ``momentum`` (0.9); ``velocity``, shape of ``w``.

    Returns
    -------
    next_w : ndarray, shape of ``w``
        Weights after the step.
    config : dict
        For the next step.

    Raises
    ------
    TypeError
        If ``w`` is not an array of floating-point numbers, or another array is not an array.
    ValueError
        If the shapes differ, or the config has an unknown key.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "Nesterov Momentum".
    """
    defaults = {"learning_rate": 1e-2, "momentum": 0.9}
    dw, config = _prepare(w, dw, config, defaults, ("velocity",))
    momentum, previous = config["momentum"], config["velocity"]
    velocity = momentum * previous - config["learning_rate"] * dw
    next_w = w - momentum * previous + (1 + momentum) * velocity
    return next_w, {**config, "velocity": velocity}


def sgd_nesterov_lookahead(
    w: np.ndarray, grad: Callable[[np.ndarray], np.ndarray], config: dict | None = None
) -> tuple[np.ndarray, dict]:
    """Nesterov momentum as it is thought of: with the gradient where the velocity leads.

    It takes the gradient as a function, for the point where it is needed is not ``w``; so it can't
    be passed to a `Solver`, where `sgd_nesterov` does the same.

    Parameters
    ----------
    w : ndarray of any shape
        Weights.
    grad : callable
        Takes weights and returns the gradient of the loss there, in their shape.
    config : dict, optional
        ``learning_rate`` (default 1e-2); ``momentum`` (0.9); ``velocity``, shape of ``w``.

    Returns
    -------
    next_w : ndarray, shape of ``w``
        Weights after the step.
    config : dict
        For the next step.

    Raises
    ------
    TypeError
        If ``w`` is not an array of floating-point numbers, or ``grad`` is not a function.
    ValueError
        If the shapes differ, or the config has an unknown key.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "Nesterov Momentum".

    Examples
    --------
    >>> w, config = sgd_nesterov_lookahead(np.array([4.0]), lambda w: 2 * w)
    >>> w
    array([3.92])
    """
    if not callable(grad):
        raise TypeError(
            "grad should be a function from weights to their gradient, "
            f"but it is of type {type(grad).__name__}; sgd_nesterov takes an array."
        )
    defaults = {"learning_rate": 1e-2, "momentum": 0.9}
    _, config = _prepare(w, w, config, defaults, ("velocity",))
    ahead = w + config["momentum"] * config["velocity"]
    return sgd_momentum(w, grad(ahead), config)


def adagrad(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Divide each weight's step by the root of the sum of all its squared gradients.

    Parameters
    ----------
    w : ndarray of any shape
        Weights.
    dw : ndarray, shape of ``w``
        Gradient of the loss with respect to ``w``.
    config : dict, optional
        ``learning_rate`` (default 1e-2); ``epsilon`` (1e-7), added to the root so that it is
        never 0; ``cache``, shape of ``w``, the sum of squared gradients.

    Returns
    -------
    next_w : ndarray, shape of ``w``
        Weights after the step.
    config : dict
        For the next step.

    Raises
    ------
    TypeError
        If ``w`` is not an array of floating-point numbers, or another array is not an array.
    ValueError
        If the shapes differ, or the config has an unknown key.

    References
    ----------
    .. [1] Duchi, Hazan, Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
       Optimization", 2011.
    """
    dw, config = _prepare(w, dw, config, {"learning_rate": 1e-2, "epsilon": 1e-7}, ("cache",))
    cache = config["cache"] + dw**2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"])
    return next_w, {**config, "cache": cache}


def rmsprop(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """AdaGrad with a cache that forgets: a moving average of the squared gradients.

    Parameters
    ----------
    w : ndarray of any shape
        Weights.
    dw : ndarray, shape of ``w``
        Gradient of the loss with respect to ``w``.
    config : dict, optional
        ``learning_rate`` (default 1e-2); ``decay_rate`` (0.99), the weight of the old average;
        ``epsilon`` (1e-8), added to the root; ``cache``, shape of ``w``, the average.

    Returns
    -------
    next_w : ndarray, shape of ``w``
        Weights after the step.
    config : dict
        For the next step.

    Raises
    ------
    TypeError
        If ``w`` is not an array of floating-point numbers, or another array is not an array.
    ValueError
        If the shapes differ, or the config has an unknown key.

    References
    ----------
    .. [1] Hinton, "Neural Networks for Machine Learning", lecture 6e, 2012.
    """
    defaults = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8}
    dw, config = _prepare(w, dw, config, defaults, ("cache",))
    cache = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw**2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"])
    return next_w, {**config, "cache": cache}


def adam(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Momentum and RMSProp together, with both averages corrected for their start at zero.

    Parameters
    ----------
    w : ndarray of any shape
        Weights.
    dw : ndarray, shape of ``w``
        Gradient of the loss with respect to ``w``.
    config : dict, optional
        ``learning_rate`` (default 1e-3); ``beta1`` (0.9) and ``beta2`` (0.999), the weights of the
        old averages; ``epsilon`` (1e-8), added to the root of the corrected average; ``m`` and
        ``v``, shape of ``w``, the averages of the gradient and of its square; ``t`` (0), the
        number of steps taken.

    Returns
    -------
    next_w : ndarray, shape of ``w``
        Weights after the step.
    config : dict
        For the next step; its ``t`` is one more.

    Raises
    ------
    TypeError
        If ``w`` is not an array of floating-point numbers, or another array is not an array.
    ValueError
        If the shapes differ, or the config has an unknown key.

    References
    ----------
    .. [1] Kingma, Ba, "Adam: A Method for Stochastic Optimization", 2014, algorithm 1.
    """
    defaults = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "t": 0}
    dw, config = _prepare(w, dw, config, defaults, ("m", "v"))
    beta1, beta2, t = config["beta1"], config["beta2"], config["t"] + 1
    m = beta1 * config["m"] + (1 - beta1) * dw
    v = beta2 * config["v"] + (1 - beta2) * dw**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    next_w = w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])
    return next_w, {**config, "m": m, "v": v, "t": t}


RULES = {f.__name__: f for f in (sgd, sgd_momentum, sgd_nesterov, adagrad, rmsprop, adam)}


def _prepare(
    w: Any, dw: Any, config: dict | None, defaults: dict[str, float], state: tuple[str, ...] = ()
) -> tuple[np.ndarray, dict]:
    """Check the arguments of a rule; return dw in the dtype of w, and a complete new config."""
    check_array("w", w)
    if w.dtype.kind != "f":
        raise TypeError(
            f"w should hold floating-point numbers, but its dtype is {w.dtype}; "
            "use w.astype(np.float64)."
        )
    check_shape("dw", dw, w.shape, "that is the shape of w")
    config = {} if config is None else config
    check_keys("config", config, (*defaults, *state))
    full = {**defaults, **config}
    for key in defaults:
        # a plain number takes the dtype of the arrays; np.float64(0.1) would widen a float32
        if isinstance(full[key], np.generic | np.ndarray):
            full[key] = full[key].item()
    for key in state:
        if key in config:
            check_shape(f"config[{key!r}]", config[key], w.shape, "that is the shape of w")
            full[key] = config[key].astype(w.dtype, copy=False)
        else:
            full[key] = np.zeros_like(w)
    return dw.astype(w.dtype, copy=False), full


def step_decay(epoch: float, drop: float = 0.5, every: int = 10) -> float:
    """Fall by a factor every few epochs.

    Parameters
    ----------
    epoch : float
        Epochs trained so far.
    drop : float, default 0.5
        The factor of one fall.
    every : int, default 10
        Epochs between two falls.

    Returns
    -------
    float
        ``drop`` once for every full ``every`` epochs: what to multiply the first learning rate by.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "Annealing the learning rate".

    Examples
    --------
    >>> [step_decay(epoch) for epoch in (0, 9, 10, 25)]
    [1.0, 1.0, 0.5, 0.25]
    """
    return float(drop ** (epoch // every))


def exponential_decay(epoch: float, decay: float = 0.95) -> float:
    """Fall by the same factor every epoch; what ``lr_decay=decay`` does in a `Solver`.

    Parameters
    ----------
    epoch : float
        Epochs trained so far.
    decay : float, default 0.95
        The factor of one epoch; 1 keeps the learning rate constant.

    Returns
    -------
    float
        ``decay**epoch``: what to multiply the first learning rate by.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "Annealing the learning rate".

    Examples
    --------
    >>> [exponential_decay(epoch, decay=0.5) for epoch in (0, 1, 2)]
    [1.0, 0.5, 0.25]
    """
    return float(decay**epoch)


def inverse_decay(epoch: float, rate: float = 1.0) -> float:
    """Fall as 1/t.

    Parameters
    ----------
    epoch : float
        Epochs trained so far.
    rate : float, default 1.0
        How fast it falls, per epoch: after 1 / rate epochs, half is left.

    Returns
    -------
    float
        ``1 / (1 + rate * epoch)``: what to multiply the first learning rate by.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "Annealing the learning rate".

    Examples
    --------
    >>> [inverse_decay(epoch) for epoch in (0, 1, 3)]
    [1.0, 0.5, 0.25]
    """
    return 1 / (1 + rate * epoch)


def cosine_decay(epoch: float, num_epochs: float) -> float:
    """Fall along half a cosine wave: slow, fast, slow, and 0 at the end.

    Parameters
    ----------
    epoch : float
        Epochs trained so far.
    num_epochs : float
        Epochs in all; beyond them it stays 0.

    Returns
    -------
    float
        ``(1 + cos(pi * epoch / num_epochs)) / 2``: what to multiply the first learning rate by.

    References
    ----------
    .. [1] Loshchilov, Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2016.

    Examples
    --------
    >>> [round(cosine_decay(epoch, num_epochs=4), 3) for epoch in (0, 1, 2, 4)]
    [1.0, 0.854, 0.5, 0.0]
    """
    return (1 + math.cos(math.pi * min(epoch / num_epochs, 1))) / 2
