"""The losses: numbers done by hand, gradients, large scores, and the sentence of each error."""

import numpy as np
import pytest
from layer_table import EXACT, NUMERICAL, numerical_gradient

from cs231n_lib import layers

LOSSES = [layers.svm_loss, layers.softmax_loss]
every_loss = pytest.mark.parametrize("loss_function", LOSSES)


def draw_scores(num_examples, num_classes, scale=1.0):
    rng = np.random.default_rng(num_examples * num_classes)
    x = scale * rng.normal(size=(num_examples, num_classes))
    return x, rng.integers(num_classes, size=num_examples)


def test_every_public_loss_is_tested():
    assert {f.__name__ for f in LOSSES} == {n for n in layers.__all__ if n.endswith("_loss")}


def test_svm_loss_by_hand():
    x, y = np.array([[3.0, 5.0, 2.5], [1.0, 4.0, 2.0]]), np.array([0, 1])
    loss, dx = layers.svm_loss(x, y)
    assert loss == 1.75  # (3 + 0.5) for the first example, nothing for the second
    np.testing.assert_array_equal(dx, [[-1, 0.5, 0.5], [0, 0, 0]])


def test_softmax_loss_by_hand():
    x, y = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]), np.array([2, 0])
    loss, dx = layers.softmax_loss(x, y)
    assert loss == pytest.approx((np.log(8 / 5) + np.log(8 / 3)) / 2, rel=EXACT)
    np.testing.assert_allclose(dx, [[1 / 16, 1 / 8, -3 / 16], [-5 / 16, 3 / 16, 1 / 8]], rtol=EXACT)


@every_loss
@pytest.mark.parametrize("shape", [(5, 3), (1, 4), (4, 1)])
def test_loss_gradient_matches_the_numerical_gradient(loss_function, shape):
    x, y = draw_scores(*shape)
    before = x.copy(), y.copy()
    loss, dx = loss_function(x, y)
    assert isinstance(loss, float)
    assert dx.shape == x.shape
    numerical = numerical_gradient(lambda: loss_function(x, y)[0], x, np.ones(()))
    np.testing.assert_allclose(dx, numerical, NUMERICAL, NUMERICAL)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])


@every_loss
def test_loss_of_scores_a_thousand_times_larger_is_right(loss_function):
    x, y = draw_scores(6, 4, scale=1000)
    loss, dx = loss_function(x, y)
    # the largest score takes all the probability; a margin of 1 is nothing beside the scores
    winners = x.argmax(axis=1)
    behind = x - x[np.arange(6), y][:, None]
    if loss_function is layers.softmax_loss:
        assert loss == pytest.approx(behind.max(axis=1).mean(), rel=1e-10)
        np.testing.assert_allclose(dx, (np.eye(4)[winners] - np.eye(4)[y]) / 6, atol=1e-10)
    else:
        violated = behind > 0
        assert loss == pytest.approx(np.sum((behind + 1)[violated]) / 6, rel=EXACT)
        expected = (violated - violated.sum(axis=1)[:, None] * np.eye(4)[y]) / 6
        np.testing.assert_allclose(dx, expected, atol=EXACT)


def test_softmax_loss_stays_finite_where_the_right_class_underflows():
    loss, dx = layers.softmax_loss(np.array([[0.0, 1000.0]]), np.array([0]))
    assert loss == 1000
    np.testing.assert_array_equal(dx, [[-1, 1]])


def test_softmax_loss_adds_nothing_inside_the_logarithm():
    loss, _ = layers.softmax_loss(np.array([[20.0, 0.0]]), np.array([0]))
    assert loss == pytest.approx(np.log1p(np.exp(-20)), rel=1e-7)


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_of_the_scores_is_the_dtype_of_the_gradient(loss_function, dtype):
    x, y = draw_scores(3, 5)
    assert loss_function(x.astype(dtype), y)[1].dtype == dtype


@every_loss
def test_a_nan_among_the_scores_is_a_nan_loss(loss_function):
    x, y = draw_scores(3, 5)
    x[1, 2] = np.nan
    assert np.isnan(loss_function(x, y)[0])


@every_loss
@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (np.ones((0, 3)), np.ones(0, int), ValueError, "x is empty: it has shape (0, 3)."),
        (
            np.ones(3),
            np.ones(3, int),
            ValueError,
            "x should have shape (N, C), but it has shape (3,).",
        ),
        ([[1.0]], np.ones(1, int), TypeError, "x should be a NumPy array, but it is a list."),
        (
            np.ones((3, 4)),
            np.ones(2, int),
            ValueError,
            "y should have shape (3,) because x has 3 examples, but it has shape (2,).",
        ),
        (
            np.ones((3, 4)),
            np.ones((3, 1), int),
            ValueError,
            "y should have shape (3,) because x has 3 examples, but it has shape (3, 1).",
        ),
        (
            np.ones((3, 4)),
            np.ones(3),
            TypeError,
            "y should hold integer class labels, but its dtype is float64.",
        ),
        (
            np.ones((2, 4)),
            np.array([4, 0]),
            ValueError,
            "y should hold labels from 0 to 3 because x has 4 columns, but it has a label 4.",
        ),
        (
            np.ones((2, 4)),
            np.array([0, -1]),
            ValueError,
            "y should hold labels from 0 to 3 because x has 4 columns, but it has a label -1.",
        ),
    ],
)
def test_loss_says_what_is_wrong_with_its_arguments(loss_function, x, y, error, message):
    with pytest.raises(error) as caught:
        loss_function(x, y)
    assert str(caught.value) == message
