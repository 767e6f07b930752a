"""Instructors' tools: release an assignment, grade what comes back, return feedback."""
