"""The checkers' own tests: closed-form gradients they must accept, and wrong ones they must not.

Nothing here trusts a checker to test a checker: every right gradient is a formula.
"""

import dataclasses
import re

import numpy as np
import pytest

from cs231n_lib import gradient_check as gc
from cs231n_lib.gradient_check import check_gradient

NORM_EPS = 1e-3  # larger than usual, so that leaving it out shows


# Right gradients: each returns f, x, the gradient by formula, and the upstream gradient


def affine_in_x(rng):
    x, w, dout = rng.normal(size=(7, 45)), rng.normal(size=(45, 5)), rng.normal(size=(7, 5))
    return lambda x: x @ w, x, dout @ w.T, dout


def affine_in_b(rng):
    x, b, dout = rng.normal(size=(7, 5)), rng.normal(size=5), rng.normal(size=(7, 5))
    return lambda b: x + b, b, dout.sum(axis=0), dout


def relu(rng):
    x, dout = rng.normal(size=(2, 20, 18))
    return lambda x: np.maximum(x, 0), x, dout * (x > 0), dout


def two_layer_net_away_from_kinks(rng):
    inputs, w, y = rng.normal(size=(8, 20)), 0.02 * rng.normal(size=(20, 18)), rng.integers(0, 5, 8)
    b, top = rng.choice([-1.0, 1.0], 18), rng.normal(size=(18, 5))

    def loss_and_gradient(w):
        hidden = np.maximum(inputs @ w + b, 0)
        odds = np.exp(hidden @ top)
        probs = odds / odds.sum(axis=1, keepdims=True)
        loss = -np.mean(np.log(probs[np.arange(8), y])) + 0.05 * np.sum(w**2)
        probs[np.arange(8), y] -= 1
        return loss, inputs.T @ (probs / 8 @ top.T * (hidden > 0)) + 0.1 * w

    return lambda w: loss_and_gradient(w)[0], w, loss_and_gradient(w)[1], None


def relu_away_from_kinks(rng):
    f, x, _, dout = relu(rng)
    x += 0.5 * np.sign(x)
    return f, x, dout * (x > 0), dout


def relu_on_kinks(rng):
    f, x, _, dout = relu(rng)
    near = rng.random(x.shape) < 0.01
    x[near] = rng.choice([0.0, 1e-12, -1e-9, 3e-8, -2e-7, 1e-5], near.sum())
    return f, x, dout * (x > 0), dout


def sigmoid(rng):
    x, dout = 3 * rng.normal(size=(2, 20, 18))

    def f(x):
        return 1 / (1 + np.exp(-x))

    return f, x, dout * f(x) * (1 - f(x)), dout


def softmax_loss(rng):
    x, y = 3 * rng.normal(size=(20, 16)), rng.integers(0, 16, 20)
    rows = np.arange(20)

    def f(x):
        shifted = x - x.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[rows, y])

    probs = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    probs[rows, y] -= 1
    return f, x, probs / 20, None


def svm_loss(rng):
    x, y = rng.normal(size=(20, 16)), rng.integers(0, 16, 20)
    rows = np.arange(20)

    def margins(x):
        out = np.maximum(0, x - x[rows, y][:, None] + 1)
        out[rows, y] = 0
        return out

    dx = (margins(x) > 0).astype(float)
    dx[rows, y] = -dx.sum(axis=1)
    return lambda x: margins(x).sum() / 20, x, dx / 20, None


def batch_norm_gradient(x, dout, eps):
    std = np.sqrt(x.var(axis=0) + eps)
    normal = (x - x.mean(axis=0)) / std
    return (dout - dout.mean(axis=0) - normal * (dout * normal).mean(axis=0)) / std


def batch_norm(rng):
    x, dout = 2 * rng.normal(size=(2, 16, 20)) + 1

    def f(x):
        return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + NORM_EPS)

    return f, x, batch_norm_gradient(x, dout, NORM_EPS), dout


def row_max(rng):
    x, dout = rng.normal(size=(20, 16)), rng.normal(size=20)
    return lambda x: x.max(axis=1), x, dout[:, None] * (x == x.max(axis=1, keepdims=True)), dout


def product(rng):
    x, dout = rng.normal(size=(100, 3)), rng.normal(size=100)
    others = np.stack([x[:, 1] * x[:, 2], x[:, 0] * x[:, 2], x[:, 0] * x[:, 1]], axis=1)
    return lambda x: x.prod(axis=1), x, dout[:, None] * others, dout


def logarithm(rng):
    x, dout = rng.uniform(0.01, 3, size=300), rng.normal(size=300)
    return np.log, x, dout / x, dout


CASES = [
    affine_in_x,
    affine_in_b,
    relu,
    relu_away_from_kinks,
    relu_on_kinks,
    sigmoid,
    softmax_loss,
    svm_loss,
    batch_norm,
    row_max,
    two_layer_net_away_from_kinks,
    product,
    logarithm,
]
OFF_KINKS = [case for case in CASES if case is not relu_on_kinks]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_three_hundred_and_more_right_gradients_raise_no_alarm(case):
    for seed in range(25):  # 13 cases
        rng = np.random.default_rng(seed)
        f, x, analytic, dout = case(rng)
        before = x.tobytes()
        verdict = check_gradient(f, x, analytic, dout, rng=rng)
        assert verdict, f"seed {seed}: {verdict}"
        assert verdict.cause in ("right", "kink")
        assert x.tobytes() == before


@pytest.mark.parametrize("case", OFF_KINKS, ids=lambda case: case.__name__)
def test_a_right_gradient_takes_about_ten_to_twenty_calls(case):
    calls = [check_gradient(*case(np.random.default_rng(seed))).calls for seed in range(20)]
    assert np.median(calls) <= 20
    assert max(calls) <= 25


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "case", [case for case in OFF_KINKS if case not in (affine_in_b, logarithm)]
)
def test_a_verdict_takes_thirty_times_fewer_calls_than_a_walk(case, seed):
    f, x, analytic, dout = case(np.random.default_rng(seed))
    calls = 0

    def counted(x):
        nonlocal calls
        calls += 1
        return f(x)

    verdict = check_gradient(counted, x, analytic, dout)
    verdict_calls, calls = calls, 0
    assert verdict.calls == verdict_calls
    gc.eval_numerical_gradient_array(counted, x, 1.0 if dout is None else dout)
    assert 300 <= x.size <= 360
    assert calls >= 30 * verdict_calls


def test_a_hundred_thousand_entries_take_few_calls_even_if_the_gradient_is_wrong():
    x, dout = np.random.default_rng(0).normal(size=(2, 100, 1000))
    right = dout * (x > 0)
    verdict = check_gradient(lambda x: np.maximum(x, 0), x, right, dout)
    assert verdict
    assert verdict.calls <= 25
    wrong = right.copy()
    wrong[50, 7] += 1e-3
    verdict = check_gradient(lambda x: np.maximum(x, 0), x, wrong, dout)
    assert (verdict.cause, verdict.index) == ("wrong", (50, 7))
    assert verdict.calls <= 500


# Planted errors: each takes the random generator and a right gradient, and spoils it


def off_by_a_factor_of_one_in_ten_million(rng, analytic):
    return analytic * (1 + 1e-7)


def one_entry_off_by_one_in_a_million(rng, analytic):
    wrong = analytic.copy()
    large = np.flatnonzero(np.abs(analytic) > 0.3 * np.abs(analytic).max())
    wrong.flat[rng.choice(large)] *= 1 + 1e-6
    return wrong


def mean_for_sum(rng, analytic):
    return analytic / len(analytic)


def two_entries_swapped(rng, analytic):
    wrong = analytic.copy()
    first, second = np.argmax(analytic), rng.choice(np.flatnonzero(analytic != analytic.max()))
    wrong.flat[[first, second]] = wrong.flat[[second, first]]
    return wrong


def only_the_last_sample_wrong(rng, analytic):
    wrong = analytic.copy()
    wrong[-1] = 0.5 * wrong[-1] + 0.01
    return wrong


def all_zeros(rng, analytic):
    return np.zeros_like(analytic)


PLANTS = [
    off_by_a_factor_of_one_in_ten_million,
    one_entry_off_by_one_in_a_million,
    mean_for_sum,
    two_entries_swapped,
    only_the_last_sample_wrong,
    all_zeros,
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("case", OFF_KINKS, ids=lambda case: case.__name__)
def test_a_planted_error_is_found_at_an_entry_that_is_wrong(case, plant):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        f, x, analytic, dout = case(rng)
        wrong = plant(rng, analytic)
        verdict = check_gradient(f, x, wrong, dout, rng=rng)
        assert not verdict
        assert verdict.cause == "wrong", f"seed {seed}: {verdict}"
        assert "\n" not in str(verdict)
        assert wrong[verdict.index] != analytic[verdict.index]
        assert verdict.analytic == pytest.approx(wrong[verdict.index], rel=1e-12, abs=1e-300)
        assert verdict.numerical == pytest.approx(analytic[verdict.index], rel=1e-6, abs=1e-9)
        assert abs(verdict.analytic - verdict.numerical) > verdict.tolerance


@pytest.mark.parametrize("seed", range(10))
def test_a_missing_sum_over_the_batch_is_found(seed):
    f, b, _, dout = affine_in_b(np.random.default_rng(seed))
    assert check_gradient(f, b, dout[-1], dout).cause == "wrong"


@pytest.mark.parametrize("eps", [1e-3, 1e-5, 1e-8])
@pytest.mark.parametrize("seed", range(4))
def test_eps_left_out_of_the_batch_norm_backward_is_found(seed, eps):
    x, dout = np.random.default_rng(seed).normal(size=(2, 16, 20))
    x *= 0.3

    def f(x):
        return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)

    assert check_gradient(f, x, batch_norm_gradient(x, dout, eps), dout).cause == "right"
    assert check_gradient(f, x, batch_norm_gradient(x, dout, 0.0), dout).cause == "wrong"


@pytest.mark.parametrize("seed", range(5))
def test_a_wrong_entry_among_kinks_is_wrong(seed):
    rng = np.random.default_rng(seed)
    f, x, analytic, dout = relu_on_kinks(rng)
    away = np.flatnonzero(np.abs(x) > 1e-3)
    analytic.flat[rng.choice(away)] += 1e-6
    assert check_gradient(f, x, analytic, dout).cause == "wrong"


@pytest.mark.parametrize("slope", [0.0, 0.3, 0.5, 1.0])
def test_at_a_kink_every_slope_between_the_two_sides_passes(slope):
    x = np.array([1.0, 0.0, -2.0])
    verdict = check_gradient(lambda x: np.maximum(x, 0), x, np.array([1, slope, 0]), np.ones(3))
    assert verdict
    assert verdict.cause == ("right" if slope == 0.5 else "kink")  # 0.5 is the centered slope
    if verdict.cause == "kink":
        assert verdict.index == (1,)
        assert str(verdict) == "right; x is on a kink at [1], and slopes from 0 to 1 pass"


@pytest.mark.parametrize("slope", [-0.1, 1.1, -1.0])
def test_at_a_kink_a_slope_outside_the_two_sides_is_wrong(slope):
    x = np.array([1.0, 0.0, -2.0])
    verdict = check_gradient(lambda x: np.maximum(x, 0), x, np.array([1, slope, 0]), np.ones(3))
    assert verdict.cause == "wrong"
    assert verdict.index == (1,)


@pytest.mark.parametrize("share", [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
def test_a_tie_in_a_max_may_go_to_either(share):
    x = np.array([2.0, 2.0, 1.0])
    assert check_gradient(lambda x: x.max(), x, np.array([*share, 0.0]))


def test_an_input_full_of_kinks_is_still_judged():
    x, dout = np.zeros(40), np.random.default_rng(0).normal(size=40)
    analytic = np.zeros(40)
    assert check_gradient(lambda x: np.maximum(x, 0), x, analytic, dout).cause == "kink"
    analytic[17] = -dout[17]
    verdict = check_gradient(lambda x: np.maximum(x, 0), x, analytic, dout)
    assert (verdict.cause, verdict.index) == ("wrong", (17,))


def test_a_true_zero_passes_and_is_called_so():
    f, x, _, dout = batch_norm(np.random.default_rng(0))
    verdict = check_gradient(f, x, np.zeros_like(x), np.ones_like(dout))
    assert verdict
    assert verdict.cause == "zero"
    assert str(verdict).startswith("right, but the gradient is zero here, which tests little (")


def test_a_gradient_of_the_wrong_shape_is_named():
    f, x, analytic, dout = affine_in_x(np.random.default_rng(0))
    verdict = check_gradient(f, x, analytic.T, dout)
    assert not verdict
    assert verdict.cause == "shape"
    assert str(verdict) == (
        "wrong: your gradient has shape (45, 7), but should be numbers of shape (7, 45)"
    )


def test_a_gradient_that_is_none_is_named():
    verdict = check_gradient(np.sum, np.ones(3), None)
    assert str(verdict) == "wrong: your gradient is None, but should be numbers of shape (3,)"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_found(bad):
    f, x, analytic, dout = sigmoid(np.random.default_rng(0))
    analytic[3, 4] = bad
    verdict = check_gradient(f, x, analytic, dout)
    assert not verdict
    assert verdict.cause == "not finite"
    assert str(verdict) == f"not finite: your gradient is {bad} at [3, 4]"


def test_a_function_that_is_not_finite_is_named():
    verdict = check_gradient(np.log, np.array([1.0, -1.0]), np.ones(2), np.ones(2))
    assert str(verdict) == "not finite: f(x) is nan at [1]"


@pytest.mark.parametrize(
    ("f", "x"), [(np.sqrt, [1.0, 0.0]), (np.sign, [1.0, 0.0])], ids=["sqrt", "sign"]
)
def test_where_no_slope_can_be_measured_the_verdict_is_unclear(f, x):
    verdict = check_gradient(f, np.array(x), np.array([0.5, 0.0]) * (f is np.sqrt), np.ones(2))
    assert (verdict.cause, verdict.index) == ("unclear", (1,))
    assert str(verdict) == (
        "unclear: no slope can be measured at [1]; does f use float32, or end at x?"
    )


def test_float32_is_not_judged():
    x, ones = np.random.default_rng(0).normal(size=8), np.ones(8)
    verdict = check_gradient(lambda x: np.float32(x**2), x, 2 * x, ones)
    assert verdict.cause == "float32"
    start = "not judged: {} is float32, which has too few digits; use float64"
    assert str(verdict) == start.format("f(x)")
    verdict = check_gradient(lambda x: x**2, x, np.float32(2 * x), ones)
    assert str(verdict) == start.format("your gradient")
    assert not verdict


def test_float32_inside_a_function_is_told_apart_from_a_wrong_gradient():
    for seed in range(50):
        x, dout = np.random.default_rng(seed).normal(size=(2, 6))
        verdict = check_gradient(
            lambda x: (np.float32(x) ** 2).astype(np.float64), x, 2 * x * dout, dout
        )
        assert verdict.cause == "float32"
        assert str(verdict) == "not judged: f computes in float32; use float64"


def test_a_random_function_is_named():
    rng = np.random.default_rng(0)
    verdict = check_gradient(
        lambda x: x * (rng.random(50) < 0.5), np.ones(50), np.ones(50), np.ones(50)
    )
    assert str(verdict) == "unclear: f(x) changes from call to call; fix its seed"


def test_a_search_gives_up_after_the_calls_allowed():
    x, dout = np.zeros(40), np.arange(40.0)
    verdict = check_gradient(lambda x: np.maximum(x, 0), x, 0 * x, dout, max_calls=50)
    assert verdict.cause == "unclear"
    assert 50 <= verdict.calls <= 100
    assert str(verdict) == (
        f"unclear: no verdict after {verdict.calls} calls; is x on very many kinks?"
    )


def test_a_function_may_work_in_place():
    def relu_in_place(x):
        x[x < 0] = 0
        return x

    x, dout = np.random.default_rng(0).normal(size=(2, 4, 5))
    before = x.tobytes()
    right = dout * (x > 0)
    assert check_gradient(relu_in_place, x, right, dout)
    assert not check_gradient(relu_in_place, x, dout, dout)
    numerical = gc.eval_numerical_gradient_array(relu_in_place, x, dout)
    assert np.allclose(numerical, right)
    assert x.tobytes() == before


def test_functions_may_copy_alias_or_ignore_their_argument():
    x = np.random.default_rng(0).normal(size=(4, 5))
    dout = np.random.default_rng(1).normal(size=(4, 5))
    assert check_gradient(lambda x: x.copy() ** 2, x, 2 * x * dout, dout)
    assert check_gradient(lambda _: x**2, x, 2 * x * dout, dout)
    assert check_gradient(lambda x: x, x, dout, dout)  # returns x itself
    assert check_gradient(lambda x: 0.5 * np.sum(x**2), x, x)  # the gradient is x itself
    half = gc.eval_numerical_gradient_array(lambda x: 0.5 * x**2, x, x)  # df is x itself
    assert np.allclose(half, x**2)
    identity = gc.eval_numerical_gradient_array(lambda x: x, x, dout)
    assert np.allclose(identity, dout)
    reading = gc.eval_numerical_gradient(lambda _: np.sum(x**2), x, verbose=False)
    assert np.allclose(reading, 2 * x)


def test_arrays_may_be_strided_or_a_single_number():
    base = np.random.default_rng(0).normal(size=(8, 6))
    x = base.T[::2]
    assert check_gradient(lambda x: np.sum(x**3), x, 3 * x**2)
    assert not check_gradient(lambda x: np.sum(x**3), x, 3.0001 * x**2)
    numerical = gc.eval_numerical_gradient(lambda x: np.sum(x**3), x, verbose=False)
    assert np.allclose(numerical, 3 * x**2)
    point = np.array(3.0)
    assert check_gradient(lambda x: x**2, point, 6.0)
    wrong = check_gradient(lambda x: x**2, point, 5.0)
    assert (wrong.cause, wrong.index) == ("wrong", ())
    assert gc.eval_numerical_gradient(lambda x: x**2, point, verbose=False) == pytest.approx(6)


def test_messages_of_the_verdict_s_own_errors():
    x = np.ones((2, 3))
    for args, error, message in [
        (([1.0], 1.0), TypeError, "x should be a float64 array, because it is moved in"),
        ((np.ones((0, 3)), 1.0), ValueError, "x should not be empty, but it has shape (0, 3)."),
        (
            (x, x),
            ValueError,
            "dout should have shape (2, 3) because f(x) has, but it has shape ().",
        ),
        ((np.broadcast_to(1.0, 3), 1.0), ValueError, "x should be writable, because it is moved"),
    ]:
        with pytest.raises(error) as caught:
            check_gradient(lambda x: x, *args)
        assert str(caught.value).startswith(message)
    with pytest.raises(TypeError, match=r"f should return an array or a number, .* is tuple\."):
        check_gradient(lambda x: (x, None), x, x, x)


def test_the_same_call_gives_the_same_verdict_and_leaves_global_randomness_alone():
    f, x, analytic, dout = batch_norm(np.random.default_rng(0))
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - to see that nobody drew from it
    first, second = (check_gradient(f, x, analytic, dout) for _ in range(2))
    assert first == second
    gc.grad_check_sparse(np.sum, x, x)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_a_verdict_is_frozen_and_reads_as_one_short_line():
    def f(x):
        return np.sum(x**2)

    verdict = check_gradient(f, np.ones((3, 2)), np.array([[2, 2], [2, 2], [1.25, 2]]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.cause = "right"
    assert str(verdict) == "wrong at [2, 0]: your gradient says 1.25, the numerical gradient 2"
    close = check_gradient(f, np.array(1.0), 2 + 3e-7)
    assert str(close) == (
        "wrong: your gradient says 2, the numerical gradient 2, a difference of 3e-07"
    )
    right = str(check_gradient(np.sum, np.ones(3), np.ones(3)))
    assert re.fullmatch(r"right \(9 calls, error \de[+-]\d\d\)", right)
