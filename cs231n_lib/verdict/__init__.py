"""Comparing an answer with what was expected, naming the mistake, showing it; hints."""

from cs231n_lib.verdict.compare import Verdict, compare, new_object, unchanged
from cs231n_lib.verdict.hints import hint
from cs231n_lib.verdict.report import Report, report
from cs231n_lib.verdict.require import NOT_ATTEMPTED, CheckFailed, describe_error, require

__all__ = [
    "NOT_ATTEMPTED",
    "CheckFailed",
    "Report",
    "Verdict",
    "compare",
    "describe_error",
    "hint",
    "new_object",
    "report",
    "require",
    "unchanged",
]
