"""What a test cell does with verdicts, and how a failure is put into words."""

from __future__ import annotations

import re

from cs231n_lib.verdict.compare import Verdict

NOT_ATTEMPTED = "not attempted: the line `raise NotImplementedError()` is still there."


class CheckFailed(AssertionError):  # noqa: N818  the name students read
    """An answer is wrong; the text says which outputs, and how."""

    def _render_traceback_(self) -> list[str]:
        """Tell Jupyter to show the text alone: the frames above it are not the student's."""
        return ["Not right yet.", *str(self).splitlines()]


def require(*verdicts: Verdict, hint: str = "") -> None:
    """Print that every answer is right, or raise with a line for each one that is not.

    Parameters
    ----------
    *verdicts : Verdict
        Results of `compare`.
    hint : str, optional
        Where to look when something is wrong.

    Raises
    ------
    CheckFailed
        If an answer is wrong.
    """
    if all(verdict.passed for verdict in verdicts):
        print("Right:", ", ".join(verdict.name for verdict in verdicts))
        return
    lines = [str(verdict) for verdict in verdicts]
    raise CheckFailed("\n".join([*lines, f"Hint: {hint}"] if hint else lines))


def describe_error(name: str, message: str) -> str:
    """Say in plain text what stopped a test cell.

    Parameters
    ----------
    name : str
        The exception's class name.
    message : str
        Its message; terminal colors are removed.

    Returns
    -------
    str
        The message alone for a failed check, `NOT_ATTEMPTED` for an answer that still has the
        line it was released with, else name and message.

    Examples
    --------
    >>> describe_error("NameError", "name 'dX' is not defined")
    "NameError: name 'dX' is not defined"
    >>> describe_error("NotImplementedError", "")
    'not attempted: the line `raise NotImplementedError()` is still there.'
    """
    message = re.sub(r"\x1b\[[0-9;]*m", "", message).strip()
    if name == "NotImplementedError" and not message:
        return NOT_ATTEMPTED
    if name in ("AssertionError", "CheckFailed", "NotGradable", "Timeout") and message:
        return message
    if message.startswith("cannot unpack non-iterable NoneType"):
        message += ". A function that should return several results returned None."
    elif message.startswith("cannot unpack non-iterable"):
        message += ". A function that should return several results returned only one."
    return f"{name}: {message}" if message else name
