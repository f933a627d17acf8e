"""Diagrams in the browser: the pane in which one is drawn, and the picture of one that was sent.

Drawing is Mermaid's, as NiceGUI ships it, in `agent/web/drawing`. Sending a diagram is left to the
composer, reading one to `agent.diagram`.
"""

import nicegui.elements.mermaid  # noqa: F401 (makes "nicegui-mermaid" known to the page)
from nicegui import ui

from agent.diagram import described
from agent.web.diagram_templates import templates

_DRAWING = {"sevenstep-drawing": "drawing"}


class DiagramPane(ui.element, component="diagram.js", esm=_DRAWING):
    """Where a candidate draws; the draft stays in his browser, shared by its tabs.

    `storage` begins the key of the draft in localStorage: `{storage}:diagram`. At the start and
    with each change the window gets the event `sevenstep:diagram` with `detail` {storage, text}.
    """

    def __init__(self, storage: str) -> None:
        super().__init__()
        self._props["storage"] = storage
        self._props["templates"] = [template._asdict() for template in templates()]


class DiagramView(ui.element, component="diagram_view.js", esm=_DRAWING):
    """The picture of a diagram in Mermaid, `text`; the text itself where it cannot be drawn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._props["text"] = text
        self._props["label"] = f"Diagram: {described(text)}"
