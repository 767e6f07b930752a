"""Grade every submission of an assignment, and say in one line how each one ended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from subprocess import Popen

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import LimitOutput
from nbgrader.utils import is_grade, is_solution
from sqlalchemy.exc import SQLAlchemyError

from cs231n_lib.verdict import describe_error
from grading.concerns import Usual, find_concerns, shapes_of, similar_answers
from grading.course import Course, CourseError, processors
from grading.execute import NOT_GRADABLE, Examined, execute
from grading.pool import JobError, Pool
from grading.records import Graded, Records, Result
from grading.repair import Template, grade_id, is_test, read_submission
from grading.sandbox import check, launch, workbook
from grading.submission import Notes, UngradableError, digest, read_timestamp

LIMITS = "seconds_per_test", "seconds_per_cell"  # that nbgrader_config.py may set for Execute
LONGEST_REASON = 500  # characters
SECONDS = 900  # for one submission; its cells and tests have their own limits, less in all


def grade(
    course: Course,
    assignment: str,
    students: Iterable[str] = (),
    trusted: bool = False,
    processes: int | None = None,
) -> Iterator[Result]:
    """Grade an assignment's submissions, several side by side.

    What was graded before, and has not changed since, is not graded again: neither the student's
    files, nor the notebook, nor what grades it. So a run that was stopped goes on where it was.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        The assignment's name; it has to be released first.
    students : iterable of str, optional
        Whom to grade, in any case; everybody who handed something in when left out.
    trusted : bool, default False
        Run the submissions without a sandbox, with the rights of whoever grades.
    processes : int, optional
        How many to grade at a time; as many as there are processors when left out.

    Yields
    ------
    Result
        One for each student, as soon as it is there.

    Raises
    ------
    CourseError
        If the assignment is not released, nobody handed it in, or somebody else is grading.
    SandboxError
        If this machine has no sandbox.
    """
    name = course.source_notebook(assignment).name
    if not (course.release / assignment / name).exists():
        raise CourseError(
            f"{assignment} has no release. Run: python -m grading release {assignment}"
        )
    handed_in, _ = course.submissions(assignment)
    named = list(students)
    for student in named:
        if student not in handed_in:
            raise CourseError(f"{student!r} has not handed in {assignment}.")
    if not handed_in:
        raise CourseError(
            f"nobody has handed in {assignment}: {course.submitted} has no folder for it."
        )
    if not trusted:
        check()
    source = course.read_source(assignment)
    max_points = _max_points(source)
    with course.lock(), Records(course, assignment) as records:
        _check_release(source, records, assignment)
        records.renew_penalties()
        records.forget(handed_in)
        workbook(assignment)  # once, for all the processes that follow
        sums = {}
        for student in named or handed_in:
            if not student.isprintable():  # also what is no text at all
                reason = "the folder's name has a character that can't be printed; rename it."
                shown = ascii(student)[1:-1]
                yield _save(records, Graded(Result(shown, "refused", None, max_points, reason)), "")
                continue
            sums[student] = digest(course.submitted / student / assignment)
            found = None if named or not sums[student] else records.find(student, sums[student])
            if found is not None:
                del sums[student]
                yield found
        prepare = partial(_prepare, course, assignment, trusted)
        size = min(processes or processors(), len(sums))
        with Pool(prepare, size, SECONDS) as pool:
            for student, graded in pool.run(sums):
                if isinstance(graded, JobError):
                    reason = _one_line(str(graded))
                    graded = Graded(Result(student, "failed", None, max_points, reason))
                yield _save(records, graded, sums[student])


def class_concerns(course: Course, assignment: str) -> list[str]:
    """Find what a person should look at, over all submissions that were graded so far.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        The assignment's name.

    Returns
    -------
    list of str
        One line each.
    """
    with Records(course, assignment) as records:
        shapes = {result.student: answers for result, answers in records.all()}
    source = course.read_source(assignment)
    code = [cell for cell in source.cells if cell.cell_type == "code" and is_solution(cell)]
    solutions = shapes_of({cell.id: cell.source for cell in code})
    return similar_answers(shapes, solutions)


def _max_points(source: NotebookNode) -> float:
    return sum(cell.metadata.nbgrader.points for cell in source.cells if is_test(cell))


def _check_release(source: NotebookNode, records: Records, assignment: str) -> None:
    marked = {
        grade_id(cell): cell.metadata.nbgrader.points if is_grade(cell) else None
        for cell in source.cells
        if is_grade(cell) or is_solution(cell)
    }
    if records.cells() != marked:
        raise CourseError(
            f"the cells of {assignment} have changed since it was released. Run: "
            f"python -m grading release {assignment}"
        )


def _save(records: Records, graded: Graded, handed_in: str) -> Result:
    """Write a result into the gradebook; where there is no mark, an earlier one stays."""
    result = graded.result
    if result.points is None:
        earlier = records.mark(result.student)
        kept = "" if earlier is None else f" The mark of an earlier file stays: {earlier:g}."
        result = replace(result, reason=result.reason + kept)
        graded = replace(graded, result=result)
    try:
        records.save(graded, handed_in if result.status != "failed" else "")
    except (OSError, SQLAlchemyError) as error:
        why = getattr(error, "orig", None) or getattr(error, "strerror", None) or error
        return Result(result.student, "failed", None, result.max_points, f"not written: {why}.")
    # what a person has marked before need not be marked again
    return replace(result, by_hand=result.by_hand and records.waits(result.student))


# In a process of the pool


def _prepare(course: Course, assignment: str, trusted: bool) -> Callable[[str], Graded]:
    """Read what all submissions have in common, and start a first worker."""
    start = _Launcher(partial(launch, assignment, trusted=trusted))
    return _Grader(course, assignment, start).grade


class _Launcher:
    """Starts workers, each one while the one before is in use."""

    def __init__(self, start: Callable[[], Popen]) -> None:
        self._start = start
        self._next: Popen | None = None

    def __call__(self) -> Popen:
        """Give a worker, and start the next."""
        ready, self._next = self._next, None
        if ready is None or ready.poll() is not None:
            ready = self._start()
        self._next = self._start()
        return ready


class _Grader:
    """Grades submissions of an assignment, one after the other, and writes nothing."""

    def __init__(self, course: Course, assignment: str, start: Callable[[], Popen]) -> None:
        self._course, self._assignment, self._start = course, assignment, start
        source = course.read_source(assignment)
        self._name = course.source_notebook(assignment).name
        self._template, self._examined = Template(source), Examined(source)
        self._usual = Usual(source, self._template.released)
        limits = course.config.Execute
        self._limits = {key: limits[key] for key in LIMITS if key in limits}
        self._max_points = _max_points(source)

    def grade(self, student: str) -> Graded:
        """Grade a student's submission."""
        notes = Notes()
        folder = self._course.submitted / student / self._assignment
        try:
            notebook = read_submission(folder, self._name, self._template, notes)
        except UngradableError as error:
            return Graded(self._result(student, "refused", None, str(error), notes))
        timestamp = read_timestamp(folder, notes)
        answers = {cell.id: cell.source for cell in notebook.cells if is_solution(cell)}
        released = self._template.released
        unanswered = tuple(name for name, text in answers.items() if text == released[name])
        added = [cell.id for cell in notebook.cells if cell.id not in released]
        notes.concerns += find_concerns(notebook, self._usual, [*answers, *added])
        execute(
            notebook,
            self._examined,
            self._start,
            fresh=(self._course.secret(), student, self._assignment),
            notes=notes,
            **self._limits,
        )
        LimitOutput().preprocess(notebook, {})
        scores = _scores(notebook, unanswered)
        points = sum(scores[cell.id] or 0.0 for cell in notebook.cells if is_test(cell))
        status, reason = "graded", _first_loss(notebook, scores)
        if points == 0 and len(unanswered) == len(answers):
            status, reason = "blank", "no answer was written."
        if notes.repairs:
            notebook.cells.insert(0, _list_of_repairs(notes))
        code = {cell.id for cell in notebook.cells if cell.cell_type == "code"}
        shapes = shapes_of({x: answers[x] for x in answers if x in code and x not in unanswered})
        by_hand = any(score is None for score in scores.values())
        result = self._result(student, status, points, reason, notes, by_hand)
        text = json.dumps(notebook, ensure_ascii=False)  # nbformat's own form takes much longer
        return Graded(result, scores, text, unanswered, timestamp, shapes)

    def _result(
        self,
        student: str,
        status: str,
        points: float | None,
        reason: str,
        notes: Notes,
        by_hand: bool = False,
    ) -> Result:
        lines = tuple(map(_one_line, notes.repairs)), tuple(map(_one_line, notes.concerns))
        reason = _one_line(reason)
        return Result(student, status, points, self._max_points, reason, by_hand, *lines)


def _one_line(text: str) -> str:
    """Keep what a student has written short, and harmless where it is printed."""
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]} ..."


def _scores(notebook: NotebookNode, unanswered: tuple[str, ...]) -> dict[str, float | None]:
    """Take the points of each cell from how it ended; None waits for a person."""
    scores: dict[str, float | None] = {}
    for cell in notebook.cells:
        if is_test(cell):
            errors = [output.ename for output in cell.outputs if output.output_type == "error"]
            waits = NOT_GRADABLE in errors
            scores[cell.id] = 0.0 if errors else float(cell.metadata.nbgrader.points)
            scores[cell.id] = None if waits else scores[cell.id]
        elif is_grade(cell):
            scores[cell.id] = 0.0 if cell.id in unanswered else None
    return scores


def _list_of_repairs(notes: Notes) -> NotebookNode:
    lines = "".join(f"- {_as_text(repair)}\n" for repair in notes.repairs)
    text = f"**Before it was graded, this notebook was repaired:**\n\n{lines}"
    return nbformat.v4.new_markdown_cell(text, id="repairs")


def _as_text(line: str) -> str:
    """Let a browser show a line as it is, whatever a student has put into a file's name."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|$~&-])", r"\\\1", line)


def _first_loss(graded: NotebookNode, scores: dict[str, float | None]) -> str:
    """Say in one line which tests lost points, why the first did, and which wait for a person."""
    lost, waiting = [], []
    for cell in graded.cells:
        if is_test(cell) and (scores[cell.id] or 0.0) < cell.metadata.nbgrader.points:
            (waiting if scores[cell.id] is None else lost).append(cell)
    reason = "" if waiting else "all tests pass."
    if lost:
        errors = [output for output in lost[0].outputs if output.output_type == "error"]
        why = describe_error(errors[0].ename, errors[0].evalue)
        wrong = next((line for line in why.splitlines() if not line.endswith(": right.")), why)
        others = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
        reason = f"{lost[0].id.removeprefix('test_')}: {wrong}{others}"
    if waiting:
        points = sum(cell.metadata.nbgrader.points for cell in waiting)
        names = ", ".join(cell.id.removeprefix("test_") for cell in waiting)
        open_points = f"{points:g} points wait for a person: {names}."
        reason = f"{reason.rstrip('.')}; {open_points}" if reason else open_points
    return reason
