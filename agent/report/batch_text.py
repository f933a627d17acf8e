"""The end of a run in the terminal: a few lines; the rest stands in the report."""

from collections.abc import Iterator

from rich.text import Text

from agent.report import batch_words, words
from agent.report.summary import BatchSummary


def summary_lines(summary: BatchSummary) -> list[Text]:
    """What was done, what was not, and what it took. Where the files are, the caller adds."""
    return [Text(words.one_line(said)) for said in _lines(summary)]


def _lines(summary: BatchSummary) -> Iterator[str]:
    if not summary.answers:
        yield "There was nothing to grade."
        return
    yield f"{words.count(summary.answers, 'answer')}: {batch_words.graded(summary)}"
    spread = summary.percents
    if spread.count:
        yield (
            f"Score: mean {batch_words.figure(spread.mean)}, "
            f"median {batch_words.figure(spread.median)}, "
            f"from {batch_words.figure(spread.lowest)} to {batch_words.figure(spread.highest)}"
        )
    if summary.flagged:
        kinds = ", ".join(f"{title} ({count:,})" for title, count in _first_flags(summary))
        yield f"Flagged: {words.count(summary.flagged, 'answer')}; {kinds}"
    for reason, count in summary.ungraded_reasons.ranked()[:3]:
        yield f"Not graded, {words.count(count, 'criterion', 'criteria')}: {reason}"
    if summary.reviewed:
        yield f"Reviewed by a person: {words.count(summary.reviewed, 'answer')}"
    if said := batch_words.agreement(summary):
        yield said
    if said := ", ".join(batch_words.mixed(summary)):
        yield f"Not all was graded alike: {said}"
    yield f"Cost: {batch_words.cost(summary)}"
    if summary.models:
        yield f"Tokens: {batch_words.tokens(summary.models)}"


def _first_flags(summary: BatchSummary) -> list[tuple[str, int]]:
    return summary.flag_counts.ranked()[:3]
