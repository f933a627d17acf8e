"""The report as a page of a site: its bar, its drills, and answers beside strong ones."""

import re

from agent.record import InterviewRecord
from agent.report.answer_html import render_answer_html
from agent.report.bar import Bar
from agent.report.html import render_html
from agent.transcript import Party, Turn
from tests.graded_support import rich_answer, written
from tests.test_reports import ANSWER, UNREACHED, Page, html, record, rubric, scenario

SCRIPT = "/static/print.js"
BAR = Bar(
    home="/",
    links=(("Progress", "/progress?a=1&b=<2>"),),
    downloads=(("Markdown", "/interviews/i1/report.md"),),
    drill=lambda step: f"/practise?steps={step}",
    script=SCRIPT,
)


def on_site(bar: Bar = BAR, shown: InterviewRecord | None = None) -> str:
    return render_html(shown or record(), rubric(), scenario(), bar)


def compared(source: str, step: str) -> str:
    """The markup that compares a step with a strong answer."""
    return source.split(f'id="r-{step}"')[1].partition("</details>")[0]


def text_of(source: str) -> str:
    return " ".join("".join(Page(source).texts).split())


def policy(source: str) -> str:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', source)
    assert found
    return found.group(1).replace("&#39;", "'")


def spoken_in(step: str, kind: str, text: str) -> InterviewRecord:
    """The record with one more message of the candidate, in this step."""
    turn = Turn(index=2, speaker=Party.candidate, step=step, kind=kind, text=text)
    return record().model_copy(update={"transcript": (*record().transcript, turn)})


def test_each_step_has_its_strong_answer_beside_what_was_said_in_it() -> None:
    shown = html(spoken_in("serving", "answer", "A queue <b>first</b>."))
    assert "A queue <b>first</b>." in text_of(compared(shown, "serving"))
    for step, reference in scenario().references.items():
        assert " ".join(reference.split()) in text_of(compared(shown, step))


def test_what_was_said_in_a_step_keeps_its_marks_but_has_no_second_id() -> None:
    both = compared(html(), "problem_formulation")
    # The numbers of the quotes stand between its words.
    assert re.sub(r"\d", "", ANSWER) in re.sub(r"\d", "", "".join(Page(both).texts))
    assert "mark" in Page(both).tags
    assert Page(both).ids == []
    assert {"#turn-1", "#e-1"} <= set(Page(both).links())


def test_a_command_is_no_part_of_what_was_said_in_a_step() -> None:
    both = compared(html(spoken_in("serving", "command", "/hint")), "serving")
    assert "Nothing was said." in both
    assert "/hint" not in both


def test_words_that_counted_for_another_step_are_shown_there_once() -> None:
    turn = record().transcript[1].model_copy(update={"step": "serving"})
    moved = record().model_copy(update={"transcript": (record().transcript[0], turn)})
    both = compared(html(moved), "problem_formulation")
    assert "Said in this step" not in both
    assert both.count("<blockquote") == 4
    assert "#q-1" in Page(both).links()


def test_a_score_from_other_steps_is_explained() -> None:
    steps = record().scorecard.steps
    unvisited = record(steps=tuple(s.model_copy(update={"seconds": None}) for s in steps))
    said = "Where no time is given, the score rests on what was said in other steps."
    assert said in html(unvisited)
    assert said not in html()


def test_a_saved_page_has_no_bar_no_script_and_says_how_to_drill() -> None:
    assert 'aria-label="Site"' not in html()
    assert "button" not in Page(html()).tags
    assert "script-src" not in policy(html())
    assert "sevenstep practice" in text_of(html())


def test_the_bar_leads_where_it_was_told_to() -> None:
    page = Page(on_site())
    assert {"/", "/progress?a=1&b=<2>", "/interviews/i1/report.md"} <= set(page.links())


def test_a_page_of_a_site_can_be_reached_past_its_bar() -> None:
    page = Page(on_site())
    assert page.links()[0] == "#main"
    assert "main" in page.ids
    assert len(page.ids) == len(set(page.ids))


def test_every_step_that_can_be_practised_alone_has_a_drill_also_one_not_assessed() -> None:
    page = Page(on_site())
    titles = {step.id: step.title for step in rubric().steps}
    assert UNREACHED in titles
    for step, title in titles.items():
        assert f"/practise?steps={step}" in page.links()
        assert ("aria-label", f"Drill this step: {title}") in page.attributes
    assert "/practise?steps=communication" not in page.links()
    assert "sevenstep practice" not in text_of(on_site())


def test_a_bar_without_drills_leaves_the_command() -> None:
    shown = on_site(Bar(home="/"))
    assert "sevenstep practice" in text_of(shown)
    assert "Drill this step" not in shown


def test_the_one_script_is_the_sites_own_and_brings_the_button_to_print() -> None:
    page = Page(on_site())
    assert page.tags.count("script") == 1
    assert ("src", SCRIPT) in page.attributes
    assert ("data-print", None) in page.attributes
    sources = [part for part in policy(on_site()).split("; ") if part.startswith("script-src")]
    assert sources == ["script-src 'self'"]
    assert "img-src" not in policy(on_site())


def test_a_bar_without_a_script_has_no_button_to_print() -> None:
    shown = on_site(Bar(home="/"))
    assert "button" not in Page(shown).tags
    assert "script-src" not in policy(shown)


def test_the_page_of_a_graded_answer_takes_the_same_bar() -> None:
    page = Page(render_answer_html(rich_answer(), written(), BAR))
    assert page.links()[0] == "#main"
    assert "/interviews/i1/report.md" in page.links()
    assert page.tags.count("script") == 1
    assert len(page.ids) == len(set(page.ids))
