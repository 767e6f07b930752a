"""What the check cells of a notebook give for right answers and for known mistakes.

A release carries these numbers, so that a check can name a mistake where no answer is.
"""

from __future__ import annotations

import ast
import io
import warnings
from contextlib import redirect_stdout
from itertools import combinations
from typing import Any

import numpy as np
from nbformat import NotebookNode
from nbgrader.utils import is_solution

from cs231n_lib.verdict import compare
from grading.misconceptions import Misconception, changed

CHECK = "check_"
DIGITS = 10  # more are rounding, which differs between machines


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
        For each check, ``right``: the outputs by name, and ``wrong``: for each mistake what it
        ``says`` and what it ``gives`` for the outputs that it changes.
    """
    answers = {c.id: c for c in source.cells if c.cell_type == "code" and is_solution(c)}
    [setup] = [cell for cell in source.cells if cell.id == "setup"]
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(setup.source, names)

    def run(check: NotebookNode, mistakes: tuple[Misconception, ...]) -> dict | None:
        """Collect what a check reports; None if there is no such pair, or it stops the check."""
        here, sources = dict(names), {}
        for mistake in mistakes:
            cell = answers[mistake.exercise]
            edited = NotebookNode(id=cell.id, source=sources.get(cell.id, cell.source))
            try:
                sources[cell.id] = changed(edited, mistake.change)
            except ValueError:
                if len(mistakes) == 1:
                    raise
                return None
        reported: list = []
        here["report"] = lambda exercise, *verdicts: reported.extend(verdicts)
        try:
            with (
                warnings.catch_warnings(action="ignore"),
                np.errstate(all="ignore"),
                redirect_stdout(io.StringIO()),
            ):
                for cell in source.cells[: source.cells.index(check)]:
                    if cell.id in answers:
                        exec(sources.get(cell.id, cell.source), here)
                exec(check.source, here)
        except Exception:
            if not mistakes:
                raise
            return None
        return {verdict.name: _numbers(verdict.answer) for verdict in reported}

    stored = {}
    for check in source.cells:
        is_check = check.cell_type == "code" and check.id.startswith(CHECK)
        if not is_check or "report" not in _names(check.source):
            continue
        right = run(check, ())
        used = _used(check, answers)
        here = [mistake for mistake in bank if mistake.exercise in used]
        own = _names(check.source)
        pairs = [
            pair
            for pair in combinations(here, 2)
            if pair[0].exercise == pair[1].exercise and pair[0].exercise in own
        ]
        wrong = []
        for mistakes in [*((mistake,) for mistake in here), *pairs]:
            outputs = run(check, mistakes) or {}
            gives = {
                name: numbers
                for name, numbers in outputs.items()
                if numbers is not None and not compare(name, numbers, right[name]).passed
            }
            if gives:
                says = [_says(mistake, check) for mistake in mistakes]
                wrong.append({"says": says, "gives": gives})
        stored[check.id.removeprefix(CHECK)] = {"right": right, "wrong": wrong}
    return stored


def _says(mistake: Misconception, check: NotebookNode) -> str:
    elsewhere = check.id.removeprefix(CHECK) != mistake.exercise
    return f"{mistake.exercise}: {mistake.sentence}" if elsewhere else mistake.sentence


def _numbers(answer: Any) -> Any:
    """Turn an answer into lists of rounded numbers, or None if it has no numbers."""
    try:
        array = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        return None
    rounded = np.array([float(f"{value:.{DIGITS}g}") for value in array.ravel()])
    return rounded.reshape(array.shape).tolist()


def _used(check: NotebookNode, answers: dict[str, NotebookNode]) -> set[str]:
    """Collect the answers that a check calls, and those that they call."""
    used, new = set(), _names(check.source) & answers.keys()
    while new:
        used |= new
        new = set().union(*(_names(answers[name].source) for name in new)) & answers.keys() - used
    return used


def _names(source: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
