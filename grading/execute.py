"""How a submission is executed: the student's cells in a worker, the tests here.

A test cell runs in this process as it stands in the assignment's source. Where it calls a function
or a network of the student, a stub calls the worker. So a mark is computed by trusted code alone.
"""

from __future__ import annotations

import base64
import functools
import io
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from subprocess import Popen
from threading import current_thread, main_thread
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_solution
from traitlets import Bool, Float

from cs231n_lib.verdict import describe_error
from grading.repair import is_test
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

    An exercise that fails where an earlier one has failed is tried once more, with right versions
    of the earlier ones in the place of the student's: a mistake costs its points once. These
    versions stay in this process too; the student's code calls them over the wire.

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
        Try a failed exercise once more on right versions of earlier ones.
    """
    course = _Course(source)
    student = StudentProcess(launch)
    failed: set[str] = set()
    try:
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            cell.execution_count, cell.outputs = None, []
            if cell.id in course.tests:
                exercise = course.tests[cell.id]
                error, text = _run_test(course, student, cell.id, {}, seconds_per_test)
                if error and retry and failed - {exercise}:
                    used: set[str] = set()
                    # a backward reads the cache of its own forward, so both are replaced
                    pairs = (failed | {_partner(name) for name in failed}) - {exercise}
                    given = {
                        name: _noting(course.right[name], used) for name in pairs & {*course.right}
                    }
                    again = _run_test(course, student, cell.id, given, seconds_per_test)
                    if used:
                        error, text = again
                        instead = ", ".join(sorted(used))
                        text += f"(With a right version in the place of your {instead}.)\n"
                if error and exercise in course.right:
                    failed.add(exercise)
                cell.outputs = [*_stream(text), *([error] if error else [])]
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
        # nothing is built on a prediction, and a class has no place on the wire but its own
        self.right = {
            name: solved[name]
            for name in self.answers
            if not name.startswith("predict_") and not isinstance(solved[name], type)
        }


def _run_test(
    course: _Course, student: StudentProcess, test: str, given: dict[str, Any], seconds: float
) -> tuple[NotebookNode | None, str]:
    """Run one test; return its error, or None, and what it printed."""
    printed = io.StringIO()
    failure: tuple[str, str] | None = None
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
        failure = student.end(error)
        student.disable(course.tests[test], *failure)
    if failure is None:
        return None, _writable(printed.getvalue())
    ename, evalue = map(_writable, failure)
    traceback = describe_error(ename, evalue).splitlines()
    return new_output("error", ename=ename, evalue=evalue, traceback=traceback), ""


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


def _partner(name: str) -> str:
    """Name the backward of a forward, and the other way round."""
    layer, _, direction = name.rpartition("_")
    return layer + {"forward": "_backward", "backward": "_forward"}.get(direction, "")


def _noting(function: Callable, used: set[str]) -> Callable:
    """Make a function note that it was called."""

    @functools.wraps(function)
    def noting(*args: Any, **kwargs: Any) -> Any:
        used.add(function.__name__)
        return function(*args, **kwargs)

    return noting


def _writable(text: str) -> str:
    """Replace what UTF-8 does not have, as half of a pair: no notebook can be saved with it."""
    return text.encode("utf-8", "replace").decode()


def _stream(text: str) -> list[NotebookNode]:
    return [new_output("stream", name="stdout", text=text)] if text else []


def _outputs(outcome: dict) -> list[NotebookNode]:
    """Put what a student's cell did into the form that notebooks have for it."""
    outputs = _stream(_writable(outcome["printed"]))
    for picture in outcome["figures"]:
        data = {"image/png": base64.b64encode(picture).decode()}
        outputs.append(new_output("display_data", data=data))
    if outcome["shown"] is not None:
        data = {"text/plain": _writable(outcome["shown"])}
        outputs.append(new_output("execute_result", data=data, execution_count=None))
    if outcome["error"] is not None:
        ename, evalue, where = map(_writable, [*outcome["error"], ""][:3])
        text = f"{ename}: {evalue}" + (f" (in {where})" if where else "")
        outputs.append(new_output("error", ename=ename, evalue=evalue, traceback=[text]))
    return outputs
