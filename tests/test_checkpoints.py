"""Checkpoint files: what goes in comes out, a crash costs nothing; and ensembles of them."""

import os
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cs231n_lib import checkpoints
from cs231n_lib.checkpoints import (
    average_params,
    ensemble_probs,
    load_checkpoint,
    restore_model_state,
    save_checkpoint,
)
from cs231n_lib.models import FullyConnectedNet


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run_epoch_1.npz"


def test_what_goes_in_comes_out_to_the_last_bit(path):
    state = {
        "params": {"W1": np.arange(6, dtype=np.float32).reshape(2, 3), "file": np.array([1e-300])},
        "list": [{"mean": np.ones(2)}, {}, []],
        "numbers": [0.1 + 0.2, float("inf"), 2**127, True, None, "text"],
        "scalar": np.float32(0.1),
    }
    save_checkpoint(path, state)
    found = load_checkpoint(path)
    assert found["numbers"] == state["numbers"]
    assert found["list"][1:] == [{}, []]
    for one, other in (
        (found["params"]["W1"], state["params"]["W1"]),
        (found["params"]["file"], state["params"]["file"]),
        (found["list"][0]["mean"], state["list"][0]["mean"]),
        (found["scalar"], state["scalar"]),
    ):
        assert_array_equal(one, other)
        assert one.dtype == other.dtype
        assert type(one) is type(other)


def test_the_file_opens_with_plain_numpy_and_without_pickle(path):
    save_checkpoint(path, {"params": {"W1": np.ones((2, 3))}, "epoch": 4})
    with np.load(path, allow_pickle=False) as file:
        assert set(file.files) == {"params/W1", "state"}
        assert_array_equal(file["params/W1"], np.ones((2, 3)))


@pytest.mark.parametrize(
    ("state", "where"),
    [
        ({"config": {"rule": print}}, "config/rule"),
        ({"config": [1, np.array([None])]}, "config/1"),
        ({"params": {("W", 1): np.ones(2)}}, "params"),
    ],
)
def test_what_only_pickle_could_save_is_refused_and_leaves_no_file(path, state, where):
    with pytest.raises(TypeError, match=f"^{where} can't be saved in a checkpoint"):
        save_checkpoint(path, state)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("moment", ["writing", "syncing", "renaming"])
def test_a_crash_on_the_way_leaves_the_last_good_file(path, moment, monkeypatch):
    save_checkpoint(path, {"epoch": 1})

    def crash_in_the_middle(file, **arrays):
        file.write(b"PK half a file")
        raise OSError("No space left on device")

    def crash(*arguments):
        raise KeyboardInterrupt

    if moment == "writing":
        monkeypatch.setattr(np, "savez", crash_in_the_middle)
    else:
        monkeypatch.setattr(os, "fsync" if moment == "syncing" else "replace", crash)
    with pytest.raises((OSError, KeyboardInterrupt)):
        save_checkpoint(path, {"epoch": 2, "W": np.ones(1000)})
    monkeypatch.undo()
    assert load_checkpoint(path) == {"epoch": 1}
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_complete_on_disk_before_it_gets_its_name(path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: events.append("sync") or fsync(fd))
    monkeypatch.setattr(os, "replace", lambda a, b: events.append((a, b)) or replace(a, b))
    save_checkpoint(path, {"epoch": 1})
    assert events[0] == "sync"
    ((source, target),) = events[1:]
    assert target == path
    assert source.parent == path.parent


def test_what_a_killed_process_left_behind_is_no_obstacle(path):
    path.with_name(path.name + ".part").write_bytes(b"PK half a file")
    save_checkpoint(path, {"epoch": 3})
    assert load_checkpoint(path) == {"epoch": 3}
    assert list(path.parent.iterdir()) == [path]


def test_a_damaged_or_foreign_file_is_refused(path):
    save_checkpoint(path, {"W": np.arange(1000.0)})
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 255
    for content in (b"", b"hello", whole[:-100], whole[: len(whole) // 2], bytes(flipped)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"run_epoch_1\.npz is not a checkpoint, or it is dam"):
            load_checkpoint(path)
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(ValueError, match="is not a checkpoint"):
        load_checkpoint(path)
    with path.open("wb") as file:
        np.savez(file, W1=np.ones(3))
    with pytest.raises(ValueError, match="is not a checkpoint"):
        load_checkpoint(path)
    with pytest.raises(FileNotFoundError):
        load_checkpoint(path.with_name("other.npz"))


def test_opening_a_strangers_file_runs_nothing(path):
    ran = path.with_name("ran")

    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(ran),)

    for content in (pickle.dumps(Trap()), None):
        if content is not None:
            path.write_bytes(content)
        else:
            with path.open("wb") as file:
                np.savez(file, state=np.array(Trap(), dtype=object))
        with pytest.raises(ValueError, match="is not a checkpoint"):
            load_checkpoint(path)
    assert not ran.exists()


# ensembles


def save_nets(folder, count=3):
    """Save differently trained networks; return their paths, the networks and examples."""
    rng, paths, nets = np.random.default_rng(0), [], []
    X = rng.standard_normal((25, 4))
    for n in range(count):
        net = FullyConnectedNet([5], 4, 3, 1, "batchnorm", 0.0, 1.0, np.float64, n)
        net.loss(X * (n + 1), rng.integers(3, size=25))  # gives it running averages of its own
        paths.append(folder / f"run_epoch_{n}.npz")
        save_checkpoint(paths[-1], checkpoints.copy_model_state(net))
        nets.append(net)
    return paths, nets, X


def softmax(scores):
    exps = np.exp(scores)
    return exps / exps.sum(axis=1, keepdims=True)


def test_an_ensemble_predicts_the_mean_of_its_members_probabilities(tmp_path):
    paths, nets, X = save_nets(tmp_path)
    model = FullyConnectedNet([5], 4, 3, 1, "batchnorm", dtype=np.float64)
    expected = np.mean([softmax(net.loss(X)) for net in nets], axis=0)
    for batch_size in (7, 25, 100):
        found = ensemble_probs(model, paths, X, batch_size)
        assert_allclose(found, expected, rtol=1e-12)
    assert_allclose(ensemble_probs(model, iter(paths[:1]), X), softmax(nets[0].loss(X)))


def test_the_model_has_its_own_parameters_back_after_the_ensemble(tmp_path):
    paths, _, X = save_nets(tmp_path)
    model = FullyConnectedNet([5], 4, 3, 1, "batchnorm", dtype=np.float64, seed=9)
    model.loss(X, np.zeros(25, int))
    before = model.loss(X)
    ensemble_probs(model, paths, X)
    assert_array_equal(model.loss(X), before)
    with pytest.raises(FileNotFoundError):
        ensemble_probs(model, [paths[0], tmp_path / "none.npz"], X)
    assert_array_equal(model.loss(X), before)


def test_large_scores_do_not_overflow(path):
    class Loud:
        params = {"w": np.zeros(1)}  # noqa: RUF012

        def loss(self, X):
            return np.array([[1e4, 0.0, -1e4]])

    save_checkpoint(path, {"params": Loud.params, "bn_params": None})
    assert_array_equal(ensemble_probs(Loud(), [path], np.ones((1, 2))), [[1, 0, 0]])


def test_average_params_is_the_mean_of_each_parameter(tmp_path):
    paths, nets, _ = save_nets(tmp_path)
    found = average_params(paths)
    for name in nets[0].params:
        assert_allclose(found[name], np.mean([net.params[name] for net in nets], axis=0))
    w = np.array([1.0, 2.0], np.float32)
    for path, factor in zip(paths, (1, 3, 5), strict=True):
        save_checkpoint(path, {"params": {"w": factor * w}, "bn_params": None})
    assert_array_equal(average_params(paths)["w"], 3 * w)
    assert average_params(paths)["w"].dtype == np.float32


def test_what_does_not_belong_together_is_refused(tmp_path):
    paths, nets, X = save_nets(tmp_path)
    save_checkpoint(paths[1], {"params": {"W1": np.ones((2, 2))}, "bn_params": None})
    with pytest.raises(ValueError, match=r"of one model, .* another has W1 \(2, 2\)"):
        average_params(paths)
    with pytest.raises(ValueError, match=r"saved, W1 \(2, 2\), but it has W1 \(4, 5\)"):
        ensemble_probs(nets[0], paths, X)
    for function in (average_params, lambda paths: ensemble_probs(nets[0], paths, X)):
        with pytest.raises(ValueError, match="paths should name at least one checkpoint"):
            function([])
        with pytest.raises(TypeError, match="paths should be a list of checkpoints"):
            function(str(paths[0]))


def test_restored_arrays_are_copies(tmp_path):
    _, nets, X = save_nets(tmp_path, 2)
    state = checkpoints.copy_model_state(nets[0])
    restore_model_state(nets[1], state)
    nets[1].params["W1"][:] = 7
    nets[1].loss(X, np.zeros(25, int))
    restore_model_state(nets[1], state)
    assert_array_equal(nets[1].loss(X), nets[0].loss(X))
