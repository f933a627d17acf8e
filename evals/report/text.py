"""A report in the terminal: the outcome, the headline figures and the brief sections."""

from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from agent.report.words import plain
from evals.report.page import Page, Table


def print_page(page: Page, console: Console) -> None:
    """Print what of the page is for the terminal."""
    console.print(_said(page.title, "bold"))
    for name, value in page.facts:
        console.print(_said(f"{name}: {value}", "dim"))
    console.print()
    console.print(_said(page.lead))
    console.print()
    width = max((len(one.name) for one in page.headlines), default=0)
    for one in page.headlines:
        note = f"  ({one.note})" if one.note else ""
        console.print(_said(f"{one.name:<{width}}  {one.value}{note}"))
    for section in page.sections:
        if not section.brief:
            continue
        console.print()
        console.print(_said(section.title, "bold"))
        for text in section.texts:
            console.print(_said(text))
        for found in section.notes:
            console.print(_said(f"{found.name}. ", "bold") + _said(found.text))
        for table in section.tables:
            console.print(_drawn(table))


def _said(text: str, style: str = "") -> Text:
    """A text without markup and control characters: every one is untrusted here."""
    return Text(plain(text), style=style)


def _drawn(table: Table) -> Drawn:
    drawn = Drawn(
        box=None,
        title=_said(table.title) if table.title else None,
        title_justify="left",
        pad_edge=False,
        caption=_said(table.note) if table.note else None,
        caption_justify="left",
    )
    for at, name in enumerate(table.columns):
        drawn.add_column(_said(name), justify="left" if at == 0 else "right", overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(_said, row))
    return drawn
