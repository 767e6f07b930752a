"""The page of concepts names the cells that teach them, and leaves out no exercise."""

import re
from pathlib import Path

import pytest
from nbgrader.utils import is_solution

from grading.course import Course

PAGE = Path(__file__).resolve().parent.parent / "assignments" / "README.md"
COURSE = Course()


def read_tables(text):
    """Read the rows under each heading: concept, what it is, and a list of cells."""
    tables = {}
    for part in re.split(r"(?m)^## ", text)[1:]:
        heading, _, rest = part.partition("\n")
        lines = [line for line in rest.splitlines() if line.startswith("|")]
        assert lines[:2] == ["| Concept | What | Cells |", "|---|---|---|"], heading
        rows = [[entry.strip() for entry in line.strip("|").split("|")] for line in lines[2:]]
        assert {len(row) for row in rows} == {3}, heading
        tables[heading] = [(*row[:2], re.findall(r"`(\w+)`", row[2])) for row in rows]
    return tables


TABLES = read_tables(PAGE.read_text(encoding="utf-8"))
each_assignment = pytest.mark.parametrize("assignment", COURSE.assignments())


def test_every_notebook_has_a_table_and_nothing_else_has():
    assert [*TABLES] == COURSE.assignments()


@each_assignment
def test_the_cells_of_a_concept_are_in_the_notebook(assignment):
    ids = {cell.id for cell in COURSE.read_source(assignment).cells}
    named = {name for *_, names in TABLES[assignment] for name in names}
    assert sorted(named - ids) == []


@each_assignment
def test_every_answer_is_named_so_that_nothing_is_taught_unlisted(assignment):
    answers = {cell.id for cell in COURSE.read_source(assignment).cells if is_solution(cell)}
    named = {name for *_, names in TABLES[assignment] for name in names}
    assert sorted(answers - named) == []


@each_assignment
def test_a_row_has_a_name_a_sentence_and_cells_of_which_none_twice(assignment):
    for concept, what, names in TABLES[assignment]:
        assert concept
        assert what
        assert names, concept
        assert len(names) == len(set(names)), concept
    concepts = [concept for concept, *_ in TABLES[assignment]]
    assert len(set(concepts)) == len(concepts)


@each_assignment
def test_a_table_is_preceded_by_a_link_to_its_notebook(assignment):
    target = COURSE.source_notebook(assignment).relative_to(COURSE.source).as_posix()
    section = PAGE.read_text(encoding="utf-8").split(f"## {assignment}\n")[1].split("\n## ")[0]
    assert f"]({target})" in section.partition("\n|")[0]


def test_nbgrader_takes_the_page_for_no_assignment():
    assert sorted(COURSE.nbgrader().get_source_assignments()) == COURSE.assignments()
