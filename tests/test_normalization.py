"""Normalization layers: numbers done by hand, running averages, and the sentence of each error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_table import EXACT

from cs231n_lib import layers

quick = settings(max_examples=30, deadline=None, derandomize=True, database=None)
lengths = st.integers(1, 5)


def random(*shape, mean=3.0, seed=0):
    """Draw an array whose mean is far from 0 and differs along the second axis."""
    rng = np.random.default_rng([seed, *shape])
    offsets = np.arange(shape[1]).reshape(-1, *[1] * (len(shape) - 2)) if len(shape) > 1 else 0
    return rng.normal(size=shape) * 2 + mean + offsets


# Batch normalization


def test_batchnorm_by_hand_in_training():
    bn_param = {
        "mode": "train",
        "eps": 3.0,
        "momentum": 0.3,
        "running_mean": np.array([10.0]),
        "running_var": np.array([20.0]),
    }
    x = np.array([[1.0], [3.0]])  # mean 2, variance 1, and sqrt(1 + 3) = 2
    out, cache = layers.batchnorm_forward(x, np.array([10.0]), np.array([5.0]), bn_param)
    np.testing.assert_allclose(out, [[0], [10]], atol=EXACT)
    np.testing.assert_allclose(bn_param["running_mean"], [0.3 * 10 + 0.7 * 2])
    np.testing.assert_allclose(bn_param["running_var"], [0.3 * 20 + 0.7 * 1])  # divided by N
    # dnormalized is (80, 0): less its mean 40, less normalized times the share -20, over 2
    for backward in (layers.batchnorm_backward, layers.batchnorm_backward_alt):
        dx, dgamma, dbeta = backward(np.array([[8.0], [0.0]]), cache)
        np.testing.assert_allclose(dx, [[15], [-15]])
        np.testing.assert_allclose(dgamma, [-4])
        np.testing.assert_allclose(dbeta, [8])


def test_batchnorm_by_hand_at_test_time():
    bn_param = {
        "mode": "test",
        "eps": 0.04,
        "running_mean": np.array([1.0]),
        "running_var": np.array([0.21]),
    }
    out, cache = layers.batchnorm_forward(
        np.array([[2.0]]), np.array([3.0]), np.array([-1.0]), bn_param
    )
    np.testing.assert_allclose(out, [[5]])  # 3 * (2 - 1) / 0.5 - 1
    for backward in (layers.batchnorm_backward, layers.batchnorm_backward_alt):
        dx, dgamma, dbeta = backward(np.array([[10.0]]), cache)
        np.testing.assert_allclose([dx[0, 0], dgamma[0], dbeta[0]], [60, 20, 10])


@pytest.mark.parametrize("momentum", [None, 0.3])
def test_running_averages_are_exact_after_three_steps(momentum):
    bn_param = {"mode": "train"} if momentum is None else {"mode": "train", "momentum": momentum}
    keep = 0.9 if momentum is None else momentum
    mean, var, gamma, beta = np.zeros(4), np.zeros(4), random(4), random(4, seed=1)
    for step in range(3):
        x = random(6, 4, seed=step)
        layers.batchnorm_forward(x, gamma, beta, bn_param)
        mean = keep * mean + (1 - keep) * np.mean(x, axis=0)
        var = keep * var + (1 - keep) * np.var(x, axis=0)
        for key, expected in (("running_mean", mean), ("running_var", var)):
            assert bn_param[key].shape == (4,)
            np.testing.assert_allclose(bn_param[key], expected, rtol=EXACT)
    bn_param |= {"mode": "test", "eps": 0.1}
    x = random(1, 4, seed=9)
    out, _ = layers.batchnorm_forward(x, gamma, beta, bn_param)
    np.testing.assert_allclose(out, gamma * (x - mean) / np.sqrt(var + 0.1) + beta, rtol=EXACT)


def test_batchnorm_at_test_time_leaves_the_averages_as_they_are():
    bn_param = {"mode": "test"}
    layers.batchnorm_forward(random(3, 2), np.ones(2), np.zeros(2), bn_param)
    np.testing.assert_array_equal(bn_param["running_mean"], [0, 0])
    np.testing.assert_array_equal(bn_param["running_var"], [0, 0])


def test_batchnorm_gives_new_averages_and_leaves_the_old_arrays_alone():
    old = np.array([1.0, 2.0])
    bn_param = {"mode": "train", "running_mean": old, "running_var": old}
    layers.batchnorm_forward(random(3, 2), np.ones(2), np.zeros(2), bn_param)
    np.testing.assert_array_equal(old, [1, 2])
    assert bn_param["running_mean"] is not old


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_running_averages_have_the_dtype_of_the_input(dtype):
    bn_param = {"mode": "train", "momentum": np.float64(0.3)}
    arrays = (random(3, 2).astype(dtype), np.ones(2, dtype), np.zeros(2, dtype))
    layers.batchnorm_forward(*arrays, bn_param)
    assert bn_param["running_mean"].dtype == bn_param["running_var"].dtype == dtype


def test_averages_kept_in_float64_do_not_widen_a_float32_output():
    bn_param = {"mode": "test", "running_mean": np.ones(2), "running_var": np.ones(2)}
    arrays = (a.astype(np.float32) for a in (random(3, 2), np.ones(2), np.zeros(2)))
    assert layers.batchnorm_forward(*arrays, bn_param)[0].dtype == np.float32


def test_integers_are_normalized_as_the_numbers_they_are():
    x = np.array([[1, 7], [2, 9], [6, 8]])
    for mode in ("train", "test"):
        bn_param = {"mode": mode, "running_mean": np.array([0.5, 1.5]), "running_var": np.ones(2)}
        out, _ = layers.batchnorm_forward(x, np.ones(2), np.zeros(2), dict(bn_param))
        as_float, _ = layers.batchnorm_forward(x * 1.0, np.ones(2), np.zeros(2), dict(bn_param))
        np.testing.assert_array_equal(out, as_float)


def test_both_backward_passes_of_batchnorm_agree():
    x, dout = random(100, 50), random(100, 50, mean=0, seed=1)
    bn_param = {"mode": "train", "eps": 0.1}
    _, cache = layers.batchnorm_forward(x, random(50), random(50, seed=1), bn_param)
    long, short = layers.batchnorm_backward(dout, cache), layers.batchnorm_backward_alt(dout, cache)
    for a, b in zip(long, short, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_large_mean_costs_no_digits_of_the_variance(dtype):
    x = np.random.default_rng(0).normal(size=(1000, 3)).astype(dtype)
    large = x + dtype(10 ** (3 if dtype == np.float32 else 8))
    x = (large - large[0]).astype(dtype)  # the same differences, of small numbers
    arguments = np.ones(3, dtype), np.zeros(3, dtype)
    expected, _ = layers.batchnorm_forward(x, *arguments, {"mode": "train"})
    out, _ = layers.batchnorm_forward(large, *arguments, {"mode": "train"})
    np.testing.assert_allclose(out, expected, atol=1e-3 if dtype == np.float32 else 1e-6)


def test_a_feature_that_never_varies_gives_beta():
    for x in (np.full((7, 2), 0.1), np.full((1, 2), 1e6)):
        out, _ = layers.batchnorm_forward(x, np.ones(2), np.array([5, -5]), {"mode": "train"})
        np.testing.assert_allclose(out, np.tile([5.0, -5.0], (len(x), 1)), rtol=EXACT)


@quick
@given(st.integers(2, 9), lengths, st.floats(1e-3, 1))
def test_batchnorm_gives_mean_beta_and_a_variance_shrunk_by_eps(num_examples, features, eps):
    x, gamma, beta = random(num_examples, features), random(features), random(features, seed=1)
    out, _ = layers.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})
    var = x.var(axis=0)
    np.testing.assert_allclose(out.mean(axis=0), beta, rtol=1e-9)
    np.testing.assert_allclose(out.var(axis=0), gamma**2 * var / (var + eps), rtol=1e-9)


# Layer, spatial and group normalization


def test_layernorm_by_hand():
    x = np.array([[1.0, 3.0], [10.0, 10.0]])  # variances 1 and 0, eps 3
    gamma, beta = np.array([10.0, 20.0]), np.array([5.0, 6.0])
    out, cache = layers.layernorm_forward(x, gamma, beta, {"eps": 3.0})
    np.testing.assert_allclose(out, [[0, 16], [5, 6]], atol=EXACT)
    dx, dgamma, dbeta = layers.layernorm_backward(np.array([[8.0, 0.0], [0.0, 1.0]]), cache)
    np.testing.assert_allclose(dx, [[15, -15], [-10 / 3**0.5, 10 / 3**0.5]])
    np.testing.assert_allclose(dgamma, [-4, 0], atol=EXACT)
    np.testing.assert_allclose(dbeta, [8, 1])


@quick
@given(lengths, lengths)
def test_layernorm_is_batchnorm_of_the_transpose(num_examples, features):
    x, ones, zeros = random(num_examples, features), np.ones, np.zeros
    out, _ = layers.layernorm_forward(x, ones(features), zeros(features), {"eps": 0.1})
    bn_param = {"mode": "train", "eps": 0.1}
    turned, _ = layers.batchnorm_forward(x.T, ones(len(x)), zeros(len(x)), bn_param)
    np.testing.assert_allclose(out, turned.T, atol=EXACT)


@quick
@given(lengths, lengths, lengths, lengths)
def test_spatial_batchnorm_takes_one_mean_per_channel(num_images, channels, height, width):
    x, bn_param = random(num_images, channels, height, width), {"mode": "train", "eps": 0.1}
    gamma, beta = random(channels), random(channels, seed=1)
    out, _ = layers.spatial_batchnorm_forward(x, gamma, beta, bn_param)
    assert out.shape == x.shape
    assert bn_param["running_mean"].shape == bn_param["running_var"].shape == (channels,)
    for c in range(channels):
        mean, var = x[:, c].mean(), x[:, c].var()
        expected = gamma[c] * (x[:, c] - mean) / np.sqrt(var + 0.1) + beta[c]
        np.testing.assert_allclose(out[:, c], expected, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(bn_param["running_mean"][c], 0.1 * mean)
        np.testing.assert_allclose(bn_param["running_var"][c], 0.1 * var, atol=EXACT)


@quick
@given(lengths, lengths, st.integers(1, 3), lengths, lengths, st.booleans())
def test_groupnorm_takes_one_mean_per_image_and_group(
    num_images, num_groups, per_group, height, width, four_axes
):
    channels = num_groups * per_group
    x = random(num_images, channels, height, width)
    shape = (1, channels, 1, 1) if four_axes else (channels,)
    gamma, beta = random(channels).reshape(shape), random(channels, seed=1).reshape(shape)
    out, cache = layers.spatial_groupnorm_forward(x, gamma, beta, num_groups, {"eps": 0.1})
    assert out.shape == x.shape
    for n in range(num_images):
        for first in range(0, channels, per_group):
            part = np.s_[n, first : first + per_group]
            normalized = (x[part] - x[part].mean()) / np.sqrt(x[part].var() + 0.1)
            scale = gamma.reshape(channels, 1, 1)[first : first + per_group]
            shift = beta.reshape(channels, 1, 1)[first : first + per_group]
            np.testing.assert_allclose(out[part], scale * normalized + shift, 1e-9, 1e-9)
    _, dgamma, dbeta = layers.spatial_groupnorm_backward(np.ones_like(out), cache)
    assert dgamma.shape == dbeta.shape == shape


# Messages


BATCHNORM = layers.batchnorm_forward
X, ONES = np.ones((2, 3)), np.ones(3)
IMAGES, SIX = np.ones((2, 6, 4, 5)), np.ones(6)


@pytest.mark.parametrize(
    ("forward", "arguments", "message"),
    [
        (
            BATCHNORM,
            (np.ones((2, 3, 1)), ONES, ONES, {"mode": "train"}),
            "x should have shape (N, D), but it has shape (2, 3, 1).",
        ),
        (
            BATCHNORM,
            (X, np.ones((1, 3)), ONES, {"mode": "train"}),
            "gamma should have shape (3,) because x has 3 features, but it has shape (1, 3).",
        ),
        (
            BATCHNORM,
            (X, ONES, np.ones(4), {"mode": "train"}),
            "beta should have shape (3,) because x has 3 features, but it has shape (4,).",
        ),
        (
            BATCHNORM,
            (X, ONES, ONES, {"eps": 0.1}),
            "bn_param needs the key 'mode'; it has 'eps'.",
        ),
        (
            BATCHNORM,
            (X, ONES, ONES, {"mode": "eval"}),
            "bn_param['mode'] should be 'train' or 'test', but it is 'eval'.",
        ),
        (
            BATCHNORM,
            (X, ONES, ONES, {"mode": "train", "moment": 0.9}),
            "bn_param has no key 'moment'; did you mean 'momentum'? "
            "It takes 'mode', 'eps', 'momentum', 'running_mean' and 'running_var'.",
        ),
        (
            BATCHNORM,
            (X, ONES, ONES, {"mode": "test", "running_var": np.ones((1, 3))}),
            "bn_param['running_var'] should have shape (3,) because x has 3 features, "
            "but it has shape (1, 3).",
        ),
        (
            layers.layernorm_forward,
            (X, ONES, ONES, {"epsilon": 0.1}),
            "ln_param has no key 'epsilon'; did you mean 'eps'? It takes 'eps' and 'mode'.",
        ),
        (
            layers.spatial_batchnorm_forward,
            (X, ONES, ONES, {"mode": "train"}),
            "x should have shape (N, C, H, W), but it has shape (2, 3).",
        ),
        (
            layers.spatial_batchnorm_forward,
            (IMAGES, ONES, SIX, {"mode": "train"}),
            "gamma should have shape (6,) because x has 6 channels, but it has shape (3,).",
        ),
        (
            layers.spatial_groupnorm_forward,
            (IMAGES, ONES, SIX, 2, {}),
            "gamma should have shape (6,) because x has 6 channels, but it has shape (3,).",
        ),
        (
            layers.spatial_groupnorm_forward,
            (IMAGES, np.ones((1, 3, 1, 1)), SIX, 2, {}),
            "gamma should have shape (1, 6, 1, 1) because x has 6 channels, "
            "but it has shape (1, 3, 1, 1).",
        ),
        (
            layers.spatial_groupnorm_forward,
            (IMAGES, np.ones((1, 6, 1, 1)), SIX, 2, {}),
            "beta should have shape (1, 6, 1, 1) because that is the shape of gamma, "
            "but it has shape (6,).",
        ),
        (
            layers.spatial_groupnorm_forward,
            (IMAGES, SIX, SIX, 4, {}),
            "G should divide the 6 channels of x, but it is 4.",
        ),
        (
            layers.spatial_groupnorm_forward,
            (IMAGES, SIX, SIX, 0, {}),
            "G should be at least 1, but it is 0.",
        ),
        (
            layers.spatial_groupnorm_forward,
            (IMAGES, SIX, SIX, 2, {"momentum": 0.9}),
            "gn_param has no key 'momentum'; did you mean 'mode'? It takes 'eps' and 'mode'.",
        ),
    ],
)
def test_normalization_says_what_is_wrong_with_its_arguments(forward, arguments, message):
    with pytest.raises(ValueError) as caught:
        forward(*arguments)
    assert str(caught.value) == message
