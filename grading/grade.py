"""Grade every submission of an assignment, and say in one line how each one ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

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
    source = course.read_source(assignment)
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
        yield _grade_one(course, assignment, student, name, source)


def _grade_one(
    course: Course, assignment: str, student: str, name: str, source: NotebookNode
) -> Result:
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
    return _summarize(student, graded, scores, max_points)


def _summarize(
    student: str, graded: NotebookNode, scores: dict[str, float], max_points: float
) -> Result:
    tests = {cell.metadata.nbgrader.grade_id: cell for cell in graded.cells if is_test(cell)}
    lost = {
        test: next(
            describe_error(output.ename, output.evalue)
            for output in cell.outputs
            if output.output_type == "error"
        )
        for test, cell in tests.items()
        if scores[test] < cell.metadata.nbgrader.points
    }
    points = sum(scores[test] for test in tests)
    if not lost:
        return Result(student, "graded", points, max_points, "all tests pass.")
    if len(lost) == len(tests) and set(lost.values()) == {"not attempted."}:
        return Result(student, "blank", points, max_points, "no exercise was attempted.")
    test, why = next(iter(lost.items()))
    others = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
    wrong = next((line for line in why.splitlines() if not line.endswith(": right.")), why)
    return Result(
        student, "graded", points, max_points, f"{test.removeprefix('test_')}: {wrong}{others}"
    )
