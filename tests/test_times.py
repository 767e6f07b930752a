"""Every solved notebook runs to its end beside the students' library, and no cell hangs."""

import importlib.util
import re
import sys
from pathlib import Path

import nbformat
import pytest

from grading.course import Course

PATH = Path(__file__).resolve().parent.parent / "benchmarks" / "times.py"
COURSE = Course()
FIRST, *OTHERS = COURSE.assignments()


@pytest.fixture(scope="module")
def times():
    spec = importlib.util.spec_from_file_location("times", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["times"] = module  # its annotations are looked up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules["times"]


@pytest.mark.parametrize(
    "assignment", [FIRST, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]
)
def test_a_solved_notebook_runs_and_draws_with_a_text_below_each_figure(times, assignment):
    notebook = times.solve(COURSE, assignment)
    found = times.run(notebook, assignment, hang=times.HANG)
    assert found.total <= 4 * times.NOTEBOOK
    assert [*found.cells] == [cell.id for cell in notebook.cells if cell.cell_type == "code"]
    drawn = 0
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        is_figure = any("image/png" in output.get("data", {}) for output in outputs)
        draws = re.search(r"plots\.(show|animate|step_backward)\(", cell.source)
        assert is_figure == bool(draws), cell.id
        if is_figure:
            drawn += 1
            assert any(output.get("text", "").strip() for output in outputs), cell.id
    assert drawn >= 3


def a_notebook(**sources):
    cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in sources.items()]
    return nbformat.v4.new_notebook(cells=cells)


def test_a_notebook_finds_the_students_library_and_the_built_in_images(times, monkeypatch):
    monkeypatch.setenv("CS231N_DATA", "/nowhere")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    notebook = a_notebook(
        library="from cs231n_lib.graph import exp_backward\n"
        "try:\n    exp_backward(1, 2)\nexcept Exception as error:\n    print(type(error).__name__)",
        images="from cs231n_lib.data.cifar10 import find_cifar10\nprint(find_cifar10())",
        backend="import os\nprint(os.environ.get('MPLBACKEND'), os.environ['OMP_NUM_THREADS'])",
    )
    found = times.run(notebook, FIRST)
    texts = [cell.outputs[0].text.strip() for cell in notebook.cells]
    assert texts == ["WithheldError", "None", "module://matplotlib_inline.backend_inline 1"]
    assert [*found.cells] == ["library", "images", "backend"]
    assert sum(found.cells.values()) < found.total


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import time\ntime.sleep(20)", "the cell odd takes longer than 1 s, and should take 15 s"),
        ("1 / 0", "the cell odd stops with ZeroDivisionError: division by zero"),
        ("import os\nos._exit(1)", "the cell odd ends the process."),
    ],
)
def test_a_cell_that_does_not_end_well_is_named(times, source, message):
    with pytest.raises(times.TimesError, match=f"^{FIRST}: {message}"):
        times.run(a_notebook(fine="x = 1", odd=source), FIRST, hang=1)


def test_the_page_has_long_cells_in_order_the_others_together_and_the_goals(times):
    slow = times.Times({"b": 20.0, "a": 0.1, "short": 0.04, "shorter": 0.03}, 21.5)
    fine = times.Times({"c": 1.0, "d": 2.0}, 4.0)
    page = times.write_page({"01_x": slow, "02_y": fine})
    assert "a notebook takes about 60 s, and no cell more than 15 s." in page
    assert "| 01_x | 21.5 | `b` | 20.0 | **missed** |\n| 02_y | 4.0 | `d` | 2.0 | met |" in page
    rows = ["`b` | 20.0", "`a` | 0.1", "2 shorter cells | 0.1"]
    rows += ["start and end of the kernel | 1.3", "**total** | 21.5"]
    assert "\n".join(f"| {row} |" for row in rows) in page
    assert "cores; Python 3" in page


def test_one_assignment_is_printed_and_the_page_stays(times, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(times, "PAGE", tmp_path / "times.md")
    monkeypatch.setattr(times, "run", lambda *_: times.Times({"a": 2.0}, 3.0))
    assert times.main([FIRST]) == 0
    assert "| `a` | 2.0 |" in capsys.readouterr().out
    assert not times.PAGE.exists()
    assert times.main([]) == 0
    assert times.PAGE.read_text().count("\n## ") == len(COURSE.assignments())


def test_a_cell_that_hangs_and_an_unknown_name_end_it_with_a_sentence(times, monkeypatch, capsys):
    def hang(*_):
        raise times.TimesError("01_x: the cell b takes longer than 60 s.")

    monkeypatch.setattr(times, "run", hang)
    assert times.main([FIRST]) == 1
    assert capsys.readouterr().err == "error: 01_x: the cell b takes longer than 60 s.\n"
    assert times.main(["99_none"]) == 1
    assert "there is no assignment '99_none'" in capsys.readouterr().err
