"""Answers changed in ways that should, or should not, change their grade. Pure."""
