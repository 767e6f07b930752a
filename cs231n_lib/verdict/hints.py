"""Hints in stages: the idea, then the formula, then the shapes."""

from __future__ import annotations

import functools
import json
import textwrap
import tomllib
from difflib import get_close_matches
from pathlib import Path

from platformdirs import user_state_path

HINTS = Path(__file__).with_name("hints.toml")
STAGES = ("idea", "formula", "shapes")
SEEN = "hints-seen.json"


def hint(exercise: str) -> None:
    """Print the hints for an exercise that were asked for before, and the next one.

    Parameters
    ----------
    exercise : str
        The exercise's name, such as ``"affine_backward"``.

    Raises
    ------
    ValueError
        If there are no hints for it.
    """
    hints = _hints()
    if exercise not in hints:
        close = get_close_matches(exercise, hints, n=1, cutoff=0.5)
        instead = (
            f"did you mean {close[0]!r}?" if close else f"there are some for {', '.join(hints)}."
        )
        raise ValueError(f"there are no hints for {exercise!r}; {instead}")
    number = _next(exercise)
    for stage in STAGES[:number]:
        print(f"{stage.capitalize()}:\n{textwrap.indent(hints[exercise][stage].strip(), '  ')}")
    left = len(STAGES) - number
    if left > 0:
        print(f"({left} more: run it again.)")
    elif left == 0:
        print("(That was the last hint. Run it once more to hear where the answer is.)")
    else:
        print(
            "Answer:\n"
            "  In the course's repository, assignments/ has the solved notebooks, and cs231n_lib/\n"
            "  the layers. If you have it: read the answer, close it, and write your own."
        )


def hints_for(check: str) -> list[str]:
    """Name the exercises with hints that a check is about: ``relu`` is about both halves.

    ``sgd_nesterov`` is an exercise itself, so its check is not about ``sgd_nesterov_lookahead``.

    Parameters
    ----------
    check : str
        An exercise, or the common beginning of several.

    Returns
    -------
    list of str
        The exercises.
    """
    if check in _hints():
        return [check]
    return [name for name in _hints() if name.startswith(f"{check}_")]


@functools.cache
def _hints() -> dict[str, dict[str, str]]:
    return tomllib.loads(HINTS.read_text(encoding="utf-8"))


_seen_here: dict[str, int] = {}  # where nothing can be written


def _next(exercise: str) -> int:
    """Count how often a hint was asked for, in notebooks and in terminals together."""
    path = user_state_path("cs231n-workbook") / SEEN
    try:
        seen = json.loads(path.read_text(encoding="utf-8"))
        number = int(seen.get(exercise, 0))
    except (OSError, ValueError, AttributeError, TypeError):  # missing, damaged or not ours
        seen, number = {}, 0
    number = min(max(number, _seen_here.get(exercise, 0)) + 1, len(STAGES) + 1)
    _seen_here[exercise] = number
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(seen | {exercise: number}), encoding="utf-8")
    except OSError:
        pass
    return number
