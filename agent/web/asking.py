"""Asks before something is done that cannot be undone."""

from nicegui import ui

from agent.web.widgets import Words, box, button


async def is_sure(question: str, what: str, yes: str, no: str = "Keep it") -> bool:
    """Ask in a dialogue; whether the answer is `yes`."""
    with ui.dialog() as dialog, box("div", "dialog", role="document"):
        Words(question, "h2")
        Words(what)
        with box("p", "actions"):
            button(yes, lambda: dialog.submit(True), "primary")
            button(no, lambda: dialog.submit(False), "button")
    answer = await dialog
    if not dialog.is_deleted:  # as it is when the tab was closed
        dialog.delete()
    return bool(answer)
