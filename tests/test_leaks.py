"""A release refuses to carry what answers a question, and names the file and the cell."""

import ast
import shutil

import nbformat
import pytest
from nbgrader.preprocessors import ClearHiddenTests

from grading.course import Course
from grading.edition import LIBRARY, withheld_names
from grading.leaks import _notebook_leaks, _Secrets, code_of, find_leaks, find_unmarked, lines_of
from grading.misconceptions import read_bank
from grading.release import release
from grading.repair import Template

ASSIGNMENT = "02_fully_connected"
NAME = "fully_connected.ipynb"
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@pytest.fixture(scope="module")
def released(tmp_path_factory, gradebooks):
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CS231N_CLASSROOM", str(tmp_path_factory.mktemp("classroom")))
        monkeypatch.setattr("grading.release.record_checks", lambda *_: {})
        return release(Course(), ASSIGNMENT).parent


@pytest.fixture(scope="module")
def secrets():
    """What is looked for in every release; to collect it takes longest."""
    source = Course().read_source(ASSIGNMENT)
    return _Secrets(source, set(withheld_names(ASSIGNMENT)), read_bank(ASSIGNMENT))


@pytest.fixture
def folder(released, secrets, tmp_path, monkeypatch):
    monkeypatch.setattr("grading.leaks._Secrets", lambda *_: secrets)
    return shutil.copytree(released, tmp_path / ASSIGNMENT)


def leaks(folder, expected=None):
    if expected is None:
        expected = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    source = Course().read_source(ASSIGNMENT)
    return find_leaks(folder, expected, source, withheld_names(ASSIGNMENT), read_bank(ASSIGNMENT))


def source_of(name, module="layers/affine.py"):
    text = (LIBRARY / module).read_text(encoding="utf-8")
    node = next(n for n in ast.parse(text).body if getattr(n, "name", "") == name)
    return ast.get_source_segment(text, node)


def spoil(folder, cell_id, change):
    notebook = nbformat.read(folder / NAME, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == cell_id)
    change(cell)
    nbformat.write(notebook, folder / NAME)


def test_a_release_has_no_leak(folder):
    assert leaks(folder) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(source=c.source + "\n### BEGIN SOLUTION"), "still has the marks"),
        (lambda c: c.update(source=c.source + "\n### END HIDDEN TESTS"), "still has the marks"),
        (lambda c: c.update(execution_count=3), "has outputs"),
        (
            lambda c: c.update(outputs=[nbformat.v4.new_output("stream", text="1")]),
            "has outputs",
        ),
        (
            lambda c: c.update(source="def test_x():\n    pass", metadata={}),
            "looks like a test, but is not marked",
        ),
    ],
)
def test_a_leak_in_a_cell_is_named(folder, change, message):
    spoil(folder, "affine_forward", change)
    [leak] = leaks(folder)
    assert leak.startswith(f"{NAME}: cell 'affine_forward' ")
    assert message in leak


def test_a_solved_cell_is_named(folder):
    source = Course().read_source(ASSIGNMENT)
    answer = next(cell for cell in source.cells if cell.id == "reflect_depth")
    spoil(folder, "reflect_depth", lambda cell: cell.update(source=answer.source))
    assert f"{NAME}: cell 'reflect_depth' is solved" in leaks(folder)


def test_a_solution_in_the_text_is_named(folder):
    spoil(
        folder,
        "affine_text",
        lambda cell: cell.update(source="Write\n\n    dw = x.reshape(len(x), -1).T @ dout"),
    )
    [leak] = leaks(folder)
    assert "cell 'affine_text' has a line of an answer" in leak


def test_a_hidden_test_in_a_check_is_named(folder):
    line = 'compare("dx", dx, (passed @ w.T).reshape(4, 2, 3)),'
    assert any(line in cell.source for cell in Course().read_source(ASSIGNMENT).cells)
    spoil(folder, "check_affine_relu", lambda cell: cell.update(source=f"f(\n{line}\n)"))
    [leak] = leaks(folder)
    assert "cell 'check_affine_relu' has a line of an answer" in leak


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cs231n_lib/__pycache__/graph.cpython-311.pyc", "is compiled"),
        ("cs231n_lib/layers/im2col.cpython-311-x86_64-linux-gnu.so", "is compiled"),
        ("notes.txt", "is not a file that a release has"),
        ("cs231n_lib/answers.py", "is not a file that a release has"),
        (".git/config", "is not a file that a release has"),
    ],
)
def test_a_file_that_should_not_be_there_is_named(folder, name, message):
    before = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    assert leaks(folder, before) == [f"{name} {message}"]


def test_a_link_is_named(folder):
    (folder / "more").symlink_to("/etc")
    assert leaks(folder) == ["more is a link"]


def test_a_definition_that_is_still_to_be_learned_is_named(folder):
    path = folder / "cs231n_lib" / "layers" / "affine.py"
    path.write_text((LIBRARY / "layers" / "affine.py").read_text())
    found = leaks(folder)
    assert any("affine.py: has the body of affine_forward in affine_forward" in x for x in found)
    assert any("affine.py: has a line of an answer" in x for x in found)


def test_a_body_under_another_name_with_other_variables_is_named(folder):
    body = source_of("affine_backward")
    renamed = (
        body.replace("affine_backward", "helper")
        .replace("dout", "upstream")
        .replace("cache", "kept")
    )
    path = folder / "cs231n_lib" / "layers" / "losses.py"
    path.write_text(path.read_text() + "\n\n" + renamed)
    found = leaks(folder)
    assert any("losses.py: has the body of affine_backward in helper" in leak for leak in found)


@pytest.mark.parametrize("assignment", Course().assignments())
def test_no_cell_of_a_released_notebook_gives_an_answer_away(assignment):
    source = Course().read_source(assignment)
    secrets = _Secrets(source, set(withheld_names(assignment)), read_bank(assignment))
    as_released, _ = ClearHiddenTests().preprocess(Template(source).base, {})
    assert [*_notebook_leaks(as_released, source, secrets)] == []


@pytest.mark.parametrize(
    "assignment",
    [
        pytest.param(name, marks=[] if name == ASSIGNMENT else [pytest.mark.slow])
        for name in Course().assignments()
    ],
)
def test_no_line_of_an_answer_a_hidden_test_or_the_bank_stands_in_a_bundle(
    assignment, released, classroom, monkeypatch
):
    """Found here once more, in another way than by the release itself."""
    monkeypatch.setattr("grading.release.record_checks", lambda *_: {})  # numbers and sentences
    is_there = assignment == ASSIGNMENT
    folder = released if is_there else release(classroom, assignment).parent
    source = Course().read_source(assignment)
    secret, visible = [], []
    for cell in source.cells:
        inside = False
        for line in cell.source.splitlines():
            inside = (inside or "### BEGIN" in line) and "### END" not in line
            (secret if inside else visible).append(line)
    withheld = withheld_names(assignment)
    for path in LIBRARY.rglob("*.py"):
        text = path.read_text(encoding="utf-8").splitlines()
        for node in ast.parse("\n".join(text)).body:
            is_secret = isinstance(node, DEFINITIONS) and node.name in withheld
            lines = text[node.lineno - 1 : node.end_lineno]
            (secret if is_secret else visible).extend(lines)
    for mistake in read_bank(assignment).misconceptions:
        change = mistake.change
        secret += change.splitlines() if isinstance(change, str) else [new for _, new in change]
    secrets = lines_of("\n".join(secret)) - lines_of("\n".join(visible))
    assert len(secrets) > 100
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".ipynb":
                text = "\n".join(cell.source for cell in nbformat.reads(text, 4).cells)
            assert not lines_of(text) & secrets, path.name


@pytest.mark.parametrize(
    ("cell_id", "old", "new", "message"),
    [
        ("affine_forward", "### BEGIN SOLUTION", "### BEGIN SOLUTON", "should have its answer"),
        ("affine_forward", "    ### END SOLUTION\n", "", "should have its answer"),
        ("test_affine_forward", "    ### BEGIN HIDDEN TESTS\n", "", "should have one hidden part"),
        ("test_affine_forward", "### END HIDDEN TESTS", "### END HIDDEN", "one hidden part"),
        ("check_affine_forward", "def", "### BEGIN SOLUTION\ndef", "is not marked as an answer"),
        ("check_affine_forward", "def check_", "def test_", "looks like a test"),
    ],
)
def test_a_mark_that_would_not_work_is_named(cell_id, old, new, message):
    source = Course().read_source(ASSIGNMENT)
    cell = next(cell for cell in source.cells if cell.id == cell_id)
    cell.source = cell.source.replace(old, new, 1)
    [problem] = find_unmarked(source)
    assert problem.startswith(f"cell {cell_id!r} ")
    assert message in problem


def test_every_mark_of_the_course_works():
    for assignment in Course().assignments():
        assert find_unmarked(Course().read_source(assignment)) == []


@pytest.mark.parametrize("form", ['NOTE = """\n{}\n"""', "# {}", "# So `{}` does it."])
def test_an_answer_in_a_string_or_a_comment_is_named(folder, form):
    line = "margins = np.maximum(x - x[np.arange(N), y][:, None] + 1, 0)"
    path = folder / "cs231n_lib" / "plots.py"
    path.write_text(f"{path.read_text()}\n\n{form.format(line)}\n")
    found = leaks(folder)
    assert found
    assert all(leak.startswith("cs231n_lib/plots.py: has a line of an answer") for leak in found)


def test_code_is_what_is_neither_a_comment_nor_a_long_string():
    text = 'a = 1  # one\n"""b\nc"""\nd = "e"\n'
    assert code_of(text).split() == ["a", "=", "1", "d", "=", '"e"']
    assert code_of("    a = (1,\n") == "a = (1,\n"


def test_a_picture_that_is_none_is_named(folder):
    (folder / "answer.png").write_text("dx = dout")
    assert leaks(folder) == ["answer.png is no picture"]
