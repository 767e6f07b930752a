"""The commands that people type."""

import functools
from pathlib import Path

import nbformat
import pytest

from cs231n_lib.__main__ import main as student_main
from grading.__main__ import main as instructor_main
from grading.course import Course
from grading.release import release
from grading.repair import is_test
from grading.sample_class import fill, solutions


@pytest.fixture
def notebook(graded_class, tmp_path):
    def write(answers, draws=False):
        path = tmp_path / "backprop.ipynb"
        filled = fill(graded_class.released, answers)
        if not draws:
            is_drawn = [cell.id.endswith("_figure") for cell in filled.cells]
            filled.cells = [c for c, drawn in zip(filled.cells, is_drawn, strict=True) if not drawn]
        nbformat.write(filled, path)
        return str(path)

    return write


@pytest.fixture
def total(graded_class):
    """How many tests the assignment has."""
    return sum(is_test(cell) for cell in graded_class.source.cells)


def test_check_exits_0_and_lists_every_test_when_all_pass(graded_class, total, notebook, capsys):
    path = notebook(solutions(graded_class.source), draws=True)
    before = Path(path).read_bytes()
    assert student_main(["check", path]) == 0
    out = capsys.readouterr().out
    assert f"{total} of {total} tests pass." in out
    assert out.count("\npass ") == total
    assert "FAIL" not in out
    assert Path(path).read_bytes() == before


def test_check_exits_1_and_says_which_test_fails_and_why(graded_class, total, notebook, capsys):
    answers = solutions(graded_class.source) | graded_class.students["goran"].answers
    del answers["predict_branch"]
    assert student_main(["check", notebook(answers)]) == 1
    out = capsys.readouterr().out
    assert "FAIL matmul_backward_dw\n     dw: has shape (2, 3), expected (3, 2)." in out
    assert "FAIL predict_branch\n     not attempted: the line `raise" in out
    assert f"{total - 2} of {total} tests pass." in out


def test_check_goes_on_after_a_cell_that_never_ends(
    graded_class, total, notebook, capsys, monkeypatch
):
    monkeypatch.setattr("cs231n_lib.__main__.TIMEOUT", 2)
    loop = {"reciprocal_backward": "while True:\n    pass"}
    assert student_main(["check", notebook(solutions(graded_class.source) | loop)]) == 1
    out = capsys.readouterr().out
    assert "FAIL reciprocal_backward\n     took longer than" in out
    assert f"{total - 1} of {total} tests pass." in out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no file"),
        ("", "is not a Jupyter notebook."),
        ("[1, 2]", "is not a Jupyter notebook."),
        ('{"cells": 3}', "is not a Jupyter notebook."),
        (nbformat.writes(nbformat.v4.new_notebook()), "has no test cells"),
    ],
)
def test_check_refuses_what_is_no_assignment_in_one_sentence(tmp_path, capsys, content, reason):
    path = tmp_path / "x.ipynb"
    if content is not None:
        path.write_text(content)
    assert student_main(["check", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert reason in error
    assert error.count("\n") == 1


def test_check_says_that_the_kernel_died(graded_class, notebook, capsys):
    answers = solutions(graded_class.source) | graded_class.students["ivan"].answers
    assert student_main(["check", notebook(answers)]) == 2
    assert "the Python process ended in the middle" in capsys.readouterr().err


def test_grade_exits_1_and_names_the_problem_when_there_is_no_release(classroom, capsys):
    assert instructor_main(["grade", "01_backprop"]) == 1
    assert capsys.readouterr().err == (
        "error: 01_backprop has no release. Run: python -m grading release 01_backprop\n"
    )


def test_lab_copies_each_notebook_once_and_keeps_answers(classroom, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("grading.__main__.ROOT", tmp_path)
    monkeypatch.setattr("grading.release.record_checks", lambda *_: {})  # it takes a while
    released = functools.cache(lambda assignment: release(classroom, assignment))
    monkeypatch.setattr("grading.__main__.release", lambda _, assignment: released(assignment))
    monkeypatch.setattr(Course, "assignments", lambda _: ["01_backprop", "02_fully_connected"])
    assert instructor_main(["lab"]) == 0
    mine = tmp_path / "my_work" / "01_backprop" / "backprop.ipynb"
    assert mine.exists()
    library = mine.with_name("cs231n_lib") / "graph.py"
    assert "WithheldError('exp_backward'" in library.read_text()
    mine.write_text("my answers")
    library.write_text("an older one")
    assert instructor_main(["lab"]) == 0
    assert "WithheldError('exp_backward'" in library.read_text()
    assert mine.read_text() == "my answers"
    assert "kept my_work/01_backprop/backprop.ipynb" in capsys.readouterr().out
