"""The computational graph and its gates."""

import numpy as np
import pytest

from cs231n_lib import graph as g
from cs231n_lib.gradient_check import check_gradient
from cs231n_lib.layers import sigmoid_backward, sigmoid_forward, svm_loss

TWO_INPUTS = [g.ADD, g.MULTIPLY, g.MAXIMUM]
ONE_INPUT = [g.NEGATE, g.EXP, g.ADD_ONE, g.RECIPROCAL]


def chain():
    graph = g.Graph()
    graph.add_input("x", "y", "z")
    graph.add_node("q", g.ADD, "x", "y")
    graph.add_node("f", g.MULTIPLY, "q", "z")
    return graph


@pytest.mark.parametrize("gate", TWO_INPUTS, ids=lambda gate: gate.symbol)
def test_a_gate_with_two_inputs_has_the_numerical_gradient(gate):
    x, y, dout = np.random.default_rng(0).normal(size=(3, 2, 5))
    dx, dy = gate.backward(dout, gate.forward(x, y)[1])
    assert check_gradient(lambda x: gate.forward(x, y)[0], x, dx, dout)
    assert check_gradient(lambda y: gate.forward(x, y)[0], y, dy, dout)


@pytest.mark.parametrize("gate", ONE_INPUT, ids=lambda gate: gate.symbol)
def test_a_gate_with_one_input_has_the_numerical_gradient(gate):
    rng = np.random.default_rng(1)
    x, dout = rng.uniform(0.5, 2, (2, 5)), rng.normal(size=(2, 5))
    dx = gate.backward(dout, gate.forward(x)[1])
    assert check_gradient(lambda x: gate.forward(x)[0], x, dx, dout)


def test_the_matrix_product_has_the_numerical_gradient():
    rng = np.random.default_rng(2)
    x, w, dout = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=(4, 2))
    dx, dw = g.matmul_backward(dout, g.matmul_forward(x, w)[1])
    assert check_gradient(lambda x: x @ w, x, dx, dout)
    assert check_gradient(lambda w: x @ w, w, dw, dout)


def test_the_hinge_loss_has_the_numerical_gradient():
    rng = np.random.default_rng(5)
    scores, y = rng.normal(size=(5, 4), scale=2), np.array([0, 3, 1, 1, 2])
    dout = np.float64(-1.7)
    dscores = g.hinge_backward(dout, g.hinge_forward(scores, y)[1])
    assert check_gradient(lambda s: np.array(g.hinge_forward(s, y)[0]), scores, dscores, dout)


def test_the_hinge_loss_of_a_case_by_hand():
    scores = np.array([[3.0, 5.0, 2.5], [4.0, -1.0, 0.5]])
    loss, (margins, y) = g.hinge_forward(scores, np.array([0, 0]))
    assert loss == 1.75
    assert np.array_equal(margins, [[0, 3, 0.5], [0, 0, 0]])
    dscores = g.hinge_backward(10.0, (margins, y))
    assert np.array_equal(dscores, [[-10, 5, 5], [0, 0, 0]])


def test_the_hinge_gate_and_the_svm_loss_agree():
    rng = np.random.default_rng(6)
    scores, y = rng.normal(size=(7, 3)), rng.integers(3, size=7)
    loss, dx = svm_loss(scores, y)
    out, cache = g.hinge_forward(scores, y)
    assert np.isclose(out, loss, rtol=1e-14)
    assert np.allclose(g.hinge_backward(1.0, cache), dx, rtol=1e-14)


def test_half_the_sum_of_squares_has_the_numerical_gradient():
    w, dout = np.random.default_rng(7).normal(size=(3, 4)), np.float64(0.3)
    dw = g.half_squares_backward(dout, g.half_squares_forward(w)[1])
    assert check_gradient(lambda w: g.half_squares_forward(w)[0], w, dw, dout)
    assert g.half_squares_forward(np.array([3.0, -4.0]))[0] == 12.5


def test_weights_that_are_read_by_the_scores_and_by_the_regularization_get_both_gradients():
    rng = np.random.default_rng(8)
    x, w, y = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.integers(4, size=5)
    graph = g.Graph()
    graph.add_input("x", "w", "reg")
    graph.add_node("scores", g.MATMUL, "x", "w")
    hinge = g.Gate("hinge", lambda scores: g.hinge_forward(scores, y), g.hinge_backward)
    graph.add_node("data_loss", hinge, "scores")
    graph.add_node("R", g.HALF_SQUARES, "w")
    graph.add_node("reg_loss", g.MULTIPLY, "R", "reg")
    graph.add_node("loss", g.ADD, "data_loss", "reg_loss")
    graph.forward(x=x, w=w, reg=0.8)
    dw = graph.backward()["w"]
    assert check_gradient(lambda w: graph.forward(x=x, w=w, reg=0.8), w, dw, np.float64(1))
    assert np.allclose(dw, x.T @ svm_loss(x @ w, y)[1] + 0.8 * w, rtol=1e-12)


def test_a_hinge_loss_refuses_scores_and_labels_that_do_not_fit():
    with pytest.raises(ValueError, match=r"scores should have shape \(N, C\)"):
        g.hinge_forward(np.ones(3), np.array([0]))
    with pytest.raises(ValueError, match=r"y should have shape \(2,\) because scores has 2 ex"):
        g.hinge_forward(np.ones((2, 3)), np.array([0]))
    with pytest.raises(ValueError, match="from 0 to 2 because scores has 3 columns, but it has a"):
        g.hinge_forward(np.ones((2, 3)), np.array([0, 3]))
    with pytest.raises(TypeError, match="y should hold integer class labels, but its dtype is fl"):
        g.hinge_forward(np.ones((2, 3)), np.array([0.0, 1.0]))


def test_where_a_maximum_ties_one_input_gets_the_whole_gradient():
    x = np.array([2.0])
    dx, dy = g.maximum_backward(np.array([5.0]), g.maximum_forward(x, x)[1])
    assert (dx, dy) == (5.0, 0.0)


def test_values_and_gradients_of_the_lecture_example():
    graph = chain()
    assert graph.forward(x=-2, y=5, z=-4) == -12
    assert graph.backward() == {"x": -4, "y": -4, "z": 3, "q": -4, "f": 1}


def test_a_value_read_on_three_paths_gets_the_sum():
    graph = g.Graph()
    graph.add_input("x")
    graph.add_node("square", g.MULTIPLY, "x", "x")
    graph.add_node("f", g.ADD, "square", "x")
    graph.forward(x=3)
    assert graph.backward()["x"] == 7


def test_the_sweep_waits_for_every_reader_whatever_the_paths_lengths():
    graph = g.Graph()
    graph.add_input("x")
    graph.add_node("a", g.NEGATE, "x")
    graph.add_node("b", g.NEGATE, "a")
    graph.add_node("c", g.NEGATE, "b")
    graph.add_node("f", g.MULTIPLY, "a", "c")  # -x * -(-(-x)) = x**2
    graph.forward(x=3)
    assert graph.backward()["x"] == 6


def test_an_input_that_the_output_does_not_depend_on_has_gradient_zero():
    graph = g.Graph()
    graph.add_input("x", "unused")
    graph.add_node("f", g.NEGATE, "x")
    graph.forward(x=1, unused=np.ones((2, 3)))
    assert np.array_equal(graph.backward()["unused"], np.zeros((2, 3)))


def test_four_gates_and_one_gate_agree_on_the_sigmoid():
    x, dout = np.random.default_rng(3).normal(size=(2, 7))
    four, one = g.Graph(), g.Graph()
    four.add_input("x")
    four.add_node("a", g.NEGATE, "x")
    four.add_node("b", g.EXP, "a")
    four.add_node("c", g.ADD_ONE, "b")
    four.add_node("s", g.RECIPROCAL, "c")
    one.add_input("x")
    one.add_node("s", g.Gate("sigmoid", sigmoid_forward, sigmoid_backward), "x")
    assert np.allclose(four.forward(x=x), one.forward(x=x), rtol=1e-14)
    assert np.allclose(four.backward(dout)["x"], one.backward(dout)["x"], rtol=1e-13)


def test_float32_stays_float32_and_integers_become_float64():
    graph = chain()
    x = np.ones(3, dtype=np.float32)
    graph.forward(x=x, y=x, z=x)
    grads = graph.backward(np.ones(3, dtype=np.float32))
    assert {array.dtype for array in [*graph.values.values(), *grads.values()]} == {np.dtype("f4")}
    assert graph.forward(x=1, y=2, z=3).dtype == np.float64


def test_a_sweep_changes_neither_values_nor_dout():
    graph = chain()
    x, y, z, dout = np.random.default_rng(4).normal(size=(4, 3))
    graph.forward(x=x, y=y, z=z)
    before, kept = {name: value.copy() for name, value in graph.values.items()}, dout.copy()
    graph.backward(dout)
    assert all(np.array_equal(before[name], graph.values[name]) for name in before)
    assert np.array_equal(dout, kept)


def test_a_gate_that_fails_leaves_the_values_of_the_last_pass():
    graph = chain()
    graph.forward(x=-2, y=5, z=-4)
    with pytest.raises(ValueError, match=r"x has shape \(2,\) and y has shape \(\)"):
        graph.forward(x=np.ones(2), y=5, z=-4)
    assert graph.values["f"] == -12


def fails(graph, call):
    with pytest.raises(ValueError) as error:
        call(graph)
    return str(error.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda graph: graph.add_node("g", g.NEGATE, "ff"),
            "node 'g' reads 'ff', which is not in the graph; did you mean 'f'? "
            "Add a node before the nodes that read it.",
        ),
        (
            lambda graph: graph.add_input("q"),
            "the graph already has a node 'q'; choose another name.",
        ),
        (
            lambda graph: graph.forward(x=1, y=2),
            "the graph's inputs are x, y, z, but the values given are for x, y.",
        ),
        (
            lambda graph: graph.backward(),
            "run the graph's forward pass first; backward needs what it stored.",
        ),
    ],
)
def test_a_misuse_is_named_in_one_sentence(call, message):
    assert fails(chain(), call) == message


def test_an_upstream_gradient_of_another_shape_is_refused():
    graph = chain()
    graph.forward(x=np.ones(3), y=np.ones(3), z=np.ones(3))
    assert fails(graph, lambda graph: graph.backward()) == (
        "dout should have shape (3,) because the output has that shape, but it has shape ()."
    )


def test_a_gate_with_too_few_gradients_is_named():
    graph = g.Graph()
    graph.add_input("x", "y")
    graph.add_node("f", g.Gate("bad", g.ADD.forward, lambda dout, cache: dout), "x", "y")
    graph.forward(x=1, y=2)
    assert fails(graph, lambda graph: graph.backward()) == (
        "node 'f' reads 2 values, but its gate's backward returned 1 gradients."
    )


def test_matrices_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"w should have shape \(3, M\) because x has 3 columns"):
        g.matmul_forward(np.ones((2, 3)), np.ones((2, 3)))


def test_an_empty_graph_says_so():
    assert fails(g.Graph(), lambda graph: graph.forward()) == "the graph has no nodes yet."


def test_a_gate_that_refuses_what_it_reads_is_named_by_its_node():
    graph = g.Graph()
    graph.add_input("x", "w")
    graph.add_node("scores", g.MATMUL, "w", "x")
    with pytest.raises(ValueError, match="node 'scores' reads w, x: "):
        graph.forward(x=np.ones((4, 2)), w=np.ones((3, 5)))
