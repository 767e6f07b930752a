"""Every layer that PyTorch has as well, on every case of the table, against PyTorch."""

import numpy as np
import pytest
from layer_table import (
    AVG_POOLS,
    CASE_NAMES,
    CASES,
    CONVOLUTIONS,
    MAX_POOLS,
    array_names,
    as_tuple,
    draw,
    draw_upstream,
    run,
)

from cs231n_lib import layers

torch = pytest.importorskip(
    "torch", reason="PyTorch is not installed; it gives a second opinion on each layer"
)
F = torch.nn.functional
torch.set_num_threads(1)

AGREE = 1e-10  # two float64 computations of the same sums, in another order


def maxout(x, num_pieces=2):
    return x.unflatten(1, (-1, num_pieces)).amax(2)


def batch_norm(x, gamma, beta, bn_param):
    """Call PyTorch's batch norm; its momentum weighs the new value."""
    averages = [
        torch.tensor(bn_param.get(key, np.zeros(x.shape[1])))
        for key in ("running_mean", "running_var")
    ]
    training, momentum = bn_param["mode"] == "train", 1 - float(bn_param.get("momentum", 0.9))
    eps = float(bn_param.get("eps", 1e-5))
    return torch.batch_norm(x, gamma, beta, *averages, training, momentum, eps, False)


def layer_norm(x, gamma, beta, ln_param):
    return F.layer_norm(x, x.shape[1:], gamma, beta, float(ln_param.get("eps", 1e-5)))


def group_norm(x, gamma, beta, num_groups, gn_param):
    eps = float(gn_param.get("eps", 1e-5))
    return F.group_norm(x, int(num_groups), gamma.flatten(), beta.flatten(), eps)


def affine(x, w, b):
    return F.linear(x.flatten(1), w.T, b)


def conv(x, w, b, conv_param):
    return F.conv2d(x, w, b, conv_param["stride"], conv_param["pad"])


def max_pool(x, pool_param):
    window = pool_param["pool_height"], pool_param["pool_width"]
    return F.max_pool2d(x, window, pool_param["stride"])


def avg_pool(x, pool_param):
    window = pool_param["pool_height"], pool_param["pool_width"]
    return F.avg_pool2d(x, window, pool_param["stride"])


SECOND_OPINIONS = {
    "affine": affine,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "leaky_relu": lambda x, alpha=0.01: F.leaky_relu(x, float(alpha)),
    "elu": lambda x, alpha=1.0: F.elu(x, float(alpha)),
    "maxout": maxout,
    "batchnorm": batch_norm,
    "batchnorm_alt": batch_norm,
    "layernorm": layer_norm,
    "spatial_batchnorm": batch_norm,
    "spatial_groupnorm": group_norm,
    **{name: conv for name, _, _ in CONVOLUTIONS},
    **{name: max_pool for name, _, _ in MAX_POOLS},
    **{name: avg_pool for name, _, _ in AVG_POOLS},
    "global_avg_pool": lambda x: x.mean((2, 3)),
    "affine_relu": lambda x, w, b: affine(x, w, b).relu(),
    "affine_bn_relu": lambda x, w, b, *norm: batch_norm(affine(x, w, b), *norm).relu(),
    "affine_ln_relu": lambda x, w, b, *norm: layer_norm(affine(x, w, b), *norm).relu(),
    "conv_relu": lambda *arguments: conv(*arguments).relu(),
    "conv_bn_relu": lambda x, w, b, gamma, beta, conv_param, bn_param: batch_norm(
        conv(x, w, b, conv_param), gamma, beta, bn_param
    ).relu(),
    "conv_relu_pool": lambda x, w, b, conv_param, pool_param: max_pool(
        conv(x, w, b, conv_param).relu(), pool_param
    ),
}

WITHOUT = {"dropout"}  # PyTorch draws another mask


def test_every_layer_has_a_second_opinion():
    assert SECOND_OPINIONS.keys() | WITHOUT == {layer.name for layer, _ in CASES}


OPINIONS = [
    pytest.param(layer, case, id=name)
    for (layer, case), name in zip(CASES, CASE_NAMES, strict=True)
    if layer.name not in WITHOUT
]


@pytest.mark.parametrize(("layer", "case"), OPINIONS)
def test_pytorch_agrees(layer, case):
    arguments = draw(case)
    out, cache = run(layer, arguments)
    dout = draw_upstream(out)
    names = array_names(case)
    tensors = {
        name: torch.tensor(value, requires_grad=True) if name in names else value
        for name, value in arguments.items()
    }
    expected = SECOND_OPINIONS[layer.name](*tensors.values())
    assert out.shape == tuple(expected.shape)
    np.testing.assert_allclose(out, expected.detach().numpy(), AGREE, AGREE)
    expected.backward(torch.tensor(dout))
    for name, grad in zip(names, as_tuple(layer.backward(dout, cache)), strict=True):
        expected_grad = tensors[name].grad.numpy()
        assert grad.shape == expected_grad.shape
        atol = AGREE * max(1, np.abs(expected_grad).max())
        np.testing.assert_allclose(grad, expected_grad, AGREE, atol, err_msg=f"d{name}")


def test_pytorch_agrees_on_running_averages_but_for_its_unbiased_variance():
    x, size = np.random.default_rng(0).normal(3, 2, size=(5, 3)), 5
    bn_param = {"mode": "train", "momentum": 0.7}
    layers.batchnorm_forward(x, np.ones(3), np.zeros(3), bn_param)
    norm = torch.nn.BatchNorm1d(3, momentum=0.3, dtype=torch.float64)
    norm.running_var.zero_()  # PyTorch starts at one
    norm(torch.tensor(x))
    np.testing.assert_allclose(bn_param["running_mean"], norm.running_mean.numpy(), AGREE)
    unbiased = bn_param["running_var"] * size / (size - 1)
    np.testing.assert_allclose(unbiased, norm.running_var.numpy(), AGREE)


@pytest.mark.parametrize("scale", [1, 1000])
def test_pytorch_agrees_on_the_losses(scale):
    rng = np.random.default_rng(0)
    x, y = scale * rng.normal(size=(6, 4)), rng.integers(4, size=6)
    for loss_function, opinion in (
        (layers.softmax_loss, F.cross_entropy),
        (layers.svm_loss, lambda x, y: 4 * F.multi_margin_loss(x, y)),  # it divides by C as well
    ):
        scores = torch.tensor(x, requires_grad=True)
        expected = opinion(scores, torch.tensor(y))
        expected.backward()
        loss, dx = loss_function(x, y)
        assert loss == pytest.approx(expected.item(), rel=AGREE)
        np.testing.assert_allclose(dx, scores.grad.numpy(), AGREE, AGREE)


@pytest.mark.parametrize(("forward", "backward"), [pair for _, *pair in MAX_POOLS])
def test_pytorch_gives_the_gradient_of_a_tie_to_the_first_as_well(forward, backward):
    x = np.random.default_rng(0).integers(3, size=(2, 3, 6, 5)).astype(float)
    pool_param = {"pool_height": 3, "pool_width": 2, "stride": 1}
    out, cache = forward(x, pool_param)
    tensor = torch.tensor(x, requires_grad=True)
    dout = draw_upstream(out)
    max_pool(tensor, pool_param).backward(torch.tensor(dout))
    np.testing.assert_allclose(backward(dout, cache), tensor.grad.numpy(), AGREE, AGREE)
