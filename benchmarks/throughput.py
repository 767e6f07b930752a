"""Grade copies of an assignment's right answers here and with stock nbgrader, in one run.

Run it with ``make bench-grading``. It prints submissions per minute and their ratio, as Markdown.
Everything happens in a temporary folder.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import logging
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import nbformat
from tqdm import tqdm

from grading.course import ROOT, Course
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


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assignment", nargs="?", default="01_backprop")
    parser.add_argument("--copies", type=int, default=50)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CS231N_CLASSROOM"] = f"{folder}/ours"
        ours, how = grade_here(options.assignment, options.copies)
        stock = grade_with_nbgrader(Path(folder, "stock"), options.assignment, options.copies)
    print(f"| {options.copies} copies of {options.assignment} | seconds | a minute | ratio |")
    print("| --- | --: | --: | --: |")
    for name, seconds in (("nbgrader autograde", stock), (f"grading grade, {how}", ours)):
        rate = 60 * options.copies / seconds
        print(f"| {name} | {seconds:.1f} | {rate:.0f} | {stock / seconds:.1f} |")


def grade_here(assignment: str, copies: int) -> tuple[float, str]:
    """Grade with this project; return the seconds, and whether there was a sandbox."""
    course = Course()
    released = release(course, assignment)
    hand_in(course.submitted, released, assignment, copies)
    try:
        check()
        trusted = False
    except SandboxError:
        trusted = True
    started = time.perf_counter()
    results = [
        result
        for result in tqdm(grade(course, assignment, trusted=trusted), "here", copies, leave=False)
    ]
    seconds = time.perf_counter() - started
    full = {result.max_points for result in results}
    if {result.points for result in results} != full:
        sys.exit("a right answer did not get its points; nothing was measured")
    return seconds, "no sandbox" if trusted else "sandbox on"


def grade_with_nbgrader(root: Path, assignment: str, copies: int) -> float:
    """Grade with nbgrader as it comes; return the seconds."""
    root.mkdir()
    source = str(ROOT / "assignments")
    (root / "nbgrader_config.py").write_text(STOCK.format(root=str(root), source=source))
    run(root, "generate_assignment", assignment)
    [released] = (root / "release" / assignment).glob("*.ipynb")
    hand_in(root / "submitted", released, assignment, copies)
    print(f"nbgrader autograde, {copies} copies ...", file=sys.stderr)
    started = time.perf_counter()
    run(root, "autograde", assignment)
    seconds = time.perf_counter() - started
    if len(list((root / "autograded").glob("*"))) != copies:
        sys.exit("nbgrader did not grade all copies; nothing was measured")
    return seconds


def hand_in(submitted: Path, released: Path, assignment: str, copies: int) -> None:
    """Hand in the right answers under many names."""
    course = Course()
    right = fill(nbformat.read(released, as_version=4), solutions(course.read_source(assignment)))
    for number in range(copies):
        folder = submitted / f"student{number:03}" / assignment
        folder.mkdir(parents=True)
        nbformat.write(right, folder / released.name)


def run(root: Path, *command: str) -> None:
    """Run an nbgrader command in a course folder."""
    tools = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    nbgrader = shutil.which("nbgrader", path=environment["PATH"])
    subprocess.run([nbgrader, *command], cwd=root, env=environment, check=True, capture_output=True)


if __name__ == "__main__":
    main()
