"""The report on a run of graded answers as one HTML file, without network or JavaScript.

It arranges what the summary holds; the wording is in `agent.report.batch_words`, the markup in
`batch.html.j2`. Every text is untrusted here.
"""

from agent.report import batch_words
from agent.report.histogram import levels_svg, percent_svg
from agent.report.page import template
from agent.report.summary import BatchSummary, CriterionTally


def render_batch_html(summary: BatchSummary, title: str = "Graded answers") -> str:
    """The whole page. Its links lead to the pages that the summary's rows name."""
    return template("batch.html.j2").render(
        title=title,
        summary=summary,
        spread=summary.percents,
        told=batch_words,
        histogram=percent_svg(summary.percents.bins()) if summary.percents.count else "",
        levels=_levels,
    )


def _levels(tally: CriterionTally) -> str:
    return levels_svg(tally.title, [tally.levels[level] for level in range(tally.top + 1)])
