"""The fast layers against the readable ones, against PyTorch, and against each other."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs231n_lib.layers import fast, im2col
from cs231n_lib.layers.convolution import conv_backward_naive, conv_forward_naive
from cs231n_lib.layers.pooling import max_pool_backward_naive, max_pool_forward_naive

# Relative to the largest entry of an array; sums of up to a thousand terms, in another order.
TOLERANCE = {np.float64: 1e-12, np.float32: 1e-5}

# Images, filters, stride, pad: first few channels, then many, then filters of one pixel.
CONVOLUTIONS = [
    ((2, 3, 5, 7), (4, 3, 3, 3), 1, 1),
    ((1, 3, 8, 5), (2, 3, 2, 3), 1, 0),
    ((3, 1, 9, 6), (5, 1, 5, 2), 2, 2),
    ((2, 4, 7, 11), (3, 4, 3, 1), 3, 1),
    ((1, 2, 4, 4), (1, 2, 4, 4), 1, 0),
    ((2, 1, 5, 6), (3, 1, 1, 1), 2, 1),
    ((2, 12, 6, 9), (4, 12, 3, 3), 1, 1),
    ((1, 9, 5, 8), (3, 9, 2, 3), 1, 0),
    ((3, 16, 9, 6), (2, 16, 5, 3), 2, 2),
    ((2, 10, 11, 7), (5, 10, 3, 4), 3, 1),
    ((2, 9, 7, 8), (3, 9, 2, 2), 3, 0),
    ((2, 11, 4, 5), (1, 11, 2, 1), 1, 2),
    ((1, 10, 5, 4), (2, 10, 1, 1), 1, 1),
    ((3, 12, 5, 4), (7, 12, 1, 1), 1, 0),
    ((2, 3, 7, 6), (4, 3, 1, 1), 2, 0),
    ((1, 2, 5, 8), (3, 2, 1, 1), 3, 0),
]

# Images, window height, window width, stride.
POOLS = [
    ((2, 3, 6, 8), 2, 2, 2),
    ((1, 2, 7, 5), 3, 3, 1),
    ((2, 3, 9, 7), 3, 3, 2),
    ((3, 1, 6, 10), 2, 3, 2),
    ((2, 2, 8, 5), 3, 1, 3),
    ((1, 4, 9, 11), 2, 2, 3),
    ((2, 1, 5, 4), 5, 4, 1),
    ((2, 2, 4, 3), 1, 1, 1),
    ((1, 1, 18, 17), 17, 16, 1),
]


def assert_same(actual, expected, dtype=np.float64):
    assert actual.shape == expected.shape
    assert actual.dtype == dtype
    scale = max(1.0, np.abs(expected).max(initial=0))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE[dtype] * scale)


def draw_convolution(case, rng, dtype=np.float64):
    x_shape, w_shape, stride, pad = case
    x, w, b = (
        rng.standard_normal(shape).astype(dtype) for shape in (x_shape, w_shape, w_shape[:1])
    )
    return x, w, b, {"stride": stride, "pad": pad}


def draw_pool(case, rng, dtype=np.float64):
    shape, height, width, stride = case
    x = rng.standard_normal(shape).astype(dtype)
    return x, {"pool_height": height, "pool_width": width, "stride": stride}


def both_ways(forward, backward, arguments, rng):
    """Return what both directions compute, and the upstream gradient."""
    out, cache = forward(*arguments)
    dout = rng.standard_normal(out.shape).astype(out.dtype)
    gradients = backward(dout, cache)
    return [out, *(gradients if isinstance(gradients, tuple) else [gradients])], dout


def check_convolution_against_loops(case, rng):
    arguments = draw_convolution(case, rng)
    results, dout = both_ways(fast.conv_forward_fast, fast.conv_backward_fast, arguments, rng)
    out, cache = conv_forward_naive(*arguments)
    for actual, expected in zip(results, [out, *conv_backward_naive(dout, cache)], strict=True):
        assert_same(actual, expected)


def check_pool_against_loops(x, pool_param, rng):
    results, dout = both_ways(
        fast.max_pool_forward_fast, fast.max_pool_backward_fast, (x, pool_param), rng
    )
    out, cache = max_pool_forward_naive(x, pool_param)
    assert_same(results[0], out)
    assert_same(results[1], max_pool_backward_naive(dout, cache))


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_convolution_equals_the_loops(case):
    check_convolution_against_loops(case, np.random.default_rng(0))


@pytest.mark.parametrize("case", POOLS, ids=str)
def test_max_pooling_equals_the_loops(case):
    rng = np.random.default_rng(0)
    check_pool_against_loops(*draw_pool(case, rng), rng)


@pytest.mark.parametrize("block_bytes", [1, 4000])
@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_convolution_does_not_depend_on_the_size_of_its_blocks(case, block_bytes, monkeypatch):
    monkeypatch.setattr(fast, "BLOCK_BYTES", block_bytes)
    check_convolution_against_loops(case, np.random.default_rng(1))


@settings(deadline=None, max_examples=60)
@given(
    x_shape=st.tuples(
        st.integers(1, 3), st.sampled_from([1, 3, 9, 13]), st.integers(1, 9), st.integers(1, 9)
    ),
    filters=st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)),
    stride=st.integers(1, 4),
    pad=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_convolution_of_any_shape_equals_the_loops(x_shape, filters, stride, pad, seed):
    height = min(filters[1], x_shape[2] + 2 * pad)
    width = min(filters[2], x_shape[3] + 2 * pad)
    case = (x_shape, (filters[0], x_shape[1], height, width), stride, pad)
    check_convolution_against_loops(case, np.random.default_rng(seed))


@settings(deadline=None, max_examples=60)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 9), st.integers(1, 9)),
    window=st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4)),
    levels=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_max_pooling_of_any_shape_and_any_ties_equals_the_loops(shape, window, levels, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(levels, size=shape).astype(np.float64)  # few values, so many ties
    height, width, stride = min(window[0], shape[2]), min(window[1], shape[3]), window[2]
    pool_param = {"pool_height": height, "pool_width": width, "stride": stride}
    check_pool_against_loops(x, pool_param, rng)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_convolution_equals_pytorch(case, dtype):
    torch = pytest.importorskip("torch", reason="PyTorch, the second opinion, is not installed")
    rng = np.random.default_rng(2)
    arguments = draw_convolution(case, rng, dtype)
    results, dout = both_ways(fast.conv_forward_fast, fast.conv_backward_fast, arguments, rng)
    tensors = [torch.from_numpy(array).requires_grad_() for array in arguments[:3]]
    out = torch.nn.functional.conv2d(*tensors, stride=case[2], padding=case[3])
    expected = [out.detach(), *torch.autograd.grad(out, tensors, torch.from_numpy(dout))]
    for actual, tensor in zip(results, expected, strict=True):
        assert_same(actual, tensor.numpy(), dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", POOLS, ids=str)
def test_max_pooling_equals_pytorch_where_values_tie(case, dtype):
    torch = pytest.importorskip("torch", reason="PyTorch, the second opinion, is not installed")
    rng = np.random.default_rng(3)
    x, pool_param = draw_pool(case, rng, dtype)
    x = np.round(x)
    results, dout = both_ways(
        fast.max_pool_forward_fast, fast.max_pool_backward_fast, (x, pool_param), rng
    )
    tensor = torch.from_numpy(x).requires_grad_()
    out = torch.nn.functional.max_pool2d(tensor, case[1:3], case[3])
    (dx,) = torch.autograd.grad(out, [tensor], torch.from_numpy(dout))
    assert_same(results[0], out.detach().numpy(), dtype)
    assert_same(results[1], dx.numpy(), dtype)


def test_the_first_of_equal_values_gets_the_whole_gradient():
    x = np.array([[[[1.0, 5.0], [5.0, 5.0]]]])
    _, cache = fast.max_pool_forward_fast(x, {"pool_height": 2, "pool_width": 2, "stride": 1})
    dx = fast.max_pool_backward_fast(np.array([[[[7.0]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[0, 7], [0, 0]]]])


def test_float32_convolution_stays_close_to_float64_over_a_thousand_terms():
    rng = np.random.default_rng(4)
    case = ((2, 128, 9, 10), (16, 128, 3, 3), 1, 1)
    single = draw_convolution(case, rng, np.float32)
    double = [array.astype(np.float64) for array in single[:3]]
    results, dout = both_ways(fast.conv_forward_fast, fast.conv_backward_fast, single, rng)
    out, cache = fast.conv_forward_fast(*double, single[3])
    gradients = fast.conv_backward_fast(dout.astype(np.float64), cache)
    for actual, expected in zip(results, [out, *gradients], strict=True):
        assert np.abs(actual - expected).max() < 2e-6 * np.abs(expected).max()


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_convolution_changes_none_of_its_inputs(case):
    rng = np.random.default_rng(5)
    x, w, b, conv_param = arguments = draw_convolution(case, rng)
    before = [x.copy(), w.copy(), b.copy(), dict(conv_param)]
    out, cache = fast.conv_forward_fast(*arguments)
    dout = rng.standard_normal(out.shape)
    dout_before, out_before = dout.copy(), out.copy()
    fast.conv_backward_fast(dout, cache)
    for now, then in zip([x, w, b, dout, out], [*before[:3], dout_before, out_before], strict=True):
        np.testing.assert_array_equal(now, then)
    assert conv_param == before[3]


@pytest.mark.parametrize("case", POOLS, ids=str)
def test_max_pooling_changes_none_of_its_inputs(case):
    rng = np.random.default_rng(5)
    x, pool_param = draw_pool(case, rng)
    x_before, param_before = x.copy(), dict(pool_param)
    out, cache = fast.max_pool_forward_fast(x, pool_param)
    dout = rng.standard_normal(out.shape)
    dout_before, out_before = dout.copy(), out.copy()
    fast.max_pool_backward_fast(dout, cache)
    for now, then in zip([x, dout, out], [x_before, dout_before, out_before], strict=True):
        np.testing.assert_array_equal(now, then)
    assert pool_param == param_before


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_a_result_shares_no_memory_with_an_input_or_another_call(case):
    rng = np.random.default_rng(6)
    arguments = draw_convolution(case, rng)
    first, dout = both_ways(fast.conv_forward_fast, fast.conv_backward_fast, arguments, rng)
    kept = [array.copy() for array in first]
    second, _ = both_ways(fast.conv_forward_fast, fast.conv_backward_fast, arguments, rng)
    for array in first:
        assert not any(np.shares_memory(array, other) for other in [*arguments[:3], dout, *second])
    for array in second:
        array[...] = np.nan
    for array, copy in zip(first, kept, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_two_threads_at_once_get_what_one_gets():
    rng = np.random.default_rng(8)
    drawn = [draw_convolution(case, rng) for case in CONVOLUTIONS] * 4

    def run(arguments):
        rng = np.random.default_rng(9)
        return both_ways(fast.conv_forward_fast, fast.conv_backward_fast, arguments, rng)[0]

    alone = [run(arguments) for arguments in drawn]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(run, drawn))
    for results, expected in zip(together, alone, strict=True):
        for one, other in zip(results, expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_convolution_takes_arrays_in_any_layout(case):
    rng = np.random.default_rng(10)
    x, w, b, conv_param = draw_convolution(case, rng)
    out, cache = fast.conv_forward_fast(x, w, b, conv_param)
    dout = rng.standard_normal(out.shape)
    expected = [out, *fast.conv_backward_fast(dout, cache)]
    for relay in (channels_last, np.asfortranarray, every_other, backwards):
        out, cache = fast.conv_forward_fast(relay(x), relay(w), relay(b), conv_param)
        gradients = fast.conv_backward_fast(relay(dout), cache)
        for one, other in zip([out, *gradients], expected, strict=True):
            assert_same(one, other)


@pytest.mark.parametrize("case", POOLS, ids=str)
def test_max_pooling_takes_arrays_in_any_layout(case):
    rng = np.random.default_rng(11)
    x, pool_param = draw_pool(case, rng)
    out, cache = fast.max_pool_forward_fast(x, pool_param)
    dout = rng.standard_normal(out.shape)
    dx = fast.max_pool_backward_fast(dout, cache)
    for relay in (channels_last, np.asfortranarray, every_other, backwards):
        again, cache = fast.max_pool_forward_fast(relay(x), pool_param)
        assert_same(again, out)
        assert_same(fast.max_pool_backward_fast(relay(dout), cache), dx)


def channels_last(array):
    if array.ndim != 4:
        return array.copy()
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def every_other(array):
    wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), 1e6)
    wide[..., ::2] = array
    return wide[..., ::2]


def backwards(array):
    return array[::-1].copy()[::-1]


@pytest.mark.parametrize("case", CONVOLUTIONS[::3], ids=str)
def test_leaving_out_dx_changes_no_other_gradient(case):
    rng = np.random.default_rng(12)
    out, cache = fast.conv_forward_fast(*draw_convolution(case, rng))
    dout = rng.standard_normal(out.shape)
    _, dw, db = fast.conv_backward_fast(dout, cache)
    nothing, same_dw, same_db = fast.conv_backward_fast(dout, cache, need_dx=False)
    assert nothing is None
    np.testing.assert_array_equal(same_dw, dw)
    np.testing.assert_array_equal(same_db, db)


def test_mixed_precision_gives_the_wider_type():
    rng = np.random.default_rng(13)
    x, w, b, conv_param = draw_convolution(CONVOLUTIONS[0], rng)
    out, _ = fast.conv_forward_fast(x.astype(np.float32), w, b, conv_param)
    assert out.dtype == np.float64


@pytest.mark.parametrize("case", CONVOLUTIONS[::3], ids=str)
def test_integer_images_and_filters_get_the_gradient_of_the_loops(case):
    rng = np.random.default_rng(17)
    x, w, b, conv_param = draw_convolution(case, rng)
    integers = [np.rint(3 * array).astype(np.int64) for array in (x, w, b)]
    out, cache = fast.conv_forward_fast(*integers, conv_param)
    expected, naive_cache = conv_forward_naive(*integers, conv_param)
    np.testing.assert_array_equal(out, expected)
    dout = rng.standard_normal(out.shape)
    gradients = fast.conv_backward_fast(dout, cache)
    for actual, loops in zip(gradients, conv_backward_naive(dout, naive_cache), strict=True):
        assert_same(actual, loops)


def test_wrong_arguments_are_named():
    x, w, b = np.ones((1, 3, 4, 5)), np.ones((2, 3, 3, 3)), np.ones(2)
    with pytest.raises(ValueError, match=r"w should have shape \(F, 3, HH, WW\)"):
        fast.conv_forward_fast(x, w[:, :2], b, {"stride": 1, "pad": 0})
    with pytest.raises(ValueError, match="did you mean 'pad'"):
        fast.conv_forward_fast(x, w, b, {"stride": 1, "padding": 0})
    with pytest.raises(ValueError, match="pool_height"):
        fast.max_pool_forward_fast(x, {"pool_width": 2, "stride": 2})
    _, cache = fast.conv_forward_fast(x, w, b, {"stride": 1, "pad": 0})
    with pytest.raises(ValueError, match=r"dout should have shape \(1, 2, 2, 3\)"):
        fast.conv_backward_fast(np.ones((1, 2, 3, 2)), cache)
    _, cache = fast.max_pool_forward_fast(x, {"pool_height": 2, "pool_width": 3, "stride": 2})
    with pytest.raises(ValueError, match=r"dout should have shape \(1, 3, 2, 2\)"):
        fast.max_pool_backward_fast(np.ones((1, 3, 2, 1)), cache)


def test_the_well_known_names_are_the_same_functions():
    for name in ("im2col", "strides"):
        assert getattr(fast, f"conv_forward_{name}") is fast.conv_forward_fast
        assert getattr(fast, f"conv_backward_{name}") is fast.conv_backward_fast
    for name in ("im2col", "reshape"):
        assert getattr(fast, f"max_pool_forward_{name}") is fast.max_pool_forward_fast
        assert getattr(fast, f"max_pool_backward_{name}") is fast.max_pool_backward_fast


@pytest.mark.parametrize(
    ("shape", "height", "width", "padding", "stride"),
    [((2, 3, 5, 7), 3, 2, 1, 1), ((1, 2, 8, 6), 2, 5, 0, 3), ((3, 1, 4, 4), 4, 1, 2, 2)],
)
def test_columns_are_the_patches_that_the_indices_name(shape, height, width, padding, stride):
    rng = np.random.default_rng(14)
    x = rng.standard_normal(shape)
    cols = im2col.im2col_indices(x, height, width, padding, stride)
    k, i, j = im2col.get_im2col_indices(shape, height, width, padding, stride)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    patches = padded[:, k, i, j].transpose(1, 2, 0)
    np.testing.assert_array_equal(cols, patches.reshape(len(patches), -1))
    assert cols.shape[0] == shape[1] * height * width


@pytest.mark.parametrize(
    ("shape", "height", "width", "padding", "stride"),
    [((2, 3, 5, 7), 3, 2, 1, 1), ((1, 2, 8, 6), 2, 5, 0, 3), ((3, 1, 4, 4), 4, 1, 2, 2)],
)
def test_columns_to_images_is_the_transpose_of_images_to_columns(
    shape, height, width, padding, stride
):
    rng = np.random.default_rng(15)
    x = rng.standard_normal(shape)
    cols = im2col.im2col_indices(x, height, width, padding, stride)
    weights = rng.standard_normal(cols.shape)
    back = im2col.col2im_indices(weights, shape, height, width, padding, stride)
    assert back.shape == shape
    np.testing.assert_allclose((cols * weights).sum(), (x * back).sum(), rtol=1e-12)


def test_columns_times_filters_is_the_convolution():
    rng = np.random.default_rng(16)
    x, w, b, conv_param = draw_convolution(CONVOLUTIONS[2], rng)
    out, _ = conv_forward_naive(x, w, b, conv_param)
    cols = im2col.im2col_indices(x, 5, 2, padding=2, stride=2)
    product = w.reshape(len(w), -1) @ cols + b[:, None]
    N, F, rows, columns = out.shape
    assert_same(product.reshape(F, rows, columns, N).transpose(3, 0, 1, 2), out)


def test_a_field_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match="4 x 2 pixels should fit"):
        im2col.im2col_indices(np.ones((1, 1, 3, 3)), 4, 2, padding=0)
    with pytest.raises(ValueError, match=r"cols should have shape \(4, 6\)"):
        im2col.col2im_indices(np.ones((4, 5)), (1, 1, 3, 4), 2, 2, padding=0)
