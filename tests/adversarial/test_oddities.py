"""Honest oddities: each gets the points that it deserves, says what was repaired, alarms nobody."""

import json
import re
import sys
from dataclasses import dataclass
from typing import Any

import nbformat
import pytest
from nbgrader.utils import is_solution
from rooms import FULL, MARKS, NAME, Room, add, cell_of, code, remove, save, slug, text, where

from grading.repair import is_test

pytestmark = MARKS


@dataclass
class Oddity:
    """What a student did, how it is written, and what the result says was repaired."""

    sentence: str
    write: Any
    repairs: tuple = ()
    points: float = FULL

    def __str__(self):
        return slug(self.sentence)


def edited(edit, **answers):
    """Hand in the right answers, after an edit of the notebook."""

    def write(room, folder):
        notebook = room.solved(**answers)
        save(edit(notebook) or notebook, folder)

    return write


def answered(**answers):
    """Hand in the right answers, but for some."""
    return edited(lambda notebook: None, **answers)


def as_file(make, name=NAME):
    """Hand in the right answers as a file that is made from the notebook's text."""

    def write(room, folder):
        content = make(nbformat.writes(room.solved()))
        content = content if isinstance(content, bytes) else content.encode()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    return write


def called(name):
    return as_file(lambda content: content, name)


def beside(**others):
    """Hand in the solved notebook with other files beside it."""

    def write(room, folder):
        save(room.solved(), folder)
        for name, content in others["files"].items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            blank = nbformat.writes(room.released)
            (folder / name).write_text(blank if content is None else content, encoding="utf-8")

    return write


# How the file was saved


def in_latin_1(notebook):
    """The student's text has letters that Latin-1 writes in one byte; the course's has others."""
    cells = [cell for cell in notebook.cells if re.fullmatch(r"[\x00-\xff]*", cell.source)]
    notebook = {**notebook, "cells": [*cells, text("Für später: naïve Lösung, wegen β")]}
    return json.dumps(notebook, ensure_ascii=False).encode("latin-1", "replace")


def latin_1(room, folder):
    (folder / NAME).write_bytes(in_latin_1(room.solved()))


def version_3(room, folder):
    old = nbformat.convert(room.solved(), 3)
    (folder / NAME).write_text(json.dumps(old), encoding="utf-8")


def without_ids(notebook):
    for cell in notebook.cells:
        cell.pop("id", None)
    notebook.nbformat_minor = 0


def future(notebook):
    notebook.nbformat_minor = 99
    notebook["collaboration"] = {"peers": []}
    for cell in notebook.cells:
        cell["emoji"] = "🙂"


def no_numbers(notebook):
    del notebook["nbformat"], notebook["nbformat_minor"]


def other_types(notebook):
    notebook["metadata"] = None
    for k, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell["outputs"] = [None, 5, {"output_type": [1]}, "text"][k % 4]
            cell["execution_count"] = "twelve"
        if not cell.metadata.get("nbgrader"):
            cell["metadata"] = [[], None, 7][k % 3]


def fifty_megabytes(notebook):
    output = {"output_type": "stream", "name": "stdout", "text": "0123456789" * 5_000_000}
    cell_of(notebook, "step_figure")["outputs"] = [output]


def counts_and_widgets(notebook):
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    for k, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell["execution_count"] = 1000 - k


def crlf_inside(notebook):
    for cell in notebook.cells:
        cell["source"] = cell.source.replace("\n", "\r\n")


def listed_sources(notebook):
    for cell in notebook.cells:
        cell["source"] = cell.source.splitlines(keepends=True)


FILES = [
    Oddity("a byte order mark", as_file(lambda content: b"\xef\xbb\xbf" + content.encode())),
    Oddity("utf-16", as_file(lambda content: content.encode("utf-16")), ("not saved as UTF-8",)),
    Oddity("latin-1", latin_1, ("not saved as UTF-8; it was read as Latin-1",)),
    Oddity("crlf between lines", as_file(lambda content: content.replace("\n", "\r\n"))),
    Oddity("crlf inside of cells", edited(crlf_inside)),
    Oddity("format 3", version_3, ("old version of the notebook format",)),
    Oddity("format 4.0 without ids", edited(without_ids)),
    Oddity("format 4.4 with ids", edited(lambda nb: nb.update(nbformat_minor=4))),
    Oddity("a minor version of the future", edited(future)),
    Oddity("no number of a format", edited(no_numbers)),
    Oddity("outputs and metadata of other types", edited(other_types)),
    Oddity("50 MB of outputs", edited(fifty_megabytes)),
    Oddity("execution counts and widgets", edited(counts_and_widgets)),
    Oddity("sources as lists of lines", edited(listed_sources)),
    Oddity(
        "a cell without a source",
        edited(lambda nb: nb.cells.append({"cell_type": "code", "metadata": {}})),
        ("1 cell had no text",),
    ),
    Oddity(
        "a raw cell and a cell of an unknown kind",
        edited(lambda nb: nb.cells.extend([{**text("raw"), "cell_type": k} for k in ("raw", "x")])),
    ),
]

# Where the file lies, and how it is called

found = "The notebook was found as"


def solved_elsewhere(room, folder):
    save(room.released, folder)
    save(room.solved(), folder, "my solution.ipynb")


def older_attempt(room, folder):
    save(room.solved(), folder)
    save(room.solved(exp_backward="dx = dout"), folder, "old attempt.ipynb")


def same_twice(room, folder):
    save(room.solved(), folder)
    save(room.solved(), folder, "backprop (1).ipynb")


def with_library(room, folder):
    """The whole bundle, as it was unpacked."""
    save(room.solved(), folder)
    for path in (room.course.release / folder.name).rglob("*"):
        if path.is_file() and path.name != NAME:
            to = folder / path.relative_to(room.course.release / folder.name)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(path.read_bytes())


PLACES = [
    Oddity("called otherwise", called("Homework final.ipynb"), (found,)),
    Oddity("downloaded twice", called("backprop (1).ipynb"), (found,)),
    Oddity("called ipynb.json", called("backprop.ipynb.json"), (found,)),
    Oddity("called ipynb.txt", called("backprop.ipynb.txt"), (found,)),
    Oddity("in capital letters", called("Backprop.IPYNB"), (found,)),
    Oddity("in a folder of its own", called("01_backprop/backprop.ipynb"), (found,)),
    Oddity(
        "beside Jupyter's checkpoint", beside(files={".ipynb_checkpoints/backprop.ipynb": None})
    ),
    Oddity(
        "beside what macOS packs",
        beside(files={"__MACOSX/._backprop.ipynb": "x", "._backprop.ipynb": "x", ".DS_Store": "x"}),
    ),
    Oddity("beside a blank copy", beside(files={"backprop-Copy1.ipynb": None})),
    Oddity("the same twice", same_twice),
    Oddity("solved under another name", solved_elsewhere, (found,)),
    Oddity("beside an older attempt", older_attempt, ("was graded, and not old attempt.ipynb",)),
    Oddity("beside notes", beside(files={"notes.docx": "x"}), ("Not used, since an answer",)),
    Oddity("beside a broken file", beside(files={"x.ipynb": "{"}), ("x.ipynb is not a notebook",)),
    Oddity("beside the whole bundle", with_library),
    Oddity("an empty timestamp", beside(files={"timestamp.txt": "\n"})),
    Oddity(
        "a broken timestamp", beside(files={"timestamp.txt": "yesterday"}), ("counts as in time",)
    ),
]

# What became of the cells


def source_of(notebook, *names):
    return "\n\n\n".join(cell_of(notebook, name).source for name in names)


TWICE = "exp_backward: its cell is there 2 times; the last answer counts."


def blank_copy(after):
    """Copy an answer's cell, as Jupyter does: with its metadata, under a new id."""

    def edit(notebook):
        copy = nbformat.from_dict(cell_of(notebook, "exp_backward"))
        copy.id, copy.source = "a-copy", BLANK
        place = {"after": "exp_backward"} if after else {"before": "exp_backward"}
        add(notebook, copy, **place)

    return edit


BLANK = """def exp_backward(dout, cache):
    # dout: upstream gradient, any shape
    # cache: the output of exp_forward, same shape
    # returns dx
    out = cache
    # YOUR CODE HERE
    raise NotImplementedError()
    return dx"""


def scratch_copy(notebook):
    copy = nbformat.from_dict(cell_of(notebook, "exp_backward"))
    copy.id, copy.source = "a-copy", copy.source.replace("dout * out", "dout + out")
    add(notebook, copy, before="exp_backward")


def merged(*names):
    def edit(notebook):
        together = source_of(notebook, *names)
        cell_of(notebook, names[0])["source"] = together
        remove(notebook, *names[1:])

    return edit


def split(notebook):
    """Split a cell: both halves have the metadata, and the lower one a new id."""
    upper = cell_of(notebook, "exp_backward")
    lower = nbformat.from_dict(upper)
    lower.id, lower.source = "the-lower-half", upper.source.replace("dx =", "dx = SIGN *")
    lower.source = lower.source.replace("(dout, cache)", "(dout, cache, sign=SIGN)")
    upper["source"] = "SIGN = 1.0"
    add(notebook, lower, after="exp_backward")


def reordered(notebook):
    sweep = where(notebook, "gates_text")
    notebook.cells = notebook.cells[sweep:] + notebook.cells[:sweep]
    setup = notebook.cells.pop(where(notebook, "setup"))
    notebook.cells.insert(0, setup)


def without(keep):
    def edit(notebook):
        notebook.cells = [cell for cell in notebook.cells if keep(cell)]

    return edit


def stripped(notebook):
    """What Colab once did: neither metadata nor ids."""
    for cell in notebook.cells:
        cell["metadata"] = {"id": "Zx8s9", "colab": {"base_uri": "https://localhost/"}}
        cell.pop("id", None)
    notebook.nbformat_minor = 0


def in_a_new_cell(after):
    def edit(notebook):
        answer = cell_of(notebook, "exp_backward")
        new = code(answer.source)
        answer["source"] = BLANK
        place = {"after": "exp_backward"} if after else {"before": "exp_backward"}
        add(notebook, new, **place)

    return edit


def prints_in_tests(notebook):
    for name in ("test_exp_backward", "test_chain_rule"):
        cell = cell_of(notebook, name)
        cell["source"] = 'print("begin")\n' + cell.source + '\nprint("passed!")'


def as_black_writes(notebook):
    for cell in notebook.cells:
        if is_test(cell):
            cell["source"] = cell.source.replace("np.array([", "np.array( [").replace("\n\n", "\n")


def helpers(notebook):
    top = "SCALE = 1.0\n\n\ndef scaled(x):\n    return SCALE * x"
    add(notebook, code(top), before="exp_backward")
    add(notebook, code("class Notes:\n    pages = 3\n\n\nNotes().pages"), after="title")
    add(notebook, text("my notes: only one = 1 is missing, and if on = 2 it is < 3"), after="setup")
    add(notebook, code("raise ValueError('an experiment that failed')"))
    add(notebook, code("hint('chain_rule')"), after="chain_rule")


def magics(notebook):
    add(notebook, code("%matplotlib inline\n%load_ext autoreload\n%autoreload 2"), after="setup")
    add(notebook, code("!pip install numpy matplotlib\n%pip install tqdm"), after="setup")
    add(notebook, code("np.array?\n?np.zeros"), after="setup")
    cell = cell_of(notebook, "exp_backward")
    cell["source"] = "%%time\n" + cell.source
    cell = cell_of(notebook, "chain_rule")
    cell["source"] = cell.source + "\n\n%timeit -n 1 chain_rule(1.0, 2.0, 3.0)"


def figures(notebook):
    add(notebook, code("plt.figure()\nplt.plot([1, 2])\nplt.show()"))
    add(notebook, code("fig, ax = plt.subplots()\nax.plot([3, 1]);"))
    cell = cell_of(notebook, "softmax_loss")
    cell["source"] += "\n\n\nplt.plot(softmax_loss(np.eye(3), np.arange(3))[1])"


CELLS = [
    Oddity("a blank copy of an answer below", edited(blank_copy(after=True)), (TWICE,)),
    Oddity("a blank copy of an answer above", edited(blank_copy(after=False)), (TWICE,)),
    Oddity("a copy for scratch above", edited(scratch_copy), (TWICE,)),
    Oddity(
        "an answer and its test merged",
        edited(merged("exp_backward", "test_exp_backward")),
        ("Tests that were missing, and were put back: test_exp_backward",),
    ),
    Oddity(
        "an answer and its tests with many numbers merged",
        edited(merged("softmax_loss", "test_softmax_loss_value", "test_softmax_loss_gradient")),
        ("test_softmax_loss_value, test_softmax_loss_gradient",),
    ),
    Oddity(
        "two answers merged",
        edited(merged("exp_backward", "reciprocal_backward")),
        ("Answers found in other cells: reciprocal_backward",),
    ),
    Oddity(
        "the setup and an answer merged",
        edited(merged("setup", "predict_step")),
        ("Answers found in other cells: predict_step",),
    ),
    Oddity("an answer split in two", edited(split), (TWICE,)),
    Oddity("cells in another order", edited(reordered), ("another order",)),
    Oddity(
        "all text deleted",
        edited(without(lambda cell: cell.cell_type == "code" or is_solution(cell))),
    ),
    Oddity(
        "all tests deleted",
        edited(without(lambda cell: not is_test(cell))),
        ("Tests that were missing, and were put back",),
    ),
    Oddity(
        "a test that became text",
        edited(lambda nb: cell_of(nb, "test_exp_backward").update(cell_type="markdown")),
    ),
    Oddity(
        "all figures and checks deleted",
        edited(without(lambda cell: "experiment" not in cell.metadata.get("tags", []))),
    ),
    Oddity(
        "metadata and ids lost",
        edited(stripped),
        ("Answers found in other cells: predict_step, numerical_gradient",),
    ),
    Oddity(
        "an answer in a new cell below",
        edited(in_a_new_cell(after=True)),
        ("Answers found in other cells: exp_backward",),
    ),
    Oddity(
        "an answer in a new cell above",
        edited(in_a_new_cell(after=False)),
        ("Answers found in other cells: exp_backward",),
    ),
    Oddity("prints in test cells", edited(prints_in_tests), ("lines of your own; the course's",)),
    Oddity("tests formatted otherwise", edited(as_black_writes)),
    Oddity("cells and helpers added", edited(helpers)),
    Oddity("lines for IPython", edited(magics)),
    Oddity("figures shown and left open", edited(figures)),
]

# How the answers are written

LAMBDA = "exp_backward = lambda dout, cache: dout * cache"
LOOP = """
dx = np.zeros_like(dout)
for index in np.ndindex(dout.shape):
    dx[index] = dout[index] * out[index]
"""
HELPER = """
def softmax(rows):
    return np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)


def softmax_loss(x, y):
    x = x - x.max(axis=1, keepdims=True)
    p = softmax(x)
    picked = np.clip(p[range(len(x)), y], 1e-300, None)
    dx = p.copy()
    dx[range(len(x)), y] -= 1
    return -np.log(picked).mean(), dx / len(x)
"""
LOG_SUM = """
N = x.shape[0]
top = np.max(x, axis=1)
logs = np.log(np.sum(np.exp(x - top[:, None]), axis=1)) + top
loss = 0.0
dx = np.zeros(x.shape)
for i in range(N):
    loss += (logs[i] - x[i, y[i]]) / N
    dx[i] = np.exp(x[i] - logs[i]) / N
    dx[i, y[i]] -= 1 / N
"""
CLASSES = '''
class Cache:
    """What the backward needs."""

    def __init__(self, out):
        self.out = out

    def __repr__(self):
        return f"{type(self).__name__} of {self.out.shape}"


def sigmoid_forward(x):
    cache = Cache(1 / (1 + np.exp(-x)))
    return cache.out, cache
'''
TABS = "def exp_backward(dout, cache):\n\tout = cache\n\tif True:\n\t\tdx = dout * out\n\treturn dx"
UNICODE = "δ, größe = dout, out\nété = δ * größe\ndx = été"
WARNING = "import warnings\nwarnings.warn('careful')\nnp.float64(1) / 0\ndx = dout * out"
PRINTS = "print('dout is', dout, end='!')\nprint(dout, out)\ndx = dout * out"

ANSWERS = [
    Oddity(
        "lambdas",
        edited(lambda nb: cell_of(nb, "exp_backward").update(source=LAMBDA)),
    ),
    Oddity("loops", answered(exp_backward=LOOP, softmax_loss=LOG_SUM)),
    Oddity(
        "float32",
        answered(
            exp_backward="dx = (dout * out).astype(np.float32)",
            matmul_backward="x, w, dout = (np.float32(a) for a in (x, w, dout))\n"
            "dx, dw = dout @ w.T, x.T @ dout",
        ),
    ),
    Oddity(
        "lists instead of arrays",
        answered(
            exp_backward="dx = (dout * out).tolist()",
            multiply_backward="dx, dy = list(dout * y), list(dout * x)",
        ),
    ),
    Oddity(
        "a helper in the cell",
        edited(lambda nb: cell_of(nb, "softmax_loss").update(source=HELPER)),
    ),
    Oddity(
        "a class for the cache",
        edited(
            lambda nb: cell_of(nb, "sigmoid_forward").update(source=CLASSES),
            sigmoid_backward="dx = dout * cache.out * (1 - cache.out)",
        ),
    ),
    Oddity("a warning", answered(exp_backward=WARNING)),
    Oddity("prints", answered(exp_backward=PRINTS)),
    Oddity("letters of other languages", answered(exp_backward=UNICODE)),
    Oddity("a very long comment", answered(exp_backward=f"dx = dout * out  # {'so ' * 300_000}")),
    Oddity("tabs", edited(lambda nb: cell_of(nb, "exp_backward").update(source=TABS))),
    Oddity(
        "a step of the student's own",
        answered(predict_step="# between 4 and 6\nn = int(np.round(-np.log10(1e-5)))"),
    ),
    Oddity(
        "types and docstrings",
        answered(chain_rule='"""Both ways."""\nf: float = (x + y) * z\ndx = dy = z\ndz = x + y'),
    ),
    Oddity(
        "an early return and asserts",
        answered(exp_backward="assert dout.shape == out.shape\nreturn out * dout"),
    ),
    Oddity(
        "a written answer with formulas",
        answered(reflect_branch="Since $a<b$ & `x < 3`, once = 1 is kept: see [this](notes.md)."),
    ),
    Oddity(
        "one wrong answer",
        answered(exp_backward="dx = dout + out"),
        points=FULL - 1,
    ),
    Oddity("one blank answer", answered(exp_backward=None), points=FULL - 1),
    Oddity("a slip in the language", answered(exp_backward="dx = = dout"), points=FULL - 1),
]

CASES = FILES + PLACES + CELLS + ANSWERS


@pytest.fixture(scope="module")
def room(new_classroom):
    room = Room(new_classroom())
    for case in CASES:
        case.write(room, room.folder(str(case)))
    room.grade()
    return room


def test_no_two_cases_have_one_name():
    assert len({str(case) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_honest_oddity_gets_its_points_and_alarms_nobody(room, case):
    result = room.results[str(case)]
    assert (result.status, result.points) == ("graded", case.points), result.reason
    assert result.by_hand  # the written answer has arrived
    assert result.concerns == ()
    for expected in case.repairs:
        assert any(expected in repair for repair in result.repairs), result.repairs
    assert bool(result.repairs) == bool(case.repairs), result.repairs


# Names of folders

NAMES = {
    "spaces": "ada  von lovelace",
    "letters of other languages": "ünïcødé 李",
    "a leading dot": ".hidden",
    "a pattern": "[a-c]*?",
    "two leading dots": "..x",
    "a percent sign": "%41%",
    "quotes": 'o\'"brien"',
    "a dollar": "$HOME ${x}",
    "255 bytes": "x" * 255,
    "a comma and a semicolon": "doe, jane; x",
    "a leading dash": "--help",
    "a backslash": "a\\b",
    "markup": "<b>&amp;",
    "a brace": "{student_id}",
}


@pytest.fixture(scope="module")
def named(new_classroom):
    room = Room(new_classroom())
    for name in NAMES.values():
        save(room.solved(), room.folder(name))
    room.grade()
    room.write_pages()
    return room


@pytest.mark.parametrize("kind", NAMES)
def test_a_folder_may_have_any_name(named, kind):
    name = NAMES[kind]
    result = named.results[name]
    assert (result.status, result.points) == ("graded", FULL), result.reason
    assert result.repairs == result.concerns == ()
    assert sum(filter(None, named.scores(name).values())) == FULL
    assert "repairs" not in {cell.id for cell in named.autograded(name).cells}
    assert "test_exp_backward" in named.page(name)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_every_name_has_one_page_and_no_file_is_elsewhere(named):
    folders = {path.name for path in named.course.feedback.iterdir()}
    assert folders == set(NAMES.values())
    assert {path.name for path in named.course.autograded.iterdir()} == set(NAMES.values())
