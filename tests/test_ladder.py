"""The built-in images tell networks apart; `make ladder` has all numbers."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from cs231n_lib.data import make_images
from cs231n_lib.data.cifar10 import to_arrays
from cs231n_lib.data.load import SEEDS

PATH = Path(__file__).resolve().parent.parent / "benchmarks" / "ladder.py"


@pytest.fixture(scope="module")
def ladder():
    spec = importlib.util.spec_from_file_location("ladder", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_each_step_of_the_ladder_is_worth_eight_points_in_at_most_15_seconds(ladder):
    images = {name: make_images(num, SEEDS[name]) for name, num in ladder.COUNTS.items()}
    data = to_arrays(images, True, np.float32)[0]
    linear, two, _, convolutional = (
        ladder.train(data, run, seed=0) for run in ladder.LADDER.values()
    )
    assert linear.test > 15  # chance is 10
    assert linear.test + 8 < two.test
    assert two.test + 8 < convolutional.test
    assert convolutional.test < 95
    assert max(linear.seconds, two.seconds, convolutional.seconds) < 15


def test_the_ladder_prints_a_table(ladder, capsys):
    few = {name: make_images(20, seed) for name, seed in SEEDS.items()}
    ladder.measure_dropout(to_arrays(few, True, np.float32)[0])
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:5] == ["| units kept | training | test |", "| --- | --: | --: |"]
    assert len(lines) == 9
