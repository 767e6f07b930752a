"""The training loop: minibatches, updates, accuracies, checkpoints."""

from __future__ import annotations

import builtins
import copy
import difflib
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cs231n_lib.checkpoints import (
    copy_model_state,
    load_checkpoint,
    restore_model_state,
    save_checkpoint,
)
from cs231n_lib.contracts import check_array, check_integer, check_shape
from cs231n_lib.optim import RULES

DATA_KEYS = ("X_train", "y_train", "X_val", "y_val")
PLAIN_STATE = (  # attributes that a checkpoint saves as they are
    "epoch",
    "best_val_acc",
    "loss_history",
    "train_acc_history",
    "val_acc_history",
    "optim_configs",
    "_first_rates",
)


class Solver:
    """Train a model on labeled examples, and keep the parameters that validate best.

    Each epoch visits the training examples in a new random order, each at most once: where the
    batch size does not divide their number, a few are left out, other ones each time. Accuracies
    are taken after the first iteration and at the end of each epoch. A loss that becomes nan does
    not stop the run; it stays in `loss_history`, scores of nan count as wrong predictions, and the
    parameters kept are those from before.

    Parameters
    ----------
    model : object
        Has a dictionary ``params`` of arrays. ``loss(X)`` returns scores of shape (N, C), and
        ``loss(X, y)`` the loss and a dictionary of gradients with the keys of ``params``. Running
        averages in ``bn_params`` are kept together with the parameters.
    data : dict
        ``X_train``, ``y_train``, ``X_val`` and ``y_val``; other keys are left alone.
    update_rule : str or callable, default "sgd"
        The name of a rule of `cs231n_lib.optim`, or any ``rule(w, dw, config)`` that returns the
        next ``w`` and ``config``.
    optim_config : dict, optional
        The rule's settings, such as ``learning_rate``.
    lr_decay : float or callable, default 1.0
        What the learning rate is multiplied by after each epoch; or a function from epochs trained
        to the factor left of the first rate, such as `optim.step_decay`.
    batch_size : int, default 100
        Examples in a minibatch; all of them where there are fewer.
    num_epochs : int, default 10
        Epochs to train.
    num_train_samples, num_val_samples : int or None, default 1000 and None
        Examples on which accuracies are estimated; None for all.
    checkpoint_name : str or path, optional
        Where to save: each epoch n writes ``<checkpoint_name>_epoch_<n>.npz``.
    print_every : int, default 10
        Iterations between two losses shown by the progress bar.
    verbose : bool, default True
        Show progress on standard output: a bar in a terminal or a notebook, elsewhere a line an
        epoch. With False nothing is written.
    rng : int, Generator or None, default None
        Seed or source of the order of the examples; with None, no two runs are alike.
    **unknown
        Any other argument is refused, with the name that was perhaps meant.

    Attributes
    ----------
    loss_history : list of float
        The loss on each minibatch.
    train_acc_history, val_acc_history : list of float
        Accuracies: after the first iteration, and at the end of each epoch.
    best_val_acc : float
        The best validation accuracy so far.
    best_params : dict of str to ndarray
        The parameters that reached it first; those from before training if none beat 0.
    epoch : int
        Epochs finished.
    optim_configs : dict of str to dict
        What the rule remembers of each parameter.

    Raises
    ------
    TypeError
        If an argument has the wrong type, or labels are not integers.
    ValueError
        If an argument or a rule is unknown, data are missing, or shapes do not fit.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "Babysitting the learning process".

    Examples
    --------
    >>> from cs231n_lib.models import TwoLayerNet
    >>> X, y = np.tile(np.eye(2), (10, 1)), np.tile([0, 1], 10)
    >>> data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    >>> net = TwoLayerNet(input_dim=2, hidden_dim=5, num_classes=2, weight_scale=0.1, seed=0)
    >>> solver = Solver(net, data, optim_config={"learning_rate": 1.0}, verbose=False, rng=0)
    >>> solver.train()
    >>> solver.best_val_acc, len(solver.loss_history)
    (1.0, 10)
    """

    def __init__(
        self,
        model: Any,
        data: Mapping[str, np.ndarray],
        *,
        update_rule: str | Callable = "sgd",
        optim_config: Mapping[str, Any] | None = None,
        lr_decay: float | Callable[[int], float] = 1.0,
        batch_size: int = 100,
        num_epochs: int = 10,
        num_train_samples: int | None = 1000,
        num_val_samples: int | None = None,
        checkpoint_name: str | os.PathLike | None = None,
        print_every: int = 10,
        verbose: bool = True,
        rng: int | np.random.Generator | None = None,
        **unknown: Any,
    ) -> None:
        for name in unknown:
            known = [key for key in Solver.__init__.__kwdefaults__]
            raise ValueError(f"Solver has no argument {name!r}{_did_you_mean(name, known)}")
        if not (isinstance(getattr(model, "params", None), Mapping) and hasattr(model, "loss")):
            raise TypeError(
                "model should have a dictionary params and a function loss, "
                f"but it is of type {type(model).__name__}."
            )
        self.model = model
        self.X_train, self.y_train, self.X_val, self.y_val = _check_data(data)
        self.update_rule = _find_rule(update_rule)
        if not isinstance(optim_config, Mapping | None):
            raise TypeError(
                f"optim_config should be a dictionary, but it is {optim_config!r}; "
                "for a learning rate, use {'learning_rate': ...}."
            )
        self.optim_config = dict(optim_config or {})
        if not (callable(lr_decay) or isinstance(lr_decay, int | float | np.number)):
            raise TypeError(f"lr_decay should be a number or a function, but it is {lr_decay!r}.")
        self.lr_decay = lr_decay
        counts = {"batch_size": batch_size, "num_epochs": num_epochs, "print_every": print_every}
        samples = {"num_train_samples": num_train_samples, "num_val_samples": num_val_samples}
        for name, count in (counts | samples).items():
            if name in counts or count is not None:
                check_integer(name, count, 1)
        self.batch_size, self.num_epochs, self.print_every = batch_size, num_epochs, print_every
        self.num_train_samples, self.num_val_samples = num_train_samples, num_val_samples
        if checkpoint_name is not None and not Path(checkpoint_name).parent.is_dir():
            raise FileNotFoundError(
                f"checkpoint_name should lie in a folder that exists, but there is no "
                f"{Path(checkpoint_name).parent}."
            )
        self.checkpoint_name = checkpoint_name
        self.verbose = verbose
        self.rng = np.random.default_rng(rng)
        self._reset()

    def _reset(self) -> None:
        """Forget all training but the model's parameters."""
        self.epoch = 0
        self.loss_history: list[float] = []
        self.train_acc_history: list[float] = []
        self.val_acc_history: list[float] = []
        self.optim_configs = {name: copy.deepcopy(self.optim_config) for name in self.model.params}
        self._first_rates: dict[str, float] = {}
        self._order = np.array([], dtype=int)  # examples of this epoch that are still to come
        self._keep_best(0.0)

    def train(self) -> None:
        """Train until `num_epochs` epochs are done, then give the model its best parameters.

        The model gets them as well when training is interrupted, by Ctrl-C or by an error, which
        is then passed on; the histories hold what was done, and another call goes on from there.
        To train on after the end, raise `num_epochs` first.
        """
        per_epoch = max(len(self.X_train) // self.batch_size, 1)
        num_iterations = self.num_epochs * per_epoch
        bar = self._open_bar(num_iterations)
        try:
            # where a run diverges, loss_history says so; a warning from each layer would not help
            with np.errstate(over="ignore", invalid="ignore"):
                while len(self.loss_history) < num_iterations:
                    self._step()
                    iteration = len(self.loss_history)
                    is_epoch_end = iteration % per_epoch == 0
                    if is_epoch_end:
                        self.epoch += 1
                        self._decay_learning_rates()
                    if is_epoch_end or iteration == 1:
                        self._validate()
                    if is_epoch_end and self.checkpoint_name is not None:
                        self._save_checkpoint()
                    if self.verbose:
                        self._show(bar, iteration, is_epoch_end)
        finally:
            restore_model_state(self.model, self._best)
            if bar is not None:
                bar.close()

    def check_accuracy(
        self,
        X: np.ndarray,
        y: np.ndarray,
        num_samples: int | None = None,
        batch_size: int = 100,
    ) -> float:
        """Compute the share of examples that the model gets right.

        Parameters
        ----------
        X : ndarray of shape (N, d_1, ..., d_k)
            Examples.
        y : ndarray of shape (N,)
            Integer labels.
        num_samples : int, optional
            Take so many examples at random; all where there are fewer.
        batch_size : int, default 100
            Examples scored at once.

        Returns
        -------
        float
            From 0 to 1. An example with a score of nan is not right.

        Raises
        ------
        ValueError
            If the shapes do not fit, or the model returns other than one row of scores an example.
        """
        check_array("X", X)
        check_shape("y", y, (len(X),), f"X has {len(X)} examples")
        if num_samples is not None and num_samples < len(X):
            chosen = self.rng.choice(len(X), num_samples, replace=False)
            X, y = X[chosen], y[chosen]
        num_right = 0
        for start in range(0, len(X), batch_size):
            labels = y[start : start + batch_size]
            scores = self.model.loss(X[start : start + batch_size])
            check_shape("model.loss(X)", scores, (len(labels), "C"), "it is a row an example")
            is_number = ~np.isnan(scores.max(axis=1))  # argmax would choose the first nan
            num_right += int(np.sum((scores.argmax(axis=1) == labels) & is_number))
        return num_right / len(X)

    def resume(self, path: str | os.PathLike) -> None:
        """Take up training where a checkpoint was written; the result is the same to the last bit.

        The settings are those of this Solver, so make it with the arguments of the first one. What
        the random order and the masks of dropout depend on is in the checkpoint, if dropout draws
        from a Generator.

        Parameters
        ----------
        path : str or path
            A checkpoint that a Solver wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is damaged, not from a Solver, or of another model.
        """
        state = load_checkpoint(path)
        for key in self._state():
            if key not in state:
                raise ValueError(f"{path} was not written by a Solver: it has no {key!r}.")
        restore_model_state(self.model, state)
        self._best, self.best_params = state["best"], state["best"]["params"]
        self.rng.bit_generator.state = state["rng"]
        masks = self._find_mask_generator()
        if masks is not None and state["mask_rng"] is not None:
            masks.bit_generator.state = state["mask_rng"]
        for name in PLAIN_STATE:
            setattr(self, name, state[name])
        self._order = self._order[:0]  # checkpoints are written between two epochs

    def _step(self) -> None:
        """Take one minibatch and update every parameter."""
        if len(self._order) < self.batch_size:
            self._order = self.rng.permutation(len(self.X_train))
        rows, self._order = np.split(self._order, [self.batch_size])
        loss, grads = self.model.loss(self.X_train[rows], self.y_train[rows])
        for name, w in self.model.params.items():
            if name not in grads:
                raise ValueError(f"model.loss returned no gradient for {name!r}.")
            check_shape(f"grads[{name!r}]", grads[name], w.shape, f"params[{name!r}] has it")
            next_w, config = self.update_rule(w, grads[name], self.optim_configs[name])
            self.model.params[name], self.optim_configs[name] = next_w, config
        self.loss_history.append(float(loss))

    def _decay_learning_rates(self) -> None:
        """Set the learning rates of the next epoch."""
        decay = self.lr_decay
        if not callable(decay) and decay == 1:
            return
        factor = decay(self.epoch) if callable(decay) else decay**self.epoch
        for name, config in self.optim_configs.items():
            if "learning_rate" not in config:
                raise ValueError(
                    "lr_decay needs a rule that keeps 'learning_rate' in the config it returns."
                )
            first = self._first_rates.setdefault(name, config["learning_rate"])
            config["learning_rate"] = first * factor

    def _validate(self) -> None:
        """Record the accuracies, and the parameters if they are the best so far."""
        train_acc = self.check_accuracy(self.X_train, self.y_train, self.num_train_samples)
        val_acc = self.check_accuracy(self.X_val, self.y_val, self.num_val_samples)
        if val_acc > self.best_val_acc:
            self._keep_best(val_acc)
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)

    def _keep_best(self, val_acc: float) -> None:
        self.best_val_acc = val_acc
        self._best = copy_model_state(self.model)
        self.best_params = self._best["params"]

    def _save_checkpoint(self) -> None:
        save_checkpoint(f"{self.checkpoint_name}_epoch_{self.epoch}.npz", self._state())

    def _state(self) -> dict[str, Any]:
        """Return everything that `resume` needs."""
        masks = self._find_mask_generator()
        return {
            **copy_model_state(self.model),
            "best": self._best,
            "rng": self.rng.bit_generator.state,
            "mask_rng": None if masks is None else masks.bit_generator.state,
            **{name: getattr(self, name) for name in PLAIN_STATE},
        }

    def _find_mask_generator(self) -> np.random.Generator | None:
        dropout_param = getattr(self.model, "dropout_param", None)
        seed = dropout_param.get("seed") if isinstance(dropout_param, Mapping) else None
        return seed if isinstance(seed, np.random.Generator) else None

    def _open_bar(self, num_iterations: int) -> Any:
        """Return a progress bar, or None where only lines can be read."""
        is_watched = self.verbose and (sys.stdout.isatty() or hasattr(builtins, "__IPYTHON__"))
        if not is_watched:
            return None
        try:
            from tqdm import tqdm  # here, so that a silent run neither needs nor loads it
        except ImportError:
            return None
        size = shutil.get_terminal_size((100, 24))  # some terminals say that they have none
        return tqdm(
            total=num_iterations,
            initial=len(self.loss_history),
            file=sys.stdout,  # graders take anything on standard error for a failure
            mininterval=0.5,
            ncols=size.columns,
            nrows=size.lines,
            bar_format="{desc} |{bar}| {remaining} left{postfix}",  # fits into 80 columns
        )

    def _show(self, bar: Any, iteration: int, is_epoch_end: bool) -> None:
        loss = self.loss_history[-1]
        text = f"loss {loss:.4f}"
        if self.val_acc_history:
            accuracies = self.train_acc_history[-1], self.val_acc_history[-1]
            text += "; train acc {:.3f}; val acc {:.3f}".format(*accuracies)
        if math.isnan(loss) and not any(map(math.isnan, self.loss_history[-2:-1])):
            hint = f"(Iteration {iteration}) The loss is nan; try a smaller learning rate."
            print(hint) if bar is None else bar.write(hint, file=sys.stdout)
        if bar is not None:
            bar.set_description_str(f"Epoch {self.epoch} / {self.num_epochs}", refresh=False)
            if is_epoch_end or iteration % self.print_every == 0:
                bar.set_postfix_str(text, refresh=False)
            bar.update()
        elif is_epoch_end:
            print(f"(Epoch {self.epoch} / {self.num_epochs}) {text}")


def _check_data(data: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    if not isinstance(data, Mapping):
        raise TypeError(f"data should be a dictionary, but it is of type {type(data).__name__}.")
    for key in DATA_KEYS:
        if key not in data:
            raise ValueError(f"data needs the key {key!r}; it has {', '.join(map(repr, data))}.")
    for part in ("train", "val"):
        X, y = data[f"X_{part}"], data[f"y_{part}"]
        check_array(f"X_{part}", X)
        check_shape(f"y_{part}", y, (len(X),), f"X_{part} has {len(X)} examples")
        if y.dtype.kind not in "iu":
            raise TypeError(f"y_{part} should hold integer labels, but its dtype is {y.dtype}.")
    example = data["X_train"].shape[1:]
    check_shape(
        "X_val", data["X_val"], ("N", *example), f"examples of X_train have shape {example}"
    )
    return [data[key] for key in DATA_KEYS]


def _find_rule(rule: str | Callable) -> Callable:
    if callable(rule):
        return rule
    if rule not in RULES:
        raise ValueError(f"There is no update_rule {rule!r}{_did_you_mean(str(rule), RULES)}")
    return RULES[rule]


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    guess = f"; did you mean {close[0]!r}?" if close else "."
    return f"{guess} There are {', '.join(map(repr, known))}."
