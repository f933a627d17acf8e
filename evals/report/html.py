"""A report as one HTML file that opens without network; plotly's script stands in it once.

The tables say all that the plots show, for those without JavaScript. Every text is untrusted:
only the scripts whose hashes the page names may run.
"""

import base64
import hashlib
from pathlib import Path

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from agent.report.page import template
from evals.report.page import Page, Plot

_DRAW = """
for (const place of document.querySelectorAll(".plot")) {
  const figure = JSON.parse(document.getElementById(place.dataset.from).textContent);
  Plotly.newPlot(place, figure.data, figure.layout, {responsive: true, displayModeBar: false});
}
"""


def render_html(page: Page) -> str:
    """The whole page."""
    has_plots = any(section.plots for section in page.sections)
    code = (get_plotlyjs(), _DRAW) if has_plots else ()
    return template("evaluation.html.j2", Path(__file__).parent).render(
        page=page,
        drawn=_drawn,
        code=[Markup(script) for script in code],
        scripts=Markup(" ".join(map(_hashed, code))),
    )


def _hashed(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _drawn(plot: Plot) -> Markup:
    """The plot's data for a script element, in which no text can end the element."""
    text: str = plot.figure.to_json()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)
