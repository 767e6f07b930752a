"""The checkers' own tests: closed-form gradients they must accept, and wrong ones they must not.

Nothing here trusts a checker to test a checker: every right gradient is a formula.
"""

import dataclasses

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
    product,
    logarithm,
]
OFF_KINKS = [case for case in CASES if case is not relu_on_kinks]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_three_hundred_right_gradients_raise_no_alarm(case):
    for seed in range(25):  # 12 cases
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
    assert np.median(calls) <= 22


@pytest.mark.parametrize("case", [sigmoid, softmax_loss, batch_norm, affine_in_x, logarithm])
def test_a_verdict_takes_thirty_times_fewer_calls_than_a_walk(case):
    f, x, analytic, dout = case(np.random.default_rng(0))
    calls = 0

    def counted(x):
        nonlocal calls
        calls += 1
        return f(x)

    verdict = check_gradient(counted, x, analytic, dout)
    verdict_calls, calls = calls, 0
    assert verdict.calls == verdict_calls
    numerical = gc.eval_numerical_gradient_array(counted, x, 1.0 if dout is None else dout)
    assert x.size >= 300
    assert calls >= 30 * verdict_calls
    assert np.allclose(numerical, analytic, atol=1e-4)


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


def only_the_last_sample_right(rng, analytic):
    wrong = 0.5 * analytic
    wrong[-1] = analytic[-1]
    return wrong


def all_zeros(rng, analytic):
    return np.zeros_like(analytic)


def sign_flipped(rng, analytic):
    return -analytic


PLANTS = [
    off_by_a_factor_of_one_in_ten_million,
    one_entry_off_by_one_in_a_million,
    mean_for_sum,
    two_entries_swapped,
    only_the_last_sample_wrong,
    only_the_last_sample_right,
    all_zeros,
    sign_flipped,
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
        assert wrong[verdict.index] != analytic[verdict.index]
        assert verdict.analytic == pytest.approx(wrong[verdict.index], rel=1e-12, abs=1e-300)
        assert verdict.numerical == pytest.approx(analytic[verdict.index], rel=1e-6, abs=1e-9)
        assert verdict.error > verdict.tolerance


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
        assert str(verdict) == (
            f"kink: right, but at (1,) the slope jumps from 0 to 1; {slope:.6g} is accepted."
        )


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
    assert str(verdict) == "zero: the slope of sum(f(x) * dout) is zero, and so is the gradient."


def test_a_gradient_of_the_wrong_shape_is_named():
    f, x, analytic, dout = affine_in_x(np.random.default_rng(0))
    verdict = check_gradient(f, x, analytic.T, dout)
    assert not verdict
    assert str(verdict) == (
        "shape: the gradient should have shape (7, 45) because x has, but it has shape (45, 7)."
    )


def test_a_gradient_that_is_none_is_named():
    verdict = check_gradient(np.sum, np.ones(3), None)
    assert str(verdict) == "shape: the gradient should be an array of numbers, but it is None."


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_found(bad):
    f, x, analytic, dout = sigmoid(np.random.default_rng(0))
    analytic[3, 4] = bad
    verdict = check_gradient(f, x, analytic, dout)
    assert not verdict
    assert (verdict.cause, verdict.index) == ("not finite", (3, 4))
    assert str(verdict) == f"not finite: the gradient is {bad} at (3, 4)."


def test_a_function_that_is_not_finite_is_named():
    verdict = check_gradient(np.log, np.array([1.0, -1.0]), np.ones(2), np.ones(2))
    assert str(verdict) == "not finite: f(x) is nan at (1,)."


def test_a_function_that_ends_at_x_is_named():
    verdict = check_gradient(np.sqrt, np.array([1.0, 0.0]), np.array([0.5, 0.0]), np.ones(2))
    assert str(verdict) == "not finite: f is nan or infinite next to x, moved at (1,)."


@pytest.mark.parametrize("place", ["x", "f(x)", "the gradient"])
def test_float32_is_not_judged(place):
    x = np.random.default_rng(0).normal(size=8)
    kind = {name: np.float32 if name == place else np.float64 for name in ("x", "f(x)")}
    analytic = (2 * x).astype(np.float32 if place == "the gradient" else np.float64)
    point = x.astype(kind["x"])
    verdict = check_gradient(lambda x: (x**2).astype(kind["f(x)"]), point, analytic, np.ones(8))
    assert not verdict
    assert verdict.cause == "float32"
    assert str(verdict).startswith(f"float32: {place} is float32")


def test_float32_inside_a_function_is_named():
    def f(x):
        return (x.astype(np.float32) ** 2).astype(np.float64)

    x = np.random.default_rng(0).normal(size=8)
    verdict = check_gradient(f, x, 2 * x, np.ones(8))
    assert str(verdict) == "float32: f computes in float32, though it returns float64."


def test_a_random_function_is_named():
    rng = np.random.default_rng(0)
    verdict = check_gradient(
        lambda x: x * (rng.random(50) < 0.5), np.ones(50), np.ones(50), np.ones(50)
    )
    assert str(verdict) == "random: f answers differently at the same x; fix its seed."


def test_a_function_too_noisy_to_judge_is_not_called_wrong():
    dout = np.random.default_rng(0).normal(size=30)
    verdict = check_gradient(np.sign, np.zeros(30), np.zeros(30), dout)
    assert not verdict
    assert verdict.cause == "rough"
    assert "too noisy to measure a slope at" in str(verdict)


def test_a_search_gives_up_after_the_calls_allowed():
    verdict = check_gradient(
        lambda x: np.maximum(x, 0), np.zeros(40), np.zeros(40), np.arange(40.0), max_calls=50
    )
    assert str(verdict) == "rough: no verdict after 50 calls of f."


def test_a_function_that_changes_x_is_named_and_x_is_restored():
    def f(x):
        x *= 2
        return x

    x = np.arange(3.0)
    verdict = check_gradient(f, x, np.full(3, 2.0), np.ones(3))
    assert str(verdict) == "mutates: f changes its argument x; it should work on a copy."
    assert np.array_equal(x, [0, 1, 2])


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


class Blob:
    def __init__(self, vals, diffs):
        self.vals, self.diffs = vals, diffs


def walkers(f, x):
    """Every way to call f with x moved."""
    ones = np.ones_like(x)
    output = Blob(np.zeros(x.shape), ones)

    def write(blob, output):
        output.vals[...] = f(blob.vals)

    return {
        "number": lambda: gc.eval_numerical_gradient(lambda x: np.sum(f(x)), x, verbose=False),
        "array": lambda: gc.eval_numerical_gradient_array(f, x, ones),
        "blobs": lambda: gc.eval_numerical_gradient_blobs(write, (Blob(x, None),), output),
        "sparse": lambda: gc.grad_check_sparse(lambda x: np.sum(f(x)), x, ones),
        "verdict": lambda: check_gradient(f, x, ones, ones),
    }


@pytest.mark.parametrize("name", ["number", "array", "blobs", "sparse", "verdict"])
@pytest.mark.parametrize("error", [None, ZeroDivisionError, KeyboardInterrupt])
@pytest.mark.parametrize("on_call", [1, 2, 5])
def test_x_is_restored_bit_for_bit_whatever_happens(name, error, on_call):
    x = np.array([0.1, -0.0, 1e-300, 1 / 3, 1e8])
    before, calls = x.tobytes(), 0

    def f(x):
        nonlocal calls
        calls += 1
        if error is not None and calls == on_call:
            raise error
        return x**2

    if error is None:
        walkers(f, x)[name]()
    else:
        with pytest.raises(error):
            walkers(f, x)[name]()
    assert x.tobytes() == before


@pytest.mark.parametrize("name", ["number", "array", "blobs", "sparse"])
def test_walkers_refuse_what_rounds_their_step_away(name):
    who = "inputs[0].vals" if name == "blobs" else "x"
    for dtype in ("float32", "int64"):
        with pytest.raises(TypeError) as caught:
            walkers(np.square, np.ones(3, dtype=dtype))[name]()
        assert str(caught.value) == (
            f"{who} should be float64, but it is {dtype}; {dtype} rounds away a step of 1e-05. "
            f"Use {who}.astype(np.float64)."
        )


def test_messages_of_the_verdict_s_own_errors():
    x = np.ones((2, 3))
    for args, error, message in [
        (([1.0], 1.0), TypeError, "x should be a NumPy array, but it is of type list."),
        ((np.arange(3), 1.0), TypeError, "x should be float64, but it is int64; int64 rounds"),
        ((np.ones((0, 3)), 1.0), ValueError, "x is empty: it has shape (0, 3)."),
        (
            (x, x),
            ValueError,
            "dout should have shape (2, 3) because f(x) has, but it has shape ().",
        ),
        ((np.broadcast_to(1.0, 3), 1.0), ValueError, "x should be writable because it is moved"),
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
    assert gc.grad_check_sparse(np.sum, x, x) == gc.grad_check_sparse(np.sum, x, x)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_a_verdict_is_frozen_and_reads_as_one_line():
    verdict = check_gradient(lambda x: np.sum(x**2), np.ones(3), np.array([2.0, 2.0, 3.0]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.passed = True
    text = str(verdict)
    assert text.startswith("wrong: at (2,) the gradient is 3 and the numerical gradient 2, 1.0e+00")
    assert "\n" not in text
    right = str(check_gradient(lambda x: np.sum(x**2), np.ones(3), np.full(3, 2.0)))
    assert right.startswith("right: along a random direction the gradient is")


# The well-known helpers


def test_walks_agree_with_the_formula():
    f, x, analytic, dout = sigmoid(np.random.default_rng(0))
    numerical = gc.eval_numerical_gradient_array(f, x, dout)
    assert gc.rel_error(numerical, analytic) < 1e-5
    f, x, analytic, _ = softmax_loss(np.random.default_rng(0))
    assert np.allclose(gc.eval_numerical_gradient(f, x, False), analytic, atol=1e-9)


def test_blobs_and_nets_give_one_gradient_for_each_input():
    rng = np.random.default_rng(0)
    x, w = Blob(rng.normal(size=(3, 4)), None), Blob(rng.normal(size=(4, 2)), None)
    output = Blob(np.zeros((3, 2)), rng.normal(size=(3, 2)))

    def f(x, w, output):
        output.vals = x.vals @ w.vals

    class Net:
        def forward(self):
            f(x, w, output)

    for dx, dw in (
        gc.eval_numerical_gradient_blobs(f, (x, w), output),
        gc.eval_numerical_gradient_net(Net(), (x, w), output),
    ):
        assert np.allclose(dx, output.diffs @ w.vals.T)
        assert np.allclose(dw, x.vals.T @ output.diffs)


def test_a_sparse_check_returns_what_it_prints(capsys):
    x = np.random.default_rng(0).normal(size=(3, 4))
    checks = gc.grad_check_sparse(
        lambda x: np.sum(x**2), x, 2 * x, num_checks=3, rng=np.random.default_rng(1)
    )
    assert len(checks) == len(capsys.readouterr().out.splitlines()) == 3
    for index, numerical, analytic, error in checks:
        assert analytic == 2 * x[index] == pytest.approx(numerical)
        assert error < 1e-8


def test_a_verbose_walk_prints_each_entry(capsys):
    gc.eval_numerical_gradient(np.sum, np.ones(3))
    assert len(capsys.readouterr().out.splitlines()) == 3
    gc.eval_numerical_gradient(np.sum, np.ones(3), verbose=False)
    assert capsys.readouterr().out == ""


def test_walkers_refuse_shapes_that_do_not_match():
    x = np.ones((2, 3))
    wrong = (
        r"the upstream gradient should have shape \(2, 3\) because f\(x\) has, but it has shape "
    )
    with pytest.raises(ValueError, match=wrong + r"\(3,\)\."):
        gc.eval_numerical_gradient_array(np.square, x, np.ones(3))
    with pytest.raises(ValueError, match=wrong + r"\(\)\."):
        gc.eval_numerical_gradient(np.square, x)
    with pytest.raises(ValueError, match=r"analytic_grad should have shape \(2, 3\) because x has"):
        gc.grad_check_sparse(np.sum, x, np.ones(3))


def test_rel_error_is_the_largest_with_a_floor():
    assert gc.rel_error([1.0, 2.0], [1.0, 3.0]) == pytest.approx(0.2)
    assert gc.rel_error(0.0, 0.0) == 0.0
    assert gc.rel_error(0.0, 1e-10) == pytest.approx(1e-2)  # floor: 1e-10 / 1e-8
    assert gc.rel_error(np.array([0], dtype=np.uint8), np.array([1], dtype=np.uint8)) == 1.0
    assert np.isnan(gc.rel_error([np.nan, 1.0], [1.0, 1.0]))


@pytest.mark.parametrize(("x", "y"), [(np.ones(3), np.ones((3, 1))), (np.ones(0), np.ones(0))])
def test_rel_error_refuses_what_it_cannot_compare(x, y):
    with pytest.raises(
        ValueError, match="x and y should have the same shape and not be empty"
    ) as e:
        gc.rel_error(x, y)
    assert str(e.value).endswith(f"but x has shape {x.shape} and y has shape {y.shape}.")
