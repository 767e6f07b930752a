"""A submission is executed: tests here, the student's code in a worker, each exercise by itself."""

import time

import nbformat
import psutil
import pytest
from nbclient import NotebookClient

from grading.course import Course
from grading.execute import Examined, execute
from grading.repair import Template, is_test
from grading.sample_class import fill, read_class, solutions
from grading.sandbox import SandboxError, check, launch
from grading.submission import Notes

NAMES = Course().assignments()
OFTEN = ("01_backprop", "02_fully_connected")  # gates and layers, and classes; the others: slow
SOURCES = {name: Course().read_source(name) for name in NAMES}
EXAMINED = {name: Examined(source) for name, source in SOURCES.items()}
TEMPLATES = {name: Template(source) for name, source in SOURCES.items()}
CLASS = [
    pytest.param(
        name,
        student,
        id=f"{name}-{student.name}",
        marks=[] if name in OFTEN else [pytest.mark.slow],
    )
    for name in NAMES
    for student in read_class(name)
    if student.raw is None
]


def released(assignment):
    return TEMPLATES[assignment].base


def run(assignment, answers, start="right", **options):
    """Execute a submission; return the message of every test that failed."""
    return errors(executed(assignment, answers, start, **options))


def executed(assignment, answers, start="right", extra=(), seconds=8, fresh=(), trains=False):
    """Execute a submission, without the settings that nobody changed: their tests train for long.

    With `trains`, all of it is executed.
    """
    source = SOURCES[assignment]
    right = solutions(source) if start == "right" else {}
    notebook = fill(released(assignment), right | answers)
    if not trains:
        settings = {name for name in right.keys() - answers.keys() if name.endswith("_settings")}
        tests = {f"test_{name}" for name in settings}
        notebook.cells = [cell for cell in notebook.cells if cell.id not in settings | tests]
    place = [cell.id for cell in notebook.cells].index("setup") + 1
    notebook.cells[place:place] = [nbformat.v4.new_code_cell(text) for text in extra]
    try:
        check()
        trusted = False
    except SandboxError:
        trusted = True
    execute(
        notebook, EXAMINED[assignment], lambda: launch(assignment, trusted), seconds, fresh=fresh
    )
    return notebook


def errors(notebook):
    return {
        cell.id: f"{output.ename}: {output.evalue}"
        for cell in notebook.cells
        if cell.cell_type == "code" and is_test(cell)
        for output in cell.outputs
        if output.output_type == "error"
    }


@pytest.mark.parametrize(("assignment", "student"), CLASS)
def test_a_student_of_the_sample_class_loses_what_the_mistake_is_worth(assignment, student):
    # one of them has everything right: with that one all tests are run
    seconds = 2 if "while True" in str(student.answers) else 8
    trains = not student.answers
    lost = set(run(assignment, student.answers, student.start, seconds=seconds, trains=trains))
    everything = {cell.id for cell in SOURCES[assignment].cells if is_test(cell)}
    assert lost == (everything if student.loses == ("all",) else set(student.loses))


@pytest.mark.slow
@pytest.mark.parametrize(("assignment", "student"), CLASS)
def test_a_test_gives_the_same_result_in_the_students_own_kernel(assignment, student):
    source = SOURCES[assignment]
    if "ctypes.string_at(0)" in str(student.answers):
        pytest.skip("it ends the student's own kernel, as it should")
    if "while True" in str(student.answers):
        pytest.skip("it never ends in the student's own kernel")
    right = solutions(source) if student.start == "right" else {}
    notebook = fill(released(assignment), right | student.answers)
    notebook.cells = [
        cell for cell in notebook.cells if "experiment" not in cell.metadata.get("tags", [])
    ]
    mine = nbformat.from_dict(notebook)
    NotebookClient(mine, timeout=60, allow_errors=True).execute()
    execute(notebook, EXAMINED[assignment], lambda: launch(assignment, trusted=True), retry=False)
    assert {name: first_line(text) for name, text in errors(mine).items()} == {
        name: first_line(text) for name, text in errors(notebook).items()
    }


def first_line(text):
    return text.splitlines()[0].partition(" (in ")[0]


# One exercise costs itself

END = {
    "ends the process": ("import os\nos._exit(0)", "ended its own Python process"),
    "crashes": ("import ctypes\nctypes.string_at(0)", "ended its own Python process"),
    "loops": ("while True:\n    pass", "took longer than 2 s"),
    "takes 30 GB": ("dx = np.ones(4 * 10**9)", "MemoryError: Unable to allocate 29.8 GiB"),
    "starts 1,000 processes": (
        "import os\nimport time\nfor _ in range(1000):\n    if os.fork() == 0:\n"
        "        time.sleep(60)\ndx = dout * out",
        "Resource temporarily unavailable",
    ),
    "forks for ever": ("import os\nwhile True:\n    os.fork()", "temporarily unavailable"),
    "returns 288 MB": ("dx = np.ones((6000, 6000))", "too much data"),
    "returns a text of 100 MB": ("dx = 'x' * 10**8", "too much data"),
    "returns lists in lists": (
        "dx = []\nfor _ in range(10**5):\n    dx = [dx]",
        "containers in one another",
    ),
    "returns an odd thing": ("dx = (x for x in 'abc')", "has type generator, expected numbers"),
    "asks to exit": ("import sys\nsys.exit(0)", "SystemExit: 0"),
    "asks to quit": ("quit()\ndx = dout", "dx: worst at"),
    "raises what can't be shown": (
        "class Odd(BaseException):\n    def __str__(self):\n        return 1 / 0\nraise Odd",
        "Odd: ",
    ),
    "writes to every open file": (
        "import os\nfor n in range(3, 20):\n    try:\n        os.write(n, b'\\xff' * 10**6)\n"
        "    except OSError:\n        pass\ndx = dout * out",
        "Unreadable: what came back can't be graded",
    ),
    "closes every file": ("import os\nos.closerange(0, 100)\ndx = dout * out", "Crash: "),
    "fills the disk": (
        "with open('big', 'wb') as file:\n    while True:\n        file.write(bytes(10**7))",
        "File too large",
    ),
}


@pytest.mark.parametrize("name", END)
def test_an_answer_that_does_harm_costs_itself_alone(name):
    answer, message = END[name]
    before = time.monotonic()
    seconds = 2 if name == "loops" else 8  # a busy machine takes a while for 288 MB
    lost = run("01_backprop", {"exp_backward": answer}, seconds=seconds)
    assert lost.keys() == {"test_exp_backward"}
    assert message in lost["test_exp_backward"]
    assert time.monotonic() - before < 30  # a hang limit
    assert not [p for p in psutil.Process().children(recursive=True) if p.is_running()]


def test_a_crash_in_a_cell_of_the_student_costs_nothing_else():
    assert run("01_backprop", {}, extra=["import os\nos._exit(1)", "1 / 0", "x = ("]) == {}


def test_a_loop_beside_the_function_in_an_answer_cell_ends():
    source = "def exp_backward(dout, cache):\n    return dout * cache\n\nwhile True:\n    pass"
    lost = run("01_backprop", {"exp_backward": source}, seconds=2)
    assert lost.keys() == {"test_exp_backward"}


def test_a_function_that_hung_once_fails_at_once_where_it_is_called_again():
    before = time.monotonic()
    lost = run("02_fully_connected", {"affine_forward": "while True:\n    pass"}, seconds=2)
    assert time.monotonic() - before < 30  # not two seconds for each of its twenty callers
    assert "took longer than 2 s" in lost["test_affine_forward"]
    assert lost.keys() == {"test_affine_forward"}


def test_time_that_a_test_takes_itself_is_not_the_students():
    patient = {
        "tuned_settings": "import time\ntime.sleep(0.1)\n"
        + solutions(SOURCES["02_fully_connected"])["tuned_settings"]
    }
    assert run("02_fully_connected", patient, seconds=1) == {}


def test_settings_that_make_the_test_itself_slow_end_it(monkeypatch):
    monkeypatch.setattr("grading.execute.SLOWEST_TEST", 0.3)
    lost = run("02_fully_connected", {}, trains=True)
    assert lost["test_tuned_settings"] == "TimeoutError: this took longer than 0.3 s."


# An exercise that stands on earlier ones


def test_one_wrong_layer_does_not_cost_what_is_built_on_it():
    wrong = {"affine_forward": "out = x.reshape(len(x), -1) @ w\ncache = (x, w)"}
    lost = run("02_fully_connected", wrong)
    assert lost.keys() == {"test_affine_forward"}


def test_the_message_says_which_right_version_was_used():
    wrong = {
        "relu_forward": "out = np.abs(x)\ncache = x",
        "affine_relu_forward": "a, fc = affine_forward(x, w, b)\nout, r = relu_forward(a)\n"
        "out = 2 * out\ncache = (fc, r)",
    }
    notebook = executed("02_fully_connected", wrong)
    cell = next(cell for cell in notebook.cells if cell.id == "test_affine_relu_forward")
    assert "With a right version in the place of your relu_forward." in cell.outputs[0].text
    assert "2 times too large" in cell.outputs[1].evalue


def test_a_student_can_not_keep_a_right_version_for_later():
    keep = "kept = []"
    wrong = {
        "affine_forward": "kept.append(1)\nout = 0 * x\ncache = None",
        "affine_relu_forward": "kept.append(affine_forward)\na, fc = affine_forward(x, w, b)\n"
        "out, r = relu_forward(a)\ncache = (fc, r)",
        "relu_forward": "out = None\ncache = None",
        "svm_loss": "loss, dx = [f for f in kept if callable(f)][-1](x, x, x)",
    }
    lost = run("02_fully_connected", wrong, extra=[keep])
    assert "may not be called any more" in lost["test_svm_loss_value"]


def test_a_float32_layer_does_not_cost_the_networks_that_are_built_on_it():
    right = solutions(SOURCES["02_fully_connected"])
    single = {"relu_forward": right["relu_forward"] + "\nout = out.astype(np.float32)"}
    assert run("02_fully_connected", single) == {}


def test_a_loop_that_waits_for_a_later_exercise_costs_only_the_layer_it_is_in():
    trap = "while x.ndim == 2 and x.shape[1] == 2:\n    pass\nout = x.reshape(len(x), -1) @ w\n"
    lost = run("02_fully_connected", {"affine_forward": trap + "cache = (x, w)"}, seconds=2)
    assert {name for name in lost if "TwoLayerNet" in name or "relu" in name} == set()


def test_a_prediction_gets_no_second_guess():
    guess = "second = type(multiply_backward).__name__ != 'function'\ndx = 7.0 if second else 0.0"
    wrong = {"multiply_backward": "dx, dy = dout * x, dout * y", "predict_branch": guess}
    assert "test_predict_branch" in run("01_backprop", wrong)


@pytest.mark.parametrize("kind", ["collections.OrderedDict", "type('Mine', (dict,), {})"])
def test_params_may_be_any_dictionary(kind):
    right = solutions(SOURCES["02_fully_connected"])["TwoLayerNet"]
    assert "self.params = {}" in right
    answer = right.replace("self.params = {}", f"import collections; self.params = {kind}()")
    assert run("02_fully_connected", {"TwoLayerNet": answer}) == {}


@pytest.mark.parametrize(
    "form",
    [
        "import collections; dx, dy = collections.namedtuple('T', 'a b')(dout * y, dout * x)",
        "dx, dy = np.longdouble(1) * dout * y, (dout * x).astype(np.float32)",
        "dx, dy = (dout * y).view(type('A', (np.ndarray,), {})), dout * x",
    ],
)
def test_a_right_answer_may_come_in_another_form(form):
    assert run("01_backprop", {"multiply_backward": form}) == {}


# A backward and its own forward

DICTIONARY = {
    "tanh_forward": "out = 1 / (1 + np.exp(-x))\ncache = {'out': out}",
    "tanh_backward": "dx = dout * (1 - cache['out'] ** 2)",
}


def printed(notebook, test):
    cell = next(cell for cell in notebook.cells if cell.id == test)
    return "".join(o.text for o in cell.outputs if o.output_type == "stream")


@pytest.mark.parametrize(
    "forward",
    [
        "out = 1 / (1 + np.exp(-x))\ncache = out",
        "raise ValueError('no')",
        "raise NotImplementedError()",
        "import os\nos._exit(1)",
    ],
    ids=["wrong", "crash", "not written", "end of the process"],
)
def test_a_right_backward_gets_its_points_with_the_cache_of_a_right_forward(forward):
    notebook = executed("02_fully_connected", {"tanh_forward": forward})
    assert errors(notebook).keys() == {"test_tanh_forward"}
    assert "right version in the place of your tanh_forward" in printed(
        notebook, "test_tanh_backward"
    )


def test_a_wrong_backward_loses_its_points_with_any_cache():
    wrong = {
        "tanh_forward": "out = 1 / (1 + np.exp(-x))\ncache = out",
        "tanh_backward": "out = cache\ndx = dout * (1 - out)",
    }
    lost = run("02_fully_connected", wrong)
    assert lost["test_tanh_backward"].startswith("CheckFailed")


@pytest.mark.parametrize("forward", [DICTIONARY["tanh_forward"], "out = x.nothing\ncache = out"])
def test_a_backward_that_can_not_be_tested_waits_for_a_person(forward):
    lost = run("02_fully_connected", DICTIONARY | {"tanh_forward": forward})
    assert lost.keys() == {"test_tanh_forward", "test_tanh_backward"}
    assert lost["test_tanh_backward"] == (
        "NotGradable: this needs what a right tanh_forward returns; yours is wrong."
        " A person looks at it."
    )


@pytest.mark.parametrize("blank", ["tanh_forward", "tanh_backward"])
def test_nobody_looks_at_a_pair_of_which_one_is_not_written(blank):
    stub = {blank: "raise NotImplementedError()"}
    lost = run("02_fully_connected", DICTIONARY | stub)
    assert not lost["test_tanh_backward"].startswith("NotGradable")


# Fresh inputs


def message(*fresh):
    wrong = {"matmul_backward": "dx = dout @ w.T * (1 + (len(x) == 5))\ndw = x.T @ dout"}
    return run("01_backprop", wrong, fresh=fresh)["test_matmul_backward_dx"]


def test_hidden_inputs_differ_between_students_and_are_the_same_when_graded_again():
    first = message(b"secret", "ada", "01")
    assert "Every entry is 2 times too large" in first
    assert message(b"secret", "ada", "01") == first
    assert message(b"secret", "ben", "01") != first
    assert message(b"another", "ada", "01") != first


# Cheats that have nothing to cheat


@pytest.mark.parametrize(
    "cheat",
    [
        "import cs231n_lib.verdict as v\nv.compare = v.require = lambda *a, **k: None",
        "import builtins\nbuiltins.AssertionError = type('E', (Exception,), {})",
        "import numpy\nnumpy.allclose = lambda *a, **k: True",
        "import sys\nsys.displayhook = print\nsys.excepthook = lambda *a: None",
        "test_exp_backward = lambda: None",
    ],
)
def test_what_a_student_patches_does_not_reach_the_tests(cheat):
    lost = run("01_backprop", {"exp_backward": "dx = dout"}, extra=[cheat])
    assert lost.keys() == {"test_exp_backward"}


def test_a_student_who_breaks_their_own_end_of_the_wire_wins_no_points():
    cheat = "import grading.wire as w\nw._same = lambda *a: True"  # nothing counts as changed
    lost = run("01_backprop", {"exp_backward": "dx = dout"}, extra=[cheat])
    assert "test_exp_backward" in lost
    assert {name for name in lost if "caffe" not in name} == {"test_exp_backward"}


def test_the_reference_can_not_be_called_instead_of_writing_an_answer():
    borrowed = {
        "softmax_loss": "import cs231n_lib.layers as them\nloss, dx = them.softmax_loss(x, y)"
    }
    lost = run("01_backprop", borrowed)
    assert (
        "WithheldError: softmax_loss is what assignment 01_backprop asks you to write"
        in (lost["test_softmax_loss_value"])
    )


def test_the_librarys_numerical_gradient_can_not_be_handed_in():
    lost = run(
        "01_backprop", {"numerical_gradient": "grad = eval_numerical_gradient(f, x, False, h)"}
    )
    assert "WithheldError: eval_numerical_gradient" in lost["test_numerical_gradient_values"]


def test_cells_of_their_own_that_take_too_long_in_all_cost_no_points(monkeypatch):
    monkeypatch.setattr("grading.execute.OWN_CELLS", 2.0)
    slow = ["import time\ntime.sleep(1.5)"] * 2 + ["late = 1"]
    name, notes = "01_backprop", Notes()
    notebook = fill(released(name), solutions(SOURCES[name]))
    place = [cell.id for cell in notebook.cells].index("setup") + 1
    notebook.cells[place:place] = [nbformat.v4.new_code_cell(text) for text in slow]
    execute(notebook, EXAMINED[name], lambda: launch(name, trusted=True), notes=notes)
    assert errors(notebook) == {}
    assert notes.repairs == [
        "Cells of your own took more than 2 s in all; the last were not run, 1 of them."
    ]


@pytest.mark.parametrize("is_told", [True, False])
def test_an_answer_that_calls_a_function_very_often_is_told_and_keeps_its_points(is_told):
    numerical = """
def slope(f, a):
    d = np.zeros_like(a)
    for k in np.ndindex(a.shape):
        e = np.zeros_like(a)
        e[k] = 0.001
        d[k] = (f(a + e) - f(a - e)) * 500
    return d
dx = slope(lambda x: np.sum(x @ w * dout), x)
dw = slope(lambda w: np.sum(x @ w * dout), w)
"""
    name, notes = "01_backprop", Notes()
    answers = solutions(SOURCES[name]) | ({"matmul_backward": numerical} if is_told else {})
    notebook = fill(released(name), answers)
    execute(notebook, EXAMINED[name], lambda: launch(name, trusted=True), notes=notes)
    assert errors(notebook) == {}
    told = [line for line in notes.concerns if line.startswith("matmul_backward: calls <lambda>")]
    assert bool(told) == bool(notes.concerns) == is_told
