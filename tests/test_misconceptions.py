"""The bank: what is known about wrong answers, and what a student is told about each."""

import ast
import json
import sys

import pytest

from cs231n_lib.verdict import compare, report
from grading.checks import Checks
from grading.course import Course
from grading.misconceptions import changed, read_bank

ASSIGNMENTS = Course().assignments()
BANKS = {name: read_bank(name) for name in ASSIGNMENTS}
MISTAKES = [
    pytest.param(name, mistake, id=f"{name}-{mistake.exercise}-{mistake.name}")
    for name, bank in BANKS.items()
    for mistake in bank.misconceptions
]
each_assignment = pytest.mark.parametrize("assignment", ASSIGNMENTS)
each_mistake = pytest.mark.parametrize(("assignment", "mistake"), MISTAKES)


class Notebook:
    """An assignment's checks, with what a release stores for them."""

    def __init__(self, assignment, recorded):
        self.checks = Checks(Course().read_source(assignment))
        self.stored = json.loads(json.dumps(recorded))

    def reports(self, changes, names=None):
        """For each check, what it shows for these answers."""
        for name in names or self.checks.names:
            if changes.keys() & self.checks.built_on(name):
                try:
                    verdicts = self.checks.run(name, changes)
                except Exception:
                    continue  # the student sees why
                # in a student's notebook there would be numerical gradients
                right = self.stored[name]["right"]
                again = [compare(v.name, v.answer, right[v.name], **v.options) for v in verdicts]
                yield name, report(name, *again)


@pytest.fixture(scope="module")
def notebooks(recorded):
    return {name: Notebook(name, recorded(name)) for name in ASSIGNMENTS}


@pytest.fixture(autouse=True)
def edition(notebooks, monkeypatch):
    """As if the stored outputs of all assignments lay in the edition."""
    module = sys.modules["cs231n_lib.verdict.report"]

    def use(assignment):
        monkeypatch.setattr(module, "_stored", lambda: notebooks[assignment].stored)

    return use


@each_mistake
def test_a_mistake_is_a_change_of_the_right_answer_that_is_python(assignment, mistake, notebooks):
    answer = notebooks[assignment].checks.answers[mistake.exercise]
    ast.parse(changed(answer, mistake.change))


@each_mistake
def test_a_sentence_is_short_and_gives_no_line_of_the_answer(assignment, mistake, notebooks):
    answer = notebooks[assignment].checks.answers[mistake.exercise].source
    solution = answer.split("### BEGIN SOLUTION")[1]
    assert 20 < len(mistake.sentence) <= 220
    assert mistake.sentence.endswith((".", "?", "!"))
    lines = {line.strip() for line in solution.splitlines() if len(line.strip()) > 12}
    assert not any(line in mistake.sentence for line in lines)


@each_mistake
def test_a_student_who_makes_a_mistake_is_told_so(assignment, mistake, notebooks, edition):
    edition(assignment)
    notebook = notebooks[assignment]
    source = changed(notebook.checks.answers[mistake.exercise], mistake.change)
    own = [n for n in notebook.checks.names if f"{mistake.exercise}_".startswith(f"{n}_")]
    for _, shown in notebook.reports({mistake.exercise: source}, own):
        is_told = mistake.sentence in " ".join(map(str, shown.diagnoses))
        assert is_told or shown.passed or "has dtype" in repr(shown)


@each_assignment
def test_every_exercise_with_code_has_at_least_four_mistakes_with_names_of_their_own(
    assignment, notebooks
):
    for exercise in notebooks[assignment].checks.answers:
        if exercise.startswith("predict_") or exercise.endswith("_settings"):
            continue
        mistakes = [m for m in BANKS[assignment].misconceptions if m.exercise == exercise]
        assert len(mistakes) >= 4, exercise
        assert len({m.name for m in mistakes}) == len({m.sentence for m in mistakes}), exercise
        assert len({m.name for m in mistakes}) == len(mistakes), exercise


@each_assignment
def test_no_two_mistakes_of_an_exercise_look_the_same_in_its_check(assignment, notebooks):
    for name, check in notebooks[assignment].stored.items():
        own = notebooks[assignment].checks.calls(name)
        seen = {}
        for entry in check["wrong"]:
            if len(entry["says"]) == 1 and entry["in"] in own:
                key = entry["in"], json.dumps(entry["gives"], sort_keys=True)
                assert key not in seen, (name, entry["says"], seen[key])
                seen[key] = entry["says"]


@each_assignment
def test_every_exercise_with_code_is_in_a_check(assignment, notebooks):
    checks = notebooks[assignment].checks
    checked = set().union(*map(checks.calls, checks.names))
    code = {x for x in checks.answers if not x.startswith("predict_") and "_settings" not in x}
    assert code <= checked


@each_assignment
def test_a_right_answer_is_right_in_every_check_however_it_is_written(
    assignment, notebooks, edition
):
    edition(assignment)
    notebook = notebooks[assignment]
    answers = notebook.checks.answers
    for unusual in BANKS[assignment].unusual:
        changes = {name: changed(answers[name], c) for name, c in unusual.changes.items()}
        for name, shown in notebook.reports(changes):
            assert shown.passed, f"{unusual.name}, {name}: {shown}"


@each_assignment
def test_the_unusual_right_answers_cover_every_exercise_with_code(assignment, notebooks):
    covered = set().union(*(unusual.changes for unusual in BANKS[assignment].unusual))
    answers = notebooks[assignment].checks.answers
    code = {x for x in answers if not x.startswith("predict_") and "_settings" not in x}
    assert code <= covered


def test_an_edit_that_does_not_fit_the_right_answer_is_named(notebooks):
    answer = notebooks["01_backprop"].checks.answers["exp_backward"]
    with pytest.raises(ValueError, match="exp_backward: 'dx' is 3 times in the right answer, not"):
        changed(answer, (("dx", "dy"),))


def test_a_stored_check_holds_numbers_and_sentences_only(notebooks):
    for notebook in notebooks.values():
        for check in notebook.stored.values():
            assert check.keys() == {"right", "wrong"}
            outputs = [check["right"], *(entry["gives"] for entry in check["wrong"])]
            assert all(only_numbers(value) for given in outputs for value in given.values())


def only_numbers(value):
    return all(map(only_numbers, value)) if isinstance(value, list) else isinstance(value, float)
