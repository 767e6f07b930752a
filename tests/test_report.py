"""What a check says: which outputs are right, and which known mistake a wrong one looks like."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from cs231n_lib.verdict import compare, report, unchanged
from cs231n_lib.verdict import report as report_function

RIGHT = {"dx": [1.0, 2.0, 3.0], "dw": [4.0, 5.0]}
WRONG = [
    {"in": "layer", "says": ["dx is doubled."], "gives": {"dx": [2.0, 4.0, 6.0]}},
    {"in": "layer", "says": ["dw is a sum."], "gives": {"dw": 9.0}},
    {
        "in": "layer",
        "says": ["All is negative."],
        "gives": {"dx": [-1.0, -2.0, -3.0], "dw": [-4.0, -5.0]},
    },
    {"in": "layer", "says": ["dw has no upstream."], "gives": {"dw": [7.5, 1.0]}},
    {"in": "layer", "says": ["dw counts to one."], "gives": {"dw": [7.5, 1.0]}},
    {"in": "layer", "says": ["All is a mess."], "gives": {"dx": [3.5, 1, 1], "dw": [2, 2]}},
    {"in": "matmul", "says": ["x is a mess."], "gives": {"dx": [3.5, 1, 1], "dw": [2, 2]}},
    {"in": "matmul", "says": ["x is halved."], "gives": {"dx": [0.5, 0.0, 0.0]}},
    {"in": "layer", "says": ["Both are tenths."], "gives": {"dx": [0.1, 0.2, 0.3], "dw": [7, 7]}},
    *({"in": "layer", "says": [f"It is {n}."], "gives": {"dw": [6, 6]}} for n in range(4)),
    {
        "in": "layer",
        "says": ["dx is a third.", "dw is odd."],
        "gives": {"dx": [0.3, 0.6, 0.9]},
        "spoils": ["dx", "dw"],
    },
    {"in": "layer", "says": ["dx overflows."], "gives": {"dx": [1.0, float("nan"), 3.0]}},
    {
        "in": "layer",
        "says": ["dx is doubled.", "All is negative."],
        "gives": {"dx": [-2.0, -4.0, -6.0]},
    },
]


@pytest.fixture(autouse=True)
def stored(tmp_path, monkeypatch):
    """An edition with the outputs above."""
    import sys

    module = sys.modules["cs231n_lib.verdict.report"]
    path = tmp_path / "stored.json"
    path.write_text(json.dumps({"layer": {"right": RIGHT, "wrong": WRONG}}))
    monkeypatch.setattr(module, "STORED", path)
    module._stored.cache_clear()
    yield path
    module._stored.cache_clear()


def check(dx=(1.0, 2.0, 3.0), dw=(4.0, 5.0), expected_dx=None):
    return report(
        "layer", compare("dx", dx, expected_dx), compare("dw", dw, axes="M", counts={"N": 3})
    )


def diagnosis(**answers):
    found = check(**answers).diagnoses
    return {" Or: ".join(sentences): ", ".join(outputs) for outputs, sentences in found}


def test_right_answers_get_no_diagnosis():
    found = check()
    assert found.passed
    assert repr(found) == "dx  right\ndw  right"


def test_a_known_mistake_is_named_for_the_output_that_shows_it():
    found = check(dx=np.array([2, 4, 6]))
    assert repr(found).splitlines() == [
        "dx  wrong  worst at [2]: found 6, expected 3. Every entry is 2 times too large.",
        "dw  right",
        "dx: dx is doubled.",
    ]


def test_a_known_mistake_is_named_in_float32_and_in_another_shape():
    assert diagnosis(dx=np.array([2, 4, 6], np.float32)) == {"dx is doubled.": "dx"}
    assert diagnosis(dw=9.0) == {"dw is a sum.": "dw"}


def test_one_mistake_that_shows_in_two_outputs_is_named_once():
    assert diagnosis(dx=[-1, -2, -3], dw=[-4, -5]) == {"All is negative.": "dx, dw"}


def test_a_mistake_that_would_spoil_what_is_right_was_not_made():
    assert diagnosis(dx=[-1, -2, -3]) == {}


def test_two_mistakes_of_which_one_would_spoil_what_is_right_were_not_made():
    assert diagnosis(dx=[0.3, 0.6, 0.9]) == {}
    assert diagnosis(dx=[0.3, 0.6, 0.9], dw=[5, 6]) == {"dx is a third. And: dw is odd.": "dx"}


def test_a_gradient_that_agrees_with_a_wrong_forward_is_not_called_a_mistake():
    assert diagnosis(dx=[2, 4, 6], expected_dx=[2, 4, 6]) == {}
    assert diagnosis(dx=[2, 4, 6], expected_dx=[2, 4, 5]) == {"dx is doubled.": "dx"}


def test_two_mistakes_in_two_outputs_are_both_named():
    assert diagnosis(dx=[2, 4, 6], dw=9) == {"dx is doubled.": "dx", "dw is a sum.": "dw"}


def test_two_mistakes_in_one_output_are_both_named():
    assert diagnosis(dx=[-2, -4, -6]) == {"dx is doubled. And: All is negative.": "dx"}


def test_mistakes_that_look_the_same_are_listed():
    found = check(dw=[7.5, 1])
    assert repr(found).splitlines()[2:] == [
        "dw: this may be one of several mistakes.",
        "  - dw has no upstream.",
        "  - dw counts to one.",
    ]


def test_a_mistake_in_the_answer_itself_comes_before_one_in_what_it_calls():
    assert diagnosis(dx=[3.5, 1, 1], dw=[2, 2]) == {"All is a mess.": "dx, dw"}


def test_a_mistake_in_what_is_called_has_to_explain_all_that_is_wrong():
    assert diagnosis(dx=[0.5, 0, 0]) == {"matmul: x is halved.": "dx"}
    assert diagnosis(dx=[0.5, 0, 0], dw=[9, 9]) == {}


def test_a_part_of_a_mistake_counts_only_if_it_can_not_be_a_coincidence():
    assert diagnosis(dx=[-1, -2, -3], dw=[8, 8]) == {}
    assert diagnosis(dx=[0.1, 0.2, 0.3], dw=[8, 8]) == {"Both are tenths.": "dx"}


def test_more_than_three_mistakes_that_look_the_same_are_not_listed():
    assert diagnosis(dw=[6, 6]) == {}


def test_a_mistake_that_gives_nan_is_named():
    assert diagnosis(dx=[1, np.nan, 3]) == {"dx overflows.": "dx"}


@pytest.mark.parametrize("answer", [None, "text", [[1], [1, 2]], {"a": 1}, [2.0, 4.0, 6.001]])
def test_what_nobody_has_done_before_gets_no_diagnosis(answer):
    assert diagnosis(dx=answer) == {}
    assert not check(dx=answer).passed


def test_the_stored_answer_decides_and_not_a_numerical_gradient_of_float32():
    rounded = np.array([1.01, 1.98, 3.02])
    assert check(dx=np.array([1, 2, 3], np.float32), expected_dx=rounded).passed


def test_what_fits_a_wrong_forward_is_told_apart():
    found = check(dx=[5.0, 5.0, 5.0], expected_dx=[5.0, 5.0, 5.0])
    assert found["dx"].problem.startswith("agrees with your own forward, so look there first.")


def test_an_input_that_was_changed_by_rounding_alone_is_told_though_the_right_numbers_are_stored():
    changed = unchanged("dx", np.array([1.0, 2.0, 3.0 + 1e-15]), np.array([1.0, 2.0, 3.0]))
    assert not report("layer", changed).passed


def test_without_stored_answers_a_numerical_gradient_decides(stored):
    stored.write_text("{}")
    assert "dx  right" in repr(check(expected_dx=[1, 2, 3]))
    assert "dx  wrong  worst at [0]" in repr(check(expected_dx=[2, 2, 3]))
    assert "dw  not compared" in repr(check(expected_dx=[1, 2, 3]))


def test_an_exercise_with_hints_names_them():
    assert repr(report("relu", compare("dx", 1.0, 2.0))).endswith(
        'Stuck? Run hint("relu_forward") or hint("relu_backward").'
    )
    assert "Stuck" not in repr(report("relu", compare("dx", 1.0, 1.0)))


def test_an_output_is_found_by_its_name():
    assert check(dx=[2, 4, 6])["dx"].problem
    with pytest.raises(KeyError, match="there is no output 'db'; there is dx, dw"):
        check()["db"]


class Reader(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, text):
        self.texts.append(text)


def test_the_table_says_in_words_what_is_right_and_what_is_wrong():
    html = check(dx=[2, 4, 6])._repr_html_()
    reader = Reader(html)
    assert "layer: not right yet" in reader.texts
    assert "✗ wrong" in reader.texts
    assert "✓ right" in reader.texts
    assert "dx: dx is doubled." in reader.texts
    assert not re.search(r"color|background", html)  # nothing is said by color
    assert [tag for tag, _ in reader.tags].count("caption") == 1
    scopes = [attributes.get("scope") for tag, attributes in reader.tags if tag == "th"]
    assert scopes == ["col"] * 3 + ["row"] * 2


def test_a_name_with_markup_is_shown_as_text():
    html = report_function("<b>", compare("<i>", 1.0, 2.0))._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
