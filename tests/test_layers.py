"""Every layer of the table against one contract."""

import copy
import inspect

import numpy as np
import pytest
from layer_table import (
    CASE_NAMES,
    CASES,
    EXACT,
    LAYERS,
    NUMERICAL,
    SINGLE,
    array_names,
    as_tuple,
    draw,
    draw_upstream,
    leaves,
    numerical_gradient,
    run,
)

from cs231n_lib import layers
from cs231n_lib.contracts import format_shape


def cases_but(left_out):
    """Run a test on every case of the table for which a function of the case is not true."""
    kept = [
        pytest.param(layer, case, id=name)
        for (layer, case), name in zip(CASES, CASE_NAMES, strict=True)
        if not left_out(case)
    ]
    return pytest.mark.parametrize(("layer", "case"), kept)


def mixes_examples(case):
    """Tell cases of batch norm at training time, and of dropout, whose one mask is for all."""
    return any(case.get(key, {}).get("mode") == "train" for key in ("bn_param", "dropout_param"))


def forgets_the_shape(case):
    """Tell dropout at test time, whose cache holds no array."""
    return case.get("dropout_param", {}).get("mode") == "test"


every_case = cases_but(lambda case: False)


# The contract that every layer keeps


def test_every_public_layer_is_in_the_table():
    public = {name for name in layers.__all__ if name.endswith(("_forward", "_backward"))}
    listed = {f.__name__ for layer in LAYERS for f in (layer.forward, layer.backward)}
    assert public <= listed


@every_case
def test_cases_name_the_arguments_in_order(layer, case):
    parameters = list(inspect.signature(layer.forward).parameters)
    assert list(case) == parameters[: len(case)]


def test_numerical_gradient_finds_known_derivatives():
    x, dout = np.array([[0.5, -1.5]]), np.array([[2.0, -3.0]])
    grad = numerical_gradient(lambda: np.exp(x), x, dout)
    np.testing.assert_allclose(grad, dout * np.exp(x), rtol=1e-10)
    np.testing.assert_array_equal(x, [[0.5, -1.5]])


@every_case
def test_gradients_match_the_numerical_gradient(layer, case):
    arguments = draw(case)
    out, cache = run(layer, arguments)
    dout = draw_upstream(out)
    grads = layer.backward(dout, cache)
    names = array_names(case)
    assert isinstance(grads, np.ndarray if len(names) == 1 else tuple)
    for name, grad in zip(names, as_tuple(grads), strict=True):
        x = arguments[name]
        assert grad.shape == x.shape, f"shape of d{name}"
        numerical = numerical_gradient(lambda: run(layer, arguments)[0], x, dout)
        scale = max(1, np.abs(numerical).max())
        np.testing.assert_allclose(grad, numerical, NUMERICAL, NUMERICAL * scale, err_msg=name)


@every_case
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_of_the_input_is_the_dtype_of_all_results(layer, case, dtype):
    out, cache = run(layer, draw(case, dtype))
    assert out.dtype == dtype
    for grad in as_tuple(layer.backward(draw_upstream(out), cache)):
        assert grad.dtype == dtype


@every_case
def test_float32_gives_the_values_of_float64(layer, case):
    arguments = draw(case)
    out, cache = run(layer, arguments)
    dout = draw_upstream(out)
    single = {
        k: v.astype(np.float32) if k in array_names(case) else v for k, v in arguments.items()
    }
    single_out, single_cache = run(layer, single)
    np.testing.assert_allclose(single_out, out, rtol=SINGLE, atol=SINGLE)
    grads = as_tuple(layer.backward(dout, cache))
    single_grads = as_tuple(layer.backward(dout.astype(np.float32), single_cache))
    for single_grad, grad in zip(single_grads, grads, strict=True):
        atol = SINGLE * max(1, np.abs(grad).max())
        np.testing.assert_allclose(single_grad, grad, rtol=SINGLE, atol=atol)


@every_case
def test_inputs_and_cache_stay_as_they_were(layer, case):
    arguments = draw(case)
    before = copy.deepcopy(arguments)
    out, cache = run(layer, arguments)
    dout = draw_upstream(out)
    out_before, dout_before, cache_before = copy.deepcopy((out, dout, cache))
    first = as_tuple(layer.backward(dout, cache))
    second = as_tuple(layer.backward(dout, cache))
    now, then = (
        leaves([arguments, dout, out, cache]),
        [before, dout_before, out_before, cache_before],
    )
    for leaf, earlier in zip(now, leaves(then), strict=True):
        np.testing.assert_array_equal(leaf, earlier)
    for grad, again in zip(first, second, strict=True):
        np.testing.assert_array_equal(grad, again)


@every_case
def test_results_share_no_memory_with_inputs(layer, case):
    arguments = draw(case)
    out, cache = run(layer, arguments)
    dout = draw_upstream(out)
    results = [out, *as_tuple(layer.backward(dout, cache))]
    for given in (dout, *(arguments[name] for name in array_names(case))):
        assert not any(np.shares_memory(result, given) for result in results)


@every_case
def test_memory_order_of_the_input_does_not_matter(layer, case):
    arguments = draw(case)
    out, cache = run(layer, arguments)
    dout = draw_upstream(out)
    fortran = {
        name: np.asfortranarray(value) if isinstance(value, np.ndarray) else value
        for name, value in arguments.items()
    }
    fortran_out, fortran_cache = run(layer, fortran)
    np.testing.assert_allclose(fortran_out, out, EXACT, EXACT)
    grads = as_tuple(layer.backward(dout, cache))
    fortran_grads = as_tuple(layer.backward(np.asfortranarray(dout), fortran_cache))
    for fortran_grad, grad in zip(fortran_grads, grads, strict=True):
        np.testing.assert_allclose(fortran_grad, grad, EXACT, EXACT * max(1, np.abs(grad).max()))


@cases_but(mixes_examples)
def test_an_example_does_not_depend_on_its_company(layer, case):
    arguments = draw(case)
    out, _ = run(layer, arguments)
    for i in range(len(out)):
        alone, _ = run(layer, arguments | {"x": arguments["x"][i : i + 1]})
        np.testing.assert_allclose(alone, out[i : i + 1], EXACT, EXACT * np.abs(out).max())


@every_case
def test_nan_is_not_hidden(layer, case):
    for name in array_names(case):
        arguments = draw(case)
        arguments[name].flat[0] = np.nan
        assert np.isnan(run(layer, arguments)[0]).any(), f"a NaN in {name}"
    out, cache = run(layer, draw(case))
    for grad in as_tuple(layer.backward(np.full_like(out, np.nan), cache)):
        assert np.isnan(grad).any()


@every_case
def test_infinity_is_not_hidden(layer, case):
    arguments = draw(case)
    arguments["x"].flat[0] = np.inf
    with np.errstate(invalid="ignore"):  # infinity minus infinity is NaN, as it should be
        out, _ = run(layer, arguments)
    if layer.name in ("sigmoid", "tanh"):
        assert out.flat[0] == 1
    else:
        assert not np.isfinite(out).all()


@every_case
def test_global_random_state_is_left_alone(layer, case):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    out, cache = run(layer, draw(case))
    layer.backward(draw_upstream(out), cache)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@every_case
def test_an_empty_batch_is_refused(layer, case):
    arguments = draw(case)
    arguments["x"] = arguments["x"][:0]
    with pytest.raises(ValueError, match=r"^x is empty: it has shape \(0, [\d, ]+\)\.$"):
        run(layer, arguments)


@every_case
def test_what_is_not_an_array_of_numbers_is_refused(layer, case):
    for name in array_names(case):
        arguments = draw(case)
        arguments[name] = arguments[name].tolist()
        with pytest.raises(TypeError) as caught:
            run(layer, arguments)
        assert str(caught.value) == f"{name} should be a NumPy array, but it is a list."
        arguments[name] = np.array(arguments[name]).astype(str)
        with pytest.raises(TypeError, match=f"^{name} should hold numbers, but its dtype is "):
            run(layer, arguments)


@cases_but(forgets_the_shape)
def test_an_upstream_gradient_of_another_shape_is_refused(layer, case):
    out, cache = run(layer, draw(case))
    column, row = draw_upstream(out)[..., None], np.ones((len(out) + 1, *out.shape[1:]))
    for dout in (column, row):
        with pytest.raises(ValueError) as caught:
            layer.backward(dout, cache)
        assert str(caught.value) == (
            f"dout should have shape {format_shape(out.shape)} because that is the shape of the "
            f"forward pass's output, but it has shape {format_shape(dout.shape)}."
        )


@every_case
def test_parameters_of_another_shape_are_refused(layer, case):
    for name in array_names(case)[1:]:
        arguments = draw(case)
        arguments[name] = arguments[name][..., None]  # would broadcast without a word
        with pytest.raises(ValueError, match=f"^{name} should have shape .* but it has shape "):
            run(layer, arguments)
