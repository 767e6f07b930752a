"""nbgrader's settings, read by every nbgrader command and by ``python -m grading``."""

import os
from pathlib import Path

root = Path(__file__).resolve().parent
# Where releases, submissions, marks and the gradebook live; the demo keeps its own class.
classroom = os.environ.get("CS231N_CLASSROOM", "classroom")
(root / classroom).mkdir(parents=True, exist_ok=True)  # SQLite makes a file, but no folder

c = get_config()  # noqa: F821  nbgrader defines it

c.CourseDirectory.course_id = "cs231n"
c.CourseDirectory.root = str(root)
c.CourseDirectory.source_directory = "assignments"
c.CourseDirectory.release_directory = f"{classroom}/release"
c.CourseDirectory.submitted_directory = f"{classroom}/submitted"
c.CourseDirectory.autograded_directory = f"{classroom}/autograded"
c.CourseDirectory.feedback_directory = f"{classroom}/feedback"
c.CourseDirectory.db_url = f"sqlite:///{root / classroom / 'gradebook.db'}"
c.ExportPlugin.to = str(root / classroom / "grades.csv")
# What was downloaded from an LMS goes into archive/ below this; see docs/instructors.md.
c.ZipCollectApp.collect_directory_structure = str(
    root / classroom / "downloaded" / "{assignment_id}" / "{collect_step}"
)
c.ZipCollectApp.collector_plugin = "grading.collect.Collector"

# nbgrader's own steps, with three of ours: an answer is put into the notebook that was released,
# a student's code runs in a sandbox and its tests outside of it, and feedback shows no hidden test.
# CheckCellMetadata is left out: all metadata comes from the source, which is checked at release.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "grading.repair.RebuildFromSource",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
]
c.Autograde.autograde_preprocessors = [
    "grading.execute.Execute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "grading.execute.SaveGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
]
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "grading.feedback.HideHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
