"""What an argument must be, and the one sentence that says what is wrong with it.

Every public function of the library checks its arguments here, so that a message reads the same
wherever it comes from: the argument's name, what it should be, why, and what it is. Checks look at
shapes, keys and types only, never at values: NaN and infinity flow through a layer and show up
where they can be seen.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

Axis = int | str


class WithheldError(Exception):
    """A function was called that the student edition of the library leaves to the student.

    Parameters
    ----------
    name : str
        The function's name.
    assignment : str
        The assignment that asks for it.
    """

    def __init__(self, name: str, assignment: str) -> None:
        super().__init__(
            f"{name} is what assignment {assignment} asks you to write; "
            "it is released with the solutions."
        )


def format_shape(shape: Iterable[Axis]) -> str:
    """Write a shape as Python writes a tuple, with axis letters left bare.

    Parameters
    ----------
    shape : iterable of int or str
        Lengths, or axis letters where any length will do.

    Returns
    -------
    str
        For example ``(6, M)`` or ``(5,)``.

    Examples
    --------
    >>> format_shape((6, "M"))
    '(6, M)'
    >>> format_shape((5,))
    '(5,)'
    """
    axes = [str(axis) for axis in shape]
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"


def check_array(name: str, array: Any, axes: str | None = None) -> None:
    """Require a NumPy array of numbers, with one axis for each letter of `axes`, and not empty.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    array : object
        What was passed.
    axes : str, optional
        One letter for each axis, such as ``"NCHW"``. Any number of axes when left out.

    Raises
    ------
    TypeError
        If `array` is not an array, or holds something other than numbers.
    ValueError
        If the number of axes differs or is none, or an axis has length 0.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} should be a NumPy array, but it is {_describe(array)}.")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} should hold numbers, but its dtype is {array.dtype}.")
    if array.ndim == 0:
        raise ValueError(f"{name} should have at least one axis, but it is a single number.")
    if axes is not None and array.ndim != len(axes):
        raise ValueError(
            f"{name} should have shape {format_shape(axes)}, "
            f"but it has shape {format_shape(array.shape)}."
        )
    if array.size == 0:
        raise ValueError(f"{name} is empty: it has shape {format_shape(array.shape)}.")


def check_shape(name: str, array: Any, shape: tuple[Axis, ...], because: str = "") -> None:
    """Require an array of a shape; an axis given as a letter may have any length but 0.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    array : object
        What was passed.
    shape : tuple of int or str
        The lengths wanted; a letter stands for any length.
    because : str, optional
        The reason, as the end of a sentence: "each example has 6 features".

    Raises
    ------
    TypeError
        If `array` is not an array of numbers.
    ValueError
        If its shape differs, or it is empty.
    """
    check_array(name, array)
    right = array.ndim == len(shape) and all(
        isinstance(want, str) or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not right:
        reason = f" because {because}" if because else ""
        raise ValueError(
            f"{name} should have shape {format_shape(shape)}{reason}, "
            f"but it has shape {format_shape(array.shape)}."
        )


def check_upstream(dout: Any, shape: tuple[int, ...]) -> None:
    """Require the upstream gradient to have the shape of the layer's output.

    Parameters
    ----------
    dout : object
        The upstream gradient that was passed.
    shape : tuple of int
        The shape of the output that the forward pass returned.

    Raises
    ------
    TypeError
        If `dout` is not an array of numbers.
    ValueError
        If its shape differs.
    """
    if not (isinstance(dout, np.ndarray) and dout.shape == shape and dout.size):
        check_shape("dout", dout, shape, "that is the shape of the forward pass's output")


def check_labels(y: Any, num_examples: int, num_classes: int, scores: str = "x") -> None:
    """Require one integer class label per example, each from 0 to ``num_classes - 1``.

    Parameters
    ----------
    y : object
        The labels that were passed.
    num_examples : int
        The number of examples, N.
    num_classes : int
        The number of classes, C.
    scores : str, default "x"
        What the array of scores is called, for the message.

    Raises
    ------
    TypeError
        If `y` is not an array of integers.
    ValueError
        If its shape is not ``(N,)``, or a label is out of range.
    """
    if not (isinstance(y, np.ndarray) and y.shape == (num_examples,)):  # the message takes time
        check_shape("y", y, (num_examples,), f"{scores} has {num_examples} examples")
    if y.dtype.kind not in "iu":
        raise TypeError(f"y should hold integer class labels, but its dtype is {y.dtype}.")
    low, high = np.minimum.reduce(y), np.maximum.reduce(y)  # y.min() takes twice as long
    if low < 0 or high >= num_classes:
        wrong = low if low < 0 else high
        raise ValueError(
            f"y should hold labels from 0 to {num_classes - 1} because {scores} has "
            f"{num_classes} columns, but it has a label {wrong}."
        )


def check_keys(
    name: str, given: Mapping[str, Any], allowed: Iterable[str], required: Iterable[str] = ()
) -> None:
    """Require a dictionary of settings to have every required key and no unknown one.

    Parameters
    ----------
    name : str
        The dictionary's name, for the message.
    given : mapping
        What was passed.
    allowed : iterable of str
        Every key that the function knows.
    required : iterable of str, optional
        The keys that have no default.

    Raises
    ------
    TypeError
        If `given` is not a dictionary.
    ValueError
        If a key is unknown or missing; a close match is offered.

    Examples
    --------
    >>> check_keys("conv_param", {"stride": 1, "padding": 0}, ("stride", "pad"))
    Traceback (most recent call last):
        ...
    ValueError: conv_param has no key 'padding'; did you mean 'pad'? It takes 'stride' and 'pad'.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"{name} should be a dictionary, but it is {_describe(given)}.")
    allowed = list(allowed)
    for key in given:
        if key not in allowed:
            close = difflib.get_close_matches(str(key), allowed, n=1, cutoff=0.5)
            guess = f"; did you mean {close[0]!r}?" if close else "."
            raise ValueError(f"{name} has no key {key!r}{guess} It takes {_list_names(allowed)}.")
    for key in required:
        if key not in given:
            raise ValueError(f"{name} needs the key {key!r}; it has {_list_names(given)}.")


def check_mode(name: str, given: Mapping[str, Any]) -> str:
    """Require a dictionary's ``'mode'`` to be ``'train'`` or ``'test'``, and return it.

    Parameters
    ----------
    name : str
        The dictionary's name, for the message.
    given : mapping
        A dictionary that has the key.

    Returns
    -------
    str
        The mode.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    mode = given["mode"]
    if not (isinstance(mode, str) and mode in ("train", "test")):
        raise ValueError(f"{name}['mode'] should be 'train' or 'test', but it is {mode!r}.")
    return mode


def check_integer(name: str, value: Any, least: int) -> None:
    """Require an integer that is not too small.

    Parameters
    ----------
    name : str
        What the number is called, for the message.
    value : object
        What was passed.
    least : int
        The smallest value allowed.

    Raises
    ------
    TypeError
        If `value` is not an integer.
    ValueError
        If it is less than `least`.
    """
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise TypeError(f"{name} should be an integer, but it is {_describe(value)}.")
    if value < least:
        raise ValueError(f"{name} should be at least {least}, but it is {value}.")


def check_convolution(x: Any, w: Any, b: Any, conv_param: Mapping[str, Any]) -> tuple[int, int]:
    """Require the arguments of a convolution to fit together, and count the filter's positions.

    Parameters
    ----------
    x : object
        Images; should have shape (N, C, H, W).
    w : object
        Filters; should have shape (F, C, HH, WW).
    b : object
        Biases; should have shape (F,).
    conv_param : mapping
        Should have an integer ``'stride'`` of at least 1 and an integer ``'pad'`` of at least 0.

    Returns
    -------
    out_height, out_width : int
        How many positions a filter takes in a column and in a row, ``1 + (H + 2 * pad - HH) //
        stride`` and the same for the width.

    Raises
    ------
    TypeError
        If an argument or a setting has the wrong type.
    ValueError
        If a shape or a key is wrong, or a filter does not fit into the padded image.
    """
    check_array("x", x, "NCHW")
    channels, height, width = x.shape[1:]
    check_shape("w", w, ("F", channels, "HH", "WW"), f"x has {channels} channels")
    check_shape("b", b, (len(w),), f"w has {len(w)} filters")
    check_keys("conv_param", conv_param, ("stride", "pad"), ("stride", "pad"))
    stride, pad = conv_param["stride"], conv_param["pad"]
    check_integer("conv_param['stride']", stride, 1)
    check_integer("conv_param['pad']", pad, 0)
    padding = " with its padding" if pad else ""
    return (
        _count_windows("w.shape[2]", w.shape[2], height + 2 * pad, stride, f"rows{padding}"),
        _count_windows("w.shape[3]", w.shape[3], width + 2 * pad, stride, f"columns{padding}"),
    )


def check_pooling(x: Any, pool_param: Mapping[str, Any]) -> tuple[int, int]:
    """Require the arguments of a pooling layer to fit together, and count the window's positions.

    Parameters
    ----------
    x : object
        Images; should have shape (N, C, H, W).
    pool_param : mapping
        Should have integers ``'pool_height'``, ``'pool_width'`` and ``'stride'`` of at least 1.

    Returns
    -------
    out_height, out_width : int
        How many positions a window takes in a column and in a row, ``1 + (H - pool_height) //
        stride`` and the same for the width.

    Raises
    ------
    TypeError
        If an argument or a setting has the wrong type.
    ValueError
        If a shape or a key is wrong, or a window does not fit into the image.
    """
    check_array("x", x, "NCHW")
    keys = ("pool_height", "pool_width", "stride")
    check_keys("pool_param", pool_param, keys, keys)
    for key in keys:
        check_integer(f"pool_param[{key!r}]", pool_param[key], 1)
    (height, width), stride = x.shape[2:], pool_param["stride"]
    pool_height, pool_width = pool_param["pool_height"], pool_param["pool_width"]
    return (
        _count_windows("pool_param['pool_height']", pool_height, height, stride, "rows"),
        _count_windows("pool_param['pool_width']", pool_width, width, stride, "columns"),
    )


def _count_windows(name: str, window: int, size: int, stride: int, what: str) -> int:
    if window > size:
        raise ValueError(
            f"{name} should be at most {size} because x has {size} {what}, but it is {window}."
        )
    return 1 + (size - window) // stride


def _list_names(names: Iterable[str]) -> str:
    quoted = [repr(name) for name in names]
    if not quoted:
        return "none"
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _describe(value: Any) -> str:
    if value is None:
        return "None"
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
