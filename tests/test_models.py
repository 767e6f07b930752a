"""Networks: names and shapes first, then losses by hand, numerical gradients and learning."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cs231n_lib.models import FullyConnectedNet, ThreeLayerConvNet, TwoLayerNet
from cs231n_lib.optim import adam

NORMALIZATIONS = (None, "batchnorm", "layernorm")


def make_data(rng, num_examples, shape, num_classes):
    X = rng.standard_normal((num_examples, *shape)) + 0.5
    return X, rng.integers(num_classes, size=num_examples)


def numerical_gradient(f, w, h=1e-6):
    grad = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        old = w[index]
        w[index] = old + h
        above = f()
        w[index] = old - h
        below = f()
        w[index] = old
        grad[index] = (above - below) / (2 * h)
    return grad


def assert_gradients_are_right(model, X, y):
    loss, grads = model.loss(X, y)
    assert isinstance(loss, float)
    assert grads.keys() == model.params.keys()
    for name, w in model.params.items():
        numerical = numerical_gradient(lambda: model.loss(X, y)[0], w)
        assert grads[name].shape == w.shape
        # atol: a loss of 30 is known to about 1e-14, which the step magnifies to 1e-8
        assert_allclose(grads[name], numerical, rtol=1e-6, atol=1e-8, err_msg=name)


# names, shapes, first values


def shapes(model):
    return {name: w.shape for name, w in model.params.items()}


def test_the_two_layer_net_has_the_known_names_and_shapes():
    expected = {"W1": (5, 7), "b1": (7,), "W2": (7, 3), "b2": (3,)}
    assert shapes(TwoLayerNet(input_dim=5, hidden_dim=7, num_classes=3)) == expected
    assert shapes(TwoLayerNet())["W1"] == (3072, 100)


def test_the_deep_net_normalizes_every_layer_but_the_last():
    plain = {"W1": (5, 4), "b1": (4,), "W2": (4, 6), "b2": (6,), "W3": (6, 3), "b3": (3,)}
    norm = {"gamma1": (4,), "beta1": (4,), "gamma2": (6,), "beta2": (6,)}
    for normalization in NORMALIZATIONS:
        net = FullyConnectedNet([4, 6], 5, 3, normalization=normalization)
        assert shapes(net) == (plain if normalization is None else plain | norm)
        assert net.num_layers == 3
        assert len(net.bn_params) == (0 if normalization is None else 2)
    assert FullyConnectedNet([4], 5, 3, normalization="batchnorm").bn_params == [{"mode": "train"}]


def test_a_net_without_hidden_layers_is_a_linear_classifier():
    net = FullyConnectedNet([], 5, 3, dtype=np.float64, weight_scale=1.0)
    X = np.random.default_rng(0).standard_normal((4, 5))
    assert shapes(net) == {"W1": (5, 3), "b1": (3,)}
    assert_allclose(net.loss(X), X @ net.params["W1"])


@pytest.mark.parametrize(
    ("input_dim", "filter_size", "pooled"),
    [
        ((3, 32, 32), 7, (16, 16)),
        ((2, 6, 10), 5, (3, 5)),  # not square
        ((2, 5, 7), 3, (2, 3)),  # pooling leaves out the last row and column
        ((2, 6, 9), 4, (2, 4)),  # an even filter takes off a row and a column
        ((1, 2, 3), 1, (1, 1)),
    ],
)
def test_the_convolutional_net_fits_its_image(input_dim, filter_size, pooled):
    net = ThreeLayerConvNet(input_dim, 4, filter_size, hidden_dim=6, num_classes=3)
    assert shapes(net) == {
        "W1": (4, input_dim[0], filter_size, filter_size),
        "b1": (4,),
        "W2": (4 * pooled[0] * pooled[1], 6),
        "b2": (6,),
        "W3": (6, 3),
        "b3": (3,),
    }
    X, y = make_data(np.random.default_rng(0), 2, input_dim, 3)
    assert net.loss(X).shape == (2, 3)
    assert shapes(net) == {name: grad.shape for name, grad in net.loss(X, y)[1].items()}


@pytest.mark.parametrize(
    "net",
    [
        TwoLayerNet(70, 80, 90, weight_scale=0.03, seed=0),
        FullyConnectedNet([80, 60, 90], 70, 50, weight_scale=0.03, seed=0),
        FullyConnectedNet([80, 60], 70, 50, normalization="batchnorm", weight_scale=0.03, seed=0),
        ThreeLayerConvNet((5, 8, 12), 20, 5, 60, 50, weight_scale=0.03, seed=0),
    ],
    ids=lambda net: type(net).__name__,
)
def test_weights_start_at_their_scale_in_every_layer_and_the_rest_does_nothing(net):
    for name, w in net.params.items():
        if name.startswith("W"):
            assert abs(w.std() / 0.03 - 1) < 0.1, name
            assert abs(w.mean()) < 0.003, name
        else:
            assert_array_equal(w, 1 if name.startswith("gamma") else 0, err_msg=name)


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: TwoLayerNet(5, 4, 3, seed=seed),
        lambda seed: FullyConnectedNet([4], 5, 3, seed=seed),
        lambda seed: ThreeLayerConvNet((1, 4, 6), 2, 3, 4, 3, seed=seed),
    ],
)
def test_a_seed_repeats_the_weights_and_the_global_state_stays_as_it_was(make):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = make(7).params, make(np.random.default_rng(7)).params, make(8).params
    for name in first:
        assert_array_equal(first[name], again[name])
    assert np.all(first["W1"] != other["W1"])
    assert np.all(make(None).params["W1"] != make(None).params["W1"])
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


# losses by hand

BY_HAND = {
    "W1": np.array([[1.0, -3.0], [2.0, 1.0]]),
    "b1": np.array([0.5, 0.0]),
    "W2": np.array([[0.2, -0.4], [1.0, 1.0]]),
    "b2": np.array([0.0, 0.1]),
}


@pytest.mark.parametrize(
    "net",
    [
        TwoLayerNet(2, 2, 2, reg=0.8),
        FullyConnectedNet([2], 2, 2, reg=0.8, dtype=np.float64),
    ],
    ids=lambda net: type(net).__name__,
)
def test_scores_and_loss_are_as_worked_out_by_hand(net):
    net.params.update(BY_HAND)
    X, y = np.array([[1.0, 2.0]]), np.array([1])
    # affine (5.5, -1), ReLU (5.5, 0), scores (1.1, -2.1): no ReLU follows the last layer
    assert_allclose(net.loss(X), [[1.1, -2.1]], rtol=1e-14)
    squares = (1 + 9 + 4 + 1) + (0.04 + 0.16 + 1 + 1)
    loss, grads = net.loss(X, y)
    assert_allclose(loss, np.log1p(np.exp(3.2)) + 0.5 * 0.8 * squares, rtol=1e-14)
    p = 1 / (1 + np.exp(-3.2))  # probability of class 0
    assert_allclose(grads["W2"], [[5.5 * p + 0.16, -5.5 * p - 0.32], [0.8, 0.8]], rtol=1e-13)
    assert_allclose(grads["b2"], [p, -p], rtol=1e-13)
    assert_allclose(grads["b1"], [0.6 * p, 0], rtol=1e-13)
    assert_allclose(grads["W1"], [[0.6 * p + 0.8, -2.4], [1.2 * p + 1.6, 0.8]], rtol=1e-13)


def test_the_convolutional_nets_loss_is_as_worked_out_by_hand():
    net = ThreeLayerConvNet((1, 2, 2), 1, 1, 1, 2, reg=0.8, dtype=np.float64)
    values = {"W1": 2, "b1": -1, "W2": 0.6, "b2": 0.5, "W3": [[0.4, -0.2]], "b3": [0, 0.3]}
    for name, value in values.items():
        net.params[name][...] = value
    X, y = np.array([[[[1.0, -2.0], [3.0, 0.5]]]]), np.array([1])
    # convolution (1, -5; 5, 0), pooled 5, hidden 0.6 * 5 + 0.5
    assert_allclose(net.loss(X), [[1.4, -0.4]], rtol=1e-14)
    expected = np.log1p(np.exp(1.8)) + 0.5 * 0.8 * (4 + 0.36 + 0.16 + 0.04)
    assert_allclose(net.loss(X, y)[0], expected, rtol=1e-14)


@pytest.mark.parametrize(("reg", "expected"), [(0.0, 3.4702243556), (1.0, 26.5948426952)])
def test_the_two_layer_net_has_the_well_known_losses(reg, expected):
    net = TwoLayerNet(5, 50, 7, reg=reg)
    net.params = {
        "W1": np.linspace(-0.7, 0.3, 250).reshape(5, 50),
        "b1": np.linspace(-0.1, 0.9, 50),
        "W2": np.linspace(-0.3, 0.4, 350).reshape(50, 7),
        "b2": np.linspace(-0.9, 0.1, 7),
    }
    X = np.linspace(-5.5, 4.5, 15).reshape(5, 3).T
    assert_allclose(net.loss(X, np.array([0, 5, 1]))[0], expected, rtol=1e-10)


@pytest.mark.parametrize("normalization", ["batchnorm", "layernorm"])
def test_normalization_sits_between_affine_layer_and_relu(normalization):
    rng = np.random.default_rng(2)
    net = FullyConnectedNet([4], 5, 3, normalization=normalization, dtype=np.float64, seed=3)
    net.params["gamma1"], net.params["beta1"] = rng.standard_normal((2, 4))
    net.bn_params[0]["eps"] = 0.1
    X, y = make_data(rng, 6, (5,), 3)
    a = X @ net.params["W1"]
    axis = 0 if normalization == "batchnorm" else 1
    a = (a - a.mean(axis, keepdims=True)) / np.sqrt(a.var(axis, keepdims=True) + 0.1)
    hidden = np.maximum(net.params["gamma1"] * a + net.params["beta1"], 0)
    scores = hidden @ net.params["W2"]
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert_allclose(net.loss(X, y)[0], -np.log(probs[range(6), y]).mean(), rtol=1e-12)


# gradients


@pytest.mark.parametrize("reg", [0.0, 0.7])
def test_the_two_layer_nets_gradients_are_right(reg):
    rng = np.random.default_rng(4)
    net = TwoLayerNet(6, 5, 4, weight_scale=0.5, reg=reg, seed=5)
    assert_gradients_are_right(net, *make_data(rng, 3, (2, 3), 4))


@pytest.mark.parametrize("reg", [0.0, 0.8])
@pytest.mark.parametrize("keep", [1, 0.7, 0.25])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_the_deep_nets_gradients_are_right(normalization, keep, reg):
    rng = np.random.default_rng(6)
    net = FullyConnectedNet(
        [6, 5],
        input_dim=6,
        num_classes=4,
        dropout_keep_ratio=keep,
        normalization=normalization,
        reg=reg,
        weight_scale=0.5,
        dtype=np.float64,
        seed=7,
    )
    for name, w in net.params.items():
        if name.startswith(("b", "gamma")):  # nothing at 0 or 1, where mistakes hide
            w += rng.uniform(0.1, 0.4, w.shape)
    assert_gradients_are_right(net, *make_data(rng, 5, (2, 3), 4))


@pytest.mark.parametrize(
    ("input_dim", "filter_size", "reg"),
    [((2, 6, 10), 5, 0.8), ((1, 5, 4), 3, 0.0), ((2, 4, 5), 2, 0.3), ((10, 4, 6), 3, 0.8)],
)
def test_the_convolutional_nets_gradients_are_right(input_dim, filter_size, reg):
    rng = np.random.default_rng(8)
    net = ThreeLayerConvNet(
        input_dim, 3, filter_size, 4, 5, weight_scale=0.5, reg=reg, dtype=np.float64, seed=9
    )
    assert_gradients_are_right(net, *make_data(rng, 2, input_dim, 5))


def test_the_convolutional_net_agrees_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch gives the second opinion")
    net = ThreeLayerConvNet((2, 6, 10), 3, 5, 4, 5, 0.5, reg=0.8, dtype=np.float64, seed=10)
    X, y = make_data(np.random.default_rng(11), 3, (2, 6, 10), 5)
    p = {name: torch.tensor(w, requires_grad=True) for name, w in net.params.items()}
    out = torch.relu(torch.conv2d(torch.tensor(X), p["W1"], p["b1"], padding=2))
    out = torch.max_pool2d(out, 2).flatten(1)
    scores = torch.relu(out @ p["W2"] + p["b2"]) @ p["W3"] + p["b3"]
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(y))
    loss = loss + 0.4 * sum((p[name] ** 2).sum() for name in ("W1", "W2", "W3"))
    loss.backward()
    found, grads = net.loss(X, y)
    assert_allclose(net.loss(X), scores.detach().numpy(), rtol=1e-10)
    assert_allclose(found, loss.item(), rtol=1e-12)
    for name, grad in grads.items():
        assert_allclose(grad, p[name].grad.numpy(), rtol=1e-9, atol=1e-12, err_msg=name)


# training and test time


def test_at_test_time_an_examples_scores_do_not_depend_on_its_company():
    rng = np.random.default_rng(12)
    X, y = make_data(rng, 8, (5,), 3)
    for normalization, keep in itertools.product(NORMALIZATIONS, (1, 0.4)):
        net = FullyConnectedNet([6], 5, 3, keep, normalization, dtype=np.float64, seed=rng)
        net.loss(X, y)
        assert_allclose(net.loss(X)[:2], net.loss(X[:2]), rtol=1e-12)
        assert net.dropout_param.get("mode", "test") == "test"


def test_batch_norm_takes_its_averages_from_training_and_not_from_scoring():
    net = FullyConnectedNet([6], 5, 3, normalization="batchnorm", dtype=np.float64, seed=13)
    X, y = make_data(np.random.default_rng(14), 8, (5,), 3)
    net.loss(X, y)
    mean = net.bn_params[0]["running_mean"].copy()
    assert_allclose(mean, 0.1 * (X @ net.params["W1"]).mean(axis=0))
    net.loss(X + 10)
    assert_array_equal(net.bn_params[0]["running_mean"], mean)


def test_the_keep_ratio_is_the_share_of_hidden_units_kept():
    net = FullyConnectedNet([400], 5, 3, dropout_keep_ratio=0.8, seed=np.random.default_rng(15))
    X, y = make_data(np.random.default_rng(16), 300, (5,), 3)
    net.params["W1"][:], net.params["b1"][:] = 0, 1  # every hidden unit is 1 before dropout
    net.params["W2"][:] = 0
    net.params["W2"][:, 0] = 1  # so the first score is the sum of what is kept, each 1 / 0.8
    assert_allclose(net.loss(X)[:, 0], 400, rtol=1e-6)  # at test time: all, unscaled
    dropped = [np.mean(net.loss(X[:1], y[:1])[1]["W2"][:, 1] == 0) for _ in range(50)]
    assert abs(np.mean(dropped) - 0.2) < 0.02


def test_masks_repeat_with_an_integer_seed_and_change_with_a_generator():
    X, y = make_data(np.random.default_rng(17), 6, (5,), 3)

    def two_losses(seed):
        net = FullyConnectedNet([50], 5, 3, 0.5, weight_scale=1.0, seed=seed)
        return net.loss(X, y)[0], net.loss(X, y)[0]

    assert two_losses(1)[0] == two_losses(1)[1]
    first, second = two_losses(np.random.default_rng(1))
    assert first != second
    assert (first, second) == two_losses(np.random.default_rng(1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_scores_and_gradients_have_the_dtype_of_the_network(dtype, normalization):
    rng = np.random.default_rng(18)
    reg = np.float64(0.1)  # as rng.uniform returns it
    for net, shape in (
        (FullyConnectedNet([6], 12, 3, 0.7, normalization, reg, dtype=dtype), (12,)),
        (ThreeLayerConvNet((2, 4, 6), 2, 3, 4, 3, reg=reg, dtype=dtype), (2, 4, 6)),
    ):
        X, y = make_data(rng, 4, shape, 3)
        assert all(w.dtype == dtype for w in net.params.values())
        assert net.loss(X)[0].dtype == dtype
        for name, grad in net.loss(X, y)[1].items():
            assert grad.dtype == dtype, name


@pytest.mark.parametrize(
    "net",
    [
        TwoLayerNet(12, 5, 3, 1.0, reg=0.5, seed=0),
        FullyConnectedNet([6], 12, 3, 0.7, "batchnorm", 0.5, dtype=np.float64, seed=0),
        ThreeLayerConvNet((1, 3, 4), 2, 3, 4, 3, 1.0, reg=0.5, dtype=np.float64, seed=0),
    ],
    ids=lambda net: type(net).__name__,
)
def test_a_loss_changes_neither_data_nor_parameters(net):
    X, y = make_data(np.random.default_rng(19), 4, (1, 3, 4), 3)
    X0, y0, params = X.copy(), y.copy(), {name: w.copy() for name, w in net.params.items()}
    _, grads = net.loss(X, y)
    net.loss(X)
    assert_array_equal(X, X0)
    assert_array_equal(y, y0)
    for name, w in net.params.items():
        assert_array_equal(w, params[name])
        assert not np.shares_memory(grads[name], w)


@pytest.mark.parametrize(
    "net",
    [
        TwoLayerNet(36, 20, 3, 0.1, seed=1),
        FullyConnectedNet([20, 20, 20], 36, 3, weight_scale=0.2, seed=1),
        FullyConnectedNet([20] * 4, 36, 3, normalization="batchnorm", weight_scale=0.1, seed=1),
        FullyConnectedNet([20] * 4, 36, 3, normalization="layernorm", weight_scale=0.1, seed=1),
        ThreeLayerConvNet((1, 4, 9), 4, 3, 20, 3, 0.1, seed=1),
    ],
    ids=lambda net: f"{type(net).__name__} {getattr(net, 'normalization', '')}",
)
def test_a_network_learns_a_dozen_random_labels_by_heart(net):
    X, y = make_data(np.random.default_rng(20), 12, (1, 4, 9), 3)
    first, configs = net.loss(X, y)[0], {}
    for _ in range(120):
        _, grads = net.loss(X, y)
        for name, grad in grads.items():
            config = configs.get(name, {"learning_rate": 0.01})
            net.params[name], configs[name] = adam(net.params[name], grad, config)
    assert abs(first - np.log(3)) < 1
    assert net.loss(X, y)[0] < 0.05


# what is refused


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"hidden_dims": 100}, TypeError, r"hidden_dims should be a list, such as \[100\]"),
        ({"hidden_dims": [10.0]}, TypeError, r"hidden_dims .* integer, but it is a float"),
        ({"hidden_dims": [0]}, ValueError, "hidden_dims .* at least 1, but it is 0"),
        ({"dropout_keep_ratio": 0}, ValueError, "probability of keeping a unit, but it is 0"),
        ({"dropout_keep_ratio": 1.5}, ValueError, "at most 1 .* but it is 1.5"),
        ({"normalization": "batch"}, ValueError, "None, 'batchnorm' or 'layernorm', not 'batch'"),
    ],
)
def test_the_deep_net_says_which_argument_is_wrong(arguments, error, message):
    with pytest.raises(error, match=message):
        FullyConnectedNet(**{"hidden_dims": [10], "input_dim": 5} | arguments)


def test_the_convolutional_net_says_when_the_image_is_too_small():
    with pytest.raises(ValueError, match="filter of size 4 and 2x2 pooling, but images are 2x9"):
        ThreeLayerConvNet((3, 2, 9), filter_size=4)
    with pytest.raises(TypeError, match="each size of the network should be an integer"):
        ThreeLayerConvNet((3, 8, 8), num_filters=2.5)


@pytest.mark.parametrize("net", [TwoLayerNet(12, 5, 3), FullyConnectedNet([6], 12, 3)])
def test_examples_of_another_size_are_refused(net):
    with pytest.raises(ValueError, match="each example has 13 features"):
        net.loss(np.ones((4, 13)))
    with pytest.raises(TypeError, match="should be a NumPy array, but it is a list"):
        net.loss([[1.0] * 12])
