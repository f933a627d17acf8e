"""Tests; what several of them share stands in `tests.support`."""
