"""The hidden part of every test tells right work from wrong work, without the visible part."""

import re
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbgrader.utils import is_grade, is_solution

from cs231n_lib.graph import Graph

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = {
    path.parent.name: nbformat.read(path, as_version=4)
    for path in sorted((ROOT / "assignments").glob("*/*.ipynb"))
}
TESTS = [
    pytest.param(notebook, cell, id=f"{name}-{cell.id}")
    for name, notebook in NOTEBOOKS.items()
    for cell in notebook.cells
    if is_grade(cell) and not is_solution(cell)
]


def namespace(notebook):
    """Run the setup cell and the right answers."""
    names = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and (cell.id == "setup" or is_solution(cell)):
            exec(cell.source, names)
    return names


def hidden_part(cell):
    """Leave of a test the imports, a prediction, and what is hidden."""
    head, rest = cell.source.split("    ### BEGIN HIDDEN TESTS\n")
    needed = re.findall(r"    from .*\n|    \w+ = predict_\w+\(\)\n", head)
    return head.split("\n")[0] + "\n" + "".join(needed) + rest


def slightly_wrong(answer):
    """Make an answer whose results are 1 % too large, or in another order.

    A network's first parameters are 50 % too large: they are random. The settings that an answer
    found are a thousand times too small: many good ones lie side by side.
    """

    def spoil(result):
        if isinstance(result, tuple):
            return tuple(spoil(part) for part in result)
        if isinstance(result, dict):
            if all(isinstance(value, str | bool) for value in result.values()):
                return dict(zip(result, [*result.values()][::-1], strict=True))
            return {key: spoil(value) for key, value in result.items()}
        if isinstance(result, Graph):  # the value of its last node
            node = result.nodes[result.output]
            gate = replace(node.gate, forward=lambda *values: spoil(node.gate.forward(*values)))
            result.nodes[result.output] = replace(node, gate=gate)
            return result
        return result * 1.01 if np.asarray(result).dtype.kind in "fi" else result

    if isinstance(answer, type):

        class Wrong(answer):
            def __init__(self, *arguments, **settings):
                super().__init__(*arguments, **settings)
                self.params = {name: 1.5 * param for name, param in self.params.items()}

            def loss(self, X, y=None):
                return spoil(super().loss(X, y))

        return Wrong
    if answer.__name__.endswith("_settings"):
        return lambda: {name: value / 1000 for name, value in answer().items()}
    return lambda *arguments, **settings: spoil(answer(*arguments, **settings))


@pytest.mark.parametrize(("notebook", "cell"), TESTS)
def test_the_hidden_part_alone_passes_right_work(notebook, cell):
    exec(hidden_part(cell), namespace(notebook))


@pytest.mark.parametrize(("notebook", "cell"), TESTS)
def test_the_hidden_part_alone_fails_work_that_is_slightly_wrong(notebook, cell):
    names = namespace(notebook)
    answers = [c.id for c in notebook.cells if is_solution(c) and c.id in names]
    exercise = max((name for name in answers if cell.id.startswith(f"test_{name}")), key=len)
    names[exercise] = slightly_wrong(names[exercise])
    with pytest.raises(AssertionError):
        exec(hidden_part(cell), names)


def on_zeros(answer):
    """Make an answer that sets all it is given to zero, in place, and is right for that.

    It passes where a test computes what it expects from what the answer has changed.
    """

    def clear(value):
        if isinstance(value, np.ndarray) and value.size:
            value[...] = 0
            on_zeros.has_cleared = True
        elif isinstance(value, list) and all(isinstance(part, int) for part in value):
            value[:] = [1] * len(value)
            on_zeros.has_cleared = True
        elif isinstance(value, dict | list | tuple):
            for part in value.values() if isinstance(value, dict) else value:
                clear(part)

    if isinstance(answer, type):

        class OnZeros(answer):
            def loss(self, X, y=None):
                clear((X, y, self.params))
                return super().loss(X, y)

        return OnZeros

    def cleared(*arguments, **settings):
        clear((arguments, settings))
        return answer(*arguments, **settings)

    return cleared


@pytest.mark.parametrize(("notebook", "cell"), TESTS)
def test_a_test_is_not_fooled_by_an_answer_that_changes_what_it_is_given(notebook, cell):
    names = namespace(notebook)
    answers = [c.id for c in notebook.cells if is_solution(c) and c.id in names]
    exercise = max((name for name in answers if cell.id.startswith(f"test_{name}")), key=len)
    names[exercise], on_zeros.has_cleared = on_zeros(names[exercise]), False
    try:
        exec(hidden_part(cell), names)
    except Exception:
        return
    assert not on_zeros.has_cleared
