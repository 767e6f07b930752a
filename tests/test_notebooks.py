"""The rules that every notebook of the course keeps."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import is_grade, is_solution

ROOT = Path(__file__).resolve().parent.parent
PATHS = sorted((ROOT / "assignments").glob("*/*.ipynb"))
NOTEBOOKS = {
    path.parent.name: nbformat.read(path, as_version=nbformat.NO_CONVERT) for path in PATHS
}
CELLS = [
    pytest.param(cell, id=f"{name}-{cell.id}")
    for name, notebook in NOTEBOOKS.items()
    for cell in notebook.cells
]
CODE = [param for param in CELLS if param.values[0].cell_type == "code"]
GRADED = [param for param in CELLS if is_grade(param.values[0])]
TESTS = [param for param in GRADED if not is_solution(param.values[0])]
ANSWERS = [param for param in CODE if is_solution(param.values[0])]
each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS.values(), ids=NOTEBOOKS.keys())
each_cell = pytest.mark.parametrize("cell", CELLS)
each_code_cell = pytest.mark.parametrize("cell", CODE)
each_test = pytest.mark.parametrize("cell", TESTS)
each_answer = pytest.mark.parametrize("cell", ANSWERS)


@pytest.mark.parametrize("folder", sorted((ROOT / "assignments").glob("*/")), ids=lambda p: p.name)
def test_an_assignment_is_one_notebook_and_figures_because_every_other_file_would_be_released(
    folder,
):
    kinds = [path.suffix for path in folder.iterdir() if path.name != ".ipynb_checkpoints"]
    assert kinds.count(".ipynb") == 1
    assert set(kinds) <= {".ipynb", ".png", ".svg"}


@each_notebook
def test_a_notebook_is_valid_version_4_5_for_the_python3_kernel(notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "jupytext" not in notebook.metadata


@each_notebook
def test_cell_ids_differ(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


@each_notebook
def test_the_points_add_up_to_the_number_in_the_first_cell(notebook):
    graded = [cell for cell in notebook.cells if is_grade(cell)]
    by_hand = sum(cell.metadata.nbgrader.points for cell in graded if is_solution(cell))
    total = sum(cell.metadata.nbgrader.points for cell in graded)
    first = notebook.cells[0].source
    assert f"{total} points: {total - by_hand} graded automatically, {by_hand} by hand" in first
    assert re.search(r"Reading \d+ minutes, coding \d+ minutes, machine", first)


@each_notebook
def test_a_notebook_has_at_least_eight_graded_exercises_and_a_written_one(notebook):
    exercises = [cell.id for cell in notebook.cells if is_solution(cell)]
    tests = [cell.id for cell in notebook.cells if is_grade(cell) and not is_solution(cell)]
    tested = [name for name in exercises if any(test.startswith(f"test_{name}") for test in tests)]
    written = [cell for cell in notebook.cells if is_grade(cell) and is_solution(cell)]
    assert len(tested) >= 8
    assert len(written) >= 1
    assert set(exercises) == {*tested, *(cell.id for cell in written)}, "an exercise has no test"


@each_cell
def test_a_graded_cells_id_is_its_grade_id(cell):
    nbgrader = cell.metadata.get("nbgrader")
    if nbgrader is not None:
        assert nbgrader.grade_id == cell.id
        assert nbgrader.schema_version == 3
        assert {"grade", "solution", "locked", "task"} <= nbgrader.keys()
        assert ("points" in nbgrader) == nbgrader.grade


@each_code_cell
def test_a_notebook_is_committed_without_outputs(cell):
    assert cell.outputs == []
    assert cell.execution_count is None


@each_code_cell
def test_a_code_cell_is_portable_and_repeatable(cell):
    for banned in ("sys.path", "%pip", "!pip", "np.random.seed", "/home", "C:\\"):
        assert banned not in cell.source
    assert not re.search(r"np\.random\.(?!default_rng|Generator)\w+", cell.source)


@each_test
def test_a_test_belongs_to_an_exercise_above_it_and_is_locked(cell):
    notebook = next(nb for nb in NOTEBOOKS.values() if any(c.id == cell.id for c in nb.cells))
    ids = [c.id for c in notebook.cells]
    above = [c.id for c in notebook.cells[: ids.index(cell.id)] if is_solution(c)]
    assert any(re.fullmatch(f"test_{name}(_.+)?", cell.id) for name in above)
    assert cell.metadata.nbgrader.points > 0


@each_cell
def test_what_a_student_must_not_change_is_locked_and_answers_are_not(cell):
    nbgrader = cell.metadata.get("nbgrader")
    if nbgrader is not None:
        assert nbgrader.locked != nbgrader.solution
        assert cell.metadata.get("editable", True) == nbgrader.solution
    else:
        assert cell.cell_type == "code", "every text of ours is locked"


@each_notebook
def test_a_written_question_has_a_model_answer_with_a_rubric(notebook):
    for cell in notebook.cells:
        if is_solution(cell) and cell.cell_type == "markdown":
            assert "**Rubric.**" in cell.source
            assert "**Model answer.**" in cell.source


@each_test
def test_a_test_is_one_function_and_its_call_so_that_it_leaves_no_names_behind(cell):
    function, call = ast.parse(cell.source).body
    assert isinstance(function, ast.FunctionDef)
    assert ast.unparse(call) == f"{function.name}()" == f"{cell.id}()"
    # a function inside, such as a loss to train with, may return
    inner = [node for node in ast.walk(function) if isinstance(node, ast.FunctionDef)][1:]
    own = set(ast.walk(function)) - {node for part in inner for node in ast.walk(part)}
    assert not any(isinstance(node, ast.Return | ast.Global) for node in own)


@each_notebook
def test_a_name_that_an_answer_forgets_to_assign_is_nowhere_else_to_be_found(notebook):
    own, others = set(), set()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        if is_solution(cell):
            stored = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
            own |= {node.id for node in stored if isinstance(node.ctx, ast.Store)}
            own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        else:
            others |= stored_at_the_top(tree)
    assert own & others == set()


def stored_at_the_top(tree):
    names = set()
    nodes = list(tree.body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.GeneratorExp | ast.ListComp):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        nodes += ast.iter_child_nodes(node)
    return names


@each_test
def test_the_visible_part_of_a_test_uses_no_reference_layer(cell):
    visible = cell.source.split("### BEGIN HIDDEN TESTS")[0]
    assert set(re.findall(r"cs231n_lib[\w.]*", visible)) <= {
        "cs231n_lib.gradient_check",
        "cs231n_lib.graph",
        "cs231n_lib.verdict",
    }
    assert not re.search(r"import .*_backward|import .*_loss", visible)


@each_test
def test_a_test_imports_what_it_uses_so_that_a_students_own_compare_changes_nothing(cell):
    function = ast.parse(cell.source).body[0]
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    imported = {
        alias.name
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    library = {"compare", "require", "Gate", "Graph", "ADD", "Solver", "eval_numerical_gradient"}
    assert used & library <= imported


@each_test
def test_every_test_has_a_hidden_part(cell):
    assert cell.source.count("### BEGIN HIDDEN TESTS") == 1
    assert cell.source.endswith(f"    ### END HIDDEN TESTS\n\n\n{cell.id}()")


@each_test
def test_a_hidden_part_draws_fresh_inputs(cell):
    hidden = cell.source.split("### BEGIN HIDDEN TESTS")[1]
    assert not re.search(r"default_rng\(", hidden), "draw from fresh_rng() of grading.fresh"


@each_answer
def test_an_answer_cell_defines_one_function_or_class_named_as_the_exercise(cell):
    [answer] = ast.parse(cell.source).body
    assert isinstance(answer, ast.FunctionDef | ast.ClassDef)
    assert answer.name == cell.id


@each_answer
def test_what_follows_the_last_solution_of_an_answer_is_its_return_which_stays(cell):
    assert cell.source.count("### BEGIN SOLUTION") == cell.source.count("### END SOLUTION") >= 1
    after = cell.source.split("### END SOLUTION")[-1]
    assert after.strip().startswith("return ")


@each_answer
def test_a_function_has_one_solution_and_a_method_at_least_one(cell):
    [answer] = ast.parse(cell.source).body
    if isinstance(answer, ast.FunctionDef):
        assert cell.source.count("### BEGIN SOLUTION") == 1
    else:
        for method in answer.body:
            assert "### BEGIN SOLUTION" in ast.get_source_segment(cell.source, method)


@each_notebook
def test_figures_and_live_checks_are_tagged_so_that_grading_may_skip_them(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code" and not is_grade(cell) and not is_solution(cell):
            is_setup = cell.id == "setup"
            assert ("experiment" in cell.metadata.get("tags", [])) != is_setup, cell.id
