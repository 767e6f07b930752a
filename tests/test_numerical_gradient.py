"""The well-known helpers of the gradient checker: signatures, answers, x left as it was."""

import inspect
import re

import numpy as np
import pytest

from cs231n_lib import gradient_check as gc
from cs231n_lib.gradient_check import check_gradient


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


@pytest.mark.parametrize("name", ["number", "array", "blobs", "sparse", "verdict"])
@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_all_refuse_an_x_that_rounds_small_steps_away(name, dtype):
    with pytest.raises(TypeError) as caught:
        walkers(np.square, np.ones(3, dtype=dtype))[name]()
    assert str(caught.value) == (
        f"x should be a float64 array, because it is moved in small steps, but it is {dtype}. "
        "Use np.array(x, dtype=np.float64)."
    )


def test_walks_agree_with_the_formula():
    x, dout = np.random.default_rng(0).normal(size=(2, 4, 5))
    numerical = gc.eval_numerical_gradient_array(np.tanh, x, dout)
    assert gc.rel_error(numerical, dout * (1 - np.tanh(x) ** 2)) < 1e-8
    number = gc.eval_numerical_gradient(lambda x: np.sum(dout * np.tanh(x)), x, False)
    assert np.allclose(number, numerical)


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
    checks = gc.grad_check_sparse(lambda x: np.sum(x**2), x, 2 * x, num_checks=3)
    assert all(analytic == 2 * x[index] for index, _, analytic, _ in checks)
    assert all(error < 1e-9 for *_, error in checks)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    for line in lines:
        numerical, analytic, error = map(float, re.findall(r"-?\d+\.\d+(?:e-\d+)?", line))
        assert numerical == pytest.approx(analytic, abs=1e-5)
        assert error < 1e-8


def test_the_well_known_helpers_have_their_well_known_signatures():
    for name, arguments in {
        "eval_numerical_gradient": "f, x, verbose=True, h=1e-05",
        "eval_numerical_gradient_array": "f, x, df, h=1e-05",
        "eval_numerical_gradient_blobs": "f, inputs, output, h=1e-05",
        "eval_numerical_gradient_net": "net, inputs, output, h=1e-05",
        "grad_check_sparse": "f, x, analytic_grad, num_checks=10, h=1e-05",
    }.items():
        found = inspect.signature(getattr(gc, name)).parameters.values()
        plain = [item.replace(annotation=inspect.Parameter.empty) for item in found]
        assert ", ".join(map(str, plain)) == arguments


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
    with pytest.raises(ValueError, match=r"one number, but it returned an array of shape \(2, 3\)"):
        gc.eval_numerical_gradient(np.square, x)
    with pytest.raises(ValueError, match=r"analytic_grad should have shape \(2, 3\) because x has"):
        gc.grad_check_sparse(np.sum, x, np.ones(3))


def test_rel_error_is_the_largest_with_a_floor():
    assert gc.rel_error([1.0, 2.0], [1.0, 3.0]) == pytest.approx(0.2)
    assert gc.rel_error(0.0, 0.0) == 0.0
    assert gc.rel_error(0.0, 1e-10) == pytest.approx(1e-2)  # floor: 1e-10 / 1e-8
    assert gc.rel_error(np.array([0], dtype=np.uint8), np.array([1], dtype=np.uint8)) == 1.0
    assert np.isnan(gc.rel_error([np.nan, 1.0], [1.0, 1.0]))


def test_rel_error_refuses_what_it_cannot_compare():
    with pytest.raises(ValueError, match=r"y should have shape \(3,\) because x has, .* \(3, 1\)"):
        gc.rel_error(np.ones(3), np.ones((3, 1)))
