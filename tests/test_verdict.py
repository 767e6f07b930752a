"""What a comparison says."""

import numpy as np
import pytest

from cs231n_lib.verdict import (
    NOT_ATTEMPTED,
    CheckFailed,
    compare,
    describe_error,
    new_object,
    require,
    unchanged,
)

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


# What a wrong answer looks like

CUBE = np.arange(24.0).reshape(2, 3, 4) ** 2


@pytest.mark.parametrize(
    ("answer", "expected", "text"),
    [
        (RIGHT * 11, RIGHT, "Every entry is 11 times too large, and 11 is N."),
        (RIGHT / 77, RIGHT, "Every entry is 77 times too small, and 77 is N times D."),
        (RIGHT / 3, RIGHT, "Every entry is 3 times too small, and 3 is M."),
        (RIGHT * 5, RIGHT, "Every entry is 5 times too large."),
        (RIGHT * -5, RIGHT, "Every entry has the wrong sign and is 5 times too large."),
        (CUBE.transpose(), CUBE, "Its axes are reversed."),
        (CUBE.transpose(1, 0, 2), CUBE, "Its axes are in another order."),
        (RIGHT[:, ::-1], RIGHT, "Its order along axis 1 is reversed."),
        (RIGHT[:, [1, 0, 2]], RIGHT, "The numbers are right, but in other places."),
        (RIGHT[None], RIGHT, "The numbers are right, the shape is not."),
        (RIGHT.ravel(), RIGHT, "The numbers are right, the shape is not."),
        (np.array([[1.0], [2.0]]), np.array([[1.0] * 3, [2.0] * 3]), "Repeated along the missing"),
        (RIGHT, RIGHT.sum(axis=0), "Its sum over axis 0 is the right answer."),
        (RIGHT, RIGHT.mean(axis=1), "Its mean over axis 1 is the right answer."),
        (RIGHT, np.float64(RIGHT.mean()), "Its mean is the right answer."),
        (np.where(RIGHT == 3, 9, RIGHT), RIGHT, "1 of 6 entries is wrong."),
    ],
)
def test_the_shape_of_a_mistake_is_named(answer, expected, text):
    counts = {"N": 11, "D": 7}
    verdict = compare("dx", answer, expected, axes="K M" * (expected.ndim == 2), counts=counts)
    assert not verdict.passed
    assert text in verdict.problem


def test_a_number_is_compared_with_a_count_but_not_with_any_factor():
    assert "It is 4 times too large, and 4 is N." in compare("loss", 8, 2, counts={"N": 4}).problem
    assert compare("loss", 8, 2).problem == "found 8, expected 2."


def test_a_wrong_shape_is_told_with_the_letters_of_the_axes():
    verdict = compare("dw", np.zeros((4, 6)), np.ones((6, 5)), axes="D M")
    assert verdict.problem == "has shape (4, 6), expected (6, 5), which is (D, M)."


def test_a_type_of_number_matters_only_where_one_is_asked_for():
    single = RIGHT.astype(np.float32)
    assert compare("W1", single, RIGHT).passed
    assert compare("W1", single, RIGHT, dtype=np.float32).passed
    assert compare("W1", RIGHT, RIGHT, dtype="float32").problem == (
        "has dtype float64, expected float32."
    )


def test_an_answer_that_is_right_except_at_a_kink_is_told_so():
    x = np.array([-1.0, 0.0, 2.0])
    verdict = compare("dx", np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.5, 1.0]), kinks=x == 0)
    assert "right except where a kink lies" in verdict.problem


def test_without_anything_to_compare_with_presence_and_type_are_looked_at():
    assert str(compare("out", RIGHT)) == "out: nothing to compare it with here."
    assert not compare("out", None).passed
    assert not compare("out", "text").passed


@pytest.mark.parametrize(
    ("after", "text"),
    [
        (RIGHT.copy(), ""),
        (RIGHT * [[1, 1, 2], [1, 1, 1]], "at [0, 2] it was 3, and is 6."),
        (RIGHT[0], "its shape was (2, 3), and is (3,)."),
    ],
)
def test_an_input_that_was_changed_is_named(after, text):
    verdict = unchanged("x", after, RIGHT)
    assert verdict.passed == (not text)
    assert verdict.problem.endswith(text)


def test_nan_that_stays_where_it_was_is_no_change():
    x = np.array([np.nan, 1.0])
    assert unchanged("x", x.copy(), x).passed


def test_a_result_that_is_an_argument_is_named():
    x = np.zeros(2)
    assert new_object("out", x.copy(), x=x).passed
    assert str(new_object("out", x, w=1, x=x)).startswith("out: is the same object as x.")


# The picture


@pytest.mark.parametrize(
    ("answer", "expected", "title"),
    [
        (RIGHT * 2, RIGHT, "dx: 6 of 6 entries differ (×)"),
        (RIGHT, RIGHT, "dx: 0 of 6 entries differ (×)"),
        (CUBE + (CUBE == 1), CUBE, "dx: 1 of 24 entries differ (×)"),
        (RIGHT * np.nan, RIGHT, "dx: 6 of 6 entries differ (×)"),
        (np.zeros((30, 40)), np.ones((30, 40)), "dx: 1200 of 1200 entries differ"),
        (1.0, 2.0, "dx: 1 of 1 entries differ (×)"),
    ],
)
def test_a_picture_shows_where_an_array_is_wrong(answer, expected, title):
    import matplotlib.pyplot as plt

    compare("dx", answer, expected).plot()
    figure = plt.gcf()
    figure.canvas.draw()
    assert figure.get_suptitle() == title
    titles = [ax.get_title() or ax.get_title("left") for ax in figure.axes[:3]]
    assert titles == ["yours", "expected", "difference"]
    plt.close(figure)


@pytest.mark.parametrize("expected", [RIGHT.T, None])
def test_a_picture_needs_two_arrays_of_one_shape(expected):
    with pytest.raises(ValueError, match="a picture needs two arrays of one shape"):
        compare("dx", RIGHT, expected).plot()


def test_a_change_that_six_digits_do_not_show_is_told_as_a_difference():
    x = np.array([0.1, 0.2])
    after = x + np.array([2**-56, 0])
    assert "at [0] it was 0.1, and is 1.4e-17 more now" in unchanged("x", after, x).problem
