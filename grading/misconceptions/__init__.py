"""The bank: for every exercise, what people get wrong in it, and what is right in unusual ways.

One module for each assignment, named as its notebook. A mistake is a change of the right answer
that stands in the notebook, and a sentence to the student. It is used to measure the tests (it has
to lose points), and to tell a student what their result looks like.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from textwrap import indent
from typing import NamedTuple

from nbformat import NotebookNode

from grading.course import Course

Edit = tuple[str, str]  # what stands in the right answer, and what stands there instead
Change = str | tuple[Edit, ...]  # the text between the marks of the solution, or edits

BEGIN, END = "    ### BEGIN SOLUTION\n", "    ### END SOLUTION\n"


class Misconception(NamedTuple):
    """A known mistake in an exercise.

    Attributes
    ----------
    exercise : str
        The answer cell.
    name : str
        A short name for instructors.
    sentence : str
        What is wrong, for the student; it does not give the answer.
    change : str or tuple of pairs of str
        What turns the right answer into the wrong one.
    """

    exercise: str
    name: str
    sentence: str
    change: Change


class Unusual(NamedTuple):
    """A right answer that a careless test would mark down.

    Attributes
    ----------
    name : str
        What is unusual.
    changes : dict of str to Change
        For each answer cell, what turns the notebook's answer into this one.
    """

    name: str
    changes: dict[str, Change]


class Bank(NamedTuple):
    """What is known about the answers to an assignment.

    Attributes
    ----------
    misconceptions : list of Misconception
        What is wrong.
    unusual : list of Unusual
        What is right.
    equivalent : dict of tuple to str
        For an exercise and a change that a machine makes (see `grading.mutants`), the reason why
        the changed answer is right too.
    """

    misconceptions: list[Misconception]
    unusual: list[Unusual]
    equivalent: dict[tuple[str, str], str]


def wrong(
    exercise: str, name: str, sentence: str, *edits: Edit, answer: str | None = None
) -> Misconception:
    """Make a misconception from edits of the right answer, or from a whole answer."""
    return Misconception(exercise, name, sentence, edits if answer is None else answer)


def then(line: str) -> Edit:
    """Make an edit that adds a line to the end of an answer."""
    return END, f"    {line}\n{END}"


def unusual(name: str, **changes: Change) -> Unusual:
    """Make an unusual right answer from the changes of each answer cell."""
    return Unusual(name, changes)


def read_bank(assignment: str) -> Bank:
    """Read the bank of an assignment; empty for one that has none."""
    name = Course().source_notebook(assignment).stem
    try:
        module = import_module(f"grading.misconceptions.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"grading.misconceptions.{name}":
            raise
        return Bank([], [], {})
    return Bank(module.MISCONCEPTIONS, module.UNUSUAL, module.EQUIVALENT)


def changed(cell: NotebookNode, change: Change) -> str:
    """Change a right answer.

    Parameters
    ----------
    cell : NotebookNode
        The answer cell, with its solution.
    change : str or tuple of pairs of str
        Edits; or the text between the marks of the solution; or a whole cell, which begins with
        ``def`` or ``class``.

    Returns
    -------
    str
        The source of the changed cell.

    Raises
    ------
    ValueError
        If the text that an edit replaces is not there exactly once.
    """
    source = cell.source
    if isinstance(change, str):
        answer = change.strip("\n")
        if answer.startswith(("def ", "class ")):
            return answer
        head, rest = source.split(BEGIN)
        return head + indent(answer, "    ") + "\n" + rest.split(END)[1]
    for right, instead in change:
        times = source.count(right)
        if times != 1:
            raise ValueError(
                f"{cell.id}: {right!r} is {times} times in the right answer, not once."
            )
        source = source.replace(right, instead)
    return source


def exercises(bank: Iterable[Misconception]) -> dict[str, list[Misconception]]:
    """Group misconceptions by their exercise."""
    groups: dict[str, list[Misconception]] = {}
    for misconception in bank:
        groups.setdefault(misconception.exercise, []).append(misconception)
    return groups
