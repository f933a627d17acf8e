"""Renders a finished interview for people: HTML, Markdown and the terminal's scorecard."""
