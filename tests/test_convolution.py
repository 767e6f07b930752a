"""Convolution and pooling, every implementation: numbers done by hand, random shapes, messages."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_table import AVG_POOLS, CONVOLUTIONS, EXACT, MAX_POOLS

from cs231n_lib import layers

quick = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def every(implementations):
    """Run a test on each implementation in a list of (name, forward, backward)."""
    names = [name for name, _, _ in implementations]
    pairs = [pair for _, *pair in implementations]
    return pytest.mark.parametrize(("forward", "backward"), pairs, ids=names)


# Convolution


@every(CONVOLUTIONS)
def test_convolution_by_hand(forward, backward):
    x = np.array([[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 3.0, 1.0], [2.0, 0.0, 1.0, 0.0]])
    w = np.array([[1.0, -1.0], [2.0, 0.0]])
    out, cache = forward(x[None, None], w[None, None], np.array([10.0]), {"stride": 1, "pad": 0})
    np.testing.assert_array_equal(out, [[[[9, 14, 15], [13, 8, 14]]]])  # the filter not flipped
    dx, dw, db = backward(np.array([[[[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[1, -1, 0, 0], [2, 0, 2, -2], [0, 0, 4, 0]]]])
    np.testing.assert_array_equal(dw, [[[[7, 4], [2, 1]]]])
    np.testing.assert_array_equal(db, [3])


@every(CONVOLUTIONS)
def test_convolution_with_padding_and_stride_by_hand(forward, backward):
    x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])  # padded: 4 x 5, filter on the corners
    w = np.array([[[[1.0, 10.0], [100.0, 1000.0]]]])
    out, cache = forward(x, w, np.zeros(1), {"stride": 2, "pad": 1})
    np.testing.assert_array_equal(out, [[[[1000, 3200], [40, 65]]]])
    dx, dw, db = backward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[1000, 200, 2000], [30, 4, 40]]]])
    np.testing.assert_array_equal(dw, [[[[20, 36], [4, 7]]]])
    np.testing.assert_array_equal(db, [10])


def convolve_in_words(x, w, b, stride, pad):
    """Follow the definition, one number at a time; pixels outside the image are zero."""
    num_images, _, height, width = x.shape
    num_filters, _, filter_height, filter_width = w.shape
    rows = [i for i in range(-pad, height + pad, stride) if i + filter_height <= height + pad]
    columns = [j for j in range(-pad, width + pad, stride) if j + filter_width <= width + pad]
    out = np.zeros((num_images, num_filters, len(rows), len(columns)))
    for n, f, i, j in np.ndindex(out.shape):
        out[n, f, i, j] = b[f]
        for c, u, v in np.ndindex(w.shape[1:]):
            if 0 <= rows[i] + u < height and 0 <= columns[j] + v < width:
                out[n, f, i, j] += x[n, c, rows[i] + u, columns[j] + v] * w[f, c, u, v]
    return out


@st.composite
def convolutions(draw):
    """Draw sizes N, C, H, W, F, HH, WW, a stride and a padding that fit together."""
    pad, stride = draw(st.integers(0, 2)), draw(st.integers(1, 3))
    height, width = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    filter_height = draw(st.integers(1, min(4, height + 2 * pad)))
    filter_width = draw(st.integers(1, min(4, width + 2 * pad)))
    counts = [draw(st.integers(1, 3)) for _ in "NCF"]
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    x = rng.normal(size=(counts[0], counts[1], height, width))
    w = rng.normal(size=(counts[2], counts[1], filter_height, filter_width))
    return x, w, rng.normal(size=counts[2]), {"stride": stride, "pad": pad}, rng


@every(CONVOLUTIONS)
@quick
@given(convolutions())
def test_convolution_is_what_its_definition_says(forward, backward, drawn):
    x, w, b, conv_param, rng = drawn
    out, cache = forward(x, w, b, conv_param)
    expected = convolve_in_words(x, w, b, **conv_param)
    assert out.shape == expected.shape
    np.testing.assert_allclose(out, expected, atol=EXACT * w.size)
    # out is linear in x, in w and in b, so that gradients are known by their products with others
    dout = rng.normal(size=out.shape)
    dx, dw, db = backward(dout, cache)
    other_x, other_w = rng.normal(size=x.shape), rng.normal(size=w.shape)
    by_x = convolve_in_words(other_x, w, 0 * b, **conv_param)
    by_w = convolve_in_words(x, other_w, 0 * b, **conv_param)
    np.testing.assert_allclose(np.sum(dx * other_x), np.sum(dout * by_x), atol=1e-10)
    np.testing.assert_allclose(np.sum(dw * other_w), np.sum(dout * by_w), atol=1e-10)
    np.testing.assert_allclose(db, dout.sum(axis=(0, 2, 3)), atol=1e-10)


@pytest.mark.parametrize("forward", [forward for _, forward, _ in CONVOLUTIONS])
def test_pixels_in_bytes_are_convolved_as_the_numbers_they_are(forward):
    x = np.array([[[[200, 100, 250]]]], np.uint8)
    out, _ = forward(x, np.ones((1, 1, 1, 2)), np.array([0.5]), {"stride": 1, "pad": 0})
    np.testing.assert_array_equal(out, [[[[300.5, 350.5]]]])


# Pooling


def pool_param(height, width, stride):
    return {"pool_height": height, "pool_width": width, "stride": stride}


@every(MAX_POOLS)
def test_max_pool_by_hand(forward, backward):
    x = np.array([[[[1.0, 2.0, 9.0], [3.0, 7.0, 4.0]], [[-1.0, -2.0, -9.0], [-3.0, -7.0, -4.0]]]])
    out, cache = forward(x, pool_param(2, 2, 1))
    np.testing.assert_array_equal(out, [[[[7, 9]], [[-1, -2]]]])
    dx = backward(np.array([[[[1.0, 10.0]], [[100.0, 1000.0]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[0, 0, 10], [0, 1, 0]], [[100, 1000, 0], [0, 0, 0]]]])


@every(MAX_POOLS)
def test_a_pixel_that_wins_in_several_windows_collects_their_gradients(forward, backward):
    _, cache = forward(np.array([[[[1.0, 9.0, 2.0]]]]), pool_param(1, 2, 1))
    dx = backward(np.array([[[[1.0, 10.0]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[0, 11, 0]]]])


@every(MAX_POOLS)
@pytest.mark.parametrize("param", [pool_param(2, 2, 2), pool_param(2, 2, 1)])
def test_the_first_of_equals_takes_the_gradient(forward, backward, param):
    x = np.array([[[[1.0, 5.0, 0.0], [5.0, 5.0, 5.0]]]])
    out, cache = forward(x, param)
    dx = backward(np.ones_like(out), cache)
    assert dx.sum() == out.size
    assert dx[0, 0, 0, 1] >= 1
    assert dx[0, 0, 1, 0] == dx[0, 0, 1, 1] == 0


@every(AVG_POOLS)
def test_avg_pool_by_hand(forward, backward):
    x = np.array([[[[1.0, 2.0, 9.0], [3.0, 7.0, 4.0]]]])
    out, cache = forward(x, pool_param(2, 2, 1))
    np.testing.assert_array_equal(out, [[[[3.25, 5.5]]]])
    dx = backward(np.array([[[[4.0, 8.0]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[1, 3, 2], [1, 3, 2]]]])


def test_global_avg_pool_by_hand():
    x = np.array([[[[1.0, 2.0, 3.0]], [[4.0, 6.0, 8.0]]]])
    out, cache = layers.global_avg_pool_forward(x)
    np.testing.assert_array_equal(out, [[2, 6]])
    dx = layers.global_avg_pool_backward(np.array([[3.0, 6.0]]), cache)
    np.testing.assert_array_equal(dx, [[[[1, 1, 1]], [[2, 2, 2]]]])


@st.composite
def poolings(draw):
    """Draw images and windows that fit into them."""
    shape = [
        draw(st.integers(1, 3)),
        draw(st.integers(1, 3)),
        *draw(st.tuples(*[st.integers(1, 7)] * 2)),
    ]
    height, width = draw(st.integers(1, shape[2])), draw(st.integers(1, shape[3]))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    return rng.normal(size=shape), pool_param(height, width, draw(st.integers(1, 3))), rng


def windows(x, param):
    """List the place in out, and the window as a slice of x, for every window."""
    rows = range(0, x.shape[2] - param["pool_height"] + 1, param["stride"])
    columns = range(0, x.shape[3] - param["pool_width"] + 1, param["stride"])
    for n, c in np.ndindex(x.shape[:2]):
        for i, top in enumerate(rows):
            for j, left in enumerate(columns):
                bottom, right = top + param["pool_height"], left + param["pool_width"]
                yield (n, c, i, j), np.s_[n, c, top:bottom, left:right]


@every(MAX_POOLS)
@quick
@given(poolings())
def test_max_pool_is_what_its_definition_says(forward, backward, drawn):
    x, param, rng = drawn
    out, cache = forward(x, param)
    dout = rng.normal(size=out.shape)
    dx, expected_dx, places = backward(dout, cache), np.zeros(x.shape), 0
    for place, window in windows(x, param):
        assert out[place] == x[window].max()
        expected_dx[window] += dout[place] * (x[window] == x[window].max())  # no ties here
        places += 1
    assert places == out.size
    assert dx.shape == x.shape
    np.testing.assert_allclose(dx, expected_dx, atol=EXACT)


@every(AVG_POOLS)
@quick
@given(poolings())
def test_avg_pool_is_what_its_definition_says(forward, backward, drawn):
    x, param, rng = drawn
    out, cache = forward(x, param)
    dout = rng.normal(size=out.shape)
    dx, expected_dx, places = backward(dout, cache), np.zeros(x.shape), 0
    for place, window in windows(x, param):
        assert out[place] == pytest.approx(x[window].mean(), abs=EXACT)
        expected_dx[window] += dout[place] / x[window].size
        places += 1
    assert places == out.size
    assert dx.shape == x.shape
    np.testing.assert_allclose(dx, expected_dx, atol=EXACT)


# Messages

X, W, B = np.ones((2, 3, 5, 4)), np.ones((6, 3, 2, 2)), np.ones(6)
CONV = {"stride": 1, "pad": 0}


@every(CONVOLUTIONS)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            (X[0], W, B, CONV),
            ValueError,
            "x should have shape (N, C, H, W), but it has shape (3, 5, 4).",
        ),
        (
            (X, W[:, :2], B, CONV),
            ValueError,
            "w should have shape (F, 3, HH, WW) because x has 3 channels, "
            "but it has shape (6, 2, 2, 2).",
        ),
        (
            (X, W, B[:5], CONV),
            ValueError,
            "b should have shape (6,) because w has 6 filters, but it has shape (5,).",
        ),
        (
            (X, W, B, {"stride": 1, "padding": 0}),
            ValueError,
            "conv_param has no key 'padding'; did you mean 'pad'? It takes 'stride' and 'pad'.",
        ),
        ((X, W, B, {"stride": 1}), ValueError, "conv_param needs the key 'pad'; it has 'stride'."),
        (
            (X, W, B, {"stride": 0, "pad": 0}),
            ValueError,
            "conv_param['stride'] should be at least 1, but it is 0.",
        ),
        (
            (X, W, B, {"stride": 1, "pad": -1}),
            ValueError,
            "conv_param['pad'] should be at least 0, but it is -1.",
        ),
        (
            (X, W, B, {"stride": 1, "pad": 0.5}),
            TypeError,
            "conv_param['pad'] should be an integer, but it is a float.",
        ),
        (
            (X, np.ones((6, 3, 6, 2)), B, CONV),
            ValueError,
            "w.shape[2] should be at most 5 because x has 5 rows, but it is 6.",
        ),
        (
            (X, np.ones((6, 3, 2, 7)), B, {"stride": 1, "pad": 1}),
            ValueError,
            "w.shape[3] should be at most 6 because x has 6 columns with its padding, but it is 7.",
        ),
    ],
)
def test_convolution_says_what_is_wrong_with_its_arguments(
    forward, backward, arguments, error, message
):
    with pytest.raises(error) as caught:
        forward(*arguments)
    assert str(caught.value) == message


@every(MAX_POOLS + AVG_POOLS)
@pytest.mark.parametrize(
    ("param", "error", "message"),
    [
        (
            {"pool_height": 2, "pool_width": 2},
            ValueError,
            "pool_param needs the key 'stride'; it has 'pool_height' and 'pool_width'.",
        ),
        (
            {"pool_height": 2, "width": 2, "stride": 2},
            ValueError,
            "pool_param has no key 'width'; did you mean 'pool_width'? "
            "It takes 'pool_height', 'pool_width' and 'stride'.",
        ),
        (
            pool_param(2, 2, 0),
            ValueError,
            "pool_param['stride'] should be at least 1, but it is 0.",
        ),
        (
            pool_param(2, 2.0, 1),
            TypeError,
            "pool_param['pool_width'] should be an integer, but it is a float.",
        ),
        (
            pool_param(6, 2, 1),
            ValueError,
            "pool_param['pool_height'] should be at most 5 because x has 5 rows, but it is 6.",
        ),
        (
            pool_param(2, 5, 1),
            ValueError,
            "pool_param['pool_width'] should be at most 4 because x has 4 columns, but it is 5.",
        ),
    ],
)
def test_pooling_says_what_is_wrong_with_its_settings(forward, backward, param, error, message):
    with pytest.raises(error) as caught:
        forward(X, param)
    assert str(caught.value) == message
