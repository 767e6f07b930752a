"""A class of made-up students, to show grading at work and to test it.

Each student is a small text file in ``sample_class/<assignment>/``: what they did, where they
started (from the right answers or from the blank release), and the answers that differ.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import is_solution

from grading.course import Course
from grading.repair import grade_id

FOLDER = Path(__file__).parent / "sample_class"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@dataclass(frozen=True)
class Student:
    """One made-up student.

    Attributes
    ----------
    name : str
        The student's name.
    about : str
        What they did, in a few words.
    start : str
        ``right`` or ``blank``: what stands in the cells for which `answers` has nothing.
    answers : dict of str to str
        What they wrote, by the id of the answer cell.
    loses : tuple of str
        The tests that this must cost, and no other.
    raw : str or None
        The content of the file they handed in, if it is not a notebook.
    """

    name: str
    about: str
    start: str = "right"
    answers: dict[str, str] = field(default_factory=dict)
    loses: tuple[str, ...] = ()
    raw: str | None = None


def read_class(assignment: str) -> list[Student]:
    """Read the made-up students of an assignment, in the order of their names."""
    students = []
    for path in sorted((FOLDER / assignment).glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        content["loses"] = tuple(content.get("loses", ()))
        students.append(Student(path.stem, **content))
    return students


def solutions(source: NotebookNode) -> dict[str, str]:
    """Collect the right answers of an assignment, by the id of the answer cell.

    The answer is what stands between the two marks of a solution. Of a cell with several solutions,
    such as a class, it is the whole cell without the marks.
    """
    answers = {}
    for cell in source.cells:
        if is_solution(cell):
            lines = cell.source.splitlines()
            stripped = [line.strip() for line in lines]
            if stripped.count(BEGIN) == 1:
                lines = lines[stripped.index(BEGIN) + 1 : stripped.index(END)]
            lines = [line for line in lines if line.strip() not in (BEGIN, END)]
            answers[grade_id(cell)] = dedent("\n".join(lines))
    return answers


def fill(released: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """Fill answers into a released notebook, as a student would.

    Parameters
    ----------
    released : NotebookNode
        The notebook that students get.
    answers : dict of str to str
        The text for each answer cell; a cell without one stays blank. A text that begins with the
        name that the cell defines, as in ``class TwoLayerNet``, replaces the whole cell.

    Returns
    -------
    NotebookNode
        A new notebook.
    """
    notebook = nbformat.from_dict(released)
    for cell in notebook.cells:
        if not is_solution(cell) or grade_id(cell) not in answers:
            continue
        answer = answers[grade_id(cell)].strip("\n")
        starts = tuple(f"{kind} {grade_id(cell)}" for kind in ("class", "def"))
        if cell.cell_type == "markdown" or answer.startswith(starts):
            cell.source = answer
            continue
        before = cell.source[: cell.source.index("# YOUR CODE HERE")]
        margin = before.rpartition("\n")[2]
        cell.source = cell.source.replace(
            indent(STUB, margin).lstrip(), indent(answer, margin).lstrip()
        )
    return notebook


def hand_in(course: Course, assignment: str) -> list[Student]:
    """Write what every made-up student hands in, over what they handed in before."""
    source = course.read_source(assignment)
    name = course.source_notebook(assignment).name
    released = nbformat.read(course.release / assignment / name, as_version=4)
    students = read_class(assignment)
    for student in students:
        folder = course.submitted / student.name / assignment
        folder.mkdir(parents=True, exist_ok=True)
        if student.raw is not None:
            (folder / name).write_text(student.raw, encoding="utf-8")
            continue
        answers = solutions(source) if student.start == "right" else {}
        nbformat.write(fill(released, answers | student.answers), folder / name)
    return students
