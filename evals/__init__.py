"""Measures the interviewer and the graders. It uses `agent`; nothing in `agent` uses it."""
