"""What a comparison says."""

import numpy as np
import pytest

from cs231n_lib.verdict import NOT_ATTEMPTED, CheckFailed, compare, describe_error, require

RIGHT = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        RIGHT.tolist(),
        RIGHT.astype(np.float32),
        RIGHT + 1e-8,
        np.asfortranarray(RIGHT),
    ],
    ids=["the same", "a list", "float32", "rounding", "column order"],
)
def test_a_right_answer_passes_in_any_form(answer):
    verdict = compare("dx", answer, RIGHT)
    assert verdict.passed
    assert str(verdict) == "dx: right."


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, "is None. Is it assigned and returned?"),
        ("nine", "has type str, expected numbers."),
        (RIGHT > 0, "worst at [1, 1]: found 1, expected 4."),
        ([[1.0], [1.0, 2.0]], "has type list, expected numbers."),
        (np.array([None, 1]), "has type ndarray, expected numbers."),
        (np.ones((1, 2, 3)), "has shape (1, 2, 3), expected (2, 3)."),
        (RIGHT.T, "has shape (3, 2), expected (2, 3). It is the transpose of the right answer."),
        (-RIGHT, "worst at [1, 1]: found -4, expected 4. The sign is wrong."),
        (RIGHT * 2, "worst at [1, 1]: found 8, expected 4. Every entry is 2 times too large."),
        (RIGHT / 5, "worst at [1, 1]: found 0.8, expected 4. Every entry is 5 times too small."),
        (RIGHT + 1, "worst at [0, 0]: found 2, expected 1. Every entry is off by 1."),
        (RIGHT * 0, "worst at [1, 1]: found 0, expected 4. Every entry is 0."),
        (
            RIGHT * [[1], [2]],
            "worst at [1, 1]: found 8, expected 4. Only the first row is right.",
        ),
        (
            np.where(RIGHT > 3.5, np.nan, RIGHT),
            "worst at [1, 1]: found nan, expected 4. It holds NaN or infinity.",
        ),
    ],
)
def test_a_wrong_answer_is_explained(answer, text):
    verdict = compare("dx", answer, RIGHT)
    assert not verdict.passed
    assert str(verdict) == f"dx: {text}"


def test_a_transposed_square_answer_is_recognized():
    square = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert compare("dw", square.T, square).problem.endswith("the transpose of the right answer.")


def test_a_shape_that_would_broadcast_is_wrong():
    assert (
        compare("db", np.zeros((1, 3)), np.zeros(3)).problem
        == "has shape (1, 3), expected (3,). The numbers are right, the shape is not."
    )


def test_a_number_has_no_place():
    assert compare("loss", 2.0, 3.0).problem == "found 2, expected 3."


@pytest.mark.parametrize("error", [1e-3, 1e-4, 1e-5])
def test_an_error_of_one_in_a_hundred_thousand_is_seen(error):
    assert not compare("loss", 2.3 + 2.3 * error, 2.3).passed


def test_require_lists_every_output_and_the_hint():
    with pytest.raises(CheckFailed) as failure:
        require(compare("dx", 1.0, 1.0), compare("dw", 2.0, 1.0), hint="mind the factor.")
    assert str(failure.value).splitlines() == [
        "dx: right.",
        "dw: found 2, expected 1.",
        "Hint: mind the factor.",
    ]


def test_require_says_what_is_right(capsys):
    require(compare("dx", 1.0, 1.0), compare("dw", 1.0, 1.0), hint="unused")
    assert capsys.readouterr().out == "Right: dx, dw\n"


def test_jupyter_shows_a_failed_check_without_a_traceback():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shown = []
    shell._showtraceback = lambda kind, value, lines: shown.extend(lines)
    shell.run_cell("from cs231n_lib.verdict import *\nrequire(compare('dx', 2.0, 1.0))")
    assert shown == ["Not right yet.", "dx: found 2, expected 1."]


@pytest.mark.parametrize(
    ("name", "message", "text"),
    [
        ("NotImplementedError", "", NOT_ATTEMPTED),
        ("CheckFailed", "dx: found 2.", "dx: found 2."),
        ("AssertionError", "", "AssertionError"),
        ("NameError", "\x1b[31mname 'a'\x1b[0m", "NameError: name 'a'"),
    ],
)
def test_an_error_is_described_for_a_student(name, message, text):
    assert describe_error(name, message) == text


def test_the_noise_of_a_numerical_gradient_is_no_mistake_where_the_gradient_is_zero():
    assert compare("db", np.zeros(3), np.full(3, 1e-11)).passed
    assert not compare("db", np.zeros(3), np.full(3, 1e-7)).passed


def test_a_number_that_is_almost_infinite_is_compared_without_a_warning():
    assert not compare("x", np.array([-1e308, 1.0]), np.array([1e308, 1.0])).passed


def test_one_infinite_number_does_not_make_all_others_right():
    assert not compare("x", np.array([np.inf, 1.0]), np.array([np.inf, 2.0])).passed


@pytest.mark.parametrize("what", ["NoneType", "float"])
def test_a_result_that_can_not_be_unpacked_is_explained(what):
    message = describe_error("TypeError", f"cannot unpack non-iterable {what} object")
    assert "A function that should return several results returned" in message
