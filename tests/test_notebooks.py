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
def test_a_notebook_has_at_least_ten_graded_exercises_and_two_or_three_written_ones(notebook):
    exercises = [cell.id for cell in notebook.cells if is_solution(cell)]
    tests = [cell.id for cell in notebook.cells if is_grade(cell) and not is_solution(cell)]
    tested = [name for name in exercises if any(test.startswith(f"test_{name}") for test in tests)]
    written = [cell for cell in notebook.cells if is_grade(cell) and is_solution(cell)]
    assert len(tested) >= 10
    assert 2 <= len(written) <= 3
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


# The rhythm of a section: explain, predict, implement, check, see, reflect

STEPS = ("Predict", "Implement", "Find", "See", "Reflect", "Read", "Reading")


def is_answer(cell):
    return cell.cell_type == "code" and is_solution(cell)


def is_prediction(cell):
    return is_answer(cell) and cell.id.startswith("predict_")


def is_experiment(cell):
    tagged = "experiment" in cell.metadata.get("tags", [])
    return tagged and not cell.id.startswith("check_")


def is_written(cell):
    return is_solution(cell) and cell.cell_type == "markdown"


def headings(cell):
    """Find a text's headings: how deep each is, and what it says."""
    text = re.sub(r"(?ms)^```.*?^```$", "", cell.source if cell.cell_type == "markdown" else "")
    return [(len(marks), words) for marks, words in re.findall(r"(?m)^(#+) (.*)$", text)]


def sections(notebook):
    """Split a notebook's cells at the headings of its sections."""
    parts = [[]]
    for cell in notebook.cells:
        if any(depth == 2 for depth, _ in headings(cell)):
            parts.append([])
        parts[-1].append(cell)
    return parts[1:]


def steps(notebook):
    """List each heading with the step that it announces and the cells up to the next heading."""
    found = []
    for cell in notebook.cells:
        for _, words in headings(cell):
            title = re.sub(r"^\d+\. ", "", words)
            found.append((title.partition(":")[0], title, []))
        found[-1][2].append(cell)
    return found


@each_notebook
def test_the_headings_of_sections_count_up_from_one_without_gaps(notebook):
    assert headings(notebook.cells[0])[0][0] == 1
    found = [words for cell in notebook.cells for depth, words in headings(cell) if depth == 2]
    assert [words.split(". ")[0] for words in found] == [str(n + 1) for n in range(len(found))]
    assert len([words for cell in notebook.cells for n, words in headings(cell) if n == 1]) == 1


@each_notebook
def test_a_heading_in_a_section_names_one_step_and_comes_last_in_its_text(notebook):
    for cell in notebook.cells:
        for depth, words in headings(cell):
            assert depth <= 3, words
            assert depth < 3 or words.startswith(tuple(f"{step}: " for step in STEPS)), words
        assert [depth for depth, _ in headings(cell)] in ([], [1], [2], [3], [2, 3]), cell.id


@each_notebook
def test_a_step_has_the_cells_that_its_heading_announces(notebook):
    kinds = {
        "Predict": is_prediction,
        "Implement": lambda cell: is_answer(cell) and not is_prediction(cell),
        "Find": lambda cell: is_answer(cell) and cell.id.endswith("_settings"),
        "See": is_experiment,
        "Reflect": is_written,
    }
    for step, title, cells in steps(notebook):
        if step in kinds:
            assert any(map(kinds[step], cells)), title
        if step in ("Predict", "Reflect"):
            assert all(kinds[step](cell) for cell in cells if is_solution(cell)), title


@each_notebook
def test_a_prediction_is_tested_at_once_and_revealed_before_its_section_ends(notebook):
    for cells in sections(notebook):
        for place, cell in enumerate(cells):
            if is_prediction(cell):
                assert cells[place + 1].id == f"test_{cell.id}"
                tags = [cell.metadata.get("tags", []) for cell in cells[place:]]
                assert ["experiment"] in tags, f"nothing reveals {cell.id}"


@each_notebook
def test_an_answer_is_checked_and_then_tested(notebook):
    ids = [cell.id for cell in notebook.cells]
    for place, cell in enumerate(notebook.cells):
        if is_answer(cell) and not is_prediction(cell):
            first_test = min(
                number
                for number, name in enumerate(ids)
                if number > place and re.fullmatch(f"test_{cell.id}(_.+)?", name)
            )
            checks = [
                check
                for check in notebook.cells[place:first_test]
                if check.id.startswith("check_") and re.search(rf"\b{cell.id}\b", check.source)
            ]
            assert checks, f"no check between {cell.id} and {ids[first_test]}"


@each_notebook
def test_a_question_tells_its_points_as_its_rubric_does(notebook):
    for place, cell in enumerate(notebook.cells):
        if is_written(cell):
            points = cell.metadata.nbgrader.points
            told = re.search(
                r"\*Marked by hand, (\d+) points:\* (.*)", notebook.cells[place - 1].source
            )
            assert told, f"the text before {cell.id} does not tell its points"
            assert int(told[1]) == points
            assert sum(map(int, re.findall(r"\b(\d+) for ", told[2]))) == points
            rubric = cell.source.partition("**Model answer.**")[0]
            assert sum(map(int, re.findall(r"\b(\d+) points?: ", rubric))) == points


@each_cell
def test_no_text_says_that_something_is_easy(cell):
    if cell.cell_type == "markdown":
        assert not re.search(
            r"\b(simply|just|obviously|trivial(ly)?)\b", cell.source, re.IGNORECASE
        )


# Figures

DRAWS = r"plt\.(subplots|subplot_mosaic|figure)\(|plots\.(draw_graph|step_backward|animate)\("


def of_a_figure(param):
    return re.search(DRAWS, param.values[0].source) and not is_grade(param.values[0])


each_figure = pytest.mark.parametrize("cell", [param for param in CODE if of_a_figure(param)])


def calls(cell, name):
    """Find the calls of a function in a cell, in the order of their lines."""
    found = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
    return sorted(
        (node for node in found if ast.unparse(node.func) == name), key=lambda node: node.lineno
    )


@each_code_cell
def test_no_cell_shows_a_figure_without_a_text_for_who_cannot_see_it(cell):
    assert not calls(cell, "plt.show"), "end the figure with plots.show(text)"


@each_figure
def test_a_drawing_ends_with_a_text_whose_numbers_come_from_the_run(cell):
    shown = calls(cell, "plots.show")
    if calls(cell, "plots.animate") or calls(cell, "plots.step_backward"):
        shown = shown or calls(cell, "print")  # it is the cell's value, and so comes last
    assert shown, "end the figure with plots.show(text)"
    drawn = ["plt.subplots", "plt.subplot_mosaic", "plt.figure", "plots.draw_graph"]
    assert shown[-1].lineno > max(
        [call.lineno for name in drawn for call in calls(cell, name)], default=0
    )
    for call in shown:
        [text] = call.args
        assert not isinstance(text, ast.Constant), 'take its numbers from the run: f"..."'


@each_figure
def test_a_figure_has_a_title_and_names_its_axes(cell):
    source = cell.source + "".join(
        param.values[0].source  # with the functions of other cells that it draws with
        for param in CODE
        for name in re.findall(r"\bdraw_\w+", cell.source)
        if f"def {name}(" in param.values[0].source
    )
    assert re.search(r"\b(set_title|suptitle)\(|\btitle=|plots\.step_backward\(", source)
    has_axes = "plt.sub" in source or "plt.figure(" in source
    if has_axes and "plots.draw_graph(" not in source and '.axis("off")' not in source:
        assert re.search(r"xlabel\b", source)
        assert re.search(r"ylabel\b", source)


@each_cell
def test_a_check_reports_under_its_own_name_by_which_its_right_numbers_are_stored(
    cell,
):
    if cell.id.startswith("check_"):
        for call in calls(cell, "report"):
            assert call.args[0].value == cell.id.removeprefix("check_")
