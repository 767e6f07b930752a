"""Collect what an LMS gives as files, with the time that a file's name tells."""

from __future__ import annotations

import re

from nbgrader.plugins import FileNameCollectorPlugin


class Collector(FileNameCollectorPlugin):
    """nbgrader's collector, which reads ``2026-11-15-23-59-07`` as a time.

    nbgrader would take the last number of it for a time zone.
    """

    def collect(self, submitted_file: str) -> dict | None:
        """Take the student, the notebook and the time from a file's name."""
        info = super().collect(submitted_file)
        numbers = re.findall(r"\d+", (info or {}).get("timestamp") or "")
        if len(numbers) in (5, 6):
            date, time = "-".join(numbers[:3]), ":".join(numbers[3:])
            info["timestamp"] = f"{date} {time}"
        return info
