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
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from subprocess import Popen
from threading import current_thread, main_thread
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_solution
from traitlets import Bool, Float

from cs231n_lib.verdict import describe_error
from grading.repair import is_test, writable
from grading.sandbox import launch
from grading.stubs import StudentProcess
from grading.wire import PeerGone, WireError

SLOWEST_TEST = 60.0  # seconds, with what the test computes itself
EXPERIMENT = "experiment"  # the tag of cells that earn no marks


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
            source,
            lambda: launch(names["assignment"], trusted=self.trust_submissions),
            self.seconds_per_test,
            self.seconds_per_cell,
        )
        return nb, resources


def execute(
    notebook: NotebookNode,
    source: NotebookNode,
    launch: Callable[[], Popen],
    seconds_per_test: float = 8,
    seconds_per_cell: float = 30,
    retry: bool = True,
) -> None:
    """Execute a submission, and write the outputs into its cells.

    An exercise that fails is tried once more, with right versions of the earlier answers in the
    place of the student's: a mistake costs its points once. These versions stay in this process
    too; the student's code calls them over the wire.

    Parameters
    ----------
    notebook : NotebookNode
        The submission, rebuilt from the source; changed in place.
    source : NotebookNode
        The assignment, with solutions and all tests.
    launch : callable
        Starts a worker.
    seconds_per_test, seconds_per_cell : float
        How long a test, and a cell of the student, may take.
    retry : bool, default True
        Try a failed exercise once more, with right versions of earlier answers.
    """
    course = _Course(source)
    student = StudentProcess(launch)
    failed: set[str] = set()
    careful = False  # an earlier answer has ended a later test: try that only with right versions
    try:
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            cell.execution_count, cell.outputs = None, []
            if cell.id in course.tests:
                exercise = course.tests[cell.id]
                earlier = course.earlier(exercise) if retry else {}
                outcome = None
                if not (careful and earlier):
                    outcome = _run_test(course, student, cell.id, {}, seconds_per_test)
                if earlier and (outcome is None or outcome.error):
                    used: set[str] = set()
                    given = {name: _noting(right, used) for name, right in earlier.items()}
                    again = _run_test(course, student, cell.id, given, seconds_per_test)
                    if used or outcome is None:
                        careful = careful or bool(outcome and outcome.ended and not again.ended)
                        note = _note(used & failed, passed=again.error is None)
                        if outcome is None or note:
                            outcome = again._replace(text=again.text + note)
                if outcome.ended:
                    student.disable(exercise, *outcome.ended)
                if outcome.error:
                    failed.add(exercise)
                cell.outputs = _stream(outcome.text) + ([outcome.error] if outcome.error else [])
            elif EXPERIMENT not in cell.metadata.get("tags", []):
                is_answer = is_solution(cell)
                seconds = seconds_per_test if is_answer else seconds_per_cell
                cell.outputs = _outputs(student.run_cell(cell.source, cell.id, seconds))
    finally:
        student.close()


class _Course:
    """What the trusted side knows of an assignment: its tests, its setup, the right answers."""

    def __init__(self, source: NotebookNode) -> None:
        code = [cell for cell in source.cells if cell.cell_type == "code"]
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


class _Outcome(NamedTuple):
    """How a test went: its error, what it printed, and why the worker ended, if it did."""

    error: NotebookNode | None
    text: str
    ended: tuple[str, str] | None = None


def _run_test(
    course: _Course, student: StudentProcess, test: str, given: dict[str, Any], seconds: float
) -> _Outcome:
    """Run one test."""
    printed = io.StringIO()
    failure = ended = None
    try:
        with student.limit(seconds) as wire:
            names = {**course.names, **wire.look_up(course.answers)}
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
                failure = type(error).__name__, message
            wire.order("restore")
            wire.forget()
    except (PeerGone, WireError) as error:
        failure = ended = student.end(error)
    if failure is None:
        return _Outcome(None, writable(printed.getvalue()))
    ename, evalue = map(writable, failure)
    traceback = describe_error(ename, evalue).splitlines()
    error = new_output("error", ename=ename, evalue=evalue, traceback=traceback)
    return _Outcome(error, "", ended)


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
