"""The bar that a site puts around a report: where its links lead. A saved page has none.

Addresses are the site's own and are printed as they are, only escaped; their look is in the
templates, and what the print button does in the site's own script.
"""

from collections.abc import Callable
from dataclasses import dataclass

from agent.report.page import template


@dataclass(frozen=True)
class Bar:
    """The links of the bar.

    `links` are titles with addresses, `downloads` the names of forms ("Markdown") with
    addresses. `drill` gives the address that practises the step of this id; it is asked only
    for steps that can be practised alone, and only by the report on an interview. `script` is
    the address of one file of the same origin: without it the page runs no script and has no
    button to print; with it the button has the attribute `data-print`.
    """

    home: str
    links: tuple[tuple[str, str], ...] = ()
    downloads: tuple[tuple[str, str], ...] = ()
    drill: Callable[[str], str] | None = None
    script: str | None = None


def barred(page: str, bar: Bar) -> str:
    """A saved page with the bar at its beginning; such a page runs no script of the site's."""
    nav = template("parts.html.j2").make_module().site(bar)  # type: ignore[attr-defined]
    page = page.replace("<body>", f"<body>\n{nav}", 1)
    return page.replace("<main>", '<main id="main">', 1)  # where the bar's first link leads
