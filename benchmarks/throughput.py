"""Grade copies of an assignment's right answers here and with stock nbgrader, in one run.

Run it with ``make bench-grading``. It prints, as Markdown, submissions per minute and their ratio,
what grading adds to the student's code and the tests, and the memory that many submissions take.
Everything happens in a temporary folder.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import io
import logging
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import redirect_stdout
from pathlib import Path

import nbformat
import psutil
from tqdm import tqdm

from grading.course import ROOT, Course, processors
from grading.execute import EXPERIMENT
from grading.grade import grade
from grading.release import release
from grading.sample_class import fill, solutions
from grading.sandbox import SandboxError, check

STOCK = """
c = get_config()
c.CourseDirectory.course_id = "cs231n"
c.CourseDirectory.root = {root!r}
c.CourseDirectory.source_directory = {source!r}
c.ExecutePreprocessor.timeout = 120
"""
ALONE = 10  # copies that are graded one at a time


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    every = ["01_backprop", "02_fully_connected", "03_update_rules"]
    parser.add_argument("assignment", nargs="*", default=every)
    parser.add_argument("--copies", type=int, default=50)
    parser.add_argument("--many", type=int, default=500, help="copies for the peak of memory")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    for assignment in options.assignment:
        with tempfile.TemporaryDirectory() as folder:
            time_it(assignment, options.copies, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CS231N_CLASSROOM"] = folder
        print("| copies of 01_backprop | peak memory of the grading processes |")
        print("| --: | --: |")
        for copies in (10, options.many):
            print(f"| {copies} | {peak_memory('01_backprop', copies) / 2**20:.0f} MB |", flush=True)


def time_it(assignment: str, copies: int, folder: Path) -> None:
    """Time both graders, and print a table."""
    os.environ["CS231N_CLASSROOM"] = str(folder / "ours")
    course = Course()
    released = release(course, assignment)
    right = hand_in(course.submitted, released, assignment, copies)
    try:
        check()
        trusted, how = False, "sandbox on"
    except SandboxError:
        trusted, how = True, "no sandbox"
    ours = grade_here(course, assignment, copies, trusted)
    some = sorted(path.name for path in course.submitted.iterdir())[:ALONE]
    alone = grade_here(course, assignment, len(some), trusted, some, processes=1) / len(some)
    plain = run_plainly(right, course, assignment)
    stock = grade_with_nbgrader(folder / "stock", assignment, copies)
    print(f"| {copies} copies of {assignment} | seconds | a minute | ratio |")
    print("| --- | --: | --: | --: |")
    mine = f"grading grade, {how}, {processors()} processes"
    for name, seconds in (("nbgrader autograde", stock), (mine, ours)):
        rate = 60 * copies / seconds
        print(f"| {name} | {seconds:.1f} | {rate:.0f} | {stock / seconds:.1f} |")
    print(f"\nOne submission of {assignment} at a time takes {alone:.2f} s; the student's code and")
    print(
        f"the tests by themselves {plain:.2f} s; so grading adds {alone - plain:.2f} s.\n",
        flush=True,
    )


def grade_here(
    course: Course,
    assignment: str,
    copies: int,
    trusted: bool,
    students: list[str] | None = None,
    processes: int | None = None,
) -> float:
    """Grade with this project; return the seconds."""
    started = time.perf_counter()
    graded = grade(course, assignment, students or [], trusted, processes)
    results = list(tqdm(graded, "here", copies, leave=False))
    seconds = time.perf_counter() - started
    full = {result.max_points for result in results}
    if {result.points for result in results} != full or len(results) != copies:
        sys.exit("a right answer did not get its points; nothing was measured")
    return seconds


def run_plainly(right: nbformat.NotebookNode, course: Course, assignment: str) -> float:
    """Run the cells that count in this process, with all their tests; return the seconds."""
    answers = {cell.id: cell.source for cell in right.cells}
    for _ in range(2):  # the first run imports and draws the images
        names: dict = {"__name__": "__main__"}
        started = time.perf_counter()
        for cell in course.read_source(assignment).cells:
            if cell.cell_type == "code" and EXPERIMENT not in cell.metadata.get("tags", []):
                is_test = cell.id.startswith("test_")
                with redirect_stdout(io.StringIO()):
                    exec(cell.source if is_test else answers[cell.id], names)
    return time.perf_counter() - started


def grade_with_nbgrader(root: Path, assignment: str, copies: int) -> float:
    """Grade with nbgrader as it comes; return the seconds."""
    root.mkdir()
    source = str(ROOT / "assignments")
    (root / "nbgrader_config.py").write_text(STOCK.format(root=str(root), source=source))
    run(root, "generate_assignment", assignment)
    [released] = (root / "release" / assignment).glob("*.ipynb")
    hand_in(root / "submitted", released, assignment, copies)
    print(f"nbgrader autograde, {copies} copies of {assignment} ...", file=sys.stderr)
    started = time.perf_counter()
    run(root, "autograde", assignment)
    seconds = time.perf_counter() - started
    if len(list((root / "autograded").glob("*"))) != copies:
        sys.exit("nbgrader did not grade all copies; nothing was measured")
    return seconds


def peak_memory(assignment: str, copies: int) -> int:
    """Grade copies in a process of its own; return the most bytes that the graders had at once."""
    course = Course()
    shutil.rmtree(course.gradebook_file.parent)
    course = Course()
    hand_in(course.submitted, release(course, assignment), assignment, copies)
    command = [sys.executable, "-m", "grading", "grade", assignment]
    grader = psutil.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while grader.poll() is None:
        try:
            processes = [grader, *grader.children()]  # not the students', one level further down
            peak = max(peak, sum(process.memory_info().rss for process in processes))
        except psutil.Error:  # one of them has just ended
            pass
        time.sleep(0.1)
    if grader.returncode != 0:
        sys.exit("not all copies were graded; nothing was measured")
    return peak


def hand_in(submitted: Path, released: Path, assignment: str, copies: int) -> nbformat.NotebookNode:
    """Hand in the right answers under many names; return one of them."""
    course = Course()
    right = fill(nbformat.read(released, as_version=4), solutions(course.read_source(assignment)))
    for number in range(copies):
        folder = submitted / f"student{number:03}" / assignment
        folder.mkdir(parents=True)
        nbformat.write(right, folder / released.name)
    return right


def run(root: Path, *command: str) -> None:
    """Run an nbgrader command in a course folder."""
    tools = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    nbgrader = shutil.which("nbgrader", path=environment["PATH"])
    subprocess.run([nbgrader, *command], cwd=root, env=environment, check=True, capture_output=True)


if __name__ == "__main__":
    main()
