"""Measure networks on the built-in images and on CIFAR-10, each with five seeds.

Run ``python benchmarks/ladder.py``; it takes some minutes and prints the tables that stand in
``datasets/README.md``. CIFAR-10 is left out where it is not found. All runs train on 4,000 images,
in float32, on one thread. What is printed is the accuracy on 1,000 test images in percent: mean and
standard deviation over the seeds. Seconds are processor time of the longest training run.
"""

from __future__ import annotations

import os

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"

import platform  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any, NamedTuple  # noqa: E402

import numpy as np  # noqa: E402

from cs231n_lib.data import get_CIFAR10_data, make_images  # noqa: E402
from cs231n_lib.data.cifar10 import to_arrays  # noqa: E402
from cs231n_lib.data.load import SEEDS  # noqa: E402
from cs231n_lib.models import FullyConnectedNet, ThreeLayerConvNet  # noqa: E402
from cs231n_lib.solver import Solver  # noqa: E402

COUNTS = {"train": 4000, "val": 500, "test": 1000}
NUM_SEEDS = 5


class Run(NamedTuple):
    """How to train: the network of a seed, and the solver's settings."""

    network: Callable[[int], Any]
    update_rule: str = "adam"
    learning_rate: float = 2e-4
    num_epochs: int = 5
    batch_size: int = 100


class Result(NamedTuple):
    """Accuracies in percent, and seconds."""

    train: float
    val: float
    test: float
    seconds: float


def fully_connected(hidden_dims: list[int], weight_scale: float, **settings: Any) -> Callable:
    """Return a function from a seed to a network; the seed also draws the masks of dropout."""
    return lambda seed: FullyConnectedNet(
        hidden_dims, weight_scale=weight_scale, seed=np.random.default_rng(seed), **settings
    )


def convolutional(seed: int) -> ThreeLayerConvNet:
    """Return a small convolutional network."""
    return ThreeLayerConvNet(num_filters=16, filter_size=5, weight_scale=1e-2, seed=seed)


LADDER = {
    "linear, softmax": Run(fully_connected([], 1e-3), learning_rate=1e-4, num_epochs=10),
    "two layers, 100 hidden units": Run(fully_connected([100], 1e-2), num_epochs=15),
    "five layers, 100 hidden units each": Run(fully_connected([100] * 4, 5e-2), num_epochs=15),
    "three layers, 16 convolutions of 5×5": Run(convolutional, learning_rate=5e-4, batch_size=50),
}
RULES = ("sgd", "sgd_momentum", "adagrad", "rmsprop", "adam")
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)


def train(data: dict[str, np.ndarray], run: Run, seed: int) -> Result:
    """Train one network; its parameters are those that were best on the validation images."""
    solver = Solver(
        run.network(seed),
        data,
        update_rule=run.update_rule,
        optim_config={"learning_rate": run.learning_rate},
        num_epochs=run.num_epochs,
        batch_size=run.batch_size,
        verbose=False,
        rng=seed,
    )
    start = time.process_time()
    solver.train()
    seconds = time.process_time() - start
    accuracies = [
        100 * solver.check_accuracy(data[f"X_{part}"], data[f"y_{part}"], 1000)
        for part in ("train", "val", "test")
    ]
    return Result(*accuracies, seconds)


def train_all(data: dict[str, np.ndarray], run: Run) -> list[Result]:
    """Train with each seed."""
    return [train(data, run, seed) for seed in range(NUM_SEEDS)]


def spread(results: list[Result], part: str = "test") -> str:
    """Write mean and standard deviation over the seeds."""
    values = [getattr(result, part) for result in results]
    return f"{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f}"


def print_row(*cells: object) -> None:
    """Print a line of a table as soon as it is known."""
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def print_head(title: str, *cells: str) -> None:
    """Print a title and the head of a table."""
    print(f"\n{title}\n")
    print_row(*cells)
    print_row("---", *["--:"] * (len(cells) - 1))


def measure_ladder(data: dict[str, np.ndarray]) -> None:
    """From linear to convolutional."""
    print_head("**Ladder**", "network", "training", "test", "lowest", "highest", "seconds")
    for name, run in LADDER.items():
        results = train_all(data, run)
        tests = [result.test for result in results]
        seconds = max(result.seconds for result in results)
        ends = f"{min(tests):.1f}", f"{max(tests):.1f}", f"{seconds:.1f}"
        print_row(name, spread(results, "train"), spread(results), *ends)


def measure_batchnorm(data: dict[str, np.ndarray]) -> None:
    """First weights of three sizes, with batch norm and without."""
    title = "**Initialization and batch norm**: five layers, 5 epochs of Adam"
    print_head(title, "standard deviation of the first weights", "plain", "batch norm")
    for scale in (0.01, 0.05, 0.2):
        cells = [
            spread(
                train_all(data, Run(fully_connected([100] * 4, scale, normalization=kind), "adam"))
            )
            for kind in (None, "batchnorm")
        ]
        print_row(scale, *cells)


def measure_dropout(data: dict[str, np.ndarray]) -> None:
    """Dropout on few images, where a network learns them by heart."""
    few = data | {"X_train": data["X_train"][:500], "y_train": data["y_train"][:500]}
    title = "**Dropout**: two layers, 200 hidden units, 20 epochs on the first 500 images"
    print_head(title, "units kept", "training", "test")
    for keep in (1, 0.75, 0.5, 0.25):
        network = fully_connected([200], 1e-2, dropout_keep_ratio=keep)
        results = train_all(few, Run(network, num_epochs=20))
        print_row(keep, spread(results, "train"), spread(results))


def measure_rules(data: dict[str, np.ndarray]) -> None:
    """Update rules, each at the learning rate that validates best on a seed of its own."""
    print_head("**Update rules**: five layers, 5 epochs", "rule", "learning rate", "test")
    for rule in RULES:
        runs = [Run(fully_connected([100] * 4, 5e-2), rule, rate) for rate in RATES]
        best = max(runs, key=lambda run: train(data, run, seed=NUM_SEEDS).val)
        print_row(f"`{rule}`", f"{best.learning_rate:g}", spread(train_all(data, best)))


def main() -> None:
    """Print all tables."""
    start = time.perf_counter()
    built_in = {name: make_images(num, SEEDS[name]) for name, num in COUNTS.items()}
    sets = {"the built-in images": to_arrays(built_in, True, np.float32)[0]}
    try:
        sets["CIFAR-10"] = get_CIFAR10_data(*COUNTS.values())
    except FileNotFoundError as error:
        print(f"CIFAR-10 is left out: {error}")
    for name, data in sets.items():
        print(f"\n### On {name}")
        for measure in (measure_ladder, measure_batchnorm, measure_dropout, measure_rules):
            measure(data)
    minutes = (time.perf_counter() - start) / 60
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    print(f"\nMeasured in {minutes:.0f} minutes; one thread, {versions}.")


if __name__ == "__main__":
    main()
