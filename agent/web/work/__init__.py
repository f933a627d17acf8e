"""Grading jobs and studies: what is uploaded, ordered, run in processes of their own, and read."""
