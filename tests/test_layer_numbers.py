"""Affine and activation layers: numbers done by hand, large inputs, the sentence of each error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_table import EXACT

from cs231n_lib import layers


def test_affine_by_hand():
    x = np.array([[[1.0, 2.0], [0.0, -1.0]], [[3.0, 0.0], [1.0, 1.0]]])  # (2, 2, 2): D = 4
    w = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 2.0, -1.0]])
    b = np.array([10.0, 20.0, 30.0])
    out, cache = layers.affine_forward(x, w, b)
    np.testing.assert_array_equal(out, [[11, 20, 33], [14, 23, 36]])
    assert cache[0] is x  # not reshaped
    dx, dw, db = layers.affine_backward(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 2.0]]), cache)
    np.testing.assert_array_equal(dx, [[[1, 0], [1, 0]], [[4, 1], [3, 0]]])
    np.testing.assert_array_equal(dw, [[1, 3, 6], [2, 0, 0], [0, 1, 2], [-1, 1, 2]])
    np.testing.assert_array_equal(db, [1, 1, 2])


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(st.lists(st.integers(1, 4), min_size=2, max_size=5), st.integers(1, 4))
def test_affine_is_a_sum_over_features_whatever_their_axes(x_shape, num_outputs):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=x_shape), rng.normal(size=(int(np.prod(x_shape[1:])), num_outputs))
    b, dout = rng.normal(size=num_outputs), rng.normal(size=(x_shape[0], num_outputs))
    out, cache = layers.affine_forward(x, w, b)
    dx, dw, db = layers.affine_backward(dout, cache)
    for n, m in np.ndindex(out.shape):
        features = w[:, m].reshape(x_shape[1:])
        assert out[n, m] == pytest.approx(np.sum(x[n] * features) + b[m], abs=1e-10)
    np.testing.assert_allclose(np.sum(dx * x), np.sum(dout * (out - b)), atol=1e-10)
    np.testing.assert_allclose(np.sum(dw * w), np.sum(dout * (out - b)), atol=1e-10)
    np.testing.assert_allclose(db, dout.sum(axis=0), atol=1e-10)


def check_elementwise(name, x, out, dx, *settings):
    """Compare with what is expected, for an upstream gradient of 10, 20, 30 and so on."""
    got, cache = getattr(layers, f"{name}_forward")(np.array([x]), *settings)
    np.testing.assert_allclose(got, [out], rtol=EXACT, atol=0)
    dout = np.arange(10.0, 10 * len(x) + 1, 10)[None]
    got = getattr(layers, f"{name}_backward")(dout, cache)
    np.testing.assert_allclose(got, [dx], rtol=EXACT, atol=EXACT)


def test_relu_by_hand():
    check_elementwise("relu", [-2.0, 3.0, -0.5, 0.25], [0, 3, 0, 0.25], [0, 20, 0, 40])


def test_leaky_relu_by_hand():
    check_elementwise("leaky_relu", [-2.0, 3.0], [-0.02, 3], [0.1, 20])
    check_elementwise("leaky_relu", [-2.0, 3.0], [-0.5, 3], [2.5, 20], 0.25)


def test_elu_by_hand():
    half = np.log(0.5)  # exp(half) - 1 is -1/2
    check_elementwise("elu", [half, 3.0], [-0.5, 3], [5, 20])
    check_elementwise("elu", [half, 3.0], [-1, 3], [10, 20], 2.0)


def test_sigmoid_by_hand():
    check_elementwise(
        "sigmoid", [0.0, np.log(3), -np.log(4)], [1 / 2, 3 / 4, 1 / 5], [2.5, 3.75, 4.8]
    )


def test_tanh_by_hand():
    check_elementwise("tanh", [0.0, np.log(2), -np.log(3)], [0, 0.6, -0.8], [10, 12.8, 10.8])


def test_maxout_by_hand():
    x, dout = np.array([[1.0, 5.0, 4.0, 2.0, -1.0, -3.0]]), np.array([[10.0, 20.0, 30.0]])
    out, cache = layers.maxout_forward(x)
    np.testing.assert_array_equal(out, [[5, 4, -1]])
    np.testing.assert_array_equal(layers.maxout_backward(dout, cache), [[0, 10, 20, 0, 30, 0]])
    out, cache = layers.maxout_forward(x, 3)
    np.testing.assert_array_equal(out, [[5, 2]])
    np.testing.assert_array_equal(
        layers.maxout_backward(dout[:, :2], cache), [[0, 10, 0, 20, 0, 0]]
    )


def test_maxout_sends_the_gradient_of_a_tie_to_one_piece():
    out, cache = layers.maxout_forward(np.array([[2.0, 2.0]]))
    np.testing.assert_array_equal(layers.maxout_backward(np.ones_like(out), cache), [[1, 0]])


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "elu"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_inputs_saturate_without_a_warning(name, dtype):
    x = np.array([[-1e4, 1e4]], dtype)  # warnings are errors here
    out, cache = getattr(layers, f"{name}_forward")(x)
    np.testing.assert_array_equal(
        out, {"sigmoid": [[0, 1]], "tanh": [[-1, 1]], "elu": [[-1, 1e4]]}[name]
    )
    assert np.isfinite(getattr(layers, f"{name}_backward")(np.ones_like(x), cache)).all()


def test_elu_and_sigmoid_keep_their_digits_close_to_their_limits():
    out, _ = layers.elu_forward(np.array([-1e-12]))
    np.testing.assert_allclose(out, -1e-12, rtol=1e-11)  # exp(x) - 1 would keep 4 digits
    out, _ = layers.sigmoid_forward(np.array([-700.0]))
    np.testing.assert_allclose(out, np.exp(-700), rtol=1e-11)


@pytest.mark.parametrize(
    ("forward", "arguments", "message"),
    [
        (
            layers.affine_forward,
            (np.ones((2, 2, 3)), np.ones((4, 5)), np.ones(5)),
            "w should have shape (6, M) because each example has 6 features, "
            "but it has shape (4, 5).",
        ),
        (
            layers.affine_forward,
            (np.ones((2, 6)), np.ones((6, 5)), np.ones((1, 5))),
            "b should have shape (5,) because w has 5 columns, but it has shape (1, 5).",
        ),
        (
            layers.maxout_forward,
            (np.ones((2, 5)), 2),
            "num_pieces should divide the 5 features of x, but it is 2.",
        ),
        (
            layers.maxout_forward,
            (np.ones((2, 5)), 0),
            "num_pieces should be at least 1, but it is 0.",
        ),
        (
            layers.maxout_forward,
            (np.ones((2, 5, 1)),),
            "x should have shape (N, D), but it has shape (2, 5, 1).",
        ),
        (
            layers.relu_forward,
            (np.array(3.0),),
            "x should have at least one axis, but it is a single number.",
        ),
    ],
)
def test_layer_says_what_is_wrong_with_its_arguments(forward, arguments, message):
    with pytest.raises(ValueError) as caught:
        forward(*arguments)
    assert str(caught.value) == message
