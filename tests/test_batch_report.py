"""The report on a run adds up right, stays small, and nothing in it can act on its reader."""

import statistics
from collections.abc import Iterable
from datetime import timedelta

import pytest
from markupsafe import Markup

from agent.graded import GradedAnswer
from agent.report import batch_words
from agent.report.batch_html import render_batch_html
from agent.report.batch_text import summary_lines
from agent.report.histogram import levels_svg, percent_svg
from agent.report.pages import NOTABLE_PAGES, PAGES, page_name, wants_page
from agent.report.spread import BINS, Spread
from agent.report.summary import EXTREMES, LISTED, ROWS, BatchSummary, Kinds
from agent.scorecard import FlagNote
from tests.graded_support import PAYLOAD, UNREAD, failed, graded, made, rich_answer, simple
from tests.test_answer_reports import ODD_IDS, interview, text_of
from tests.test_reports import Page

PERCENTS = [0.0, 4.9, 5.0, 33.3, 50.1, 50.1, 94.9, 95.0, 100.0]


def summed(answers: Iterable[GradedAnswer]) -> BatchSummary:
    summary = BatchSummary()
    for answer in answers:
        summary.add(answer, page_name(answer.id))
    return summary


def lines(summary: BatchSummary) -> str:
    return "\n".join(str(line) for line in summary_lines(summary))


def test_a_spread_is_that_of_all_values() -> None:
    spread = Spread()
    for percent in PERCENTS:
        spread.add(percent)
    assert spread.mean == pytest.approx(statistics.mean(PERCENTS))
    assert spread.deviation == pytest.approx(statistics.stdev(PERCENTS))
    assert spread.median == statistics.median(PERCENTS)
    assert (spread.lowest, spread.highest) == (0.0, 100.0)


def test_a_median_of_an_even_number_lies_between_the_two_in_the_middle() -> None:
    spread = Spread()
    for percent in (10.0, 20.0, 30.0, 40.0):
        spread.add(percent)
    assert spread.median == 25.0


def test_bins_hold_their_lower_end_and_the_last_one_100_too() -> None:
    spread = Spread()
    for percent in PERCENTS:
        spread.add(percent)
    bins = spread.bins()
    assert (bins[0], bins[1], bins[18], bins[19]) == (2, 1, 1, 2)
    assert (len(bins), sum(bins)) == (BINS, len(PERCENTS))


def test_a_spread_of_nothing_has_no_figures() -> None:
    spread = Spread()
    assert (spread.median, spread.deviation, spread.lowest, spread.highest) == (None,) * 4


def test_a_summary_counts_what_its_answers_hold() -> None:
    summary = summed([rich_answer(), failed(), simple("s-2", 40.0)])
    place, light, style = summary.criteria
    assert summary.statuses == {"partly": 1, "ungraded": 1, "graded": 1}
    assert (summary.flagged, summary.reviewed, summary.changed) == (1, 1, 1)
    assert (place.levels, place.ungraded, place.mean_points) == ({1: 2}, 1, 2.0)
    assert (light.rated, light.disagreed, style.ungraded) == (1, 1, 1)
    assert summary.ungraded_reasons.ranked() == [(UNREAD, 3)]
    assert summary.agreement == 0.75
    assert summary.percents.count == 2


def test_a_summary_sums_up_what_the_models_took() -> None:
    summary = summed(simple(str(number), 50.0) for number in range(3))
    assert summary.models[0].input_tokens == 3000
    assert summary.cost_usd == pytest.approx(0.03)
    assert batch_words.cost(summary) == "$0.0300, 3 model calls"


def test_a_price_that_is_not_known_makes_the_sum_a_least_one() -> None:
    unknown = graded("x", provenance=made(cost_usd=None))
    assert batch_words.cost(summed([unknown])).startswith("price not known")
    assert "at least $0.0100" in batch_words.cost(summed([unknown, simple("y", 1.0)]))


def test_the_lowest_and_highest_are_listed_in_order() -> None:
    summary = summed(simple(f"s-{at}", float(at % 50)) for at in range(100))
    assert [row.percent for row in summary.lowest] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert [row.id for row in summary.lowest[:2]] == ["s-0", "s-50"]
    assert [row.percent for row in summary.highest] == [49, 49, 48, 48, 47, 47, 46, 46, 45, 45]
    assert len(summary.lowest) == EXTREMES


def test_what_a_summary_keeps_does_not_grow_with_the_run() -> None:
    flag = FlagNote(id="x", title="T", why="W", turn=0, quote="long " * 9000)
    answer = graded("a" * 300, (), flags=(flag,))
    summary = summed([answer] * (ROWS + 5))
    assert (len(summary.rows.items), summary.rows.count) == (ROWS, ROWS + 5)
    assert (len(summary.flags.items), summary.flags.count) == (LISTED, ROWS + 5)
    assert len(summary.flags.items[0].text) < 300
    assert f"The first {ROWS:,} of {ROWS + 5:,} answers are listed." in text_of(
        render_batch_html(summary)
    )


def test_kinds_beyond_a_few_are_counted_together() -> None:
    kinds = Kinds()
    for number in range(50):
        kinds.add(str(number))
    assert len(kinds.counts) + kinds.others == 50


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([], "There was nothing to grade."),
        ([simple("one", 62.5)], "62.5%"),
        ([failed("a"), failed("b")], "No answer has a score."),
    ],
)
def test_a_page_works_with_no_answer_with_one_and_without_any_grade(
    answers: list[GradedAnswer], said: str
) -> None:
    summary = summed(answers)
    assert said in text_of(render_batch_html(summary))
    assert summary_lines(summary)


def test_a_page_shows_flags_failures_raters_reviews_and_cost() -> None:
    text = text_of(render_batch_html(summed([rich_answer(), failed()]), "Class 9b"))
    for said in (
        "1 partly graded, 1 not graded",
        "Orders (1 time)",
        f"{UNREAD} (3 criteria)",
        "mean 2.00 of 5 points 1 not graded (50%)",
        "All raters agree on 75%",
        "Light: 1 of 1 (100%)",
        "level 1 of 2, set to level 2 of 2 by A. Meier",
        "$0.0200, 2 model calls",
        "2 calls, 2,000 tokens in (800 cached), 400 out, $0.0200",
    ):
        assert said in text


def test_a_page_warns_of_answers_that_were_graded_in_different_ways() -> None:
    other = graded("x", provenance=made(rubric_hash="c" * 64, prompts_hash="d" * 64))
    summary = summed([simple("a", 10.0), other])
    assert "graded alike: rubric (2 different), prompts (2 different)." in text_of(
        render_batch_html(summary)
    )
    assert "Not all was graded alike" in lines(summary)


def test_a_page_counts_the_decisions_of_interviews() -> None:
    answer, _ = interview()
    open_, _ = interview(decision=None)
    text = text_of(render_batch_html(summed([answer, answer, open_])))
    assert "Decisions Lean hire: 2 No decision: 1" in text


def test_a_page_obeys_nothing_that_it_shows() -> None:
    source = render_batch_html(summed(rich_answer(answer_id) for answer_id in ODD_IDS), PAYLOAD)
    page = Page(source)
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert "\x1b" not in source
    assert len(page.ids) == len(set(page.ids))
    inside = {link.removeprefix("#") for link in page.links() if link.startswith("#")}
    assert inside <= set(page.ids)
    outside = {link for link in page.links() if not link.startswith("#")}
    assert outside == {page_name(answer_id) for answer_id in ODD_IDS}


def test_an_answer_without_a_page_is_listed_without_a_link() -> None:
    summary = BatchSummary()
    summary.add(simple("alone", 50.0))
    source = render_batch_html(summary)
    assert "alone" in source
    assert not [link for link in Page(source).links() if not link.startswith("#")]


def test_a_page_says_from_when_to_when_it_was_graded() -> None:
    later = simple("b", 1.0)
    later = later.model_copy(update={"graded_at": later.graded_at + timedelta(hours=2)})
    assert "2025-11-24 10:00 UTC to 2025-11-24 12:00 UTC" in text_of(
        render_batch_html(summed([later, simple("a", 1.0)]))
    )


@pytest.mark.parametrize("answer_id", [*ODD_IDS, "", ".", "CON", "\ud800", "A/b\\c:d"])
def test_a_page_name_is_safe(answer_id: str) -> None:
    folder, name = page_name(answer_id).split("/")
    assert folder == "answers"
    assert name.removesuffix(".html").replace("-", "").isalnum()
    assert name.isascii()
    assert len(name) < 70


def test_ids_that_read_the_same_have_different_pages() -> None:
    assert len({page_name(one) for one in ("a b", "a-b", "A b", "a_b")}) == 4


def test_the_first_answers_have_pages_and_then_those_to_look_at() -> None:
    assert wants_page(simple("a", 50.0), PAGES - 1)
    assert not wants_page(simple("a", 50.0), PAGES)
    assert wants_page(rich_answer(), PAGES)
    assert wants_page(failed(), PAGES + NOTABLE_PAGES - 1)
    assert not wants_page(failed(), PAGES + NOTABLE_PAGES)


def test_the_terminal_lines_say_what_was_done_and_what_it_took() -> None:
    said = lines(summed([rich_answer(), failed(), simple("s", 40.0)]))
    for line in (
        "3 answers: 1 graded, 1 partly graded, 1 not graded",
        "Score: mean 55.0%, median 55.0%, from 40.0% to 70.0%",
        "Flagged: 1 answer; Orders (1)",
        f"Not graded, 3 criteria: {UNREAD}",
        "Reviewed by a person: 1 answer",
        "Cost: $0.0300, 3 model calls",
        "Tokens: 3,000 tokens in (1,200 cached), 600 out",
    ):
        assert line in said.splitlines()


def test_a_histogram_has_a_bar_for_each_bin_that_holds_something() -> None:
    svg = percent_svg([0, 3, 120_000, *[0] * 16, 1])
    assert svg.count("<rect") == 3
    assert "95 to 100%: 1 answer." not in svg
    assert "10 to under 15%: 120,000 answers" in svg
    assert ">150,000<" in svg


def test_a_histogram_of_levels_escapes_its_title_and_labels_a_long_scale_sparsely() -> None:
    svg = levels_svg(PAYLOAD, [1] * 101)
    assert isinstance(svg, Markup)
    assert "<script" not in svg
    assert svg.count("<text") <= 11


def test_a_share_is_not_rounded_to_none_or_to_all() -> None:
    (tally,) = summed([simple("a", 1.0)]).criteria
    tally.levels[1] = 999
    tally.ungraded = 1
    assert batch_words.without(tally) == "1 not graded (under 1%)"
