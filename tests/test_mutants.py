"""The changes that a machine makes to a right answer."""

import ast

from nbformat.v4 import new_code_cell

from grading.mutants import mutants


def changes(*lines):
    body = "\n".join(f"    {line}" for line in lines)
    cell = new_code_cell(
        f"def f(x, y):\n    kept = x + 1\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION\n"
        "    return out"
    )
    made = mutants(cell)
    for mutant in made:
        ast.parse(mutant.source)
        assert "kept = x + 1" in mutant.source  # only the solution changes
    return [mutant.change.partition(" -> ")[2] for mutant in made]


def test_an_operator_is_swapped_and_each_term_dropped():
    assert changes("out = x + y") == ["out = x - y", "out = x", "out = y"]


def test_a_sign_is_dropped():
    assert changes("out = -x") == ["out = x"]


def test_a_comparison_is_turned_round_and_includes_its_border():
    assert changes("out = x > y") == ["out = x >= y", "out = x < y"]


def test_a_number_is_changed():
    assert changes("out = x[1]") == ["out = x[2]", "out = x[0]"]
    assert changes("out = 0.5") == ["out = 1.0"]


def test_an_axis_is_changed_and_dropped():
    assert set(changes("out = x.sum(axis=0)")) == {
        "out = x.mean(axis=0)",
        "out = x.sum(axis=1)",
        "out = x.sum()",
    }


def test_a_transpose_is_dropped():
    assert changes("out = x @ y.T") == ["out = x @ y"]


def test_an_update_becomes_an_assignment_or_nothing_or_the_opposite():
    assert changes("out += x") == ["out = x", "pass", "out -= x"]


def test_a_loops_first_line_is_changed_and_its_body_too():
    made = changes("for i in range(1):", "    out[i] = y")
    assert made == ["for i in range(2):", "for i in range(0):", "pass"]


def test_a_change_that_stands_in_two_places_is_made_once():
    assert len(changes("out = x + y", "out = x + y")) == 3
