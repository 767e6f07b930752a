"""JupyterLab, as a student sees it: a wrong answer, a right one, the Validate button."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from grading.sample_class import fill, solutions

pytestmark = pytest.mark.slow
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
if BROWSER is None:
    pytest.skip("there is no Chromium or Chrome", allow_module_level=True)


@pytest.fixture
def page(graded_class, tmp_path):
    """JupyterLab on a folder with two copies of the first notebook: one wrong answer, all right."""
    answers = solutions(graded_class.source)
    wrong = answers | graded_class.students["goran"].answers
    nbformat.write(fill(graded_class.released, answers), tmp_path / "right.ipynb")
    nbformat.write(fill(graded_class.released, wrong), tmp_path / "wrong.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tools = Path(sys.executable).parent
    command = [tools / "jupyter", "lab", "--no-browser", f"--port={port}", "--allow-root"]
    server = subprocess.Popen(
        [*command, "--IdentityProvider.token=", "--LabApp.news_url=None"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/api")
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1300, "height": 1000})
            page.set_default_timeout(60_000)
            page.folder = tmp_path
            page.address = f"http://127.0.0.1:{port}/lab/tree/"
            yield page
            browser.close()
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(address):
    for _ in range(120):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(address)


def run_all(page, name, until):
    """Run all cells as a student does, save, and read the outputs once a cell has its own."""
    page.goto(f"{page.address}{name}?reset")
    page.wait_for_selector(".jp-NotebookPanel-toolbar")
    page.get_by_text("Python 3 (ipykernel)").first.wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    for _ in range(60):
        time.sleep(2)
        page.keyboard.press("Control+s")
        try:
            notebook = nbformat.read(page.folder / name, as_version=4)
        except nbformat.reader.NotJSONError:  # it is being written
            continue
        outputs = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
        if outputs[until]:
            return outputs
    raise TimeoutError(f"{name} did not run to its end")


def test_a_right_notebook_runs_from_top_to_bottom_in_jupyterlab(page):
    outputs = run_all(page, "right.ipynb", until="classifier_figure")
    assert "one gate against four: right." in outputs["sigmoid_figure"][0].text
    errors = [name for name, outs in outputs.items() if any(o.output_type == "error" for o in outs)]
    assert errors == []
    drawn = {
        name for name, outs in outputs.items() for out in outs if "image/png" in out.get("data", {})
    }
    assert drawn == {name for name in outputs if name.endswith("_figure")} | {"stepping"}


def test_a_wrong_answer_is_explained_on_the_screen_without_a_traceback(page):
    outputs = run_all(page, "wrong.ipynb", until="test_matmul_backward_dw")
    [error] = outputs["test_matmul_backward_dw"]
    assert error.traceback == [
        "Not right yet.",
        "dw: has shape (2, 3), expected (3, 2). It is the transpose of the right answer.",
        "Hint: dw has shape (D, M): which product of x (N, D) and dout (N, M) has it?",
    ]
    [shown] = outputs["check_matmul_backward"]
    assert "dw  wrong  has shape (2, 3)" in shown["data"]["text/plain"]
    assert "<table>" in shown["data"]["text/html"]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("right.ipynb", "Success! Your notebook passes all the tests."), ("wrong.ipynb", "transpose")],
)
def test_the_validate_button_says_whether_all_tests_pass(page, name, verdict):
    page.goto(f"{page.address}{name}?reset")
    page.get_by_role("button", name=re.compile("Validate")).first.click()
    page.locator(".jp-Dialog").get_by_text(verdict).first.wait_for(timeout=120_000)
