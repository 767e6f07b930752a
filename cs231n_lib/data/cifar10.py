"""CIFAR-10 from the official Python batches, read without trusting them.

A batch is a pickle, and a pickle can run any code. So its instructions are compared with a list
before anything is done, and where it asks for an array it gets a note of the array's parts: no
function of NumPy or of any other module is called by a file.

References
----------
.. [1] Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

from __future__ import annotations

import io
import itertools
import os
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np

from cs231n_lib.contracts import check_integer

CIFAR10_CLASSES = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
]
DEFAULT_ROOT = Path(__file__).resolve().parents[2] / "datasets" / "cifar-10-batches-py"
TRAINING_BATCHES = [f"data_batch_{number}" for number in range(1, 6)]
TEST_BATCH = "test_batch"
PIXELS = 3 * 32 * 32
MAX_BYTES = 32 * 2**20  # an official batch has 31.04 million
MAX_INSTRUCTIONS = 10**5  # an official batch has 30,098

# What a batch is made of: numbers, texts, lists, tuples, a dictionary, and one array.
INSTRUCTIONS = (
    "PROTO STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINSTRING SHORT_BINSTRING "
    "BINUNICODE EMPTY_LIST APPEND APPENDS EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_DICT "
    "SETITEM SETITEMS BINPUT LONG_BINPUT BINGET LONG_BINGET GLOBAL REDUCE BUILD"
)


def load_CIFAR_batch(filename: str | os.PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Read one official batch.

    Parameters
    ----------
    filename : str or path
        Such as ``datasets/cifar-10-batches-py/data_batch_1``.

    Returns
    -------
    X : ndarray of shape (N, 32, 32, 3)
        Images, float32, from 0 to 255, red, green and blue last; N is 10,000.
    y : ndarray of shape (N,)
        Labels, int64, from 0 to 9.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a whole batch, or holds anything that does not belong in one.
    """
    X, y = _read_batch(Path(filename))
    return X.astype(np.float32), y


def load_CIFAR10(
    ROOT: str | os.PathLike,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read the training batches that are there, in their order, and the test batch.

    Parameters
    ----------
    ROOT : str or path
        The folder of the batches.

    Returns
    -------
    X_train : ndarray of shape (N, 32, 32, 3)
        Images, float32, from 0 to 255; 10,000 from each training batch.
    y_train : ndarray of shape (N,)
        Labels, int64, from 0 to 9.
    X_test : ndarray of shape (10000, 32, 32, 3)
        The same for the test batch.
    y_test : ndarray of shape (10000,)
        Its labels.

    Raises
    ------
    FileNotFoundError
        If the folder has no training batch, or no test batch.
    ValueError
        If a batch is broken.
    """
    root = Path(ROOT)
    X_train, y_train = _read_training(root)
    X_test, y_test = _read_batch(root / TEST_BATCH)
    return X_train.astype(np.float32), y_train, X_test.astype(np.float32), y_test


def get_CIFAR10_data(
    num_training: int = 49000,
    num_validation: int = 1000,
    num_test: int = 1000,
    subtract_mean: bool = True,
) -> dict[str, np.ndarray]:
    """Read CIFAR-10 and split it into training, validation and test images.

    The folder is the one that ``CS231N_DATA`` names, or else ``datasets/cifar-10-batches-py``.
    Validation images are those that follow the training images.

    Parameters
    ----------
    num_training, num_validation : int, default 49000 and 1000
        Images of the training batches.
    num_test : int, default 1000
        Images of the test batch.
    subtract_mean : bool, default True
        Take the mean of the training images away from all.

    Returns
    -------
    dict of str to ndarray
        ``X_train``, ``X_val`` and ``X_test`` of shape (N, 3, 32, 32), float32; ``y_train``,
        ``y_val`` and ``y_test`` of shape (N,), int64.

    Raises
    ------
    FileNotFoundError
        If there is no CIFAR-10 in the folder.
    ValueError
        If a batch is broken, or there are fewer images than asked for.
    """
    root = find_cifar10()
    if root is None:
        raise FileNotFoundError(
            "CIFAR-10 is not in datasets/cifar-10-batches-py. "
            "Run: python datasets/download.py cifar10"
        )
    splits = read_splits(root, num_training, num_validation, num_test)
    return to_arrays(splits, subtract_mean, np.float32)[0]


def find_cifar10() -> Path | None:
    """Find the folder of the batches.

    Returns
    -------
    Path or None
        What ``CS231N_DATA`` names, if it is set; else ``datasets/cifar-10-batches-py`` of this
        repository, or None if there is no such folder.

    Raises
    ------
    FileNotFoundError
        If ``CS231N_DATA`` names a folder without batches.
    """
    named = os.environ.get("CS231N_DATA")
    if not named:
        return DEFAULT_ROOT if DEFAULT_ROOT.exists() else None
    root = Path(named).expanduser()
    if not any((root / name).is_file() for name in [*TRAINING_BATCHES, TEST_BATCH]):
        raise FileNotFoundError(
            f"CS231N_DATA should name a folder with data_batch_1 and test_batch, "
            f"but there are none in {root}."
        )
    return root


def read_splits(
    root: Path, num_training: int, num_validation: int, num_test: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read as many images as asked for, and no batch more than needed.

    Parameters
    ----------
    root : Path
        The folder of the batches.
    num_training, num_validation, num_test : int
        How many images.

    Returns
    -------
    dict of str to tuple of ndarray
        For ``train``, ``val`` and ``test``: images, uint8 of shape (N, 32, 32, 3), and labels.

    Raises
    ------
    FileNotFoundError
        If the folder has no training batch, or no test batch.
    ValueError
        If a batch is broken, or there are fewer images than asked for.
    """
    check_counts(num_training, num_validation, num_test)
    wanted = num_training + num_validation
    X, y = _read_training(root, wanted)
    if len(X) < wanted:
        raise ValueError(
            f"num_training + num_validation should be at most {len(X)} because {root} has "
            f"{len(X)} training images, but it is {wanted}."
        )
    X_test, y_test = _read_batch(root / TEST_BATCH)
    if len(X_test) < num_test:
        raise ValueError(
            f"num_test should be at most {len(X_test)} because {root} has {len(X_test)} test "
            f"images, but it is {num_test}."
        )
    return {
        "train": (X[:num_training], y[:num_training]),
        "val": (X[num_training:wanted], y[num_training:wanted]),
        "test": (X_test[:num_test], y_test[:num_test]),
    }


def check_counts(num_training: int, num_validation: int, num_test: int) -> None:
    """Require at least one image of each kind.

    Parameters
    ----------
    num_training, num_validation, num_test : int
        How many images are asked for.

    Raises
    ------
    TypeError
        If one of them is not an integer.
    ValueError
        If one of them is less than 1.
    """
    check_integer("num_training", num_training, 1)
    check_integer("num_validation", num_validation, 1)
    check_integer("num_test", num_test, 1)


def to_arrays(
    splits: dict[str, tuple[np.ndarray, np.ndarray]], subtract_mean: bool, dtype: Any
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Bring images into the form that networks take.

    Parameters
    ----------
    splits : dict of str to tuple of ndarray
        For ``train``, ``val`` and ``test``: images of shape (N, 32, 32, 3), and labels.
    subtract_mean : bool
        Take the mean of the training images away from all.
    dtype : dtype
        Of the images.

    Returns
    -------
    data : dict of str to ndarray
        ``X_train`` of shape (N, 3, 32, 32), ``y_train`` of shape (N,), and so on.
    mean_image : ndarray of shape (3, 32, 32)
        The mean of the training images.
    """
    mean_image = splits["train"][0].mean(axis=0, dtype=np.float64).transpose(2, 0, 1).astype(dtype)
    data = {}
    for name, (X, y) in splits.items():
        data[f"X_{name}"] = np.ascontiguousarray(X.transpose(0, 3, 1, 2), dtype)
        if subtract_mean:
            data[f"X_{name}"] -= mean_image
        data[f"y_{name}"] = y.copy()
    return data, mean_image


def _read_training(root: Path, num: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Read the training batches that are there, as far as `num` images need."""
    paths = [root / name for name in TRAINING_BATCHES if (root / name).exists()]
    if not paths:
        raise FileNotFoundError(f"There is no training batch, such as data_batch_1, in {root}.")
    batches: list[tuple[np.ndarray, np.ndarray]] = []
    for path in paths:
        if num is None or sum(len(y) for _, y in batches) < num:
            batches.append(_read_batch(path))
    images, labels = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _read_batch(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read images, uint8 of shape (N, 32, 32, 3), and labels."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path.name} in {path.parent}.")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"{path} is not a CIFAR-10 batch: it is larger than {MAX_BYTES} bytes.")
    try:
        batch = _unpickle(content)
        pixels, labels = _find_parts(batch)
    except ValueError as error:
        raise ValueError(f"{path} is not a CIFAR-10 batch: {error}") from None
    X = np.frombuffer(pixels, np.uint8).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return X, np.array(labels, np.int64)


def _find_parts(batch: Any) -> tuple[bytes, list[int]]:
    """Find pixels and labels in what a batch holds, and check them."""
    if not isinstance(batch, dict) or not {"data", "labels"} <= batch.keys():
        raise ValueError("it should hold a dictionary with the keys 'data' and 'labels'.")
    data, labels = batch["data"], batch["labels"]
    if not (isinstance(labels, list) and all(type(label) is int for label in labels)):
        raise ValueError("its labels should be a list of integers.")
    if not labels or min(labels) < 0 or max(labels) > 9:
        raise ValueError("its labels should be from 0 to 9, one for each image.")
    try:
        _, shape, dtype, is_fortran, pixels = data.state
        kind = dtype.arguments[0]
    except (AttributeError, TypeError, ValueError, IndexError):
        raise ValueError("its data should be an array.") from None
    if isinstance(pixels, _Note) and pixels.arguments:
        pixels = pixels.arguments[0]
    pixels = pixels.encode("latin1") if isinstance(pixels, str) else pixels
    if not isinstance(pixels, bytes) or kind not in ("u1", "uint8") or is_fortran:
        raise ValueError("its data should be an array of uint8, row after row.")
    if shape != (len(labels), PIXELS) or len(pixels) != len(labels) * PIXELS:
        raise ValueError(
            f"its data should have shape ({len(labels)}, {PIXELS}) because it has "
            f"{len(labels)} labels."
        )
    return pixels, labels


class _Note:
    """What a batch gets where it asks for an array, a dtype or bytes: it only holds the parts."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


ALLOWED = {
    "numpy.core.multiarray _reconstruct",
    "numpy._core.multiarray _reconstruct",  # as NumPy 2 writes it
    "numpy ndarray",
    "numpy dtype",
    "_codecs encode",  # newer Python versions write bytes as a text to be encoded
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if f"{module} {name}" not in ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} does not belong in a batch")
        return _Note


def _unpickle(content: bytes) -> Any:
    """Read a pickle that has only the instructions and the names of a batch."""
    known = set(INSTRUCTIONS.split())
    broken = "it is broken or was cut off."
    try:
        steps = list(itertools.islice(pickletools.genops(content), MAX_INSTRUCTIONS + 1))
    except Exception:  # a broken pickle can fail in any way
        raise ValueError(broken) from None
    if len(steps) > MAX_INSTRUCTIONS:
        raise ValueError(f"it holds more than {MAX_INSTRUCTIONS} instructions; nothing was loaded.")
    for step, argument, _ in steps:
        if step.name not in known:
            raise ValueError(f"it holds the instruction {step.name}; nothing was loaded.")
        if step.name == "GLOBAL" and argument not in ALLOWED:
            raise ValueError(f"it asks for {argument!r}; nothing was loaded.")
        if step.name == "LONG_BINPUT" and argument > MAX_INSTRUCTIONS:  # so much would be set aside
            raise ValueError(f"it numbers an object {argument}; nothing was loaded.")
    try:
        return _Unpickler(io.BytesIO(content), encoding="latin1").load()
    except Exception:
        raise ValueError(broken) from None
