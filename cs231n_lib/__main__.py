"""The student's commands: ``python -m cs231n_lib check NOTEBOOK``, and ``hint EXERCISE``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from cs231n_lib.verdict import describe_error, hint

# Seconds for one cell: far more than any right answer needs.
TIMEOUT = 120
TOO_LONG = f"took longer than {TIMEOUT} s; is there a loop that never ends?"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0 when all tests pass, 1 when one fails, 2 when none could run."""
    parser = argparse.ArgumentParser(prog="python -m cs231n_lib", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("check", help="run a notebook from top to bottom, list its tests")
    command.add_argument("notebook", type=Path)
    command.set_defaults(run=lambda options: check(options.notebook))
    command = commands.add_parser("hint", help="print the next hint for an exercise")
    command.add_argument("exercise")
    command.set_defaults(run=lambda options: _hint(options.exercise))
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        print("stopped; the notebook is unchanged.", file=sys.stderr)
        return 130


def check(path: Path) -> int:
    """Run a notebook in a fresh kernel and print the result of each of its tests.

    Parameters
    ----------
    path : Path
        The notebook; it is read, never written.

    Returns
    -------
    int
        0 when every test passes, 1 when one does not, 2 when the file can't be run.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
        tests = [cell for cell in notebook.cells if is_test(cell)]
    except FileNotFoundError:
        return _refuse(f"there is no file {path}.")
    except Exception:  # a file that is no notebook fails in many ways, all with one meaning here
        return _refuse(f"{path} is not a Jupyter notebook.")
    if not tests:
        return _refuse(f"{path} has no test cells; is it the notebook of an assignment?")
    print(f"Running {path} from top to bottom ...", flush=True)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        interrupt_on_timeout=True,
        allow_errors=True,
        resources={"metadata": {"path": str(path.resolve().parent)}},
        extra_arguments=["--log-level=ERROR"],  # the kernel's own remarks are not the student's
    )
    try:
        client.execute()
    except DeadKernelError:
        return _refuse("the Python process ended in the middle; did a cell use too much memory?")
    failures = {cell.id: failure for cell in tests if (failure := _failure(cell))}
    for cell in tests:
        print("FAIL" if cell.id in failures else "pass", cell.id.removeprefix("test_"))
        for line in failures.get(cell.id, "").splitlines():
            print(f"     {line}")
    print(f"{len(tests) - len(failures)} of {len(tests)} tests pass. Grading runs more: the tests")
    print("that you see check the form of a prediction, but not whether it comes true.")
    return 1 if failures else 0


def _hint(exercise: str) -> int:
    try:
        hint(exercise)
    except ValueError as error:
        return _refuse(str(error))
    return 0


def is_test(cell: NotebookNode) -> bool:
    """Tell whether a cell is a test with points."""
    nbgrader = cell.metadata.get("nbgrader", {})
    return bool(nbgrader.get("grade")) and not nbgrader.get("solution")


def _failure(cell: NotebookNode) -> str:
    for output in cell.outputs:
        if output.output_type == "error":
            stopped = output.ename == "KeyboardInterrupt"  # by the time limit
            return TOO_LONG if stopped else describe_error(output.ename, output.evalue)
    return ""


def _refuse(reason: str) -> int:
    print(f"error: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
