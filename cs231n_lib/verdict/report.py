"""A report on several outputs: which are right, and which known mistake a wrong one looks like."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from cs231n_lib.verdict.compare import Verdict, compare
from cs231n_lib.verdict.diagnose import Diagnosis, diagnose
from cs231n_lib.verdict.hints import hints_for

STORED = Path(__file__).with_name("stored.json")


@dataclass(frozen=True)
class Report:
    """What a check found, as a text in a terminal and as a table in a notebook.

    Attributes
    ----------
    exercise : str
        What was checked: an exercise, or the common beginning of several.
    verdicts : tuple of Verdict
        One for each output; ``report["dx"]`` is the one called dx.
    diagnoses : tuple of Diagnosis
        The mistakes that were recognized, each with the outputs that show it.
    """

    exercise: str
    verdicts: tuple[Verdict, ...]
    diagnoses: tuple[Diagnosis, ...]

    @property
    def passed(self) -> bool:
        """Whether no output is wrong."""
        return all(verdict.passed for verdict in self.verdicts)

    def __getitem__(self, name: str) -> Verdict:
        found = {verdict.name: verdict for verdict in self.verdicts}
        if name not in found:
            raise KeyError(f"there is no output {name!r}; there is {', '.join(found)}.")
        return found[name]

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        for verdict in self.verdicts:
            judged = verdict.expected is not None or verdict.problem
            result = ("right" if verdict.passed else "wrong") if judged else "not compared"
            yield verdict.name, result, verdict.problem

    def _remarks(self) -> list[str]:
        remarks = [str(diagnosis) for diagnosis in self.diagnoses]
        calls = [f'hint("{name}")' for name in hints_for(self.exercise)]
        if calls and not self.passed:
            remarks.append(f"Stuck? Run {' or '.join(calls)}.")
        return remarks

    def __repr__(self) -> str:
        width = max(len(verdict.name) for verdict in self.verdicts)
        lines = [
            f"{name:{width}}  {result:5}  {problem}".rstrip()
            for name, result, problem in self._rows()
        ]
        return "\n".join([*lines, *self._remarks()])

    def _repr_html_(self) -> str:
        left = 'style="text-align: left"'
        signs = {"right": "✓", "wrong": "✗", "not compared": ""}
        rows = "".join(
            f'<tr><th scope="row" {left}>{escape(name)}</th>'
            f"<td {left}>{signs[result]} {result}</td><td {left}>{escape(problem)}</td></tr>"
            for name, result, problem in self._rows()
        )
        caption = f"{escape(self.exercise)}: {'all right' if self.passed else 'not right yet'}"
        head = "".join(
            f'<th scope="col" {left}>{word}</th>' for word in ("output", "result", "why")
        )
        remarks = "".join(
            f'<p style="white-space: pre-line">{escape(remark)}</p>' for remark in self._remarks()
        )
        return (
            f'<table><caption style="text-align: left; font-weight: bold">{caption}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{remarks}"
        )


def report(exercise: str, *verdicts: Verdict) -> Report:
    """Collect verdicts, and name the mistake where it is a known one.

    Parameters
    ----------
    exercise : str
        What is checked, in the cell ``check_<exercise>``.
    *verdicts : Verdict
        Results of `compare`, with a numerical gradient or a number by hand where there is one. The
        stored right answer, where there is one, decides instead.

    Returns
    -------
    Report
        Shown by Jupyter as a table when it is a cell's last value.

    Examples
    --------
    >>> report("example", compare("dx", 1.0, 1.0), compare("dw", 2.0, 1.0))
    dx  right
    dw  wrong  found 2, expected 1.
    """
    stored = _stored().get(exercise, {"right": {}, "wrong": []})
    judged = tuple(_judge(verdict, stored["right"].get(verdict.name)) for verdict in verdicts)
    pairs = zip(verdicts, judged, strict=True)
    consistent = {v.name for v, j in pairs if v.passed and not j.passed and v.expected is not None}
    return Report(exercise, judged, diagnose(exercise, judged, stored["wrong"], consistent))


@functools.cache
def _stored() -> dict[str, Any]:
    return json.loads(STORED.read_text(encoding="utf-8")) if STORED.is_file() else {}


def _judge(verdict: Verdict, right: Any) -> Verdict:
    """Decide by the stored right answer, which has no rounding of a numerical gradient in it."""
    if right is None or not verdict.options:  # `unchanged` tells a fact, to the last bit
        return verdict
    judged = compare(verdict.name, verdict.answer, right, **verdict.options)
    if judged.passed or not verdict.passed or verdict.expected is None:
        return judged
    difference = judged.problem[0].upper() + judged.problem[1:]
    problem = f"agrees with your own forward, so look there first. {difference}"
    return Verdict(verdict.name, problem, verdict.answer, judged.expected, verdict.options)
