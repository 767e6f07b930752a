"""The glossary has the terms that the notebooks use, each in three languages."""

import re
import tomllib
from pathlib import Path

import pytest
from nbgrader.utils import is_solution

from grading.course import Course

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course()
PLANNED = {
    entry["name"]
    for entry in tomllib.loads((ROOT / "grading" / "course.toml").read_text())["assignment"]
}
HEAD = ["| Term | 中文 | 한국어 | Meaning |", "|---|---|---|---|"]


def read_sections():
    sections = {}
    for part in re.split(r"(?m)^## ", (ROOT / "docs" / "glossary.md").read_text("utf-8"))[1:]:
        name, _, rest = part.partition("\n")
        lines = [line for line in rest.splitlines() if line.startswith("|")]
        assert lines[:2] == HEAD, name
        assert name not in sections, name
        sections[name] = [
            [entry.strip() for entry in line.strip().strip("|").split("|")] for line in lines[2:]
        ]
    return sections


SECTIONS = read_sections()
ROWS = [
    pytest.param(section, row, id=f"{section}-{row[0]}")
    for section, rows in SECTIONS.items()
    for row in rows
]
WRITTEN = [param for param in ROWS if param.values[0] in COURSE.assignments()]
TEXTS = {
    assignment: "\n".join(
        cell.source.replace("*", "")
        for cell in COURSE.read_source(assignment).cells
        if cell.cell_type == "markdown" and not is_solution(cell)
    )
    for assignment in COURSE.assignments()
}


def occurs(term, text):
    """Tell whether a text has a term, in the singular or the plural, with a hyphen or without."""
    *first, last = re.split(r"[-\s]", term)
    plural = {"y": f"{last[:-1]}ies", "um": f"{last[:-2]}a"}
    forms = [f"{last}(s|es)?", *(word for end, word in plural.items() if last.endswith(end))]
    pattern = r"[-\s]+".join([*first, f"({'|'.join(forms)})"])
    return re.search(rf"\b{pattern}\b", text, re.IGNORECASE) is not None


def test_there_is_a_section_for_every_notebook_and_for_none_that_is_not_planned():
    assert set(COURSE.assignments()) <= SECTIONS.keys()
    assert SECTIONS.keys() <= PLANNED
    assert [*SECTIONS] == sorted(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_has_twelve_to_twenty_five_terms_and_none_twice(section):
    terms = [row[0].lower() for row in SECTIONS[section]]
    assert 12 <= len(terms) <= 25
    assert len(set(terms)) == len(terms)


@pytest.mark.parametrize(("section", "row"), ROWS)
def test_a_row_has_a_term_in_three_languages_and_a_meaning(section, row):
    term, chinese, korean, meaning = row
    assert re.fullmatch(r"[A-Za-z][A-Za-z -]*", term)
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert not re.search(r"[\uac00-\ud7a3]", chinese)
    assert re.search(r"[\uac00-\ud7a3]", korean)
    assert not re.search(r"[\u4e00-\u9fff]", korean)
    assert len(meaning) >= 15
    assert not meaning.endswith(".")


@pytest.mark.parametrize(("section", "row"), WRITTEN)
def test_a_term_is_used_in_its_notebook(section, row):
    assert occurs(row[0], TEXTS[section])


def test_a_term_is_translated_in_one_way():
    found = {}
    for rows in SECTIONS.values():
        for term, *rest in rows:
            assert found.setdefault(term.lower(), rest) == rest, term


@pytest.mark.parametrize(
    ("term", "text", "is_there"),
    [
        ("local minimum", "Two local\nMinima.", True),
        ("learning-rate decay", "learning rate decay", True),
        ("probability", "probabilities", True),
        ("loss", "losses", True),
        ("gate", "We navigated there.", False),
        ("moment", "momentum", False),
    ],
)
def test_singular_plural_hyphens_and_whole_words(term, text, is_there):
    assert occurs(term, text) == is_there
