"""Which known mistakes give just the outputs that a student has.

The student edition has, as ``stored.json``, what the checks of its notebook give for the right
answers and for each known mistake: numbers and sentences, no code.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any, NamedTuple

import numpy as np

from cs231n_lib.verdict.compare import Verdict
from cs231n_lib.verdict.explain import agree

FEW = 3  # names of outputs that one can still read over
TELLING = 3  # different fractions that are hardly equal by chance
MANY = 3  # so many different mistakes that look the same here are still worth reading


class Diagnosis(NamedTuple):
    """What some wrong outputs look like.

    Attributes
    ----------
    outputs : tuple of str
        The outputs' names.
    sentences : tuple of str
        The mistakes that look like this; more than one where the outputs do not tell them apart.
    """

    outputs: tuple[str, ...]
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        *others, last = self.outputs
        names = f"{', '.join(others)} and {last}" if others else last
        if len(others) > FEW:
            names = f"{others[0]} and {len(others)} more"
        if len(self.sentences) == 1:
            return f"{names}: {self.sentences[0]}"
        return "\n  - ".join([f"{names}: this may be one of several mistakes.", *self.sentences])


def diagnose(
    check: str,
    verdicts: Iterable[Verdict],
    mistakes: Iterable[dict[str, Any]],
    consistent: Set[str] = frozenset(),
) -> tuple[Diagnosis, ...]:
    """Name the mistakes that give just the wrong outputs.

    A mistake that would spoil an output that is right was not made; nor was one that shows only in
    gradients that agree with the student's own forward. One in an answer that is only called by the
    one that is checked has to explain all that is wrong. A mistake that explains only some of what
    it would spoil, next to another one, counts only if its numbers can hardly be equal by chance.
    Of what is left for an output, mistakes in the answer itself come first, then those that
    explain the most outputs, then the fewest at once.

    Parameters
    ----------
    check : str
        The check: the name of an exercise, or the common beginning of several.
    verdicts : iterable of Verdict
        What was found for each output.
    mistakes : iterable of dict
        The stored mistakes: the exercise each is ``in``, what it ``says``, what it ``gives``, and
        what else it ``spoils``.
    consistent : set of str
        The outputs that agree with the student's own forward.

    Returns
    -------
    tuple of Diagnosis
        One for each recognized mistake.
    """
    verdicts = tuple(verdicts)
    wrong = {verdict.name: verdict.answer for verdict in verdicts if not verdict.passed}
    right = {verdict.name for verdict in verdicts} - wrong.keys()
    candidates = []
    for mistake in mistakes:
        gives = mistake["gives"]
        if right & {*gives, *mistake.get("spoils", ())}:
            continue
        shown = {name for name in wrong if _equal(wrong[name], gives.get(name))}
        is_own = f"{mistake['in']}_".startswith(f"{check}_")
        if is_own:
            is_complete = shown == gives.keys() or _is_telling([gives[name] for name in shown])
            counts = is_complete and not shown <= consistent
        else:
            counts = shown == gives.keys() == wrong.keys()
        if shown and counts:
            sentence = " And: ".join(mistake["says"])
            text = sentence if mistake["in"] == check else f"{mistake['in']}: {sentence}"
            candidates.append((shown, (not is_own, -len(shown), len(mistake["says"])), text))
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in wrong:
        ranks = [rank for shown, rank, _ in candidates if name in shown]
        texts = dict.fromkeys(t for s, rank, t in candidates if name in s and rank == min(ranks))
        if 0 < len(texts) <= MANY:
            groups.setdefault(tuple(texts), []).append(name)
    return tuple(Diagnosis(tuple(names), texts) for texts, names in groups.items())


def _equal(answer: Any, stored: Any) -> bool:
    if stored is None:
        return False
    try:
        found, wrong = np.asarray(answer, dtype=float), np.asarray(stored, dtype=float)
    except (TypeError, ValueError):
        return False
    if found.shape != wrong.shape or np.any(np.isnan(found) != np.isnan(wrong)):
        return False
    return agree(np.nan_to_num(found), np.nan_to_num(wrong))


def _is_telling(outputs: list[Any]) -> bool:
    """Tell whether two programs that give these numbers can hardly do so by chance."""
    numbers = np.concatenate([np.ravel(output) for output in outputs]) if outputs else np.array([])
    return len({abs(number) for number in numbers if number != np.round(number)}) >= TELLING
