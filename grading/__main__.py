"""The instructor's commands: ``python -m grading COMMAND``."""

from __future__ import annotations

import os

# One thread for each matrix product: several graders on few cores slow one another down.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import logging
import shutil
import sys
import textwrap
import warnings
from collections import Counter
from collections.abc import Iterable

from nbgrader.utils import is_solution
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from tqdm import tqdm

from grading.audit import KILL_RATE, audit
from grading.course import ROOT, BusyError, Course, CourseError
from grading.feedback import generate_feedback
from grading.grade import class_concerns, grade
from grading.records import Records, Result
from grading.release import release
from grading.sample_class import hand_in
from grading.sandbox import SandboxError, check


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0 when everything has a result, 1 when something has none."""
    options = _parser().parse_args(arguments)
    logging.disable(logging.WARNING)  # nbgrader narrates every step
    # nbgrader's models give SQLAlchemy 2.1 cause to warn
    warnings.simplefilter("ignore", SAWarning)
    try:
        return options.run(options)
    except (CourseError, SandboxError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except shutil.Error as error:  # one reason for each file that could not be copied
        print(f"error: {error.args[0][0][2]}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        print(f"error: the gradebook: {getattr(error, 'orig', error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; what is graded so far is kept. The same command goes on.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m grading", description="The instructor's tools."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def folder(text: str) -> str:
        return text.rstrip("/\\")  # as completed by the shell

    def command(run, help_text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(run.__name__.strip("_"), help=help_text, description=help_text)
        sub.set_defaults(run=run)
        return sub

    sub = command(_release, "write the students' version of assignments")
    sub.add_argument("assignment", nargs="*", type=folder, help="all of them when left out")
    sub = command(_grade, "grade what was handed in")
    sub.add_argument("assignment", type=folder)
    sub.add_argument(
        "student",
        nargs="*",
        help="grade these, in any case; when left out, all whose files or tests have changed",
    )
    sub.add_argument(
        "--trust-submissions",
        action="store_true",
        help="run them without a sandbox, with your rights: only what you would run anyway",
    )
    sub = command(_report, "print again how every submission ended, and what a person should see")
    sub.add_argument("assignment", type=folder)
    sub = command(_feedback, "write a page of feedback for every submission")
    sub.add_argument("assignment", type=folder)
    sub.add_argument("student", nargs="*", help="everybody when left out")
    sub = command(_audit, "measure whether tests tell right work from wrong work")
    sub.add_argument("assignment", nargs="*", type=folder, help="all of them when left out")
    sub.add_argument("--exercise", help="only this one, named as its answer cell")
    command(_lab, "release all assignments and copy them to my_work/, keeping what is there")
    command(_demo, "release, hand in, grade and return the first assignment, with a sample class")
    return parser


def _release(options: argparse.Namespace) -> int:
    course = Course()
    for assignment in options.assignment or course.assignments():
        print(f"released {_short(release(course, assignment))}")
        print(f"bundle   {_short(course.bundles / assignment)}.zip")
    return 0


def _grade(options: argparse.Namespace) -> int:
    course = Course()
    course.source_notebook(options.assignment)  # complain before a gradebook is made
    with Records(course, options.assignment) as records:
        roster = records.roster()
    results = _grade_aloud(course, options.assignment, options.student, options.trust_submissions)
    new = [repr(x.student) for x in results if x.points is not None and x.student not in roster]
    if roster and new:
        print(f"Not on the class list before, and now in the gradebook: {', '.join(new)}.\n")
    if not options.student:
        _print_others(course, options.assignment)
    return 0 if all(result.points is not None for result in results) else 1


def _report(options: argparse.Namespace) -> int:
    course = Course()
    course.source_notebook(options.assignment)
    with Records(course, options.assignment) as records:
        results = [result for result, _ in records.all()]
    if not results:
        raise CourseError(
            f"nothing is graded yet. Run: python -m grading grade {options.assignment}"
        )
    _print_table(results)
    _print_concerns(course, options.assignment, results)
    _print_others(course, options.assignment)
    return 0


def _feedback(options: argparse.Namespace) -> int:
    pages = generate_feedback(Course(), options.assignment, options.student)
    print(f"pages of feedback: {len(pages)}; the first is {_short(pages[0])}")
    return 0


def _audit(options: argparse.Namespace) -> int:
    course = Course()
    problems, survivors, killed, mutants, equivalent = [], [], 0, 0, 0
    for assignment in options.assignment or course.assignments():
        cells = course.read_source(assignment).cells  # complain before the table begins
        if options.exercise not in (None, *(cell.id for cell in cells if is_solution(cell))):
            raise CourseError(f"{assignment} has no exercise {options.exercise!r}.")
        print(f"\n{assignment:<26} mistakes caught   mutants killed   unusual kept", flush=True)
        for found in audit(assignment, only=options.exercise):
            name = f"{assignment}: {found.name}"
            mistakes = f"{found.caught} of {found.wrong}"
            changes = f"{found.killed} of {found.mutants}"
            print(f"{found.name:<26} {mistakes:>15} {changes:>16}", end="")
            print(f" {f'{found.kept} of {found.unusual}':>14}", flush=True)
            problems += [f"{name}: {problem}" for problem in found.problems]
            survivors += [f"{name}: {survivor}" for survivor in found.survivors]
            killed, mutants = killed + found.killed, mutants + found.mutants
            equivalent += found.equivalent
    for title, lines in (("Mutants that lose nothing:", survivors), ("Problems:", problems)):
        if lines:
            print(f"\n{title}", *lines, sep="\n  ")
    rate = killed / max(mutants, 1)
    print(f"\n{killed} of {mutants} mutants lose points: {rate:.1%} (at least {KILL_RATE:.0%}).")
    print(f"{equivalent} more are right too; the bank has the reasons.")
    return 1 if problems or rate < KILL_RATE else 0


def _lab(options: argparse.Namespace) -> int:
    course = Course()
    for assignment in course.assignments():
        released = release(course, assignment)
        mine = ROOT / "my_work" / assignment / released.name
        is_new = not mine.exists()
        answers = shutil.ignore_patterns(*[] if is_new else [mine.name])
        shutil.rmtree(mine.with_name("cs231n_lib"), ignore_errors=True)
        shutil.copytree(released.parent, mine.parent, ignore=answers, dirs_exist_ok=True)
        print(f"new  {_short(mine)}" if is_new else f"kept {_short(mine)}, with your answers")
    return 0


def _demo(options: argparse.Namespace) -> int:
    os.environ["CS231N_CLASSROOM"] = "classroom/demo"  # a class of its own, beside the real one
    course = Course()
    assignment = course.assignments()[0]
    print(f"1. Releasing {assignment} without solutions and hidden tests")
    try:
        released = release(course, assignment)
    except BusyError:
        raise
    except CourseError:  # the notebook has other tests than when this class was last graded
        shutil.rmtree(course.gradebook_file.parent, ignore_errors=True)
        course = Course()
        released = release(course, assignment)
    students = hand_in(course, assignment)
    print(f"2. {len(students)} sample students hand it in")
    print("3. Grading")
    names = [student.name for student in students]
    try:
        check()
    except SandboxError as error:  # this class is ours, so that it may run without
        print(f"   There is no sandbox: {error}.")
        _grade_aloud(course, assignment, names, trusted=True)
    else:
        _grade_aloud(course, assignment, names)
    print("4. Writing feedback")
    pages = generate_feedback(course, assignment)
    print(f"\nreleased notebook   {_short(released)}")
    page = next(page for page in pages if "goran" in page)
    print(f"a page of feedback  {_short(page)}")
    print(f"gradebook           {_short(course.gradebook_file)}")
    return 0


def _grade_aloud(
    course: Course, assignment: str, students: Iterable[str], trusted: bool = False
) -> list[Result]:
    """Grade, with a bar that shows how long it takes; then print a table, also after Ctrl-C."""
    results: list[Result] = []
    total = len(list(students) or course.submissions(assignment)[0])
    try:
        graded = grade(course, assignment, students, trusted)
        for result in tqdm(graded, "grading", total, unit="", disable=None, leave=False):
            results.append(result)
    finally:
        results.sort(key=lambda result: result.student)
        if results:
            _print_table(results)
    if trusted:
        print("Graded without a sandbox: these submissions ran with your rights.\n")
    _print_concerns(course, assignment, results)
    return results


def _print_table(results: list[Result]) -> None:
    wide = max(shutil.get_terminal_size((120, 24)).columns, 80)
    name = min(max(12, *(len(result.student) for result in results)), 30)
    print(f"\n{'student':<{name}} {'status':<8} {'points':>8}  reason")
    margin = " " * (name + 20)
    for result in results:
        points = "-" if result.points is None else f"{result.points:g}"
        row = f"{result.student:<{name}} {result.status:<8} {points:>2} of {result.max_points:<3g} "
        lines = [row + result.reason, *(f"{margin} repaired: {text}" for text in result.repairs)]
        for line in lines:
            print(textwrap.fill(line, wide, subsequent_indent=f"{margin} "))
    count = Counter(result.status for result in results)
    print(f"\n{len(results)} submissions: {', '.join(f'{n} {what}' for what, n in count.items())}.")
    waiting = sum(result.by_hand for result in results)
    if waiting:
        print(f"{waiting} of them have something to be marked by hand.")
    print()


def _print_concerns(course: Course, assignment: str, results: list[Result]) -> None:
    lines = [f"{result.student}: {text}" for result in results for text in result.concerns]
    lines += class_concerns(course, assignment)
    if lines:
        print("For a person to look at (no mark depends on it):", *lines, sep="\n  ", end="\n\n")


def _print_others(course: Course, assignment: str) -> None:
    """Say who is missing: nothing is left out silently."""
    handed_in, others = course.submissions(assignment)
    with Records(course, assignment) as records:
        missing = sorted(records.roster() - set(handed_in) | set(others))
    if missing:
        print(f"No {assignment} from: {', '.join(map(repr, missing))}.\n")


def _short(path) -> str:
    return os.path.relpath(path, ROOT)


if __name__ == "__main__":
    sys.exit(main())
