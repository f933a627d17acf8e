"""The offline engine: observer, speaker and grader without any model.

A deterministic baseline: a matcher over the rubric's concepts and the scenario's own words.
It reads English only, judges wording and not truth, and says so in every report.
"""
