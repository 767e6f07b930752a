"""How a submission is executed: the student's cells in a worker, the tests here.

A test cell runs in this process as it stands in the assignment's source. Where it calls a function
or a network of the student, a stub calls the worker. So a mark is computed by trusted code alone.
"""

from __future__ import annotations

import base64
import functools
import inspect
import io
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from subprocess import Popen
from threading import current_thread, main_thread
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import is_solution
from traitlets import Bool, Float

from cs231n_lib.verdict import describe_error
from grading.course import Course
from grading.fresh import inputs_for
from grading.repair import grade_id, is_test
from grading.sandbox import launch
from grading.stubs import StudentProcess
from grading.submission import Notes, writable
from grading.wire import PeerGone, WireError

SLOWEST_TEST = 60.0  # seconds, with what the test computes itself
OWN_CELLS = 120.0  # seconds for all cells that a student added
EXPERIMENT = "experiment"  # the tag of cells that earn no marks
NOT_GRADABLE = "NotGradable"  # the name of the error of a test that a person has to look at
MANY_CALLS = (
    12  # of one function in one call of an answer; twice the entries is a difference quotient
)
STUB = "raise NotImplementedError()"


class Execute(NbGraderPreprocessor):
    """nbgrader's step that executes a notebook, with the student's code in a sandbox."""

    trust_submissions = Bool(
        False, help="run submissions with your own rights where there is no sandbox"
    ).tag(config=True)
    seconds_per_test = Float(8, help="that a student's code may take in one test, in seconds").tag(
        config=True
    )
    seconds_per_cell = Float(30, help="for one of the student's own cells, in seconds").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Execute every cell that counts, and give each its outputs."""
        names = resources["nbgrader"]
        directory = CourseDirectory(config=self.config)
        folder = directory.format_path(directory.source_directory, ".", names["assignment"])
        source = nbformat.read(Path(folder) / f"{names['notebook']}.ipynb", as_version=4)
        execute(
            nb,
            Examined(source),
            lambda: launch(names["assignment"], trusted=self.trust_submissions),
            self.seconds_per_test,
            self.seconds_per_cell,
            fresh=(Course().secret(), names["student"], names["assignment"]),
        )
        return nb, resources


class SaveGrades(SaveAutoGrades):
    """nbgrader's step that writes marks into the gradebook; some are left to a person."""

    def _add_score(self, cell: NotebookNode, resources: dict) -> None:
        super()._add_score(cell, resources)
        errors = [o.ename for o in cell.get("outputs", []) if o.output_type == "error"]
        if NOT_GRADABLE in errors:
            grade = self.gradebook.find_grade(
                grade_id(cell), self.notebook_id, self.assignment_id, self.student_id
            )
            grade.auto_score, grade.needs_manual_grade = None, True
            self.gradebook.db.commit()


def execute(
    notebook: NotebookNode,
    examined: Examined,
    launch: Callable[[], Popen],
    seconds_per_test: float = 8,
    seconds_per_cell: float = 30,
    retry: bool = True,
    fresh: tuple = (),
    notes: Notes | None = None,
) -> None:
    """Execute a submission, and write the outputs into its cells.

    Parameters
    ----------
    notebook : NotebookNode
        The submission, rebuilt from the source; changed in place.
    examined : Examined
        The assignment.
    launch : callable
        Starts a worker.
    seconds_per_test, seconds_per_cell : float
        How long a test, and a cell of the student, may take.
    retry : bool, default True
        Try a failed exercise once more, with right versions of earlier answers.
    fresh : tuple, optional
        What the hidden tests' random inputs depend on: the course's secret, then names. Without it
        they are those that a notebook has outside of grading.
    notes : Notes, optional
        Says where an answer calls functions so often that it may differentiate numerically.
    """
    with closing(StudentProcess(launch)) as student:
        examination = Examination(examined, student, seconds_per_test, retry, fresh)
        left, skipped = OWN_CELLS, []
        calls: dict[str, tuple[int, str]] = {}
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            cell.execution_count, cell.outputs = None, []
            if cell.id in examined.tests:
                outcome = examination.run(cell.id)
                cell.outputs = _stream(outcome.text) + ([outcome.error] if outcome.error else [])
                exercise = examined.tests[cell.id]
                calls[exercise] = max(calls.get(exercise, (0, "")), outcome.calls)
            elif EXPERIMENT not in cell.metadata.get("tags", []):
                is_answer, is_added = is_solution(cell), cell.id not in examined.cells
                seconds = seconds_per_test if is_answer else seconds_per_cell
                seconds = min(seconds, left) if is_added else seconds
                if seconds <= 0:
                    skipped.append(cell)
                    continue
                started = time.monotonic()
                cell.outputs = _outputs(student.run_cell(cell.source, cell.id, seconds))
                if is_added:
                    left -= time.monotonic() - started
                if is_answer and STUB in cell.source:
                    examination.unanswered.add(cell.id)
    if notes is None:
        return
    for exercise, (times, function) in calls.items():
        if times >= MANY_CALLS:
            notes.concerns.append(
                f"{exercise}: calls {function} {times} times at a time, as numerical "
                "differentiation does."
            )
    if skipped:
        notes.repairs.append(
            f"Cells of your own took more than {OWN_CELLS:g} s in all; the last were not run, "
            f"{len(skipped)} of them."
        )


class Examined:
    """What the trusted side knows of an assignment: its tests, its setup, the right answers.

    Parameters
    ----------
    source : NotebookNode
        The assignment, with solutions and all tests.

    Attributes
    ----------
    cells : set of str
        The assignment's own cells of code.
    answers : list of str
        The answer cells, in order.
    tests : dict of str to str
        For each test cell, the answer that it is about.
    """

    def __init__(self, source: NotebookNode) -> None:
        code = [cell for cell in source.cells if cell.cell_type == "code"]
        self.cells = {cell.id for cell in code}
        self.answers = [cell.id for cell in code if is_solution(cell)]
        self.sources = {cell.id: cell.source for cell in code if is_test(cell)}
        self.tests = {
            name: max((x for x in self.answers if name.startswith(f"test_{x}")), key=len)
            for name in self.sources
        }
        self.names: dict[str, Any] = {"__name__": "__main__"}
        solved = dict(self.names)
        for cell in code:
            if cell.id in self.answers:
                exec(cell.source, solved)
            elif cell.id not in self.tests and EXPERIMENT not in cell.metadata.get("tags", []):
                exec(cell.source, self.names)
                exec(cell.source, solved)
        functions = {x: solved[x] for x in self.answers if not isinstance(solved[x], type)}
        # a function without arguments is a prediction or a setting: it is built on nothing
        self.guesses = {x for x, f in functions.items() if not inspect.signature(f).parameters}
        self.right = {x: f for x, f in functions.items() if x not in self.guesses}

    def earlier(self, exercise: str) -> dict[str, Callable]:
        """Collect the right versions of what an exercise may be built on."""
        if exercise in self.guesses:  # a second try would be a second guess
            return {}
        above = self.answers[: self.answers.index(exercise)]
        return {name: self.right[name] for name in above if name in self.right}


class Outcome(NamedTuple):
    """How a test went: its error, what it printed, and why the worker ended, if it did."""

    error: NotebookNode | None
    text: str
    ended: tuple[str, str] | None = None
    where: str = ""  # in the student's cells, innermost last
    calls: tuple[int, str] = (0, "")  # what one call made the student call most often


class Examination:
    """The tests of one submission, one after the other.

    An exercise that fails is tried once more, with right versions of the earlier answers in the
    place of the student's: a mistake costs its points once. These versions stay in this process
    too; the student's code calls them over the wire.

    Parameters
    ----------
    examined : Examined
        The assignment.
    student : StudentProcess
        Where the student's answers are.
    seconds : float
        How long the student's side may take in one test.
    retry : bool
        Try a failed exercise once more.
    fresh : tuple
        What the hidden tests' random inputs depend on: the course's secret, then names.
    """

    def __init__(
        self,
        examined: Examined,
        student: StudentProcess,
        seconds: float = 8,
        retry: bool = True,
        fresh: tuple = (),
    ) -> None:
        self._examined, self._student, self._seconds = examined, student, seconds
        self.retry, self._fresh = retry, fresh
        self._failed: set[str] = set()
        self._careful = False  # an earlier answer has ended a later test
        self.unanswered: set[str] = set()

    def run(self, test: str) -> Outcome:
        """Run a test, and once more with right versions of earlier answers if it fails."""
        exercise = self._examined.tests[test]
        earlier = self._examined.earlier(exercise) if self.retry else {}
        first = None if self._careful and earlier else self._run(test, {})
        outcome = first
        if earlier and (first is None or first.error):
            outcome = self._run_with_right_answers(test, earlier, first)
            forward = exercise.removesuffix("_backward") + "_forward"
            if outcome.error and forward in earlier:
                outcome = self._run_with_right_cache(test, forward, first, outcome)
        if outcome.ended:
            self._student.disable(exercise, *outcome.ended)
        if outcome.error:
            self._failed.add(exercise)
        return outcome

    def _run(
        self, test: str, given: dict[str, Callable], instead: dict[str, Callable] | None = None
    ) -> Outcome:
        exercise = self._examined.tests[test]
        with inputs_for(*self._fresh, exercise) if self._fresh else nullcontext():
            return _run_test(
                self._examined, self._student, test, given, instead or {}, self._seconds
            )

    def _run_with_right_answers(
        self, test: str, earlier: dict[str, Callable], first: Outcome | None
    ) -> Outcome:
        """Let the answer call right versions of the earlier ones."""
        used: set[str] = set()
        given = {name: _noting(right, used) for name, right in earlier.items()}
        again = self._run(test, given)
        if first is None:
            return again._replace(text=again.text + _note(used & self._failed, not again.error))
        if not used:
            return first
        self._careful |= bool(first.ended and not again.ended)
        note = _note(used & self._failed, not again.error)
        return again._replace(text=again.text + note) if note else first

    def _run_with_right_cache(
        self, test: str, forward: str, first: Outcome | None, outcome: Outcome
    ) -> Outcome:
        """Test a backward with the cache of a right forward, where the student's own is wrong.

        A cache may have any form. If the backward can't read this one, a person has to look.
        """
        exercise = self._examined.tests[test]
        stopped = first is not None and _raised_in(first, forward, exercise)
        if not stopped and forward not in self._failed:
            return outcome
        earlier = self._examined.earlier(exercise)
        again = self._run(test, earlier, {forward: earlier[forward]})
        if not again.error:
            return again._replace(text=again.text + _note({forward}, passed=True))
        if {exercise, forward} & self.unanswered:
            return outcome
        if stopped or _raised_in(again, exercise):
            text = (
                f"this needs what a right {forward} returns; yours is wrong. A person looks at it."
            )
            error = new_output("error", ename=NOT_GRADABLE, evalue=text, traceback=[text])
            return outcome._replace(error=error)
        return outcome


def _raised_in(outcome: Outcome, name: str, but_not: str = "") -> bool:
    """Tell whether a test ended by an error in one of the student's functions."""
    if outcome.error is None:
        return False
    disabled = outcome.error.evalue.startswith(f"{name}: ")
    reached = but_not and f"{but_not}, line" in outcome.where
    return disabled or (f"{name}, line" in outcome.where and not reached)


def _run_test(
    course: Examined,
    student: StudentProcess,
    test: str,
    given: Mapping[str, Callable],
    instead: Mapping[str, Callable],
    seconds: float,
) -> Outcome:
    """Run one test: the answers call what is given, and the test calls some things instead."""
    printed = io.StringIO()
    failure = ended = None
    where, calls = "", (0, "")
    try:
        with student.limit(seconds) as wire:
            names = {**course.names, **wire.look_up(course.answers), **instead}
            if given:
                wire.order("replace", given)
            try:
                with (
                    redirect_stdout(printed),
                    warnings.catch_warnings(action="ignore"),
                    _alarm(SLOWEST_TEST),
                ):
                    exec(compile(course.sources[test], f"<{test}>", "exec"), names)
            except (PeerGone, WireError):
                raise
            except Exception as error:
                where = getattr(error, "where", "")
                message = f"{error} (in {where})" if where and str(error) else str(error)
                kind = type(error).__name__
                # no student decides what waits for a person
                failure = "Exception" if kind == NOT_GRADABLE else kind, message
            calls = wire.most_calls(wire.order("restore"))
            wire.forget()
    except (PeerGone, WireError) as error:
        failure = ended = student.end(error)
    if failure is None:
        return Outcome(None, writable(printed.getvalue()), calls=calls)
    ename, evalue = map(writable, failure)
    traceback = describe_error(ename, evalue).splitlines()
    error = new_output("error", ename=ename, evalue=evalue, traceback=traceback)
    return Outcome(error, "", ended, where)


def _note(instead: set[str], passed: bool) -> str:
    """Say which wrong answers had right versions in their place."""
    if instead:
        return f"(With a right version in the place of your {', '.join(sorted(instead))}.)\n"
    return "(With right versions of the earlier answers.)\n" if passed else ""


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """End a test whose own part takes too long, as training with a student's settings may."""

    def ring(*_: Any) -> None:
        raise TimeoutError(f"this took longer than {seconds:g} s.")

    can_ring = hasattr(signal, "setitimer") and current_thread() is main_thread()
    if can_ring:
        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds, 1)  # again, if it was caught
    try:
        yield
    finally:
        if can_ring:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def _noting(function: Callable, used: set[str]) -> Callable:
    """Make a function note that it was called."""

    @functools.wraps(function)
    def noting(*args: Any, **kwargs: Any) -> Any:
        used.add(function.__name__)
        return function(*args, **kwargs)

    return noting


def _stream(text: str) -> list[NotebookNode]:
    return [new_output("stream", name="stdout", text=text)] if text else []


def _outputs(outcome: dict) -> list[NotebookNode]:
    """Put what a student's cell did into the form that notebooks have for it."""
    outputs = _stream(writable(outcome["printed"]))
    for picture in outcome["figures"]:
        data = {"image/png": base64.b64encode(picture).decode()}
        outputs.append(new_output("display_data", data=data))
    if outcome["shown"] is not None:
        data = {"text/plain": writable(outcome["shown"])}
        outputs.append(new_output("execute_result", data=data, execution_count=None))
    if outcome["error"] is not None:
        ename, evalue, where = map(writable, [*outcome["error"], ""][:3])
        text = f"{ename}: {evalue}" + (f" (in {where})" if where else "")
        outputs.append(new_output("error", ename=ename, evalue=evalue, traceback=[text]))
    return outputs
