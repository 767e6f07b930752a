"""What a person should look at is found, and honest work is left in peace."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from grading.concerns import Usual, find_concerns, shapes_of, similar_answers
from grading.course import Course
from grading.misconceptions import changed, read_bank
from grading.repair import Template

COURSE = Course()
SOURCE = COURSE.read_source("01_backprop")


def usual_of(source):
    return Usual(source, Template(source).released)


USUAL = usual_of(SOURCE)
CELLS = {cell.id: cell for cell in SOURCE.cells}


def concerns(source=SOURCE, usual=USUAL, added=(), **answers):
    notebook = nbformat.from_dict(source)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    notebook.cells += [new_code_cell(text, id=f"added-{k}") for k, text in enumerate(added)]
    ids = [*answers, *(f"added-{k}" for k in range(len(added)))]
    return find_concerns(notebook, usual, ids)


@pytest.mark.parametrize(
    ("code", "concern"),
    [
        ("import ctypes", "imports ctypes"),
        ("from os import environ", "imports os"),
        ("def f():\n    import subprocess.run", "imports subprocess"),
        ("data = open('/etc/passwd').read()", "uses open"),
        ("exec(code)", "uses exec"),
        ("m = __import__('o' + 's')", "uses __import__"),
        ("get_ipython().ast_transformers.append(x)", "uses get_ipython"),
        ("f.__globals__['x'] = 1", "reads __globals__"),
        (
            "try:\n    1 / 0\nexcept Exception as e:\n    t = e.__traceback__.tb_frame",
            "reads tb_frame",
        ),
        ("np.allclose = lambda *a, **k: True", "changes np.allclose"),
        ("import numpy.testing as t\nt.assert_allclose = print", "changes t.assert_allclose"),
        ("del np.exp", "changes np.exp"),
        ("def compare(*a): return True", "redefines compare"),
        ("report = print", "redefines report"),
        ("class A:\n    def __eq__(self, other): return True", "defines __eq__"),
        ("class A(np.ndarray): pass", "derives a class from ndarray"),
        ("!cat /etc/passwd", "runs the shell line '!cat /etc/passwd'"),
        ("%%bash\nls", "runs the shell line '%%bash'"),
    ],
)
def test_what_reaches_out_of_the_exercise_is_told(code, concern):
    assert f"an added cell: {concern}." in concerns(added=[code])


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\nimport matplotlib.pyplot as plt\nfrom math import exp",
        "plt.rcParams['figure.figsize'] = (10, 8)\n%matplotlib inline\n%timeit f(x)",
        "class Layer:\n    def __init__(self):\n        self.w = 1\n    def __call__(self, x):\n"
        "        return x",
        "x = np.zeros(3)\nx.shape = (3, 1)\nx[0] = 1",
        "eps = 1e-8\ny = x / (np.sqrt(v) + eps)",
        "lr = 1e-3\nw -= lr * dw / 10",
        "y = x / 1e3",
        "not python at all (",
        "",
        "print('open exec __globals__')  # import os",
    ],
)
def test_usual_code_raises_no_concern(code):
    assert concerns(added=[code]) == []


def test_a_place_is_named_once_for_each_concern():
    import_twice = "import os\nimport os"
    assert concerns(added=[import_twice, "import os"]) == ["an added cell: imports os."]


@pytest.mark.parametrize("assignment", COURSE.assignments())
def test_no_right_answer_and_no_honest_mistake_raises_a_concern(assignment):
    source, bank = COURSE.read_source(assignment), read_bank(assignment)
    cells, usual = {cell.id: cell for cell in source.cells}, usual_of(source)
    honest = [unusual.changes for unusual in bank.unusual]
    honest += [{mistake.exercise: mistake.change} for mistake in bank.misconceptions]
    assert len(honest) > 100
    for changes in honest:
        answers = {name: changed(cells[name], change) for name, change in changes.items()}
        assert concerns(source, usual, **answers) == []


@pytest.mark.parametrize(
    "answer",
    [
        "h = 1e-5\n    dx = dout * (np.exp(x + h) - np.exp(x - h)) / (2 * h)",
        "dx = dout * (np.exp(x + 1e-6) - np.exp(x)) / 1e-6",
    ],
)
def test_a_difference_quotient_in_place_of_backprop_is_told(answer):
    changed_answer = CELLS["exp_backward"].source.replace("dx = dout * out", answer)
    text = "exp_backward: divides by a tiny step: numerical differentiation."
    assert concerns(exp_backward=changed_answer) == [text]


def test_the_numerical_gradient_may_divide_by_a_tiny_step():
    assert concerns(numerical_gradient=CELLS["numerical_gradient"].source) == []


def test_the_librarys_numerical_gradient_in_an_answer_is_told():
    answer = CELLS["exp_backward"].source.replace(
        "dx = dout * out", "dx = numerical_gradient(np.exp, out) * dout"
    )
    [concern] = concerns(exp_backward=answer)
    assert concern == "exp_backward: uses numerical_gradient: numerical differentiation."


def test_numbers_of_the_visible_test_in_an_answer_are_told():
    source = nbformat.from_dict(SOURCE)
    cells = {cell.id: cell for cell in source.cells}
    cells[
        "test_exp_backward"
    ].source = "x = [0.731, 2.514]\n### BEGIN HIDDEN TESTS\ny = 8.271\n### END HIDDEN TESTS"
    answer = "def exp_backward(dout, out):\n    return {0.731: 2.514}[dout]"
    assert concerns(source, usual_of(source), exp_backward=answer) == [
        "exp_backward: has the numbers of its visible test."
    ]
    assert (
        concerns(
            source, usual_of(source), exp_backward="def exp_backward(dout, out):\n    return 8.271"
        )
        == []
    )


# Answers that are alike

LONG = """
def f(x, w):
    '''What it does.'''
    total = 0  # of all
    for row in x:
        for value in row:
            total += np.exp(value * w) / (1 + np.exp(value * w))
        total = total + np.maximum(row, 0).sum() - np.log(np.abs(row).max())
    return total, (x, w, total)
"""
RENAMED = LONG.replace("total", "s").replace("value", "v").replace("'''What it does.'''\n", "\n")


def test_names_comments_and_texts_make_no_difference():
    assert shapes_of({"f": LONG}) == shapes_of({"f": RENAMED}) != {}


@pytest.mark.parametrize(
    ("old", "new"), [("np.exp", "np.tanh"), ("(1 +", "(2 +"), ("x, w, total)", "w, x, total)")]
)
def test_another_function_number_or_order_does(old, new):
    assert shapes_of({"f": LONG}) != shapes_of({"f": LONG.replace(old, new)})


def shapes(*answers):
    return shapes_of({f"exercise{k}": answer for k, answer in enumerate(answers)})


def variants(*numbers):
    return [LONG.replace("(1 +", f"({number} +") for number in numbers]


def test_two_students_with_the_same_long_answers_are_told():
    answers = {
        "ana": shapes(*variants(1, 2, 3)),
        "bob": shapes(*variants(1, 2, 3)),
        "cem": shapes(*variants(4, 5, 6)),
    }
    [line] = similar_answers(answers, {})
    assert line == (
        "ana, bob have the same answers but for names: exercise0, exercise1, exercise2."
    )


def test_short_answers_one_common_answer_and_what_many_write_are_no_news():
    short = "def f(x):\n    return x"
    assert similar_answers({"ana": shapes(short), "bob": shapes(short)}, {}) == []
    one_of_three = {"ana": shapes(*variants(1, 2, 3)), "bob": shapes(*variants(1, 4, 5))}
    assert similar_answers(one_of_three, {}) == []
    many = {f"student{k}": shapes(*variants(1, 2, 3)) for k in range(4)}
    assert similar_answers(many, {}) == []


def test_the_courses_own_solution_is_recognized():
    answers = {"ana": shapes(*variants(1, 2, 3))}
    solutions = shapes(*[RENAMED.replace("(1 +", f"({k} +") for k in (1, 2, 3)])
    [line] = similar_answers(answers, solutions)
    assert line.startswith("ana: as in the course's own solution but for names: exercise0,")


def test_two_answers_as_in_the_courses_own_solution_are_no_news():
    solutions = shapes(*[RENAMED.replace("(1 +", f"({k} +") for k in (1, 2, 3)])
    assert similar_answers({"bob": shapes(*variants(1, 2, 4))}, solutions) == []
