"""The sentences that say what is wrong with an argument."""

import numpy as np
import pytest

from cs231n_lib.contracts import (
    check_array,
    check_convolution,
    check_integer,
    check_keys,
    check_labels,
    check_mode,
    check_pooling,
    check_shape,
    check_upstream,
    format_shape,
)

CONV_KEYS = ("stride", "pad")


@pytest.mark.parametrize(
    ("shape", "text"),
    [((), "()"), ((5,), "(5,)"), (("N",), "(N,)"), ((6, "M"), "(6, M)"), ("NCHW", "(N, C, H, W)")],
)
def test_shapes_are_written_as_python_writes_them(shape, text):
    assert format_shape(shape) == text


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8, bool])
def test_arrays_of_numbers_are_accepted(dtype):
    check_array("x", np.zeros((2, 3), dtype))
    check_array("x", np.zeros((2, 3), dtype), "ND")
    check_shape("x", np.zeros((2, 3), dtype), (2, "D"), "there are 2 examples")
    check_upstream(np.zeros((2, 3), dtype), (2, 3))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_are_never_judged(value):
    check_array("x", np.full((2, 3), value))
    check_upstream(np.full((2, 3), value), (2, 3))


@pytest.mark.parametrize(
    ("check", "arguments", "error", "message"),
    [
        (check_array, ("x", None), TypeError, "x should be a NumPy array, but it is None."),
        (check_array, ("x", [1.0]), TypeError, "x should be a NumPy array, but it is a list."),
        (check_array, ("w", 3), TypeError, "w should be a NumPy array, but it is an int."),
        (
            check_array,
            ("x", np.array(["a"])),
            TypeError,
            "x should hold numbers, but its dtype is <U1.",
        ),
        (
            check_array,
            ("x", np.array([{}])),
            TypeError,
            "x should hold numbers, but its dtype is object.",
        ),
        (
            check_array,
            ("x", np.array([1j])),
            TypeError,
            "x should hold numbers, but its dtype is complex128.",
        ),
        (
            check_array,
            ("x", np.array(1.0)),
            ValueError,
            "x should have at least one axis, but it is a single number.",
        ),
        (
            check_array,
            ("x", np.ones((2, 3)), "NCHW"),
            ValueError,
            "x should have shape (N, C, H, W), but it has shape (2, 3).",
        ),
        (
            check_array,
            ("x", np.ones((2, 0))),
            ValueError,
            "x is empty: it has shape (2, 0).",
        ),
        (
            check_shape,
            ("w", np.ones((4, 5)), (6, "M"), "each example has 6 features"),
            ValueError,
            "w should have shape (6, M) because each example has 6 features, "
            "but it has shape (4, 5).",
        ),
        (
            check_shape,
            ("b", np.ones((1, 5)), (5,)),
            ValueError,
            "b should have shape (5,), but it has shape (1, 5).",
        ),
        (
            check_upstream,
            (np.ones((3, 2)), (2, 3)),
            ValueError,
            "dout should have shape (2, 3) because that is the shape of the forward pass's "
            "output, but it has shape (3, 2).",
        ),
        (
            check_upstream,
            (1.0, (2,)),
            TypeError,
            "dout should be a NumPy array, but it is a float.",
        ),
        (
            check_labels,
            (np.array([0, 1]), 3, 4),
            ValueError,
            "y should have shape (3,) because x has 3 examples, but it has shape (2,).",
        ),
        (
            check_labels,
            (np.array([0.0, 1.0]), 2, 4),
            TypeError,
            "y should hold integer class labels, but its dtype is float64.",
        ),
        (
            check_labels,
            (np.array([0, 4]), 2, 4),
            ValueError,
            "y should hold labels from 0 to 3 because x has 4 columns, but it has a label 4.",
        ),
        (
            check_labels,
            (np.array([9, -2]), 2, 4),
            ValueError,
            "y should hold labels from 0 to 3 because x has 4 columns, but it has a label -2.",
        ),
        (
            check_keys,
            ("conv_param", {"stride": 1, "padding": 0}, CONV_KEYS),
            ValueError,
            "conv_param has no key 'padding'; did you mean 'pad'? It takes 'stride' and 'pad'.",
        ),
        (
            check_keys,
            ("ln_param", {"zzz": 1}, ("eps",)),
            ValueError,
            "ln_param has no key 'zzz'. It takes 'eps'.",
        ),
        (
            check_keys,
            ("conv_param", {7: 1}, CONV_KEYS),
            ValueError,
            "conv_param has no key 7. It takes 'stride' and 'pad'.",
        ),
        (
            check_keys,
            ("conv_param", {"pad": 1}, CONV_KEYS, CONV_KEYS),
            ValueError,
            "conv_param needs the key 'stride'; it has 'pad'.",
        ),
        (
            check_keys,
            ("conv_param", {}, CONV_KEYS, CONV_KEYS),
            ValueError,
            "conv_param needs the key 'stride'; it has none.",
        ),
        (
            check_mode,
            ("bn_param", {"mode": None}),
            ValueError,
            "bn_param['mode'] should be 'train' or 'test', but it is None.",
        ),
        (
            check_integer,
            ("G", 2.0, 1),
            TypeError,
            "G should be an integer, but it is a float.",
        ),
        (
            check_integer,
            ("G", True, 1),
            TypeError,
            "G should be an integer, but it is a bool.",
        ),
        (
            check_integer,
            ("G", 0, 1),
            ValueError,
            "G should be at least 1, but it is 0.",
        ),
        (
            check_keys,
            ("conv_param", None, CONV_KEYS),
            TypeError,
            "conv_param should be a dictionary, but it is None.",
        ),
    ],
)
def test_message_is_this_sentence(check, arguments, error, message):
    with pytest.raises(error) as caught:
        check(*arguments)
    assert str(caught.value) == message


def test_keys_that_are_known_are_accepted():
    check_keys("conv_param", {"pad": 0, "stride": 1}, CONV_KEYS, CONV_KEYS)
    check_keys("ln_param", {}, ("eps",))


def test_mode_is_returned():
    assert check_mode("bn_param", {"mode": "test"}) == "test"


@pytest.mark.parametrize("value", [1, np.int64(3), np.uint8(2)])
def test_integers_of_any_width_are_accepted(value):
    check_integer("G", value, 1)


def test_positions_of_a_filter_are_counted_by_axis():
    x, w, b = np.ones((2, 3, 7, 5)), np.ones((4, 3, 3, 4)), np.ones(4)
    assert check_convolution(x, w, b, {"stride": 1, "pad": 0}) == (5, 2)
    assert check_convolution(x, w, b, {"stride": 3, "pad": 2}) == (3, 2)  # 8 and 5 steps, floored


def test_positions_of_a_window_are_counted_by_axis():
    pool_param = {"pool_height": 2, "pool_width": 5, "stride": 2}
    assert check_pooling(np.ones((2, 3, 7, 5)), pool_param) == (3, 1)
