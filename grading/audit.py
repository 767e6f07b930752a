"""Do the tests tell right from wrong? Every answer of the bank, and mutants, are graded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbgrader.utils import is_solution

from grading.course import Course
from grading.execute import EXPERIMENT, NOT_GRADABLE, STUB, Examination, Examined
from grading.misconceptions import Bank, Change, changed, read_bank
from grading.mutants import mutants
from grading.repair import Template, is_test
from grading.sandbox import launch
from grading.stubs import StudentProcess

SECONDS = 4  # that a changed answer may take in one test
DRAWS = 20  # of fresh inputs, with which a right answer has to be right
KILL_RATE = 0.95  # of the mutants that are not equivalent; the bank's mistakes all have to lose


@dataclass
class Exercise:
    """What the audit found about one exercise.

    Attributes
    ----------
    name : str
        The answer cell.
    wrong, caught : int
        Misconceptions, and those that lose points of the exercise.
    mutants, killed, equivalent : int
        Changed answers, those that lose points, and those that are right too.
    unusual, kept : int
        Unusual right answers, and those that keep all points.
    problems : list of str
        What should be otherwise.
    survivors : list of str
        Mutants that lose nothing.
    """

    name: str
    wrong: int = 0
    caught: int = 0
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    unusual: int = 0
    kept: int = 0
    problems: list[str] = field(default_factory=list)
    survivors: list[str] = field(default_factory=list)


def audit(
    assignment: str,
    quick: bool = False,
    only: str | None = None,
    bank: Bank | None = None,
    source: NotebookNode | None = None,
) -> Iterator[Exercise]:
    """Audit the tests of an assignment.

    Parameters
    ----------
    assignment : str
        The assignment's name.
    quick : bool, default False
        Take only every fifth mutant, and a fifth of the draws; and try an answer on its own tests,
        and a wrong forward on those of its backward, but not on all that is built on it.
    only : str, optional
        The one exercise to look at; all of them when left out.
    bank : Bank, optional
        Other than the assignment's own.
    source : NotebookNode, optional
        Other than the assignment's own notebook.

    Yields
    ------
    Exercise
        What was found about each exercise, as soon as it is there.
    """
    source = Course().read_source(assignment) if source is None else source
    bank = read_bank(assignment) if bank is None else bank
    with Students(assignment, source) as students:
        names = [name for name in students.answers if only in (None, name)]
        tests = students.tests_of(names)
        right = students.lost({}, tests)
        released = Template(source).released
        blank = {name: released[name] for name in students.answers}
        scored = tests - students.lost(blank, tests).keys()
        for name in names:
            found, cell = Exercise(name), students.answers[name]
            own = students.tests_of([name])
            found.problems += [
                f"the right answer loses {test}: {right[test]}" for test in own & right.keys()
            ]
            draws = DRAWS // 5 if quick else DRAWS
            for draw in range(draws if students.is_code(name) else 0):
                lost = students.lost({}, own, fresh=(b"draw", str(draw)))
                found.problems += [f"a right answer is unlucky in {test}" for test in lost]
            found.problems += [f"a blank answer passes {test}" for test in own & scored]
            _try_mistakes(found, students, bank, quick)
            _try_unusual(found, students, bank, quick, alone=only is not None)
            if students.is_code(name):
                _try_mutants(found, students, cell, bank, 5 if quick else 1)
            yield found


def _try_mistakes(found: Exercise, students: Students, bank: Bank, quick: bool) -> None:
    own = students.tests_of([found.name])
    backward = students.tests_of([found.name.removesuffix("_forward") + "_backward"])
    others = (backward if quick else students.tests_built_on(found.name)) - own
    for mistake in bank.misconceptions:
        if mistake.exercise != found.name:
            continue
        found.wrong += 1
        until_first = quick and not others
        lost = students.lost({found.name: mistake.change}, own | others, until_first)
        if lost.keys() & own:
            found.caught += 1
        else:
            found.problems.append(f"{mistake.name} loses nothing")
        found.problems += [
            f"{mistake.name} costs {test} too: {lost[test]}"
            for test in sorted(lost.keys() & others)
        ]


def _try_unusual(found: Exercise, students: Students, bank: Bank, quick: bool, alone: bool) -> None:
    for unusual in bank.unusual:
        # of all exercises, it is counted with the first that it changes
        counted = unusual.changes if alone else [next(iter(unusual.changes))]
        if found.name not in counted:
            continue
        found.unusual += 1
        tests = students.tests_of(unusual.changes)
        if not quick:
            tests |= set().union(*map(students.tests_built_on, unusual.changes))
        lost = students.lost(unusual.changes, tests)
        found.kept += not lost
        found.problems += [f"{unusual.name} loses {test}: {lost[test]}" for test in sorted(lost)]


def _try_mutants(
    found: Exercise, students: Students, cell: NotebookNode, bank: Bank, every: int
) -> None:
    tests = students.tests_of([found.name])
    made = mutants(cell)
    unknown = {change for name, change in bank.equivalent if name == found.name}
    for number, mutant in enumerate(made):
        unknown.discard(mutant.change)
        if (found.name, mutant.change) in bank.equivalent:
            found.equivalent += 1
            continue
        if number % every:
            continue
        found.mutants += 1
        if students.lost({found.name: mutant.source}, tests, until_first=True):
            found.killed += 1
        else:
            found.survivors.append(mutant.change)
    found.problems += [f"there is no mutant {change!r}" for change in sorted(unknown)]


class Students:
    """Students who have every answer right but for those that are changed."""

    def __init__(self, assignment: str, source: NotebookNode) -> None:
        self._assignment, self._examined = assignment, Examined(source)
        code = [cell for cell in source.cells if cell.cell_type == "code"]
        self.answers = {cell.id: cell for cell in code if is_solution(cell)}
        self._tests = {cell.id: cell for cell in code if is_test(cell)}
        self._cells = [
            cell
            for cell in code
            if cell.id not in self._tests and EXPERIMENT not in cell.metadata.get("tags", [])
        ]
        self._process: StudentProcess | None = None

    def __enter__(self) -> Students:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def is_code(self, name: str) -> bool:
        """Tell whether an answer is more than a guess, of which many may be right."""
        return name not in self._examined.guesses or name.startswith("predict_")

    def tests_of(self, names: Iterable[str]) -> set[str]:
        """Collect the tests of some exercises."""
        names = set(names)
        return {test for test, name in self._examined.tests.items() if name in names}

    def tests_built_on(self, name: str) -> set[str]:
        """Collect the tests that call an answer, themselves or by another answer."""
        callers = {name}
        for _ in self.answers:  # as often as one can call another
            callers |= {x for x, cell in self.answers.items() if _mentions(cell, callers)}
        return {test for test, cell in self._tests.items() if _mentions(cell, callers)}

    def lost(
        self,
        changes: dict[str, Change],
        tests: set[str],
        until_first: bool = False,
        fresh: tuple = (),
    ) -> dict[str, str]:
        """Grade a student; return the message of each test that is lost.

        A test that is left to a person is not lost.
        """
        student = self._process or self._start()
        order = [test for test in self._tests if test in tests]
        examination = Examination(self._examined, student, SECONDS, fresh=fresh)
        own, lost = self.tests_of(changes), {}
        try:
            for name, change in changes.items():
                cell = self.answers[name]
                source = changed(cell, change)
                student.run_cell(source, name, SECONDS)
                if STUB in source:
                    examination.unanswered.add(name)
            for test in order:
                examination.retry = test not in own  # with answers that are right anyway
                outcome = examination.run(test)
                if outcome.ended:
                    self._dirty = True
                if outcome.error and outcome.error.ename != NOT_GRADABLE:
                    lost[test] = f"{outcome.error.ename}: {outcome.error.evalue}".splitlines()[0]
                    if until_first:
                        break
        finally:
            if self._dirty:
                self._stop()
            else:
                for name in changes:
                    student.run_cell(self.answers[name].source, name, SECONDS)
        return lost

    def _start(self) -> StudentProcess:
        self._process = StudentProcess(lambda: launch(self._assignment, trusted=True))
        self._dirty = False
        for cell in self._cells:
            self._process.run_cell(cell.source, cell.id, 60)
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None


def _mentions(cell: NotebookNode, names: set[str]) -> bool:
    return not names.isdisjoint(re.findall(r"\w+", cell.source))
