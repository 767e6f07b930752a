"""The table of all layers, and what it takes to run one.

A layer joins by one entry in `LAYERS`. Each of its cases names the arguments of the forward
function in their order: a tuple is the shape of an array, which is drawn at random and gets a
gradient; anything else is passed as it stands.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cs231n_lib import layers
from cs231n_lib.layers import fast

EXACT = 1e-12  # float64 rounding of a short formula
NUMERICAL = 1e-8  # a numerical gradient with a step of 1e-4, with room for sharp curves
SINGLE = 1e-4  # float32 against float64, after a division by a small deviation


@dataclass(frozen=True)
class Layer:
    """One entry: a layer's two functions, and the cases that they are run on."""

    name: str
    forward: Callable[..., tuple[np.ndarray, Any]]
    backward: Callable[..., Any]
    cases: tuple[dict[str, Any], ...]


# All implementations of one layer pass the same tests: add a line, and they are run on it.
CONVOLUTIONS = [
    ("conv_naive", layers.conv_forward_naive, layers.conv_backward_naive),
    ("conv_fast", fast.conv_forward_fast, fast.conv_backward_fast),
]
MAX_POOLS = [
    ("max_pool_naive", layers.max_pool_forward_naive, layers.max_pool_backward_naive),
    ("max_pool_fast", fast.max_pool_forward_fast, fast.max_pool_backward_fast),
]
AVG_POOLS = [
    ("avg_pool_naive", layers.avg_pool_forward_naive, layers.avg_pool_backward_naive),
]

LAYERS = [
    Layer(
        "affine",
        layers.affine_forward,
        layers.affine_backward,
        (
            {"x": (4, 2, 3), "w": (6, 5), "b": (5,)},
            {"x": (1, 7), "w": (7, 3), "b": (3,)},
            {"x": (3, 2, 1, 5), "w": (10, 1), "b": (1,)},
        ),
    ),
    *(
        Layer(
            name,
            getattr(layers, f"{name}_forward"),
            getattr(layers, f"{name}_backward"),
            ({"x": (3, 5)}, {"x": (1, 7)}, {"x": (2, 3, 1, 4)}),
        )
        for name in ("relu", "sigmoid", "tanh")
    ),
    Layer(
        "leaky_relu",
        layers.leaky_relu_forward,
        layers.leaky_relu_backward,
        ({"x": (3, 5)}, {"x": (1, 7), "alpha": 0.2}, {"x": (2, 3, 1, 4), "alpha": np.float64(0.3)}),
    ),
    Layer(
        "elu",
        layers.elu_forward,
        layers.elu_backward,
        ({"x": (3, 5)}, {"x": (1, 7), "alpha": 0.2}, {"x": (2, 3, 1, 4), "alpha": np.float64(1.5)}),
    ),
    Layer(
        "maxout",
        layers.maxout_forward,
        layers.maxout_backward,
        ({"x": (3, 8)}, {"x": (1, 9), "num_pieces": 3}, {"x": (4, 5), "num_pieces": 5}),
    ),
    *(
        Layer(
            name,
            layers.batchnorm_forward,
            backward,
            (
                {"x": (4, 3), "gamma": (3,), "beta": (3,), "bn_param": {"mode": "train"}},
                {
                    "x": (1, 5),
                    "gamma": (5,),
                    "beta": (5,),
                    "bn_param": {"mode": "train", "eps": 0.1},
                },
                {
                    "x": (7, 1),
                    "gamma": (1,),
                    "beta": (1,),
                    "bn_param": {
                        "mode": "train",
                        "eps": np.float64(0.1),
                        "momentum": np.float64(0.3),
                        "running_mean": np.array([2.0]),
                        "running_var": np.array([3.0]),
                    },
                },
                {
                    "x": (5, 3),
                    "gamma": (3,),
                    "beta": (3,),
                    "bn_param": {
                        "mode": "test",
                        "eps": 0.1,
                        "running_mean": np.array([1.0, -2.0, 0.5]),
                        "running_var": np.array([0.01, 4.0, 1.0]),
                    },
                },
                {
                    "x": (1, 2),
                    "gamma": (2,),
                    "beta": (2,),
                    "bn_param": {"mode": "test", "eps": np.float64(0.1)},
                },
            ),
        )
        for name, backward in (
            ("batchnorm", layers.batchnorm_backward),
            ("batchnorm_alt", layers.batchnorm_backward_alt),
        )
    ),
    Layer(
        "layernorm",
        layers.layernorm_forward,
        layers.layernorm_backward,
        (
            {"x": (3, 5), "gamma": (5,), "beta": (5,), "ln_param": {}},
            {"x": (1, 6), "gamma": (6,), "beta": (6,), "ln_param": {"eps": 0.1, "mode": "test"}},
            {"x": (4, 1), "gamma": (1,), "beta": (1,), "ln_param": {"eps": np.float64(0.1)}},
        ),
    ),
    Layer(
        "spatial_batchnorm",
        layers.spatial_batchnorm_forward,
        layers.spatial_batchnorm_backward,
        (
            {"x": (2, 3, 4, 5), "gamma": (3,), "beta": (3,), "bn_param": {"mode": "train"}},
            {
                "x": (1, 4, 1, 3),
                "gamma": (4,),
                "beta": (4,),
                "bn_param": {"mode": "train", "eps": 0.1, "momentum": 0.3},
            },
            {
                "x": (3, 2, 5, 1),
                "gamma": (2,),
                "beta": (2,),
                "bn_param": {
                    "mode": "test",
                    "eps": 0.1,
                    "running_mean": np.array([1.0, -2.0]),
                    "running_var": np.array([0.01, 4.0]),
                },
            },
        ),
    ),
    Layer(
        "spatial_groupnorm",
        layers.spatial_groupnorm_forward,
        layers.spatial_groupnorm_backward,
        (
            {"x": (2, 6, 3, 4), "gamma": (6,), "beta": (6,), "G": 2, "gn_param": {}},
            {
                "x": (1, 4, 2, 3),
                "gamma": (1, 4, 1, 1),
                "beta": (1, 4, 1, 1),
                "G": np.int64(4),
                "gn_param": {"eps": np.float64(0.1), "mode": "train"},
            },
            {
                "x": (3, 6, 5, 1),
                "gamma": (1, 6, 1, 1),
                "beta": (1, 6, 1, 1),
                "G": 1,
                "gn_param": {"eps": 0.1},
            },
        ),
    ),
    Layer(
        "dropout",
        layers.dropout_forward,
        layers.dropout_backward,
        (
            {"x": (3, 5), "dropout_param": {"p": 0.3, "mode": "train", "seed": 1}},
            {
                "x": (2, 3, 1, 4),
                "dropout_param": {"p": np.float64(0.75), "mode": "train", "seed": np.int64(2)},
            },
            {"x": (1, 7), "dropout_param": {"p": 1, "mode": "train"}},
            {"x": (4, 3), "dropout_param": {"p": 0.3, "mode": "test"}},
        ),
    ),
    *(
        Layer(
            name,
            forward,
            backward,
            (
                {
                    "x": (2, 3, 5, 4),
                    "w": (2, 3, 3, 2),
                    "b": (2,),
                    "conv_param": {"stride": 1, "pad": 0},
                },
                {
                    "x": (2, 2, 6, 4),
                    "w": (3, 2, 2, 4),
                    "b": (3,),
                    "conv_param": {"stride": 2, "pad": 1},
                },
                {  # the last rows are left out: 11 padded ones, positions 0, 3 and 6, 3 rows each
                    "x": (1, 2, 7, 5),
                    "w": (3, 2, 3, 4),
                    "b": (3,),
                    "conv_param": {"stride": 3, "pad": 2},
                },
                {  # pixels between the positions are never read
                    "x": (2, 1, 5, 7),
                    "w": (2, 1, 2, 1),
                    "b": (2,),
                    "conv_param": {"stride": 3, "pad": 0},
                },
                {
                    "x": (3, 4, 3, 2),
                    "w": (2, 4, 1, 1),
                    "b": (2,),
                    "conv_param": {"stride": 1, "pad": 0},
                },
                {  # one position only
                    "x": (1, 1, 2, 3),
                    "w": (1, 1, 4, 5),
                    "b": (1,),
                    "conv_param": {"stride": 1, "pad": 1},
                },
            ),
        )
        for name, forward, backward in CONVOLUTIONS
    ),
    *(
        Layer(
            name,
            forward,
            backward,
            (
                {  # windows that tile the image
                    "x": (2, 3, 4, 6),
                    "pool_param": {"pool_height": 2, "pool_width": 2, "stride": 2},
                },
                {  # windows that overlap
                    "x": (1, 2, 5, 4),
                    "pool_param": {"pool_height": 3, "pool_width": 2, "stride": 1},
                },
                {  # windows that overlap in a row; the last column is left out
                    "x": (2, 1, 4, 6),
                    "pool_param": {"pool_height": 2, "pool_width": 3, "stride": 2},
                },
                {  # pixels between the windows
                    "x": (3, 2, 7, 5),
                    "pool_param": {"pool_height": 1, "pool_width": 2, "stride": 3},
                },
                {  # one window only
                    "x": (1, 1, 3, 5),
                    "pool_param": {"pool_height": 3, "pool_width": 5, "stride": 1},
                },
            ),
        )
        for name, forward, backward in MAX_POOLS + AVG_POOLS
    ),
    Layer(
        "global_avg_pool",
        layers.global_avg_pool_forward,
        layers.global_avg_pool_backward,
        ({"x": (2, 3, 4, 5)}, {"x": (1, 2, 3, 1)}),
    ),
    Layer(
        "affine_relu",
        layers.affine_relu_forward,
        layers.affine_relu_backward,
        (
            {"x": (3, 2, 2), "w": (4, 5), "b": (5,)},
            {"x": (1, 3), "w": (3, 4), "b": (4,)},
        ),
    ),
    Layer(
        "affine_bn_relu",
        layers.affine_bn_relu_forward,
        layers.affine_bn_relu_backward,
        (
            {
                "x": (5, 2, 2),
                "w": (4, 3),
                "b": (3,),
                "gamma": (3,),
                "beta": (3,),
                "bn_param": {"mode": "train"},
            },
            {
                "x": (1, 3),
                "w": (3, 4),
                "b": (4,),
                "gamma": (4,),
                "beta": (4,),
                "bn_param": {"mode": "test", "eps": 0.1},
            },
        ),
    ),
    Layer(
        "affine_ln_relu",
        layers.affine_ln_relu_forward,
        layers.affine_ln_relu_backward,
        (
            {
                "x": (3, 2, 2),
                "w": (4, 5),
                "b": (5,),
                "gamma": (5,),
                "beta": (5,),
                "ln_param": {"eps": 0.1},
            },
        ),
    ),
    Layer(
        "conv_relu",
        layers.conv_relu_forward,
        layers.conv_relu_backward,
        (
            {
                "x": (2, 3, 5, 4),
                "w": (4, 3, 3, 2),
                "b": (4,),
                "conv_param": {"stride": 2, "pad": 1},
            },
        ),
    ),
    Layer(
        "conv_bn_relu",
        layers.conv_bn_relu_forward,
        layers.conv_bn_relu_backward,
        (
            {
                "x": (2, 3, 3, 4),
                "w": (2, 3, 2, 3),
                "b": (2,),
                "gamma": (2,),
                "beta": (2,),
                "conv_param": {"stride": 1, "pad": 0},
                "bn_param": {"mode": "train", "eps": 0.1},
            },
        ),
    ),
    Layer(
        "conv_relu_pool",
        layers.conv_relu_pool_forward,
        layers.conv_relu_pool_backward,
        (
            {
                "x": (2, 2, 5, 6),
                "w": (3, 2, 3, 2),
                "b": (3,),
                "conv_param": {"stride": 1, "pad": 1},
                "pool_param": {"pool_height": 3, "pool_width": 2, "stride": 2},
            },
        ),
    ),
]

CASES = [(layer, case) for layer in LAYERS for case in layer.cases]
CASE_NAMES = [f"{layer.name}-{number}" for layer in LAYERS for number in range(len(layer.cases))]


def array_names(case: dict[str, Any]) -> list[str]:
    """Name the arguments that get a gradient."""
    return [name for name, value in case.items() if isinstance(value, tuple)]


def draw(case: dict[str, Any], dtype: type = np.float64) -> dict[str, Any]:
    """Make the arguments of a case; the same ones at every call."""
    rng = np.random.default_rng(zlib.crc32(repr(case).encode()))
    return {
        name: draw_array(value, rng, dtype) if isinstance(value, tuple) else copy.deepcopy(value)
        for name, value in case.items()
    }


def draw_array(
    shape: tuple[int, ...], rng: np.random.Generator, dtype: type = np.float64
) -> np.ndarray:
    """Draw values that are all different, none close to the kink at 0, and of mean above 0."""
    sizes = rng.permutation(np.linspace(0.1, 2, int(np.prod(shape))))
    signs = np.where(rng.random(sizes.size) < 0.3, -1, 1)
    return (sizes * signs).reshape(shape).astype(dtype)


def run(layer: Layer, arguments: dict[str, Any]) -> tuple[np.ndarray, Any]:
    """Run the forward function; settings are copied, because batch norm writes into its own."""
    return layer.forward(
        *(v if isinstance(v, np.ndarray) else copy.deepcopy(v) for v in arguments.values())
    )


def draw_upstream(out: np.ndarray) -> np.ndarray:
    """Draw an upstream gradient; ones would hide what sums to zero."""
    return np.random.default_rng(7).normal(size=out.shape).astype(out.dtype)


def as_tuple(grads: Any) -> tuple[np.ndarray, ...]:
    """Put the single gradient of a layer without parameters into a tuple."""
    return grads if isinstance(grads, tuple) else (grads,)


def numerical_gradient(
    f: Callable[[], np.ndarray], x: np.ndarray, dout: np.ndarray, step: float = 1e-4
) -> np.ndarray:
    """Compute the gradient of ``sum(f() * dout)`` with respect to the array x, which f reads.

    Four values around each entry cancel the error terms up to the fourth power of the step.
    """
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        for weight, steps in ((-1, 2), (8, 1), (-8, -1), (1, -2)):
            x[index] = kept + steps * step
            grad[index] += weight * np.sum(f() * dout)
        x[index] = kept
    return grad / (12 * step)


def leaves(value: Any) -> list[Any]:
    """List everything inside nested tuples, lists and dictionaries."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]
