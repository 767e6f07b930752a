"""The one switch: CIFAR-10 where it is found, otherwise the built-in images, from a cache."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from cs231n_lib.data.cifar10 import (
    CIFAR10_CLASSES,
    check_counts,
    find_cifar10,
    read_splits,
    to_arrays,
)
from cs231n_lib.data.images import IMAGE_CLASSES, SIZE, VERSION, make_images

SEEDS = {"train": 0, "val": 1, "test": 2}  # of the built-in images


def load_images(
    num_training: int = 4000,
    num_validation: int = 500,
    num_test: int = 500,
    subtract_mean: bool = True,
    dtype: Any = np.float32,
) -> dict[str, Any]:
    """Load images of ten classes: CIFAR-10 where it is found, otherwise the built-in ones.

    CIFAR-10 is looked for in the folder that ``CS231N_DATA`` names, or else in
    ``datasets/cifar-10-batches-py``. One line says which set is used. The built-in images are made
    in seconds and kept in the user's cache folder.

    Parameters
    ----------
    num_training, num_validation, num_test : int, default 4000, 500 and 500
        How many images.
    subtract_mean : bool, default True
        Take the mean of the training images away from all.
    dtype : dtype, default float32
        Of the images: float32 or float64.

    Returns
    -------
    dict
        ``X_train``, ``X_val``, ``X_test`` : ndarray of shape (N, 3, 32, 32)
            Images, from 0 to 255 before the mean is taken away.
        ``y_train``, ``y_val``, ``y_test`` : ndarray of shape (N,)
            Labels, int64, from 0 to 9.
        ``class_names`` : list of str
            Ten names, in the order of the labels.
        ``mean_image`` : ndarray of shape (3, 32, 32)
            The mean of the training images; add it to show an image.

    Raises
    ------
    FileNotFoundError
        If ``CS231N_DATA`` names a folder without batches, or a folder lacks a batch it needs.
    TypeError
        If `dtype` is not a type of floating-point numbers.
    ValueError
        If a number is less than 1, a batch is broken, or CIFAR-10 has fewer images.
    """
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"dtype should be float32 or float64, but it is {np.dtype(dtype)}.")
    check_counts(num_training, num_validation, num_test)
    counts = {"train": num_training, "val": num_validation, "test": num_test}
    numbers = "{train} training, {val} validation and {test} test images".format(**counts)
    root = find_cifar10()
    if root is None:
        splits = {name: _cached_images(num, SEEDS[name]) for name, num in counts.items()}
        print(f"Built-in images: {numbers}. For CIFAR-10: python datasets/download.py cifar10")
    else:
        splits = read_splits(root, num_training, num_validation, num_test)
        print(f"CIFAR-10 from {root}: {numbers}.")
    data, mean_image = to_arrays(splits, subtract_mean, dtype)
    class_names = list(IMAGE_CLASSES if root is None else CIFAR10_CLASSES)
    return data | {"class_names": class_names, "mean_image": mean_image}


def cache_folder() -> Path | None:
    """Find the folder where the built-in images are kept.

    Returns
    -------
    Path or None
        A folder of the user's, outside of the repository. It may be deleted at any time. None for
        a user without a home folder.
    """
    try:
        path = user_cache_path("cs231n-workbook")
    except RuntimeError:
        return None
    return path if path.is_absolute() else None


def _cached_images(num: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make images, or take them from the cache, where the first of more images do as well."""
    folder = cache_folder()
    if folder is None:
        return make_images(num, seed)
    path = folder / f"images_v{VERSION}_seed{seed}.npz"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            X, y = arrays["X"], arrays["y"]
        if X.shape == (len(y), SIZE, SIZE, 3) and X.dtype == np.uint8 and len(y) >= num:
            return X[:num], y[:num]
    except Exception:  # not there, cut off or not ours: whatever it is, images are made anew
        pass
    X, y = make_images(num, seed)
    with contextlib.suppress(OSError):  # a cache that can't be written costs time, nothing else
        _write_cache(path, X, y)
    return X, y


def _write_cache(path: Path, X: np.ndarray, y: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, X=X, y=y)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
