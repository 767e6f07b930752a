"""Dropout: what is kept, how it is scaled, where the randomness comes from."""

import numpy as np
import pytest

from cs231n_lib.layers import dropout_backward, dropout_forward

SHAPES = [(300, 300), (30, 10, 15, 20)]


@pytest.mark.parametrize("p", [0.2, 0.3, 0.75])
@pytest.mark.parametrize("shape", SHAPES)
def test_p_is_the_fraction_that_is_kept(p, shape):
    out, _ = dropout_forward(np.ones(shape), {"p": p, "mode": "train", "seed": 3})
    assert np.mean(out != 0) == pytest.approx(p, abs=0.02)


@pytest.mark.parametrize("p", [0.2, 0.3, 0.75])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_kept_is_divided_by_p_so_that_the_mean_stays(p, shape):
    x = np.random.default_rng(0).normal(10, 1, size=shape)
    out, _ = dropout_forward(x, {"p": p, "mode": "train", "seed": 3})
    np.testing.assert_allclose(out[out != 0], x[out != 0] / p, rtol=1e-12)
    assert out.mean() == pytest.approx(x.mean(), rel=0.05)


@pytest.mark.parametrize("axis", [0, 1])
def test_every_value_is_drawn_for_itself(axis):
    out, _ = dropout_forward(np.ones((300, 300)), {"p": 0.3, "mode": "train", "seed": 3})
    kept = np.mean(out != 0, axis=axis)
    assert kept.min() > 0.15  # a mask shared along an axis would give 0 and 1
    assert kept.max() < 0.45


@pytest.mark.parametrize("p", [0.3, 1])
def test_test_time_is_the_identity(p):
    x = np.random.default_rng(0).normal(size=(4, 5))
    dropout_param = {"p": p, "mode": "test"}
    out, cache = dropout_forward(x, dropout_param)
    np.testing.assert_array_equal(out, x)
    assert cache[0] is dropout_param
    assert cache[1] is None
    np.testing.assert_array_equal(dropout_backward(x, cache), x)


def test_keeping_everything_is_the_identity():
    x = np.random.default_rng(0).normal(size=(40, 50))
    out, cache = dropout_forward(x, {"p": 1, "mode": "train"})
    np.testing.assert_array_equal(out, x)
    np.testing.assert_array_equal(dropout_backward(x, cache), x)


def test_the_gradient_goes_through_the_mask_of_the_forward_pass():
    x = np.random.default_rng(0).normal(10, 1, size=(30, 4, 5))
    out, cache = dropout_forward(x, {"p": 0.3, "mode": "train"})
    dx = dropout_backward(np.full(x.shape, 3.0), cache)
    np.testing.assert_allclose(dx, np.where(out != 0, 3 / 0.3, 0), rtol=1e-12)


def test_the_gradient_does_not_follow_a_later_change_of_mode():
    dropout_param = {"p": 0.3, "mode": "train", "seed": 3}
    out, cache = dropout_forward(np.ones((3, 4)), dropout_param)
    dropout_param["mode"] = "test"
    np.testing.assert_array_equal(dropout_backward(np.ones((3, 4)), cache), out)


def masks(param, count=3, dtype=np.float64):
    """Tell what is kept in a few forward passes with the same settings."""
    x = np.ones((20, 30), dtype)
    return [dropout_forward(x, {"p": 0.3, "mode": "train", **param})[0] != 0 for _ in range(count)]


def same(first, second):
    return np.array_equal(first, second)


def test_a_seed_repeats_the_mask():
    first, second, _ = masks({"seed": 5})
    assert same(first, second)
    assert not same(first, masks({"seed": 6})[0])
    assert same(first, masks({"seed": 5}, dtype=np.float32)[0])


def test_without_a_seed_every_mask_is_new():
    first, second, third = masks({})
    assert not same(first, second)
    assert not same(second, third)


def test_a_generator_gives_new_masks_in_an_order_that_repeats():
    runs = [masks({"seed": np.random.default_rng(5)}) for _ in range(2)]
    assert not same(runs[0][0], runs[0][1])
    assert all(same(a, b) for a, b in zip(*runs, strict=True))


def test_the_global_seed_has_no_say():
    np.random.seed(0)  # noqa: NPY002
    first = masks({})[0]
    np.random.seed(0)  # noqa: NPY002
    assert not same(first, masks({})[0])


P_RULE = (
    "dropout_param['p'] should be above 0 and at most 1 because it is the probability of "
    "keeping a value, but it is {}."
)


@pytest.mark.parametrize(
    ("param", "error", "message"),
    [
        ({"p": 0, "mode": "train"}, ValueError, P_RULE.format("0.0")),
        ({"p": 1.5, "mode": "test"}, ValueError, P_RULE.format("1.5")),
        ({"p": -0.1, "mode": "train"}, ValueError, P_RULE.format("-0.1")),
        ({"p": np.nan, "mode": "train"}, ValueError, P_RULE.format("nan")),
        ({"mode": "train"}, ValueError, "dropout_param needs the key 'p'; it has 'mode'."),
        ({"p": 0.3}, ValueError, "dropout_param needs the key 'mode'; it has 'p'."),
        (
            {"p": 0.3, "mode": "Train"},
            ValueError,
            "dropout_param['mode'] should be 'train' or 'test', but it is 'Train'.",
        ),
        (
            {"p": 0.3, "mode": "train", "seeds": 1},
            ValueError,
            "dropout_param has no key 'seeds'; did you mean 'seed'? "
            "It takes 'p', 'mode' and 'seed'.",
        ),
        (
            {"p": 0.3, "mode": "train", "seed": 0.5},
            TypeError,
            "dropout_param['seed'] should be an integer, but it is a float.",
        ),
        (
            {"p": 0.3, "mode": "train", "seed": -1},
            ValueError,
            "dropout_param['seed'] should be at least 0, but it is -1.",
        ),
    ],
)
def test_dropout_says_what_is_wrong_with_its_settings(param, error, message):
    with pytest.raises(error) as caught:
        dropout_forward(np.ones((2, 3)), param)
    assert str(caught.value) == message
