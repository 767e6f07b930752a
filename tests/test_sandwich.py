"""Sandwich layers are the layers that their names say, one after another."""

import numpy as np
import pytest
from layer_table import as_tuple, draw, draw_upstream

from cs231n_lib import layers

AFFINE, CONV = (
    {"x": (5, 2, 2), "w": (4, 3), "b": (3,)},
    {"x": (2, 3, 5, 4), "w": (2, 3, 2, 3), "b": (2,)},
)
SETTINGS = {
    "affine": {},
    "conv": {"conv_param": {"stride": 2, "pad": 1}},
    "relu": {},
    "batchnorm": {"bn_param": {"mode": "train", "eps": 0.1}},
    "spatial_batchnorm": {"bn_param": {"mode": "train", "eps": 0.1}},
    "layernorm": {"ln_param": {"eps": 0.1}},
    "max_pool": {"pool_param": {"pool_height": 2, "pool_width": 1, "stride": 1}},
}


def function(layer, direction):
    """Find a layer's readable function."""
    name = f"{layer}_{direction}"
    return getattr(layers, name, None) or getattr(layers, f"{name}_naive")


@pytest.mark.parametrize(
    ("sandwich", "steps"),
    [
        ("affine_relu", ["affine", "relu"]),
        ("affine_bn_relu", ["affine", "batchnorm", "relu"]),
        ("affine_ln_relu", ["affine", "layernorm", "relu"]),
        ("conv_relu", ["conv", "relu"]),
        ("conv_bn_relu", ["conv", "spatial_batchnorm", "relu"]),
        ("conv_relu_pool", ["conv", "relu", "max_pool"]),
    ],
)
def test_a_sandwich_is_its_layers_one_after_another(sandwich, steps):
    first, *others = steps
    case = dict(AFFINE if first == "affine" else CONV)
    norms = [step for step in steps if step.endswith("norm")]
    if norms:
        case |= {"gamma": case["b"], "beta": case["b"]}
    arrays = draw(case)
    settings = {key: dict(value) for step in steps for key, value in SETTINGS[step].items()}
    got, got_cache = function(sandwich, "forward")(*arrays.values(), *settings.values())

    x, w, b, *scale_and_shift = arrays.values()
    out, cache = function(first, "forward")(x, w, b, *SETTINGS[first].values())
    caches = [cache]
    for step in others:
        parameters = scale_and_shift if step in norms else []
        settings = [dict(value) for value in SETTINGS[step].values()]
        out, cache = function(step, "forward")(out, *parameters, *settings)
        caches.append(cache)
    np.testing.assert_allclose(got, out, rtol=1e-12, atol=1e-12)

    dout = draw_upstream(out)
    got_grads = function(sandwich, "backward")(dout, got_cache)
    norm_grads = ()
    for step, cache in zip(reversed(others), reversed(caches[1:]), strict=True):
        dout, *parameter_grads = as_tuple(function(step, "backward")(dout, cache))
        norm_grads = parameter_grads or norm_grads
    grads = (*function(first, "backward")(dout, caches[0]), *norm_grads)
    for got_grad, grad in zip(got_grads, grads, strict=True):
        np.testing.assert_allclose(got_grad, grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("sandwich", "case"), [("affine_bn_relu", AFFINE), ("conv_bn_relu", CONV)])
def test_running_averages_are_written_back_through_a_sandwich(sandwich, case):
    first = sandwich.split("_")[0]
    arrays = draw(case | {"gamma": case["b"], "beta": case["b"]})
    bn_param = {"mode": "train", "momentum": 0}
    settings = [*SETTINGS[first].values(), bn_param]
    function(sandwich, "forward")(*arrays.values(), *settings)
    scores, _ = function(first, "forward")(*list(arrays.values())[:3], *SETTINGS[first].values())
    axes = (0, *range(2, scores.ndim))
    np.testing.assert_allclose(bn_param["running_mean"], scores.mean(axis=axes))
    np.testing.assert_allclose(bn_param["running_var"], scores.var(axis=axes))
