"""Names with what stands behind them, as a list on a page."""

from collections.abc import Sequence

from nicegui import ui

from agent.web.widgets import Words, box


def draw_pairs(pairs: Sequence[tuple[str, str]], place: ui.element) -> None:
    """Show names with what stands behind them, in the place of what was there."""
    place.clear()
    with place, box("dl", "pairs"):
        for name, text in pairs:
            with box():
                Words(name, "dt")
                Words(text, "dd")
