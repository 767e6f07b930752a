"""Hints come one at a time, in notebooks and in terminals."""

import ast
import json
import sys
import tomllib

import pytest
from nbgrader.utils import is_solution

from cs231n_lib.__main__ import main
from cs231n_lib.verdict import hint
from grading.course import Course

hints = sys.modules["cs231n_lib.verdict.hints"]
HINTS = tomllib.loads(hints.HINTS.read_text(encoding="utf-8"))
EXERCISES = [
    pytest.param(cell, id=f"{assignment}-{cell.id}")
    for assignment in Course().assignments()
    for cell in Course().read_source(assignment).cells
    if cell.cell_type == "code" and is_solution(cell) and "(self" not in cell.source.split(":")[0]
    if not cell.id.startswith("predict_") and not cell.id.endswith("_settings")
]


@pytest.fixture(autouse=True)
def seen(tmp_path, monkeypatch):
    """Nobody has asked for a hint yet."""
    monkeypatch.setattr(hints, "user_state_path", lambda name: tmp_path / name)
    monkeypatch.setattr(hints, "_seen_here", {})
    return tmp_path / "cs231n-workbook" / hints.SEEN


def ask(capsys, name="affine_backward"):
    hint(name)
    return capsys.readouterr().out


def test_each_time_there_is_one_hint_more(capsys):
    shown = [ask(capsys) for _ in range(5)]
    assert [text.count(":\n") for text in shown] == [1, 2, 3, 4, 4]
    assert shown[0].startswith("Idea:\n")
    assert "(2 more: run it again.)" in shown[0]
    assert "Formula:\n" in shown[1]
    assert "Shapes:\n" in shown[2]
    assert "(That was the last hint." in shown[2]
    assert "the solved notebook" in shown[3]
    assert "the solved notebook" not in shown[2]


def test_every_exercise_counts_for_itself(capsys):
    ask(capsys)
    assert "Formula" not in ask(capsys, "affine_forward")


def test_a_hint_in_the_terminal_goes_on_where_the_notebook_stopped(capsys):
    ask(capsys)
    hints._seen_here.clear()  # another process
    assert main(["hint", "affine_backward"]) == 0
    assert "Formula:" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"affine_backward": "x"}', '{"affine_backward": []}']
)
def test_a_damaged_note_of_what_was_seen_starts_anew(seen, capsys, text):
    seen.parent.mkdir(parents=True)
    seen.write_text(text)
    assert "(2 more" in ask(capsys)
    assert json.loads(seen.read_text()) == {"affine_backward": 1}


def test_hints_come_also_where_nothing_can_be_written(seen, capsys):
    seen.parent.write_text("a file where the folder should be")
    assert "Formula" not in ask(capsys)
    assert "Formula" in ask(capsys)


def test_a_misspelled_name_gets_the_closest_one(capsys):
    with pytest.raises(ValueError, match="no hints for 'affine_bakward'; did you mean 'affine_b"):
        hint("affine_bakward")
    assert main(["hint", "qqq"]) == 2
    assert "there are some for numerical_gradient, " in capsys.readouterr().err


def test_a_check_offers_the_hints_of_its_own_exercise_or_of_both_halves():
    assert hints.hints_for("sgd_nesterov") == ["sgd_nesterov"]
    assert hints.hints_for("relu") == ["relu_forward", "relu_backward"]


@pytest.mark.parametrize("cell", EXERCISES)
def test_every_exercise_with_code_has_three_hints_and_none_has_a_line_of_the_answer(cell):
    assert HINTS[cell.id].keys() == set(hints.STAGES)
    answer = cell.source.split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0]
    lines = {line.strip() for line in answer.splitlines() if len(line.strip()) >= 12}
    for text in HINTS[cell.id].values():
        assert not any(line in text for line in lines)
        for line in text.splitlines():
            assert not is_assignment(line)


def is_assignment(line):
    try:
        [statement] = ast.parse(line.strip()).body
    except (SyntaxError, ValueError):
        return False
    return isinstance(statement, ast.Assign) and "_i" not in line
