"""The audit: tests that are too weak, too strict or unfair are found."""

import functools
import re

import nbformat
import pytest

from grading.__main__ import main
from grading.audit import KILL_RATE, audit
from grading.course import Course
from grading.misconceptions import Bank, unusual, wrong

SOURCE = Course().read_source("01_backprop")


@pytest.fixture(scope="module")
def audited():
    """A function from an assignment to its quick audit, done once."""
    return functools.cache(lambda assignment: list(audit(assignment, quick=True)))


def test_the_tests_of_the_first_assignment_tell_right_work_from_wrong_work(audited):
    found = audited("01_backprop")
    assert [problem for exercise in found for problem in exercise.problems] == []
    assert all(exercise.caught == exercise.wrong for exercise in found)
    assert all(exercise.kept == exercise.unusual for exercise in found)
    killed, made = sum(e.killed for e in found), sum(e.mutants for e in found)
    assert made > 20
    assert killed >= KILL_RATE * made, [survivor for e in found for survivor in e.survivors]


@pytest.mark.slow
@pytest.mark.parametrize("assignment", Course().assignments())
def test_the_whole_audit_finds_nothing(assignment):
    assert main(["audit", assignment]) == 0


def changed_source(cell_id, change):
    source = nbformat.from_dict(SOURCE)
    cell = next(cell for cell in source.cells if cell.id == cell_id)
    cell.source = change(cell.source)
    return source


def only(exercise, bank=None, source=SOURCE):
    bank = bank or Bank([], [], {})
    kept = [
        cell for cell in source.cells if cell.id in ("setup", exercise) or needed(cell, exercise)
    ]
    small = nbformat.from_dict(source)
    small.cells = kept
    [found] = [found for found in audit("01_backprop", bank=bank, source=small)]
    return found


def needed(cell, exercise):
    return cell.id.startswith(f"test_{exercise}")


def test_a_test_that_anything_passes_lets_mistakes_mutants_and_blanks_through():
    weak = changed_source(
        "test_matmul_backward_dx",
        lambda text: "def test_matmul_backward_dx():\n    pass\n\n\ntest_matmul_backward_dx()",
    )
    weak.cells = [cell for cell in weak.cells if cell.id != "test_matmul_backward_dw"]
    bank = Bank([wrong("matmul_backward", "zeros", "", ("dx = dout @ w.T", "dx = 0"))], [], {})
    found = only("matmul_backward", bank, weak)
    assert "zeros loses nothing" in found.problems
    assert "a blank answer passes test_matmul_backward_dx" in found.problems
    assert (found.caught, found.wrong, found.killed) == (0, 1, 0)
    assert "dx = dout @ w.T -> dx = dout @ w" in found.survivors


def test_a_test_that_marks_down_right_work_is_found():
    strict = changed_source(
        "test_exp_backward",
        lambda text: re.sub(
            r"    ### BEGIN",
            "    assert exp_backward(dout, cache).dtype == float\n    ### BEGIN",
            text,
        ),
    )
    bank = Bank([], [unusual("float32", exp_backward="dx = (dout * out).astype('f4')")], {})
    found = only("exp_backward", bank, strict)
    assert (found.kept, found.unusual) == (0, 1)
    assert found.problems == ["float32 loses test_exp_backward: AssertionError"] or (
        found.problems[0].startswith("float32 loses test_exp_backward")
    )


def test_a_right_answer_that_is_unlucky_with_some_inputs_is_found():
    unlucky = changed_source(
        "test_exp_backward",
        lambda text: text.replace(
            "    ### END HIDDEN TESTS",
            "    assert fresh_rng().uniform() > 0.3\n    ### END HIDDEN TESTS",
        ),
    )
    problems = only("exp_backward", source=unlucky).problems
    assert "a right answer is unlucky in test_exp_backward" in problems


def test_one_exercise_can_be_audited_alone():
    assert [found.name for found in audit("01_backprop", only="exp_backward")] == ["exp_backward"]


def test_a_wrong_solution_is_found():
    spoiled = changed_source("exp_backward", lambda text: text.replace("dout * out", "dout + out"))
    problem, *_ = only("exp_backward", source=spoiled).problems
    assert problem.startswith("the right answer loses test_exp_backward")


def test_an_equivalent_mutant_that_does_not_exist_is_named():
    bank = Bank([], [], {("exp_backward", "dx = 1 -> dx = 2"): "never"})
    assert only("exp_backward", bank).problems == ["there is no mutant 'dx = 1 -> dx = 2'"]


def test_the_command_prints_a_table_and_the_kill_rate(audited, capsys, monkeypatch):
    monkeypatch.setattr("grading.__main__.audit", lambda assignment, only: audited(assignment))
    assert main(["audit", "01_backprop"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"softmax_loss +(\d+) of \1 +\d+ of \d+ +5 of 5\n", out)
    assert re.search(r"\d+ of \d+ mutants lose points: \d+\.\d% \(at least 95%\)\.", out)


def test_the_command_names_an_unknown_exercise(capsys):
    assert main(["audit", "01_backprop", "--exercise", "exp_bakward"]) == 1
    assert "01_backprop has no exercise 'exp_bakward'." in capsys.readouterr().err


def test_the_command_names_an_unknown_assignment(capsys):
    assert main(["audit", "09_none"]) == 1
    assert "there is no assignment '09_none'" in capsys.readouterr().err
