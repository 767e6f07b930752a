"""Time the layers against PyTorch on the CPU and against loops, forward and backward together.

Run ``python benchmarks/layers.py``; it takes a few minutes, prints a table for each precision and
writes both to ``benchmarks/results.md``. ``--help`` lists what can be left out.

How it is measured:

* one process, one thread each, set before NumPy is imported;
* in rounds: each round times every library once, in turn, so that a busy moment hits all of them;
  a ratio is the median over the rounds of the ratio within a round;
* processor time of the process, not time on the clock, so that waiting for a core does not count;
* a call takes what its user has: images as (N, C, H, W) in memory, and an upstream gradient in the
  layout of the output that the library itself returned;
* the first layer's unused gradient is left out of a network's step by both.

A ratio below 1 means less time than PyTorch.
"""

from __future__ import annotations

import os

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse  # noqa: E402
import platform  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterable  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

from cs231n_lib import layers, optim  # noqa: E402
from cs231n_lib.layers import fast  # noqa: E402
from cs231n_lib.models import FullyConnectedNet, ThreeLayerConvNet  # noqa: E402

try:
    import torch
    from torch.nn import functional
except ImportError:
    torch = None

BARS = {"float32": 0.9, "float64": 0.75}  # geometric mean of time / PyTorch's time
WORST_BAR = 2.5
SAMPLE_SECONDS = 0.005  # calls are repeated until one sample takes this long

Call = Callable[[], Any]


@dataclass(frozen=True)
class Row:
    """One line of the table: how to build the calls that are compared, for a dtype."""

    name: str
    shape: str
    ours: Callable[[type], Call]
    theirs: Callable[[type], Call]
    loops: Callable[[type], tuple[Call, int]] | None = None  # a call, and how many make the row


@dataclass(frozen=True)
class Result:
    """What was measured for one row, in seconds."""

    row: Row
    ours: float
    theirs: float | None
    ratio: float | None
    loops: float | None


def draw(shape: tuple[int, ...], dtype: type, seed: int = 0) -> np.ndarray:
    """Draw standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def draw_like(out: np.ndarray) -> np.ndarray:
    """Draw an upstream gradient in the memory layout of an output."""
    dout = np.empty_like(out)
    dout[...] = draw(out.shape, out.dtype.type, seed=1)
    return dout


def layer_call(
    forward: Callable[..., tuple], backward: Callable[..., Any], *arguments: Any
) -> Call:
    """Return a call that runs a layer of this library in both directions."""
    dout = draw_like(forward(*arguments)[0])
    return lambda: backward(dout, forward(*arguments)[1])


def torch_call(forward: Callable[..., Any], *arrays: np.ndarray) -> Call:
    """Return a call that runs a PyTorch function in both directions."""
    tensors = [torch.from_numpy(array).requires_grad_() for array in arrays]
    out = forward(*tensors)
    dout = torch.from_numpy(draw(tuple(out.shape), arrays[0].dtype.type, seed=1))
    return lambda: torch.autograd.grad(forward(*tensors), tensors, dout)


def conv_row(N: int, C: int, size: int, F: int, field: int, stride: int = 1) -> Row:
    """Make the row of a convolution that pads half the field."""
    pad = field // 2
    conv_param = {"stride": stride, "pad": pad}

    def arrays(dtype: type, images: int = N) -> list[np.ndarray]:
        shapes = ((images, C, size, size), (F, C, field, field), (F,))
        return [draw(shape, dtype, seed) for seed, shape in enumerate(shapes)]

    def ours(dtype: type) -> Call:
        return layer_call(
            fast.conv_forward_fast, fast.conv_backward_fast, *arrays(dtype), conv_param
        )

    def theirs(dtype: type) -> Call:
        def forward(x: Any, w: Any, b: Any) -> Any:
            return functional.conv2d(x, w, b, stride=stride, padding=pad)

        return torch_call(forward, *arrays(dtype))

    def loops(dtype: type) -> tuple[Call, int]:
        one = arrays(dtype, images=1)
        naive = layers.conv_forward_naive, layers.conv_backward_naive
        return layer_call(*naive, *one, conv_param), N

    strided = f", stride {stride}" if stride > 1 else ""
    name = f"conv {field}x{field}, {C} to {F} channels{strided}"
    return Row(name, f"{N} x {C} x {size} x {size}", ours, theirs, loops)


def pool_row(N: int, C: int, size: int, field: int, stride: int) -> Row:
    """Make the row of a max pool."""
    pool_param = {"pool_height": field, "pool_width": field, "stride": stride}

    def ours(dtype: type) -> Call:
        x = draw((N, C, size, size), dtype)
        return layer_call(fast.max_pool_forward_fast, fast.max_pool_backward_fast, x, pool_param)

    def theirs(dtype: type) -> Call:
        x = draw((N, C, size, size), dtype)
        return torch_call(lambda x: functional.max_pool2d(x, field, stride), x)

    def loops(dtype: type) -> tuple[Call, int]:
        x = draw((1, C, size, size), dtype)
        naive = layers.max_pool_forward_naive, layers.max_pool_backward_naive
        return layer_call(*naive, x, pool_param), N

    name = f"max pool {field}x{field}, stride {stride}"
    return Row(name, f"{N} x {C} x {size} x {size}", ours, theirs, loops)


def affine_row(N: int, D: int, M: int) -> Row:
    """Make the row of an affine layer."""

    def arrays(dtype: type) -> list[np.ndarray]:
        return [draw(shape, dtype, seed) for seed, shape in enumerate(((N, D), (D, M), (M,)))]

    def ours(dtype: type) -> Call:
        return layer_call(layers.affine_forward, layers.affine_backward, *arrays(dtype))

    def theirs(dtype: type) -> Call:
        return torch_call(lambda x, w, b: torch.addmm(b, x, w), *arrays(dtype))

    return Row("affine", f"{N} x {D} to {M}", ours, theirs)


def relu_row(*shape: int) -> Row:
    """Make the row of ReLU."""

    def ours(dtype: type) -> Call:
        return layer_call(layers.relu_forward, layers.relu_backward, draw(shape, dtype))

    def theirs(dtype: type) -> Call:
        return torch_call(torch.relu, draw(shape, dtype))

    return Row("ReLU", " x ".join(map(str, shape)), ours, theirs)


def loss_row(name: str, loss: Callable[..., tuple], torch_name: str, N: int, C: int) -> Row:
    """Make the row of a loss, whose gradient comes with it."""
    y = np.random.default_rng(2).integers(C, size=N)

    def ours(dtype: type) -> Call:
        scores = draw((N, C), dtype)
        return lambda: loss(scores, y)

    def theirs(dtype: type) -> Call:
        scores, labels = torch.from_numpy(draw((N, C), dtype)).requires_grad_(), torch.from_numpy(y)
        torch_loss = getattr(functional, torch_name)
        return lambda: torch.autograd.grad(torch_loss(scores, labels), scores)

    return Row(name, f"{N} x {C}", ours, theirs)


def dropout_row(*shape: int) -> Row:
    """Make the row of dropout at training time."""

    def ours(dtype: type) -> Call:
        dropout_param = {"mode": "train", "p": 0.6, "seed": np.random.default_rng(3)}
        return layer_call(
            layers.dropout_forward, layers.dropout_backward, draw(shape, dtype), dropout_param
        )

    def theirs(dtype: type) -> Call:
        return torch_call(lambda x: functional.dropout(x, 0.4, training=True), draw(shape, dtype))

    return Row("dropout", " x ".join(map(str, shape)), ours, theirs)


def norm_row(kind: str, *shape: int) -> Row:
    """Make the row of a normalization at training time."""
    channels = shape[1]

    def arrays(dtype: type) -> list[np.ndarray]:
        return [draw(shape, dtype), draw((channels,), dtype, 1), draw((channels,), dtype, 2)]

    def ours(dtype: type) -> Call:
        backward = f"{kind}_backward_alt" if kind == "batchnorm" else f"{kind}_backward"
        forward = getattr(layers, f"{kind}_forward")
        return layer_call(forward, getattr(layers, backward), *arrays(dtype), {"mode": "train"})

    def theirs(dtype: type) -> Call:
        if kind == "layernorm":
            return torch_call(
                lambda x, w, b: functional.layer_norm(x, (channels,), w, b), *arrays(dtype)
            )
        mean, var = (torch.from_numpy(np.zeros(channels, dtype)) for _ in range(2))

        def forward(x: Any, w: Any, b: Any) -> Any:
            return functional.batch_norm(x, mean, var, w, b, training=True)

        return torch_call(forward, *arrays(dtype))

    name = {"batchnorm": "batch norm", "layernorm": "layer norm"}.get(kind, "spatial batch norm")
    return Row(name, " x ".join(map(str, shape)), ours, theirs)


def step_row(name: str, make: Callable[[type], Any], N: int, torch_net: Callable[..., Any]) -> Row:
    """Make the row of a training step: loss, gradients, and an update by plain SGD, with L2."""
    learning_rate, reg = 1e-3, 1e-3
    y = np.random.default_rng(2).integers(10, size=N)

    def ours(dtype: type) -> Call:
        net, X = make(dtype), draw((N, 3, 32, 32), dtype)
        net.reg = reg

        def step() -> None:
            _, grads = net.loss(X, y)
            for name, w in net.params.items():
                config = {"learning_rate": learning_rate}
                net.params[name], _ = optim.sgd(w, grads[name], config)

        return step

    def theirs(dtype: type) -> Call:
        X, labels = torch.from_numpy(draw((N, 3, 32, 32), dtype)), torch.from_numpy(y)
        params = {k: torch.from_numpy(w.copy()) for k, w in make(dtype).params.items()}
        for w in params.values():
            w.requires_grad_()
        decays = [{"params": [w], "weight_decay": reg * (k[0] == "W")} for k, w in params.items()]
        optimizer = torch.optim.SGD(decays, lr=learning_rate)

        def step() -> None:
            optimizer.zero_grad()
            functional.cross_entropy(torch_net(X, params), labels).backward()
            optimizer.step()

        return step

    return Row(f"step of {name}", f"{N} x 3 x 32 x 32", ours, theirs)


def five_layer_net(dtype: type) -> FullyConnectedNet:
    """Make a network of five affine layers."""
    return FullyConnectedNet([100] * 4, weight_scale=2e-2, dtype=dtype, seed=4)


def torch_five_layer_net(X: Any, params: dict[str, Any]) -> Any:
    """Compute the scores of `five_layer_net`."""
    out = X.flatten(1)
    for k in range(1, 5):
        out = torch.relu(torch.addmm(params[f"b{k}"], out, params[f"W{k}"]))
    return torch.addmm(params["b5"], out, params["W5"])


def conv_net(filter_size: int) -> Callable[[type], ThreeLayerConvNet]:
    """Return a function that makes a convolutional network."""
    return lambda dtype: ThreeLayerConvNet(filter_size=filter_size, dtype=dtype, seed=4)


def torch_conv_net(X: Any, params: dict[str, Any]) -> Any:
    """Compute the scores of `conv_net`."""
    pad = params["W1"].shape[2] // 2
    out = torch.relu(functional.conv2d(X, params["W1"], params["b1"], padding=pad))
    out = functional.max_pool2d(out, 2).flatten(1)
    out = torch.relu(torch.addmm(params["b2"], out, params["W2"]))
    return torch.addmm(params["b3"], out, params["W3"])


ROWS = [
    conv_row(16, 32, 32, 32, 3),
    conv_row(16, 64, 16, 64, 3),
    conv_row(16, 128, 8, 128, 3),
    conv_row(32, 3, 32, 32, 3),
    conv_row(16, 64, 32, 64, 3, stride=2),
    conv_row(16, 128, 16, 128, 3, stride=2),
    conv_row(8, 32, 32, 32, 5),
    conv_row(32, 3, 32, 32, 5),
    conv_row(8, 32, 32, 32, 7),
    conv_row(32, 3, 32, 32, 7),
    conv_row(16, 64, 32, 64, 1),
    pool_row(32, 32, 32, 2, 2),
    pool_row(32, 32, 33, 3, 2),
    pool_row(32, 32, 16, 3, 1),
    affine_row(100, 3072, 100),
    affine_row(100, 500, 500),
    relu_row(100, 500),
    loss_row("softmax loss", layers.softmax_loss, "cross_entropy", 100, 10),
    loss_row("SVM loss", layers.svm_loss, "multi_margin_loss", 100, 10),
    dropout_row(100, 500),
    norm_row("batchnorm", 100, 500),
    norm_row("spatial_batchnorm", 32, 32, 32, 32),
    norm_row("layernorm", 100, 500),
    step_row("a 5-layer net", five_layer_net, 100, torch_five_layer_net),
    step_row("a conv net, 3x3", conv_net(3), 50, torch_conv_net),
    step_row("a conv net, 7x7", conv_net(7), 50, torch_conv_net),
]


def time_once(call: Call, repeats: int = 1) -> float:
    """Return the processor time of a call, in seconds."""
    start = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - start) / repeats


def measure(row: Row, dtype: type, rounds: int, with_loops: bool) -> Result:
    """Time one row."""
    calls = [row.ours(dtype)] + ([row.theirs(dtype)] if torch else [])
    repeats = []
    for call in calls:
        call()  # the first call pays for what later ones reuse
        repeats.append(int(SAMPLE_SECONDS / max(time_once(call), 1e-6)) + 1)
    samples = np.array(
        [
            [time_once(call, n) for call, n in zip(calls, repeats, strict=True)]
            for _ in range(rounds)
        ]
    )  # (rounds, libraries)
    theirs = ratio = loops = None
    if torch:
        theirs = float(np.median(samples[:, 1]))
        ratio = float(np.median(samples[:, 0] / samples[:, 1]))
    if with_loops and row.loops:
        call, number = row.loops(dtype)
        loops = number * time_once(call)
    return Result(row, float(np.median(samples[:, 0])), theirs, ratio, loops)


def format_result(result: Result) -> str:
    """Write one line of the table."""

    def milliseconds(seconds: float | None) -> str:
        return "-" if seconds is None else f"{1e3 * seconds:.3g}"

    ratio = "-" if result.ratio is None else f"{result.ratio:.2f}"
    loops = "-" if result.loops is None else f"{result.loops / result.ours:.0f}"
    cells = [
        result.row.name,
        result.row.shape,
        milliseconds(result.ours),
        milliseconds(result.theirs),
        ratio,
        loops,
    ]
    return f"| {' | '.join(cells)} |"


def summarize(results: Iterable[Result], dtype_name: str) -> str:
    """Write the geometric mean and the worst row, and whether they reach the bar."""
    results = [result for result in results if result.ratio is not None]
    if not results:
        return "PyTorch is not installed, so there is nothing to compare with."
    mean = float(np.exp(np.mean([np.log(result.ratio) for result in results])))
    worst = max(results, key=lambda result: result.ratio)
    reached = mean <= BARS[dtype_name] and worst.ratio <= WORST_BAR
    return (
        f"Geometric mean over {len(results)} rows: **{mean:.2f}** (bar {BARS[dtype_name]}); "
        f"worst row: {worst.row.name}, {worst.ratio:.2f} (bar {WORST_BAR}). "
        f"The bar is {'reached' if reached else 'missed'}."
    )


def describe_machine() -> str:
    """Name the processor and the versions that were measured."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if "model name" in line]
        processor = names[0].split(":", 1)[1].strip() if names else processor
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    if torch:
        versions += f", PyTorch {torch.__version__}"
    return f"{processor}, {os.cpu_count()} cores, one thread used; {versions}."


def main() -> None:
    """Measure what was asked for, print it and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", default="", help="only rows whose name contains this")
    parser.add_argument("--dtypes", nargs="+", default=list(BARS), choices=list(BARS))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--no-loops", action="store_true", help="skip the slow loops")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("results.md"))
    arguments = parser.parse_args()
    if torch:
        torch.set_num_threads(1)
    else:
        print("PyTorch is not installed, so only this library is timed: pip install torch\n")

    rows = [row for row in ROWS if arguments.rows in row.name]
    lines = [
        "# Times of the layers",
        "",
        "Made by `python benchmarks/layers.py`: milliseconds of processor time for forward and "
        "backward together, medians. *ratio*: our time over PyTorch's, median over "
        f"{arguments.rounds} interleaved rounds. *loops*: how many times as long the readable "
        "loops take, from one image.",
        "",
        describe_machine(),
    ]
    print("\n".join(lines))
    for name in arguments.dtypes:
        head = [
            "",
            f"## {name}",
            "",
            "| work | input | ours, ms | PyTorch, ms | ratio | loops |",
            "|---|---|--:|--:|--:|--:|",
        ]
        print("\n".join(head))
        results = []
        for row in rows:
            result = measure(row, np.dtype(name).type, arguments.rounds, not arguments.no_loops)
            results.append(result)
            print(format_result(result), flush=True)
        summary = summarize(results, name)
        print(f"\n{summary}")
        lines += [*head, *map(format_result, results), "", summary]
    if len(rows) == len(ROWS):  # part of a table is no result
        arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
