"""The training loop: what it records, keeps, shows and refuses."""

import builtins
import io
import sys
from contextlib import redirect_stdout

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cs231n_lib import optim
from cs231n_lib.checkpoints import load_checkpoint
from cs231n_lib.models import FullyConnectedNet, ThreeLayerConvNet
from cs231n_lib.solver import Solver


class Scripted:
    """A model whose validation accuracy after each step is prescribed.

    Its one parameter counts the steps, so that it is seen which parameters were kept.
    """

    def __init__(self, accuracies=(), losses=(), when_scored=lambda: None):
        self.params = {"w": np.zeros(1)}
        self.accuracies, self.losses, self.when_scored = accuracies, losses, when_scored
        self.batches = []

    def loss(self, X, y=None):
        step = int(self.params["w"][0])
        if y is None:
            self.when_scored()
            right = round(self.accuracies[step - 1] * len(X)) if self.accuracies else len(X)
            return np.eye(2)[(np.arange(len(X)) >= right).astype(int)]
        self.batches.append(X[:, 0].astype(int))
        return self.losses[step] if self.losses else 1.0, {"w": np.array([-1.0])}


def count_steps(w, dw, config):
    return w - dw, {"learning_rate": 1.0} | config


def numbered(num_train=20, num_val=10):
    """Examples that say which they are; all labels are 0."""
    X = np.arange(num_train, dtype=float)[:, None]
    return {
        "X_train": X,
        "y_train": np.zeros(num_train, int),
        "X_val": np.ones((num_val, 1)),
        "y_val": np.zeros(num_val, int),
    }


def make_solver(model=None, data=None, **arguments):
    settings = {"update_rule": count_steps, "batch_size": 5, "num_epochs": 3, "verbose": False}
    settings |= {"num_train_samples": None, "rng": 0}
    return Solver(model or Scripted(), data or numbered(), **(settings | arguments))


def make_blobs(seed=0, shape=(6,)):
    """Three classes that can be told apart, but not perfectly."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=90)
    X = rng.standard_normal((90, *shape)) + 2 * rng.standard_normal((3, *shape))[y]
    return {"X_train": X[:60], "y_train": y[:60], "X_val": X[60:], "y_val": y[60:]}


def make_net(seed=0, normalization="batchnorm"):
    rng = np.random.default_rng(seed)
    return FullyConnectedNet([8, 7], 6, 3, 0.8, normalization, 0.01, 0.3, seed=rng)


# what a run does and records


def test_accuracies_are_recorded_after_the_first_iteration_and_at_the_end_of_each_epoch():
    accuracies = [k / 10 for k in (1, 2, 2, 3, 2, 2, 2, 9, 5, 5, 5, 6)]
    solver = make_solver(Scripted(accuracies))
    solver.train()
    assert solver.val_acc_history == [0.1, 0.3, 0.9, 0.6]  # steps 1, 4, 8, 12
    assert len(solver.train_acc_history) == 4
    assert solver.loss_history == [1.0] * 12
    assert solver.epoch == 3


def test_the_parameters_that_validated_best_are_kept():
    accuracies = [k / 10 for k in (1, 2, 2, 3, 2, 2, 2, 9, 5, 5, 5, 9)]
    solver = make_solver(Scripted(accuracies))
    solver.train()
    assert solver.best_val_acc == 0.9
    assert_array_equal(solver.best_params["w"], [8.0])  # the first of equals
    assert_array_equal(solver.model.params["w"], [8.0])
    solver.model.params["w"][0] = -1
    assert_array_equal(solver.best_params["w"], [8.0])


def test_parameters_survive_a_run_whose_accuracy_never_beats_zero():
    solver = make_solver(Scripted([0.0] * 12))
    solver.train()
    assert solver.best_val_acc == 0
    assert_array_equal(solver.model.params["w"], [0.0])  # no step made it better
    assert_array_equal(solver.best_params["w"], [0.0])


def test_the_best_parameters_come_with_their_running_averages():
    data, net = make_blobs(), make_net()
    solver = Solver(net, data, num_epochs=6, batch_size=20, verbose=False, rng=1)
    solver.train()
    assert_allclose(solver.check_accuracy(data["X_val"], data["y_val"]), solver.best_val_acc)
    later = net.bn_params[0]["running_mean"].copy()
    assert_array_equal(later, solver._best["bn_params"][0]["running_mean"])


def test_an_epoch_visits_each_example_once_in_an_order_that_changes():
    solver = make_solver(batch_size=5)
    solver.train()
    epochs = np.array(solver.model.batches).reshape(3, 20)
    assert_array_equal(np.sort(epochs, axis=1), np.tile(np.arange(20), (3, 1)))
    assert np.any(epochs[0] != epochs[1])


def test_a_batch_size_that_does_not_divide_leaves_out_few_examples_each_time():
    solver = make_solver(batch_size=6, num_epochs=20)
    solver.train()
    epochs = np.array(solver.model.batches).reshape(20, 18)  # 3 batches of 6
    assert all(len(set(epoch)) == 18 for epoch in epochs)
    assert set(epochs.ravel()) == set(range(20))


def test_a_batch_larger_than_the_data_is_all_of_them():
    solver = make_solver(batch_size=50)
    solver.train()
    assert [len(set(batch)) for batch in solver.model.batches] == [20, 20, 20]


def test_a_seed_repeats_a_run_and_the_global_state_stays_as_it_was():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    runs = [make_solver(rng=rng) for rng in (5, np.random.default_rng(5), 6, None)]
    for solver in runs:
        solver.train()
    first, again, other, unseeded = (np.concatenate(s.model.batches) for s in runs)
    assert_array_equal(first, again)
    assert np.any(first != other)
    assert np.any(first != unseeded)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_every_rule_trains_by_its_name_as_by_its_function():
    data, rates = make_blobs(), {"adagrad": 0.05, "rmsprop": 0.01, "adam": 0.01}
    for name, rule in optim.RULES.items():
        losses = []
        for update_rule in (name, rule):
            config = {"learning_rate": rates.get(name, 0.1)}
            arguments = {"update_rule": update_rule, "optim_config": config, "rng": 2}
            net = make_net()
            solver = Solver(net, data, batch_size=20, num_epochs=25, verbose=False, **arguments)
            solver.train()
            losses.append(solver.loss_history)
        assert losses[0] == losses[1]
        assert np.mean(losses[0][-5:]) < 0.6 * losses[0][0], name
        assert solver.best_val_acc > 0.5


def test_each_parameter_has_its_own_optimizer_state_and_the_given_config_is_untouched():
    given = {"learning_rate": 0.1}
    solver = Solver(make_net(), make_blobs(), update_rule="adam", optim_config=given, verbose=False)
    solver.train()
    assert given == {"learning_rate": 0.1}
    assert solver.optim_configs["W1"]["m"].shape == (6, 8)
    assert solver.optim_configs["gamma2"]["t"] == len(solver.loss_history) == 10


def test_a_rule_that_writes_into_its_config_does_not_mix_up_the_parameters():
    def write(w, dw, config):
        config.setdefault("steps", np.zeros_like(w))
        config["steps"] += 1
        return w - 0.1 * dw, config

    solver = Solver(make_net(), make_blobs(), update_rule=write, num_epochs=1, verbose=False)
    solver.train()
    for name, w in solver.model.params.items():
        assert_array_equal(solver.optim_configs[name]["steps"], np.ones(w.shape))


def test_the_learning_rate_decays_after_each_epoch():
    rates = []

    def watch(w, dw, config):
        rates.append(config.setdefault("learning_rate", 0.5))
        return w - dw, config

    make_solver(update_rule=watch, lr_decay=0.9).train()
    assert_allclose(rates, np.repeat([0.5, 0.45, 0.405], 4))
    rates.clear()
    make_solver(update_rule=watch, lr_decay=lambda n: optim.cosine_decay(n, num_epochs=3)).train()
    assert_allclose(rates, np.repeat([0.5, 0.375, 0.125], 4))
    rates.clear()
    make_solver(update_rule=watch).train()
    assert_allclose(rates, 0.5)


def test_accuracy_is_the_share_of_right_answers_whatever_the_batch_size():
    data, net = make_blobs(), make_net()
    solver = Solver(net, data, verbose=False, rng=0)
    expected = np.mean(net.loss(data["X_val"]).argmax(axis=1) == data["y_val"])
    for batch_size in (1, 7, 30, 100):
        found = solver.check_accuracy(data["X_val"], data["y_val"], batch_size=batch_size)
        assert found == pytest.approx(expected)
    assert solver.check_accuracy(data["X_val"], data["y_val"], num_samples=500) == found


def test_accuracy_on_a_sample_takes_different_examples_each_once():
    class Recorder(Scripted):
        def loss(self, X, y=None):
            seen.append(X[:, 0])
            return np.ones((len(X), 2))

    seen = []
    data = numbered(1000)
    solver = make_solver(Recorder(), data)
    solver.check_accuracy(data["X_train"], data["y_train"], num_samples=150)
    assert [len(batch) for batch in seen] == [100, 50]
    assert len(set(np.concatenate(seen))) == 150
    seen.clear()
    make_solver(Recorder(), data, num_train_samples=30, num_val_samples=4)._validate()
    assert [len(batch) for batch in seen] == [30, 4]


def test_training_goes_on_when_num_epochs_is_raised():
    solver = make_solver(Scripted([0.5] * 30))
    solver.train()
    solver.train()
    assert len(solver.loss_history) == 12  # nothing left to do
    solver.num_epochs = 4
    solver.train()
    assert (solver.epoch, len(solver.loss_history), len(solver.val_acc_history)) == (4, 16, 5)


# what goes wrong on the way


def test_an_interrupt_leaves_the_best_parameters_and_the_histories():
    def interrupt():
        if len(solver.loss_history) == 12:
            raise KeyboardInterrupt

    accuracies = [k / 10 for k in (1, 2, 2, 3, 2, 2, 2, 1, 5, 5, 5, 9)]
    solver = make_solver(Scripted(accuracies, when_scored=interrupt))
    with pytest.raises(KeyboardInterrupt):
        solver.train()
    assert_array_equal(solver.model.params["w"], [4.0])
    assert solver.best_val_acc == 0.3
    assert len(solver.loss_history) == 12
    assert solver.val_acc_history == [0.1, 0.3, 0.1]
    assert len(solver.train_acc_history) == 3


def test_an_interrupt_before_the_first_accuracy_leaves_the_parameters_as_they_were():
    def interrupt():
        raise KeyboardInterrupt

    solver = make_solver(Scripted(when_scored=interrupt))
    with pytest.raises(KeyboardInterrupt):
        solver.train()
    assert_array_equal(solver.model.params["w"], [0.0])


def test_a_run_that_diverges_says_so_and_keeps_the_last_good_parameters(capsys):
    net = FullyConnectedNet([10], 6, 3, weight_scale=0.3, reg=1.0, seed=0)
    arguments = {"optim_config": {"learning_rate": 1e4}, "batch_size": 20, "num_epochs": 40}
    solver = Solver(net, make_blobs(), rng=0, **arguments)
    solver.train()  # no warning, and none of NumPy's either: pytest makes them errors
    assert len(solver.loss_history) == 120
    assert np.isnan(solver.loss_history[-1])
    assert solver.val_acc_history[-1] == 0
    assert all(np.isfinite(w).all() for w in net.params.values())
    written = capsys.readouterr()
    assert written.out.count("The loss is nan; try a smaller learning rate.") == 1
    assert written.err == ""


def test_a_score_of_nan_is_no_right_answer():
    class Nan(Scripted):
        def loss(self, X, y=None):
            return np.full((len(X), 2), np.nan)

    data = numbered()  # all labels are 0, which is what argmax makes of nan
    assert make_solver(Nan()).check_accuracy(data["X_val"], data["y_val"]) == 0


# what is shown


def test_a_silent_run_writes_nothing_at_all(capfd):
    make_solver().train()
    assert capfd.readouterr() == ("", "")


def test_a_log_gets_one_line_an_epoch(capfd):
    make_solver(Scripted([0.3] * 12), verbose=True).train()
    written = capfd.readouterr()
    assert written.out.splitlines() == [
        f"(Epoch {n} / 3) loss 1.0000; train acc 0.300; val acc 0.300" for n in (1, 2, 3)
    ]
    assert written.err == ""


@pytest.mark.parametrize("place", ["terminal", "notebook"])
def test_a_terminal_and_a_notebook_get_one_bar_on_standard_output(place, capfd, monkeypatch):
    pytest.importorskip("tqdm")
    screen = io.StringIO()
    if place == "terminal":
        screen.isatty = lambda: True
    else:
        monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    with redirect_stdout(screen):
        make_solver(Scripted([0.3] * 12), verbose=True, print_every=2).train()
    last = screen.getvalue().split("\r")[-1]
    assert last.startswith("Epoch 3 / 3 |#")
    assert last.endswith("#| 00:00 left, loss 1.0000; train acc 0.300; val acc 0.300\n")
    assert screen.getvalue().count("\n") == 1
    assert capfd.readouterr() == ("", "")


def test_without_tqdm_a_terminal_gets_lines(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    screen = io.StringIO()
    screen.isatty = lambda: True
    with redirect_stdout(screen):
        make_solver(verbose=True).train()
    assert len(screen.getvalue().splitlines()) == 3


# checkpoints


def assert_same_run(found, expected):
    for name in ("loss_history", "train_acc_history", "val_acc_history", "epoch", "best_val_acc"):
        assert getattr(found, name) == getattr(expected, name), name
    for name, w in expected.model.params.items():
        assert_array_equal(found.model.params[name], w, err_msg=name)
        assert found.model.params[name].dtype == w.dtype
        assert_array_equal(found.best_params[name], expected.best_params[name], err_msg=name)
        for key, value in expected.optim_configs[name].items():
            assert_array_equal(found.optim_configs[name][key], value, err_msg=f"{name} {key}")
    for one, other in zip(found.model.bn_params, expected.model.bn_params, strict=True):
        for key, value in other.items():
            assert_array_equal(one[key], value, err_msg=key)


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.MT19937])
@pytest.mark.parametrize("rule", ["sgd_momentum", "adam"])
def test_a_resumed_run_equals_an_uninterrupted_one_to_the_last_bit(tmp_path, rule, bits):
    def make(num_epochs, model_seed, solver_seed):
        arguments = {"update_rule": rule, "optim_config": {"learning_rate": 0.02}}
        arguments |= {"batch_size": 7, "num_train_samples": 30, "lr_decay": 0.8, "verbose": False}
        return Solver(
            make_net(model_seed),
            make_blobs(),
            num_epochs=num_epochs,
            checkpoint_name=tmp_path / "run",
            rng=np.random.Generator(bits(solver_seed)),
            **arguments,
        )

    whole = make(6, 1, 2)
    whole.train()
    assert len(list(tmp_path.iterdir())) == 6
    resumed = make(6, 8, 9)  # other weights, masks and order, so that all must come from the file
    resumed._step()  # in the middle of an epoch
    resumed.resume(tmp_path / "run_epoch_4.npz")
    assert (resumed.epoch, len(resumed.loss_history)) == (4, 32)
    resumed.train()
    assert_same_run(resumed, whole)


def test_a_resumed_convolutional_run_equals_an_uninterrupted_one(tmp_path):
    solvers = []
    for seed in (1, 2):
        net = ThreeLayerConvNet((2, 4, 6), 3, 3, 5, 3, 0.2, seed=seed)
        arguments = {"update_rule": "adam", "batch_size": 20, "num_epochs": 4, "verbose": False}
        name = tmp_path / f"run{seed}"
        data = make_blobs(shape=(2, 4, 6))
        solvers.append(Solver(net, data, checkpoint_name=name, rng=seed, **arguments))
    whole, resumed = solvers
    whole.train()
    resumed.resume(tmp_path / "run1_epoch_2.npz")
    resumed.train()
    whole.model.bn_params = resumed.model.bn_params = []
    assert_same_run(resumed, whole)


def test_a_checkpoint_has_the_parameters_of_its_epoch_and_the_best(tmp_path):
    accuracies = [k / 10 for k in (1, 2, 2, 9, 2, 2, 2, 3, 5, 5, 5, 6)]
    make_solver(Scripted(accuracies), checkpoint_name=tmp_path / "run").train()
    state = load_checkpoint(tmp_path / "run_epoch_2.npz")
    assert_array_equal(state["params"]["w"], [8.0])
    assert_array_equal(state["best"]["params"]["w"], [4.0])
    assert (state["epoch"], state["val_acc_history"]) == (2, [0.1, 0.9, 0.3])


def test_only_a_fitting_checkpoint_of_a_solver_is_resumed(tmp_path):
    make_solver(checkpoint_name=tmp_path / "run").train()
    solver = Solver(make_net(), make_blobs(), verbose=False)
    with pytest.raises(ValueError, match=r"parameters that were saved, w \(1,\), but it has W1"):
        solver.resume(tmp_path / "run_epoch_1.npz")
    assert (solver.epoch, solver.loss_history) == (0, [])
    with pytest.raises(FileNotFoundError):
        solver.resume(tmp_path / "run_epoch_9.npz")


# what is refused


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"lr_decy": 0.9}, ValueError, "no argument 'lr_decy'; did you mean 'lr_decay'"),
        ({"update_rule": "adm"}, ValueError, "update_rule 'adm'; did you mean 'adam'"),
        ({"update_rule": "step_decay"}, ValueError, "There are 'sgd', 'sgd_momentum'"),
        ({"update_rule": None}, ValueError, "no update_rule None"),
        ({"optim_config": 0.1}, TypeError, "optim_config should be a dictionary, but it is 0.1"),
        ({"lr_decay": "fast"}, TypeError, "lr_decay should be a number or a function"),
        ({"batch_size": 0}, ValueError, "batch_size should be at least 1, but it is 0"),
        ({"batch_size": 2.5}, TypeError, "batch_size should be an integer, but it is a float"),
        ({"batch_size": None}, TypeError, "batch_size should be an integer, but it is None"),
        ({"num_epochs": -1}, ValueError, "num_epochs should be at least 1"),
        ({"print_every": 0}, ValueError, "print_every should be at least 1"),
        ({"num_val_samples": 0}, ValueError, "num_val_samples should be at least 1"),
        ({"checkpoint_name": "no/such/run"}, FileNotFoundError, "there is no no/such"),
    ],
)
def test_a_wrong_argument_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        make_solver(**arguments)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y_val": None}, ValueError, "data needs the key 'y_val'; it has 'X_train', 'y_train'"),
        (
            {"y_train": np.zeros(19, int)},
            ValueError,
            r"y_train should have shape \(20,\) because X_train has 20 examples",
        ),
        ({"y_val": np.zeros(10)}, TypeError, "y_val should hold integer labels, .* float64"),
        ({"X_val": np.ones((10, 2))}, ValueError, r"X_val should have shape \(N, 1\) because exam"),
        ({"X_train": [[1.0]] * 20}, TypeError, "X_train should be a NumPy array, but it is a list"),
    ],
)
def test_wrong_data_are_named(change, error, message):
    data = {key: value for key, value in (numbered() | change).items() if value is not None}
    with pytest.raises(error, match=message):
        make_solver(data=data)


def test_other_keys_in_the_data_are_left_alone():
    make_solver(data=numbered() | {"X_test": "not looked at"})


def test_a_model_that_does_not_keep_the_contract_is_told_what_it_lacks():
    with pytest.raises(TypeError, match=r"model should have a dictionary params and a function"):
        make_solver(model=object())
    with pytest.raises(TypeError, match="data should be a dictionary, but it is of type list"):
        Solver(Scripted(), [1])

    class Wrong(Scripted):
        def loss(self, X, y=None):
            return np.ones(len(X)) if y is None else (1.0, self.grads)

    model = Wrong()
    model.grads = {"W": np.ones(1)}
    with pytest.raises(ValueError, match=r"model\.loss returned no gradient for 'w'"):
        make_solver(model).train()
    model.grads = {"w": np.ones((1, 1))}
    with pytest.raises(ValueError, match=r"grads\['w'\] should have shape \(1,\)"):
        make_solver(model).train()
    model.grads = {"w": np.ones(1)}
    with pytest.raises(ValueError, match=r"model.loss\(X\) should have shape \(20, C\)"):
        make_solver(model).train()


def test_decay_needs_a_rule_with_a_learning_rate():
    with pytest.raises(ValueError, match="lr_decay needs a rule that keeps 'learning_rate'"):
        make_solver(update_rule=lambda w, dw, config: (w - dw, config), lr_decay=0.9).train()
