"""Grade every submission of an assignment, and say in one line how each one ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import is_solution

from cs231n_lib.verdict import describe_error
from grading.course import Course, CourseError, last_error
from grading.repair import UngradableError, is_test, read_submission


@dataclass(frozen=True)
class Result:
    """How one submission ended.

    Attributes
    ----------
    student : str
        The student's name, which is the name of the folder.
    status : str
        ``graded``; ``blank`` when no exercise was attempted; ``refused`` when what was handed in
        can't be graded; ``failed`` when grading did not come to an end.
    points : float or None
        Points from the tests; None when there is no mark.
    max_points : float
        Points that the tests can give.
    reason : str
        One line.
    """

    student: str
    status: str
    points: float | None
    max_points: float
    reason: str


def grade(course: Course, assignment: str, students: Iterable[str] = ()) -> Iterator[Result]:
    """Grade an assignment's submissions, one after the other.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        The assignment's name; it has to be released first.
    students : iterable of str, optional
        Whom to grade; everybody who handed something in when left out.

    Yields
    ------
    Result
        One for each student, as soon as it is there.

    Raises
    ------
    CourseError
        If the assignment is not released, or nobody handed it in.
    """
    name = course.source_notebook(assignment).name
    if not (course.release / assignment / name).exists():
        raise CourseError(
            f"{assignment} has no release. Run: python -m grading release {assignment}"
        )
    students = list(students) or sorted(
        folder.parent.name for folder in course.submitted.glob(f"*/{assignment}")
    )
    if not students:
        raise CourseError(
            f"nobody has handed in {assignment}: {course.submitted} has no folder for it."
        )
    for student in students:
        yield _grade_one(course, assignment, student)


def _grade_one(course: Course, assignment: str, student: str) -> Result:
    name, source = course.source_notebook(assignment).name, course.read_source(assignment)
    max_points = sum(cell.metadata.nbgrader.points for cell in source.cells if is_test(cell))
    try:
        read_submission(course.submitted / student / assignment, name, source)
    except UngradableError as error:
        return Result(student, "refused", None, max_points, str(error))
    result = course.nbgrader().autograde(assignment, student, force=True, create=True)
    if not result["success"]:
        text = result.get("log", "") + result.get("error", "")
        reason = last_error(text)
        if "DeadKernelError" in text:
            reason = "the notebook ended its own Python process (a crash, or too much memory)."
        return Result(student, "failed", None, max_points, reason)
    graded = nbformat.read(course.autograded / student / assignment / name, as_version=4)
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission_notebook(Path(name).stem, assignment, student)
        scores = {grade.name: grade.auto_score or 0.0 for grade in submission.grades}
    reason = _first_loss(graded, scores)
    released = nbformat.read(course.release / assignment / name, as_version=4)
    status = "graded"
    if _answers(graded) == _answers(released):
        status, reason = "blank", "no answer was written."
    points = sum(scores[cell.metadata.nbgrader.grade_id] for cell in graded.cells if is_test(cell))
    return Result(student, status, points, max_points, reason)


def _answers(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if is_solution(cell)]


def _first_loss(graded: NotebookNode, scores: dict[str, float]) -> str:
    """Say in one line which tests lost points, and why the first of them did."""
    lost = [
        cell
        for cell in graded.cells
        if is_test(cell) and scores[cell.metadata.nbgrader.grade_id] < cell.metadata.nbgrader.points
    ]
    if not lost:
        return "all tests pass."
    errors = [output for output in lost[0].outputs if output.output_type == "error"]
    why = describe_error(errors[0].ename, errors[0].evalue) if errors else "marked by hand"
    wrong = next((line for line in why.splitlines() if not line.endswith(": right.")), why)
    others = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
    return f"{lost[0].metadata.nbgrader.grade_id.removeprefix('test_')}: {wrong}{others}"
