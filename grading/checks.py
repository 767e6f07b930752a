"""What the check cells of a notebook give for right answers and for known mistakes.

A release carries these numbers, so that a check can name a mistake where no answer is.
"""

from __future__ import annotations

import ast
import functools
import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from itertools import combinations
from types import CodeType
from typing import Any

import numpy as np
from nbformat import NotebookNode
from nbgrader.utils import is_solution

from cs231n_lib.verdict import Verdict, compare
from cs231n_lib.verdict.explain import agree
from grading.misconceptions import Misconception, changed, exercises

CHECK = "check_"
MANY = 40  # mistakes of one exercise, of which there are 780 pairs
DIGITS = 8  # more are rounding, which differs between machines


class Checks:
    """The check cells of a notebook.

    Parameters
    ----------
    source : NotebookNode
        The assignment, with solutions.

    Attributes
    ----------
    names : list of str
        The checks that report, without ``check_``.
    """

    def __init__(self, source: NotebookNode) -> None:
        code = [cell for cell in source.cells if cell.cell_type == "code"]
        self.answers = {cell.id: cell for cell in code if is_solution(cell)}
        self._cells = {cell.id: cell for cell in code}
        self._setup: dict[str, Any] = {"__name__": "__main__"}
        exec(self._cells["setup"].source, self._setup)
        self.names = [
            name.removeprefix(CHECK)
            for name, cell in self._cells.items()
            if name.startswith(CHECK) and "report" in _names(cell.source)
        ]

    def run(self, name: str, changes: Mapping[str, str] | None = None) -> tuple[Verdict, ...]:
        """Run a check with right answers but for some, and collect the verdicts it reports.

        Only the answers in them mean something: there is no numerical gradient to compare with.

        Parameters
        ----------
        name : str
            The check.
        changes : dict of str to str, optional
            The sources of answer cells that are not the right ones.

        Returns
        -------
        tuple of Verdict
            One for each output.
        """
        here, reported = dict(self._setup), []
        here["report"] = lambda exercise, *verdicts: reported.extend(verdicts)
        here["compare"] = _unexplained
        here |= dict.fromkeys(("eval_numerical_gradient", "eval_numerical_gradient_array"), _zeros)
        with (
            warnings.catch_warnings(action="ignore"),
            np.errstate(all="ignore"),
            redirect_stdout(io.StringIO()),
        ):
            for cell_name, cell in self._cells.items():
                if cell_name in self.answers:
                    exec(_compiled((changes or {}).get(cell_name, cell.source)), here)
                elif cell_name == CHECK + name:
                    exec(_compiled(cell.source), here)
                    break
        return tuple(reported)

    def calls(self, name: str) -> set[str]:
        """Collect the answers that a check calls itself."""
        return _names(self._cells[CHECK + name].source) & self.answers.keys()

    def built_on(self, name: str) -> set[str]:
        """Collect the answers that a check calls, and those that they call."""
        used, new = set(), self.calls(name)
        while new:
            used |= new
            called = set().union(*(_names(self.answers[answer].source) for answer in new))
            new = (called & self.answers.keys()) - used
        return used


def record_checks(source: NotebookNode, bank: list[Misconception]) -> dict[str, dict]:
    """Run every check cell with the right answers, with each mistake, and with pairs of them.

    Parameters
    ----------
    source : NotebookNode
        The assignment, with solutions.
    bank : list of Misconception
        The known mistakes.

    Returns
    -------
    dict
        For each check, ``right``: the outputs by name, and ``wrong``: for each mistake the exercise
        that it is ``in``, what it ``says``, and what it ``gives`` for the outputs that it changes;
        of a pair ``spoils`` has all outputs that it changes, where they are more.
    """
    checks, stored = Checks(source), {}
    for name in checks.names:
        right = {verdict.name: _numbers(verdict.answer) for verdict in checks.run(name)}
        used, own = checks.built_on(name), checks.calls(name)
        singles = [(mistake,) for mistake in bank if mistake.exercise in used]
        wrong, alone = [], {}
        for mistakes in [*singles, *_pairs([m for (m,) in singles if m.exercise in own])]:
            outputs = gives = _outputs(checks, name, mistakes, right)
            if len(mistakes) == 1:
                alone[mistakes] = outputs
            else:  # an output that looks as if there were only one of the two is known already
                gives = {
                    output: numbers
                    for output, numbers in outputs.items()
                    if all(numbers != alone[mistake,].get(output) for mistake in mistakes)
                }
            if gives:
                entry = {"in": mistakes[0].exercise, "says": [m.sentence for m in mistakes]}
                spoils = {"spoils": [*outputs]} if gives != outputs else {}
                wrong.append({**entry, "gives": gives, **spoils})
        stored[name] = {"right": right, "wrong": wrong}
    return stored


def _pairs(mistakes: list[Misconception]) -> Iterator[tuple[Misconception, Misconception]]:
    """Pair the mistakes of each exercise, unless they are so many that it would take minutes."""
    for group in exercises(mistakes).values():
        if len(group) <= MANY:
            yield from combinations(group, 2)


def _outputs(
    checks: Checks, name: str, mistakes: tuple[Misconception, ...], right: dict
) -> dict[str, Any]:
    """Collect the outputs of a check that some mistakes in one exercise change."""
    answer = checks.answers[mistakes[0].exercise]
    try:
        for mistake in mistakes:
            answer = NotebookNode(id=answer.id, source=changed(answer, mistake.change))
    except ValueError:
        if len(mistakes) == 1:
            raise
        return {}  # they are about the same lines
    try:
        verdicts = checks.run(name, {answer.id: answer.source})
    except Exception:  # a mistake may stop a check; then the student sees why
        return {}
    outputs = {verdict.name: _numbers(verdict.answer) for verdict in verdicts}
    return {
        output: numbers
        for output, numbers in outputs.items()
        if numbers is not None and _differ(numbers, right[output])
    }


@functools.cache
def _compiled(source: str) -> CodeType:
    return compile(source, "<answer>", "exec")


def _unexplained(name: str, answer: Any, expected: Any = None, **options: Any) -> Verdict:
    """Keep an answer without looking for what is wrong with it, which takes the most time."""
    return compare(name, answer, **options)


def _differ(numbers: Any, right: Any) -> bool:
    return right is not None and not agree(np.asarray(numbers), np.asarray(right))


def _zeros(f: Any, x: np.ndarray, *_: Any, **__: Any) -> np.ndarray:
    """Stand for a numerical gradient, which takes long and is not looked at here."""
    return np.zeros(np.shape(x))


def _numbers(answer: Any) -> Any:
    """Turn an answer into lists of rounded numbers, or None if it has no numbers."""
    try:
        array = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        return None
    rounded = np.array([float(f"{value:.{DIGITS}g}") for value in array.ravel()])
    return (rounded + 0.0).reshape(array.shape).tolist()  # no -0.0


def _names(source: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
