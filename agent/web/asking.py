"""Asks before something is done that cannot be undone."""

from nicegui import ui

from agent.errors import SevenstepError
from agent.web.layout import complain
from agent.web.widgets import Words, box, button
from agent.web.work.jobs import Jobs
from agent.web.work.studies import Studies


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


async def deleted(what: str, desk: Jobs | Studies, owner: str, work_id: str) -> bool:
    """Delete a grading or a measurement if the answer is yes; whether it is gone."""
    if not await is_sure(
        f"Delete this {what}?", "Its files and results are removed for good.", "Delete it"
    ):
        return False
    try:
        await desk.delete(owner, work_id)
    except SevenstepError as error:
        complain(str(error))
        return False
    return True
