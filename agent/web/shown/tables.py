"""Tables of figures as HTML: a pure function from cells to markup.

One piece of markup instead of an element for each cell: a table of all one's interviews has
thousands.
"""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

Cell = str | Markup
"""A text, or markup that `anchor` has made."""


def anchor(text: str, href: str, about: str = "") -> Markup:
    """A link for a cell; `about` is its name where its text says too little by itself."""
    if not about:
        return Markup('<a href="{}">{}</a>').format(href, text)
    return Markup('<a href="{}" aria-label="{}">{}</a>').format(href, about, text)


def table_html(caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Markup:
    """A table; the first cell of each row is its heading. What is no markup is escaped."""
    columns = Markup("").join(Markup('<th scope="col">{}</th>').format(one) for one in head)
    return Markup(
        "<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>"
    ).format(caption, columns, Markup("").join(_row(row) for row in rows))


def _row(cells: Sequence[Cell]) -> Markup:
    first, *others = cells
    heading = Markup('<th scope="row">{}</th>').format(first)
    return Markup("<tr>{}{}</tr>").format(
        heading, Markup("").join(Markup("<td>{}</td>").format(one) for one in others)
    )
