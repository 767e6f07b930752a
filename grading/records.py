"""What is kept of each submission: marks in nbgrader's gradebook, and how grading ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import Boolean, Column, Float, MetaData, Row, Select, String, Table, Text

from grading.course import Course, write_whole

# In the gradebook's file, so that marks and this are written in one step, or not at all.
RECORDS = Table(
    "workbook_records",
    MetaData(),
    Column("assignment", String, primary_key=True),
    Column("student", String, primary_key=True),
    Column("status", String, nullable=False),
    Column("points", Float),
    Column("max_points", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("repairs", Text, nullable=False),  # these three as JSON
    Column("concerns", Text, nullable=False),
    Column("shapes", Text, nullable=False),
    Column("handed_in", String, nullable=False),  # a sum of the student's files
    Column("course", String, nullable=False),  # a sum of the tests and of all that grades
)


@dataclass(frozen=True)
class Result:
    """How one submission ended.

    Attributes
    ----------
    student : str
        The student's name, which is the name of the folder.
    status : str
        ``graded``; ``blank`` when no exercise was attempted; ``refused`` when what was handed in
        can't be graded; ``failed`` when grading did not come to an end.
    points : float or None
        Points from the tests; None when there is no mark.
    max_points : float
        Points that the tests can give.
    reason : str
        One line.
    by_hand : bool
        Whether something is still to be marked by a person.
    repairs : tuple of str
        What was repaired before grading; the student's feedback has it too.
    concerns : tuple of str
        What the instructor should look at; no mark depends on it.
    """

    student: str
    status: str
    points: float | None
    max_points: float
    reason: str
    by_hand: bool = False
    repairs: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graded:
    """A result, and what comes with it.

    Attributes
    ----------
    result : Result
        How it ended.
    scores : dict of str to float or None
        Points by cell; None for what a person has to mark. Empty where there is no mark.
    text : str
        The graded notebook, as a file holds it.
    unanswered : tuple of str
        The answer cells that are as they were released.
    timestamp : datetime or None
        When it was handed in, in UTC.
    shapes : dict
        What `grading.concerns.shapes_of` found.
    """

    result: Result
    scores: dict[str, float | None] = field(default_factory=dict)
    text: str = ""
    unanswered: tuple[str, ...] = ()
    timestamp: datetime | None = None
    shapes: dict[str, str] = field(default_factory=dict)


class Records:
    """The gradebook of a course, for one assignment; over one connection, and nobody else writes.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        The assignment's name.
    """

    def __init__(self, course: Course, assignment: str) -> None:
        self._course, self._assignment = course, assignment
        self._version = course.version(assignment)
        self._notebook = course.source_notebook(assignment).name
        self._penalties = AssignLatePenalties(config=course.config)
        self._penalties.init_plugin()

    def __enter__(self) -> Records:
        self._gradebook = self._course.gradebook()
        self._db = self._gradebook.db
        RECORDS.metadata.create_all(self._gradebook.engine)
        return self

    def __exit__(self, *error: object) -> None:
        self._gradebook.close()

    @property
    def _query(self) -> Select:
        mine = RECORDS.c.assignment == self._assignment
        return RECORDS.select().where(mine).order_by(RECORDS.c.student)

    def _where(self, student: str) -> list:
        return [RECORDS.c.assignment == self._assignment, RECORDS.c.student == student]

    def cells(self) -> dict[str, float | None]:
        """List the cells of the assignment that the gradebook knows, with their points."""
        try:
            books = self._gradebook.find_assignment(self._assignment).notebooks
        except MissingEntry:
            return {}
        cells = {cell.name: None for book in books for cell in book.solution_cells}
        points = {cell.name: cell.max_score for book in books for cell in book.grade_cells}
        return cells | points

    def find(self, student: str, handed_in: str) -> Result | None:
        """Find the result of exactly these files and tests, if it is all still there."""
        same = [RECORDS.c.handed_in == handed_in, RECORDS.c.course == self._version]
        row = self._db.execute(self._query.where(RECORDS.c.student == student, *same)).one_or_none()
        if row is None or row.points is None:
            return row and _result(row, waits=False)
        path = self._course.autograded / student / self._assignment / self._notebook
        is_there = path.exists() and self.mark(student) is not None
        return _result(row, self.waits(student)) if is_there else None

    def mark(self, student: str) -> float | None:
        """Find the mark that a student has so far."""
        try:
            return self._gradebook.find_submission(self._assignment, student).score
        except MissingEntry:
            return None

    def roster(self) -> set[str]:
        """List the students that the gradebook knows."""
        return {student for (student,) in self._db.query(Student.id)}

    def forget(self, handed_in: Iterable[str]) -> None:
        """Forget those who have neither a folder nor a mark any more, as after a new name."""
        names = {row.student for row in self._db.execute(self._query)}
        for student in names.difference(handed_in):
            if self.mark(student) is None:
                self._db.execute(RECORDS.delete().where(*self._where(student)))
        self._db.commit()

    def all(self) -> Iterator[tuple[Result, dict[str, str]]]:
        """Go through all results, each with the shapes of its answers."""
        submissions = self._db.query(SubmittedAssignment.student_id)
        submissions = submissions.filter(SubmittedAssignment.needs_manual_grade)
        submissions = submissions.join(Assignment).filter(Assignment.name == self._assignment)
        waiting = {student for (student,) in submissions}  # a person may have marked some since
        some = {"yield_per": 500}  # of a large class, at a time
        for row in self._db.execute(self._query, execution_options=some):
            yield _result(row, row.student in waiting), json.loads(row.shapes)

    def waits(self, student: str) -> bool:
        """Tell whether something of a student's work is still to be marked by a person."""
        found = self._gradebook.find_submission(self._assignment, student)
        return bool(found.needs_manual_grade)

    def save(self, graded: Graded, handed_in: str) -> None:
        """Write what came of a submission: all of it, or nothing.

        The notebook goes first. If this process ends in between, the marks are the old ones, and
        the submission is graded again.
        """
        result = graded.result
        try:
            where = self._where(result.student)
            old = self._db.execute(RECORDS.select().where(*where)).one_or_none()
            if graded.scores:
                self._write_files(graded)
                is_same = old is not None and old.handed_in == handed_in
                self._save_marks(graded, is_same)
            self._db.execute(RECORDS.delete().where(*where))
            values = {
                "assignment": self._assignment,
                "student": result.student,
                "status": result.status,
                "points": result.points,
                "max_points": result.max_points,
                "reason": result.reason,
                "by_hand": result.by_hand,
                "repairs": json.dumps(result.repairs),
                "concerns": json.dumps(result.concerns),
                "shapes": json.dumps(graded.shapes),
                "handed_in": handed_in,
                "course": self._version,
            }
            self._db.execute(RECORDS.insert().values(values))
            self._db.commit()
        finally:
            self._db.rollback()  # of nothing, unless something failed
            self._db.expunge_all()

    def _write_files(self, graded: Graded) -> None:
        """Write the graded notebook, and what lies beside it in the assignment."""
        folder = self._course.autograded / graded.result.student / self._assignment
        folder.mkdir(parents=True, exist_ok=True)
        source = self._course.source_notebook(self._assignment)
        for path in source.parent.iterdir():  # pictures that the text shows
            if path.is_file() and path.suffix != ".ipynb":
                write_whole(folder / path.name, path.read_bytes())
        write_whole(folder / source.name, graded.text.encode())

    def _save_marks(self, graded: Graded, is_same: bool) -> None:
        """Set the marks in the gradebook as nbgrader does, without an end to the transaction."""
        db, student = self._db, graded.result.student
        assignment = db.query(Assignment).filter_by(name=self._assignment).one()
        if db.get(Student, student) is None:
            db.add(Student(id=student))
        key = {"assignment_id": assignment.id, "student_id": student}
        submission = db.query(SubmittedAssignment).filter_by(**key).one_or_none()
        if submission is None:
            submission = SubmittedAssignment(**key)
            db.add(submission)
        submission.timestamp = graded.timestamp
        db.flush()
        for notebook in assignment.notebooks:
            key = {"assignment_id": submission.id, "notebook_id": notebook.id}
            mine = db.query(SubmittedNotebook).filter_by(**key).one_or_none()
            if mine is None:
                mine = SubmittedNotebook(**key)
                db.add(mine)
                db.flush()
            grades = {grade.cell_id: grade for grade in mine.grades}
            for cell in notebook.grade_cells:
                grade = grades.get(cell.id) or Grade(cell_id=cell.id, notebook=mine)
                db.add(grade)
                grade.auto_score = graded.scores.get(cell.name, 0.0)
                grade.needs_manual_grade = grade.auto_score is None
                if grade.manual_score is not None:  # it stands, unless it is of other files
                    grade.needs_manual_grade = not is_same
            comments = {comment.cell_id: comment for comment in mine.comments}
            for cell in notebook.solution_cells:
                comment = comments.get(cell.id) or Comment(cell_id=cell.id, notebook=mine)
                db.add(comment)
                comment.auto_comment = "No response." if cell.name in graded.unanswered else None
            db.flush()
            self._set_penalty(submission, mine)

    def renew_penalties(self) -> None:
        """Set what being late costs, by the due date, the extensions and the marks of now."""
        assignment = self._gradebook.find_assignment(self._assignment)
        paid = self._db.query(SubmittedNotebook).filter(
            SubmittedNotebook.late_submission_penalty > 0
        )
        if assignment.duedate is None and paid.first() is None:
            return  # nobody can be late
        for submission in self._gradebook.assignment_submissions(self._assignment):
            for notebook in submission.notebooks:
                self._set_penalty(submission, notebook)
        self._db.commit()

    def _set_penalty(self, submission: SubmittedAssignment, notebook: SubmittedNotebook) -> None:
        """Let the course's plugin say what being late costs."""
        self._db.refresh(submission)
        self._db.refresh(notebook)
        late, penalty = submission.total_seconds_late, None
        if late > 0:
            plugin = self._penalties.plugin_inst
            penalty = plugin.late_submission_penalty(submission.student_id, notebook.score, late)
        notebook.late_submission_penalty = (
            None if penalty is None else min(max(penalty, 0), notebook.score)
        )


def _result(row: Row, waits: bool) -> Result:
    """Make a result from what was written of it."""
    notes = tuple(json.loads(row.repairs)), tuple(json.loads(row.concerns))
    known = row.student, row.status, row.points, row.max_points, row.reason
    return Result(*known, row.by_hand and waits, *notes)
