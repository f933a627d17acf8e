"""The reports on one answer show all that its scorecard holds, and nothing in it can act."""

import re

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from agent.graded import GradedAnswer
from agent.report import answer_words, words
from agent.report.answer_html import render_answer_html
from agent.report.answer_markdown import render_answer_markdown
from agent.report.answer_text import answer_panel
from agent.report.turns import Places
from agent.rubric import Seniority
from agent.scorecard import Help
from agent.transcript import Transcript
from tests.graded_support import (
    ANSWER,
    NOW,
    PAYLOAD,
    UNREAD,
    failed,
    grade,
    graded,
    made,
    rich_answer,
    written,
)
from tests.test_reports import Page, record

ODD_IDS = (PAYLOAD, "../../etc/passwd", "x" * 300, "مرحبا بالعالم", "Straße 7", "a\x1b[31m[red]b")


def html(shown: GradedAnswer | None = None, text: str = ANSWER) -> str:
    return render_answer_html(shown or rich_answer(), written(text))


def text_of(source: str) -> str:
    return " ".join("".join(Page(source.split("</head>")[1]).texts).split())


def panel(shown: GradedAnswer | None = None, transcript: Transcript | None = None) -> str:
    console = Console(width=80, color_system=None)
    with console.capture() as captured:
        console.print(answer_panel(shown or rich_answer(), transcript or written()))
    return captured.get()


def interview(**changes: object) -> tuple[GradedAnswer, Transcript]:
    shown = record(provenance=made(), **changes)
    answer = GradedAnswer(id="i-1", key="k", graded_at=NOW, scorecard=shown.scorecard)
    return answer, Transcript(turns=shown.transcript)


@pytest.mark.parametrize("answer_id", ODD_IDS)
def test_a_page_obeys_nothing_that_it_shows(answer_id: str) -> None:
    source = html(rich_answer(answer_id))
    page = Page(source)
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert not [value for _, value in page.attributes if "://" in (value or "")]
    assert not re.search(r"url\(|@import|[\x00-\x08\x0b-\x1f]", source)


def test_every_link_of_a_page_leads_to_one_place_on_it() -> None:
    for source in (html(), render_answer_html(*interview())):
        page = Page(source)
        assert len(page.ids) == len(set(page.ids))
        assert {link.removeprefix("#") for link in page.links()} <= set(page.ids)


def test_a_page_marks_the_quotes_in_the_answer() -> None:
    page = Page(html())
    assert page.marked == ["q-1", "q-2", "q-4"]
    assert "these exact words were not found there" in text_of(html())


def test_a_page_gives_points_and_says_what_is_not_graded_and_why() -> None:
    text = text_of(html())
    assert "Result, partly graded 7 of 10 points 70.0%" in text
    assert (
        f"1 of 3 criteria could not be graded. The score is of the others alone. Style: {UNREAD}"
        in text
    )
    assert "2 of 5 points, level 1 of 2" in text
    assert "low confidence" in text


def test_a_page_shows_the_level_of_the_grader_and_that_of_the_person() -> None:
    text = text_of(html())
    assert "level 1 of 2, set to level 2 of 2 by A. Meier, 2025-11-24 10:00 UTC" in text
    assert "The grader’s reason (level 1 of 2): The reason for light." in text
    assert f"level 0 of 2, set to level 1 of 2 by {PAYLOAD}" in text


def test_a_page_shows_each_rater_and_their_agreement() -> None:
    text = text_of(html())
    assert "gpt-x #1: 1 · [red]y: 0 · z: not graded" in text
    assert "raters disagree" in text
    assert "All raters agree on 75% of the criteria that several rated." in text


def test_a_page_on_an_interview_gives_decision_steps_and_turns() -> None:
    text = text_of(render_answer_html(*interview()))
    assert "Decision, partly graded Lean hire" in text
    assert "MLOps: not assessed" in text
    assert "3 of 4, justified" in text
    assert "Quote 1, turn 1" in text


def test_an_unprompted_score_is_left_out_where_no_help_was_given() -> None:
    helped, _ = interview()
    alone, _ = interview(ledger=())
    assert "unprompted" in answer_words.score(helped)
    assert "unprompted" not in answer_words.score(alone)


def test_an_empty_answer_is_called_empty() -> None:
    nothing = graded(grades=(grade("place", 0),))
    assert "The answer is empty." in html(nothing, " \n")
    assert "The answer is empty." in panel(nothing, written(""))
    assert "The answer is empty." in render_answer_markdown(nothing, written(""))
    assert "0 of 5 points" in text_of(html(nothing, ""))


def test_what_could_not_be_graded_has_no_number_for_a_score() -> None:
    assert "Result Not graded Coverage" in text_of(html(failed()))
    assert "Not graded" in panel(failed())
    assert "0 of" not in panel(failed()).split("rubric's weight")[0].replace("0.0%", "")


@pytest.mark.parametrize("answer_id", ODD_IDS)
def test_the_panel_fits_80_columns_and_shows_markup_as_it_is(answer_id: str) -> None:
    shown = panel(rich_answer(answer_id))
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
    assert "\x1b" not in shown
    assert words.short_id(answer_id) in shown


def test_the_panel_gives_reasons_marks_reviews_gaps_flags_and_cost() -> None:
    shown = panel()
    for said in (
        "7 of 10 points   70.0%",
        "Place (low confidence)",
        "Light (raters disagree, set by a person)",
        "The reason for place.",
        "The grader's reason: The reason for light.",
        "It is said in German.",
        "Say where.",
        "lost 30.0% of the score",
        "! Orders (in the answer): It steers.",
        "gpt-x: 1 call, 1,000 tokens in (400 cached), 200 out, $0.0100",
    ):
        assert said in shown


def test_the_panel_on_an_interview_shows_its_steps_once_and_why_some_is_not_graded() -> None:
    shown = panel(*interview())
    assert shown.count("short of hire") == 1
    assert re.search(r"MLOps +not assessed", shown)
    assert "Reliability: Named, no more." in shown


def test_markdown_holds_the_same_and_nothing_of_it_becomes_markup() -> None:
    source = render_answer_markdown(rich_answer(PAYLOAD), written())
    tokens = MarkdownIt("commonmark").parse(source)
    html_blocks = {token.content.strip() for token in tokens if token.type == "html_block"}
    inline = [child.type for token in tokens for child in token.children or ()]
    assert html_blocks <= {"<!-- -->"}
    assert "html_inline" not in inline
    headings = re.findall(r"^## (.+)$", source, flags=re.MULTILINE)
    assert headings == ["Question", "Criteria", "Flags", "Reviews", "Answer", "Provenance"]


def test_a_level_of_a_long_scale_and_points_that_say_the_same_are_said_once() -> None:
    assert answer_words.standing(grade("a", 3, top=5, points=3.0)) == "3 of 5 points"
    assert answer_words.standing(grade("a", 1)) == "2 of 5 points, level 1 of 2"
    assert answer_words.standing(grade("a", "ungraded")) == "not graded"
    assert 'class="bar inline"' in html(graded(grades=(grade("a", 30, top=40, points=3.0),)))


def test_a_percentage_that_is_not_that_of_the_points_says_why() -> None:
    weighed = graded(grades=(grade("a", 1), grade("b", 2)), percent=55.0)
    assert answer_words.outcome(weighed) == "7 of 10 points"
    assert answer_words.score(weighed) == "55.0% by the criteria's weights"


def test_places_are_named_as_their_reader_knows_them() -> None:
    one, two = written().turns[0], written().turns[0].model_copy(update={"index": 4})
    assert Places(Transcript(turns=(one,))).of_turn(0) == "in the answer"
    assert Places(Transcript(turns=(one, two))).of_turn(4) == "part 2"
    assert Places(interview()[1]).of_turn(1) == "turn 1"


def test_a_confirmed_level_is_not_said_to_be_changed() -> None:
    one = rich_answer().reviews[1].model_copy(update={"original": 2})
    assert answer_words.review(one, grade("light", 2)).startswith("level 2 of 2, confirmed by")


def test_a_scorecard_without_a_ledger_keeps_all_but_the_unprompted_score() -> None:
    card = rich_answer().scorecard.model_copy(
        update={"unprompted_percent": 70.0, "level": Seniority.mid}
    )
    helped = card.model_copy(update={"ledger": (Help(turn=0, criterion="place", kind="open"),)})
    assert answer_words.without_help(card).unprompted_percent is None
    assert answer_words.without_help(helped) == helped


def test_every_report_tells_of_the_calibration() -> None:
    said = "abc123, isotonic, learned from 40 answers of Class 7b"
    shown = graded(
        grades=(grade("place", 1, calibrated_from=2),), provenance=made(calibration=said)
    )
    marked = panel(shown)
    assert "Place (calibrated)" in marked
    for source in (text_of(html(shown)), render_answer_markdown(shown, written()), marked):
        assert said in " ".join(source.split())


def test_what_was_not_calibrated_does_not_speak_of_it() -> None:
    for source in (html(), render_answer_markdown(rich_answer(), written()), panel()):
        assert "alibrat" not in source
