"""Grade every submission of an assignment, and say in one line how each one ended."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.utils import is_solution

from cs231n_lib.verdict import describe_error
from grading.course import Course, CourseError, last_error, process_context
from grading.execute import NOT_GRADABLE
from grading.repair import UngradableError, grade_id, is_test, read_submission, rebuild
from grading.sandbox import check, workbook

MEMORY = 12 * 2**30  # bytes of address space for nbgrader and the tests
SECONDS = 300  # for one submission; its cells and tests have their own, shorter limits


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
    by_hand : bool
        Whether a written answer is still to be marked.
    """

    student: str
    status: str
    points: float | None
    max_points: float
    reason: str
    by_hand: bool = False


def grade(
    course: Course, assignment: str, students: Iterable[str] = (), trusted: bool = False
) -> Iterator[Result]:
    """Grade an assignment's submissions, one after the other.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        The assignment's name; it has to be released first.
    students : iterable of str, optional
        Whom to grade; everybody who handed something in when left out.
    trusted : bool, default False
        Run the submissions without a sandbox, with the rights of whoever grades.

    Yields
    ------
    Result
        One for each student, as soon as it is there.

    Raises
    ------
    CourseError
        If the assignment is not released, or nobody handed it in.
    SandboxError
        If this machine has no sandbox.
    """
    name = course.source_notebook(assignment).name
    if not (course.release / assignment / name).exists():
        raise CourseError(
            f"{assignment} has no release. Run: python -m grading release {assignment}"
        )
    handed_in = sorted(folder.parent.name for folder in course.submitted.glob(f"*/{assignment}"))
    students = list(students) or handed_in
    for student in students:
        if student not in handed_in:
            raise CourseError(f"{student!r} has not handed in {assignment}.")
    if not students:
        raise CourseError(
            f"nobody has handed in {assignment}: {course.submitted} has no folder for it."
        )
    if not trusted:
        check()
    workbook(assignment)  # once, for all the processes that follow
    course.config.Execute.trust_submissions = trusted
    source = course.read_source(assignment)
    with _Autograder(course, assignment) as autograder:
        for student in students:
            yield _grade_one(course, assignment, source, student, autograder)


def _grade_one(
    course: Course, assignment: str, source: NotebookNode, student: str, autograder: _Autograder
) -> Result:
    name = course.source_notebook(assignment).name
    max_points = sum(cell.metadata.nbgrader.points for cell in source.cells if is_test(cell))
    earlier = _earlier_mark(course, assignment, student)
    kept = "" if earlier is None else f" The mark of an earlier file stays: {earlier:g}."
    try:
        submitted = read_submission(course.submitted / student / assignment, name, source)
        folder = course.repaired / student / assignment
        _copy_beside(course.submitted / student / assignment, folder)
        nbformat.write(rebuild(submitted, source), folder / name)
    except UngradableError as error:
        return Result(student, "refused", None, max_points, f"{error}{kept}")
    except OSError as error:
        reason = f"{error.strerror or error}."
        return Result(student, "failed", None, max_points, f"{reason}{kept}")
    except Exception as error:  # whatever else a file holds, it must not stop the class
        reason = f"{name} can't be repaired ({type(error).__name__}: {error})."
        return Result(student, "refused", None, max_points, f"{reason}{kept}")
    failure = "interrupted"
    try:
        failure = autograder.grade(student)
    finally:
        if failure:
            _clear(course, assignment, student, keep_mark=earlier is not None)
    if failure:
        return Result(student, "failed", None, max_points, f"{failure}{kept}")
    graded = nbformat.read(course.autograded / student / assignment / name, as_version=4)
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission_notebook(Path(name).stem, assignment, student)
        scores = {grade.name: grade.auto_score or 0.0 for grade in submission.grades}
        by_hand = submission.needs_manual_grade
    reason = _first_loss(graded, scores)
    released = nbformat.read(course.release / assignment / name, as_version=4)
    status = "graded"
    if _answers(graded) == _answers(released):
        status, reason = "blank", "no answer was written."
    points = sum(scores[cell.metadata.nbgrader.grade_id] for cell in graded.cells if is_test(cell))
    return Result(student, status, points, max_points, reason, by_hand)


def _earlier_mark(course: Course, assignment: str, student: str) -> float | None:
    with course.gradebook() as gradebook:
        try:
            return gradebook.find_submission(assignment, student).score
        except MissingEntry:
            return None


def _copy_beside(submitted: Path, repaired: Path) -> None:
    """Make a folder for the repaired notebook, with the time at which it was handed in."""
    repaired.mkdir(parents=True, exist_ok=True)
    timestamp = submitted / "timestamp.txt"
    if timestamp.is_file():
        shutil.copyfile(timestamp, repaired / timestamp.name)


def _clear(course: Course, assignment: str, student: str, keep_mark: bool) -> None:
    """Remove what an unfinished grading left: half a notebook, and an entry of 0 points."""
    shutil.rmtree(course.autograded / student / assignment, ignore_errors=True)
    if not keep_mark:
        with course.gradebook() as gradebook, suppress(MissingEntry):
            gradebook.remove_submission(assignment, student)


class _Autograder:
    """nbgrader in a process of its own, which grades one submission after the other.

    Ctrl-C stops it, a time limit always holds, and what it writes to the terminal stays away from
    there. It is started anew after it had to be stopped.
    """

    def __init__(self, course: Course, assignment: str) -> None:
        self._course, self._assignment = course, assignment
        self._process: BaseProcess | None = None

    def __enter__(self) -> _Autograder:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def grade(self, student: str) -> str:
        """Grade a repaired submission; return why that failed, or an empty string."""
        if self._process is None:
            context = process_context()
            self._pipe, other_end = context.Pipe()
            self._process = context.Process(
                target=_autograde, args=(self._course, self._assignment, other_end, self._pipe)
            )
            self._process.start()
            other_end.close()
        result = None
        try:
            self._pipe.send(student)
            if not self._pipe.poll(SECONDS):
                return f"the notebook took longer than {SECONDS} s in all."
            result = self._pipe.recv()
        except (EOFError, OSError):
            return "grading ended without a result; is memory or disk space short?"
        finally:
            if result is None:  # also after Ctrl-C
                self._stop()
        return result

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()  # a student's process ends with it
            self._process.join()
            self._pipe.close()
            self._process = None


def _autograde(course: Course, assignment: str, pipe: Connection, parents: Connection) -> None:
    """Grade each student whose name arrives."""
    parents.close()  # else this process would not notice the end of its parent
    if sys.platform != "win32":
        import resource

        with suppress(ValueError, OSError):  # macOS has this limit in name only
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C goes to the parent alone
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warnings.simplefilter("ignore")
    course.config.CourseDirectory.submitted_directory = str(course.repaired)
    nbgrader = course.nbgrader()
    with suppress(EOFError):
        while student := pipe.recv():
            result = nbgrader.autograde(assignment, student, force=True, create=True)
            log = result.get("log", "") + result.get("error", "")
            pipe.send("" if result["success"] else last_error(log))


def _answers(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if is_solution(cell)]


def _first_loss(graded: NotebookNode, scores: dict[str, float]) -> str:
    """Say in one line which tests lost points, why the first did, and which wait for a person."""
    lost, waiting = [], []
    for cell in graded.cells:
        if is_test(cell) and scores[grade_id(cell)] < cell.metadata.nbgrader.points:
            errors = [output for output in cell.outputs if output.output_type == "error"]
            waits = any(error.ename == NOT_GRADABLE for error in errors)
            (waiting if waits else lost).append((cell, errors))
    reason = "" if waiting else "all tests pass."
    if lost:
        cell, errors = lost[0]
        why = describe_error(errors[0].ename, errors[0].evalue) if errors else "no reason is known."
        wrong = next((line for line in why.splitlines() if not line.endswith(": right.")), why)
        others = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
        reason = f"{grade_id(cell).removeprefix('test_')}: {wrong}{others}"
    if waiting:
        points = sum(cell.metadata.nbgrader.points for cell, _ in waiting)
        names = ", ".join(grade_id(cell).removeprefix("test_") for cell, _ in waiting)
        open_points = f"{points:g} points wait for a person: {names}."
        reason = f"{reason.rstrip('.')}; {open_points}" if reason else open_points
    return reason
