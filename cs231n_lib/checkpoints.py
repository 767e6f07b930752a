"""Checkpoints: what training has reached, in a file; and what several of them say together.

A checkpoint is an ``.npz`` archive: every array under its path, such as ``params/W1``, and
everything else as JSON text under ``state``. It is read and written without pickle, so that opening
a stranger's file runs nothing.
"""

from __future__ import annotations

import copy
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cs231n_lib.contracts import check_array

DAMAGED = (
    AttributeError,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
ARRAY = "__array__"  # in the JSON text, {ARRAY: path} stands for an array


def save_checkpoint(path: str | os.PathLike, state: dict[str, Any]) -> None:
    """Write a state to a file, wholly or not at all.

    It is written under another name in the same folder and then renamed, so that a crash on the
    way leaves the file that was there before.

    Parameters
    ----------
    path : str or path
        The file, ``.npz`` by custom.
    state : dict
        Dictionaries with text keys, lists, arrays, numbers, text, booleans and None, nested in any
        way; a tuple comes back as a list.

    Raises
    ------
    TypeError
        If the state holds something else, which only pickle could save.
    """
    path = Path(path)
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_pack(state, "", arrays))
    unfinished = path.with_name(path.name + ".part")
    try:
        with open(unfinished, "wb") as file:
            np.savez(file, state=np.array(text), **arrays)
            file.flush()
            os.fsync(file.fileno())  # or the new name could outlive the new contents
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def load_checkpoint(path: str | os.PathLike) -> dict[str, Any]:
    """Read a state that `save_checkpoint` wrote.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    dict
        The state. From a `Solver`: ``params``, ``best_params``, ``epoch``, ``loss_history``,
        ``val_acc_history`` and more.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged or not a checkpoint.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return _unpack(json.loads(arrays.pop("state").item()), arrays)
    except DAMAGED as error:
        raise ValueError(f"{path} is not a checkpoint, or it is damaged: {error}") from error


def copy_model_state(model: Any) -> dict[str, Any]:
    """Copy what a model has learned: its parameters, and the running averages of batch norm.

    Parameters
    ----------
    model : object
        Has a dictionary ``params``; where it has ``bn_params``, these are copied too.

    Returns
    -------
    dict
        ``params`` and ``bn_params`` (None if the model has none).
    """
    bn_params = getattr(model, "bn_params", None)
    return {
        "params": {name: array.copy() for name, array in model.params.items()},
        "bn_params": copy.deepcopy(bn_params) if isinstance(bn_params, list) else None,
    }


def restore_model_state(model: Any, state: dict[str, Any]) -> None:
    """Put what was learned back into a model.

    Parameters
    ----------
    model : object
        A model like the one that was copied.
    state : dict
        ``params`` and ``bn_params``, from `copy_model_state` or `load_checkpoint`; it is copied, so
        that later training does not change it.

    Raises
    ------
    ValueError
        If names or shapes of the parameters differ.
    """
    have = {name: array.shape for name, array in model.params.items()}
    want = {name: array.shape for name, array in state["params"].items()}
    if have != want:
        raise ValueError(
            "The model should have the parameters that were saved, "
            f"{_list_shapes(want)}, but it has {_list_shapes(have)}."
        )
    for name, array in state["params"].items():
        model.params[name] = array.copy()
    if state["bn_params"] is not None:
        model.bn_params = copy.deepcopy(state["bn_params"])


def ensemble_probs(
    model: Any, paths: Iterable[str | os.PathLike], X: np.ndarray, batch_size: int = 100
) -> np.ndarray:
    """Average what a model predicts at several checkpoints.

    Parameters
    ----------
    model : object
        A model like the trained one; it has its own parameters back afterwards.
    paths : iterable of str or path
        The checkpoints.
    X : ndarray of shape (N, d_1, ..., d_k)
        Examples.
    batch_size : int, default 100
        Examples predicted at once.

    Returns
    -------
    ndarray of shape (N, C)
        The mean of the checkpoints' class probabilities; ``.argmax(axis=1)`` is the ensemble's
        prediction.

    Raises
    ------
    ValueError
        If there is no checkpoint, or one is damaged or belongs to another model.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "Model Ensembles".
    """
    check_array("X", X)
    own, paths = copy_model_state(model), _require_some(paths)
    total: np.ndarray | float = 0
    try:
        for path in paths:
            restore_model_state(model, load_checkpoint(path))
            batches = [X[i : i + batch_size] for i in range(0, len(X), batch_size)]
            total = total + np.concatenate([_softmax(model.loss(batch)) for batch in batches])
    finally:
        restore_model_state(model, own)
    return total / len(paths)


def average_params(paths: Iterable[str | os.PathLike]) -> dict[str, np.ndarray]:
    """Average the parameters of several checkpoints of one run.

    One model instead of several, nearly as good when the checkpoints are neighbors on one path. It
    is for models without batch norm, whose running averages would belong to none of them.

    Parameters
    ----------
    paths : iterable of str or path
        The checkpoints.

    Returns
    -------
    dict of str to ndarray
        The mean of each parameter, for ``model.params``.

    Raises
    ------
    ValueError
        If there is no checkpoint, or one is damaged, or they belong to different models.

    References
    ----------
    .. [1] CS231n course notes, "Neural Networks Part 3", "Model Ensembles".
    """
    all_params = [load_checkpoint(path)["params"] for path in _require_some(paths)]
    shapes = [{name: array.shape for name, array in params.items()} for params in all_params]
    for other in shapes[1:]:
        if other != shapes[0]:
            raise ValueError(
                "The checkpoints should be of one model, but one has "
                f"{_list_shapes(shapes[0])} and another has {_list_shapes(other)}."
            )
    return {name: sum(params[name] for params in all_params) / len(shapes) for name in shapes[0]}


def _require_some(paths: Iterable[str | os.PathLike]) -> Sequence[str | os.PathLike]:
    if isinstance(paths, str | os.PathLike):
        raise TypeError(f"paths should be a list of checkpoints, but it is one: {str(paths)!r}.")
    paths = list(paths)
    if not paths:
        raise ValueError("paths should name at least one checkpoint, but it is empty.")
    return paths


def _softmax(scores: np.ndarray) -> np.ndarray:
    exps = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


def _list_shapes(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items())) or "none"


def _pack(tree: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    """Replace each array in a tree by its path, and collect the arrays."""
    if isinstance(tree, np.ndarray | np.generic) and not tree.dtype.hasobject:
        arrays[path] = tree  # NumPy scalars too: as plain numbers they would lose their dtype
        return {ARRAY: path}
    if isinstance(tree, dict) and all(isinstance(key, str) for key in tree):
        return {key: _pack(tree[key], f"{path}/{key}".lstrip("/"), arrays) for key in tree}
    if isinstance(tree, list | tuple):
        return [_pack(value, f"{path}/{i}", arrays) for i, value in enumerate(tree)]
    if tree is None or isinstance(tree, bool | int | float | str):
        return tree
    raise TypeError(
        f"{path or 'state'} can't be saved in a checkpoint: it should be made of arrays, numbers, "
        f"text, lists and dictionaries with text keys, but it is of type {type(tree).__name__}."
    )


def _unpack(tree: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Put the arrays back where `_pack` took them from."""
    if isinstance(tree, dict):
        if tree.keys() == {ARRAY}:
            return arrays[tree[ARRAY]][()]  # a NumPy scalar comes back as one
        return {key: _unpack(value, arrays) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_unpack(value, arrays) for value in tree]
    return tree
