"""How a submission's cells are executed."""

from __future__ import annotations

from nbconvert.filters.strings import clean_html
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute as NbGraderExecute

from grading.repair import is_test


class Execute(NbGraderExecute):
    """nbgrader's execution, in which a test counts as failed only when it raised an error.

    nbgrader takes anything on stderr for a failure, a warning too, and a number at the end of a
    cell for the mark. Right work may warn, so neither may reach the marks.
    """

    def preprocess(self, nb: NotebookNode, *args, **kwargs) -> tuple[NotebookNode, dict]:
        """Execute every cell, then keep of each test cell its errors and what it printed.

        Whoever grades looks at the outputs in a browser, so no output keeps a script.
        """
        nb, resources = super().preprocess(nb, *args, **kwargs)
        for cell in nb.cells:
            if cell.cell_type == "code":
                for output in cell.outputs:
                    _without_scripts(output)
                if is_test(cell):
                    cell.outputs = [output for output in cell.outputs if not _misleads(output)]
        return nb, resources


def _misleads(output: NotebookNode) -> bool:
    is_warning = output.output_type == "stream" and output.name == "stderr"
    return is_warning or output.output_type == "execute_result"


def _without_scripts(output: NotebookNode) -> None:
    data = output.get("data", {})
    for kind in data.keys() - {"text/plain", "text/html", "image/png", "image/jpeg"}:
        del data[kind]
    if "text/html" in data:
        data["text/html"] = clean_html(data["text/html"])
