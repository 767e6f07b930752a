"""Measure how long each cell of the notebooks takes, in the hands of a student who has solved all.

Run ``python benchmarks/times.py``, or ``make times``. It writes ``benchmarks/times.md``, and takes
as long as the notebooks. With the names of assignments it runs these alone and prints their tables.

A notebook is run as students have it: with right answers, without hidden tests, beside their
edition of the library, on the built-in images, on one thread. The script ends with 1 if a cell
stops with an error, or takes longer than `HANG` seconds.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests

from grading.course import Course, CourseError, processors
from grading.edition import write_edition

PAGE = Path(__file__).with_name("times.md")
NOTEBOOK, CELL = 60, 15  # seconds that a notebook and a cell should take
HANG = 4 * CELL  # seconds after which a cell hangs
SHORT = 0.1  # seconds; a cell below it has no line of its own
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


class TimesError(Exception):
    """A notebook does not run to its end in time; the message names the cell."""


class Times(NamedTuple):
    """Seconds of each cell by its id, in order, and of all with the start of the kernel."""

    cells: dict[str, float]
    total: float

    def slowest(self) -> str:
        """Name the cell that takes longest."""
        return max(self.cells, key=self.cells.__getitem__)

    def within(self) -> bool:
        """Tell whether the notebook and each of its cells take no longer than they should."""
        return self.total <= NOTEBOOK and self.cells[self.slowest()] <= CELL


def solve(course: Course, assignment: str) -> NotebookNode:
    """Read the notebook as a student has it who has everything right."""
    return ClearHiddenTests().preprocess(course.read_source(assignment), {})[0]


def run(notebook: NotebookNode, assignment: str, hang: float = HANG) -> Times:
    """Run a notebook beside the students' edition of the library; its outputs stay in it.

    Parameters
    ----------
    notebook : NotebookNode
        What is run.
    assignment : str
        Whose edition of the library lies beside it.
    hang : float
        Seconds after which a cell is ended.

    Returns
    -------
    Times
        Of each code cell, and of the whole.

    Raises
    ------
    TimesError
        If a cell hangs, stops with an error, or ends the process; the message names it.
    """
    cells: dict[str, float] = {}
    running, started = "", time.perf_counter()
    begun = started

    def start(cell: NotebookNode, cell_index: int) -> None:
        nonlocal running, started
        running, started = cell.id, time.perf_counter()

    def end(cell: NotebookNode, cell_index: int, execute_reply: dict) -> None:
        cells[cell.id] = time.perf_counter() - started

    # no CIFAR-10, and the figures that the kernel makes when nobody tells it which
    others = {k: v for k, v in os.environ.items() if k not in ("CS231N_DATA", "MPLBACKEND")}
    with TemporaryDirectory() as folder:
        write_edition(assignment, Path(folder, "cs231n_lib"))
        client = NotebookClient(
            notebook,
            timeout=hang,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
            on_cell_execute=start,
            on_cell_executed=end,
        )
        try:
            client.execute(env=others | dict.fromkeys(THREADS, "1") | {"PYTHONPATH": folder})
        except CellTimeoutError:
            raise TimesError(
                f"{assignment}: the cell {running} takes longer than {hang:g} s, "
                f"and should take {CELL} s at most."
            ) from None
        except CellExecutionError as error:
            raise TimesError(
                f"{assignment}: the cell {running} stops with {error.ename}: {error.evalue}"
            ) from None
        except DeadKernelError:
            raise TimesError(f"{assignment}: the cell {running} ends the process.") from None
    return Times(cells, time.perf_counter() - begun)


def write_overview(times: dict[str, Times]) -> str:
    """Write a table with a line for each notebook."""
    lines = [
        "| notebook | total, s | slowest cell | its time, s | goals |",
        "|---|--:|---|--:|---|",
    ]
    for assignment, found in times.items():
        slowest = found.slowest()
        goals = "met" if found.within() else "**missed**"
        lines.append(
            f"| {assignment} | {found.total:.1f} | `{slowest}` | {found.cells[slowest]:.1f} "
            f"| {goals} |"
        )
    return "\n".join(lines)


def write_table(found: Times) -> str:
    """Write a table with a line for each cell that takes a while, in the notebook's order."""
    long = {name: seconds for name, seconds in found.cells.items() if seconds >= SHORT}
    short = [seconds for seconds in found.cells.values() if seconds < SHORT]
    rows = {f"`{name}`": seconds for name, seconds in long.items()}
    rows[f"{len(short)} shorter cells"] = sum(short)
    rows["start and end of the kernel"] = found.total - sum(found.cells.values())
    rows["**total**"] = found.total
    lines = [f"| {name} | {seconds:.1f} |" for name, seconds in rows.items()]
    return "\n".join(["| cell | s |", "|---|--:|", *lines])


def write_page(times: dict[str, Times]) -> str:
    """Write the whole page."""
    parts = [
        "# Times of the notebooks",
        "Made by `make times`: seconds, with right answers, on the built-in images, one thread. "
        f"A cell below {SHORT} s has no line of its own.",
        f"The goals: a notebook takes about {NOTEBOOK} s, and no cell more than {CELL} s. "
        f"A cell of more than {HANG} s counts as one that hangs.",
        describe_machine(),
        write_overview(times),
    ]
    for assignment, found in times.items():
        parts += [f"## {assignment}", write_table(found)]
    return "\n\n".join(parts) + "\n"


def describe_machine() -> str:
    """Say when and where the times were measured."""
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    versions += f", matplotlib {mpl.__version__}"
    return f"{date.today()}; {platform.machine()}, {processors()} cores; {versions}."


def main(arguments: list[str] | None = None) -> int:
    """Measure all notebooks and write the page, or measure some and print their tables."""
    parser = argparse.ArgumentParser(
        description="Measure how long each cell of the notebooks takes."
    )
    parser.add_argument("assignment", nargs="*", help="all assignments when left out")
    named = parser.parse_args(arguments).assignment
    course = Course()
    times = {}
    try:
        for assignment in named or course.assignments():
            times[assignment] = run(solve(course, assignment), assignment)
            print(f"{assignment}: {times[assignment].total:.1f} s", flush=True)
    except (CourseError, TimesError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for assignment in named:
        print(f"\n{assignment}\n\n{write_table(times[assignment])}")
    print(f"\n{write_overview(times)}")
    if not named:
        PAGE.write_text(write_page(times), encoding="utf-8")
        print(f"\nwrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
