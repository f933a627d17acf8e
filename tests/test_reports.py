"""The reports show what the record holds, and nothing in it can act on its reader."""

import re
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from agent.catalog import Catalog
from agent.interview.plan import Options
from agent.ports import Evidence
from agent.record import InterviewRecord
from agent.report import words
from agent.report.html import render_html
from agent.report.markdown import quoted, render_markdown
from agent.report.marks import cut, find_quotes
from agent.report.radar import Spoke, radar_svg
from agent.report.text import scorecard_panel
from agent.rubric import Criterion, Decision, Rubric, Seniority
from agent.scenario import Scenario
from agent.scorecard import (
    CriterionGrade,
    FactNote,
    FlagNote,
    Help,
    HelpSummary,
    Highlight,
    Margin,
    Provenance,
    Scorecard,
    StepScore,
)
from agent.transcript import Party, Turn

PAYLOAD = "<script>alert(1)</script>"
ANSWER = f"We minimise net loss {PAYLOAD} because [bold red]declines[/] cost money & trust."
OVERLAPPING = ("net loss <script>alert(1)", "<script>alert(1)</script> because", "net loss")
UNREACHED = "mlops"
UNGRADED = "reliability"
NOTE = "Ask earlier </p><img src=x onerror=alert(2)>"


@cache
def rubric() -> Rubric:
    return Catalog().rubric()


@cache
def scenario() -> Scenario:
    return Catalog().scenario("card_fraud")


def grade(criterion: Criterion) -> CriterionGrade:
    """A grade of any kind, so that each kind occurs in the record."""
    section = rubric().section_of(criterion.id).id
    fields: dict[str, Any] = {
        "id": criterion.id,
        "title": criterion.title,
        "step": section,
        "weight": criterion.weight,
        "must_have": criterion.must_have,
        "level": 1,
        "reason": "Named, no more.",
        "anchor": criterion.anchors.at(1),
        "next_anchor": criterion.anchors.at(2),
    }
    if section == UNREACHED:
        fields |= {"level": "not_assessed", "anchor": None, "next_anchor": None}
    elif criterion.id == UNGRADED:
        fields |= {"level": "ungraded", "anchor": None, "next_anchor": None}
    elif criterion.id == "business_objective":
        quotes = tuple(Evidence(turn=1, quote=quote) for quote in OVERLAPPING)
        fields |= {"level": 3, "evidence": quotes, "prompted": True, "hints": 2}
    elif criterion.id == "ml_task":
        fields |= {"level": 2, "evidence": (Evidence(turn=1, quote="never said"),)}
    return CriterionGrade(**fields)


def record(**changes: Any) -> InterviewRecord:
    """An interview with one answer; `changes` replace fields of the scorecard."""
    criteria = rubric().criteria()
    sections = [*rubric().steps, *([rubric().overall] if rubric().overall else [])]
    advice = rubric().criterion("leakage").anchors.at(4)
    highlight = {"step": "data_features", "level": 1, "points": 4.1, "advice": advice}
    card = {
        "percent": 56.6,
        "unprompted_percent": 40.0,
        "coverage": 82.5,
        "level": Seniority.mid,
        "decision": Decision.lean_hire,
        "decision_reason": "56.6 percent lies in the band lean hire.",
        "margin": Margin(above_floor=11.6, to_next=0.4, next=Decision.hire),
        "failed_must_haves": ("leakage",),
        "steps": tuple(
            StepScore(
                id=section.id,
                title=section.title,
                percent=None if section.id == UNREACHED else 50.0,
                unprompted_percent=None if section.id == UNREACHED else 25.0,
                assessed=0 if section.id == UNREACHED else len(section.criteria),
                criteria=len(section.criteria),
                seconds=245.0,
            )
            for section in sections
            if section is not None
        ),
        "criteria": tuple(grade(criterion) for criterion in criteria),
        "flags": (
            FlagNote(id="orders", title="Orders", why="It steers.", turn=1, quote=PAYLOAD),
            FlagNote(id="no_baseline", title="No baseline", why="Nothing to compare with."),
        ),
        "strengths": tuple(
            Highlight(criterion="leakage", title=f"Strength {n}", **highlight) for n in range(3)
        ),
        "gaps": tuple(
            Highlight(criterion="leakage", title=f"Gap {n}", **highlight) for n in range(3)
        ),
        "help": HelpSummary(
            probes=1,
            hints=2,
            challenges=0,
            points_unprompted=40.0,
            points_after_probe=6.6,
            points_after_hint=10.0,
        ),
        "ledger": (Help(turn=0, criterion="business_objective", kind="hint_1"),),
        "facts": (
            FactNote(id="traffic", text="Nine million a day.", asked=True),
            FactNote(id="latency", text="Fifty milliseconds.", asked=False),
        ),
        "provenance": Provenance(
            version="0.1.0",
            engine="offline",
            rubric=rubric().id,
            rubric_version="1.0",
            rubric_hash="a" * 64,
            scenario=scenario().id,
            scenario_version="1.0",
            scenario_hash="b" * 64,
            note="A baseline.",
        ),
    }
    first = "problem_formulation"
    return InterviewRecord(
        interview="i1",
        scenario=scenario().id,
        scenario_title=scenario().title,
        rubric=rubric().id,
        started_at=datetime(2025, 1, 2, 3, 4, tzinfo=UTC),
        ended="covered",
        minutes=48.5,
        options=Options(),
        transcript=(
            Turn(index=0, speaker=Party.interviewer, step=first, kind="open", text="Well?"),
            Turn(index=1, speaker=Party.candidate, step=first, kind="answer", text=ANSWER),
        ),
        notes=(NOTE,),
        scorecard=Scorecard(**(card | changes)),
    )


def answered(text: str) -> InterviewRecord:
    """The record with another answer."""
    first, answer = record().transcript
    turns = (first, answer.model_copy(update={"text": text}))
    return record().model_copy(update={"transcript": turns})


def html(shown: InterviewRecord | None = None) -> str:
    return render_html(shown or record(), rubric(), scenario())


def markdown(shown: InterviewRecord | None = None) -> str:
    return render_markdown(shown or record(), rubric(), scenario())


def panel(width: int = 80, **changes: Any) -> str:
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(scorecard_panel(record(**changes), rubric()))
    return captured.get()


class Page(HTMLParser):
    """The tags, ids, links and texts of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.ids: list[str] = []
        self.marked: list[str] = []
        self.texts: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag == "mark":
            self.marked += [value or "" for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def links(self) -> list[str]:
        return [value or "" for name, value in self.attributes if name == "href"]


def test_html_escapes_a_script_in_an_answer_also_within_marks() -> None:
    page = Page(html())
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_html_marks_and_links_each_quote_that_stands_in_its_turn() -> None:
    page = Page(html())
    assert page.marked == ["q-1", "q-3", "q-2", "q-5"]
    assert {f"#{name}" for name in page.marked} <= set(page.links())


def test_html_links_a_quote_that_is_not_found_to_its_turn() -> None:
    assert "q-4" not in Page(html()).ids
    assert "these exact words were not found" in html()


def test_every_link_of_the_html_leads_to_one_place_on_the_page() -> None:
    page = Page(html())
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links()} <= set(page.ids)


def test_html_loads_nothing_from_elsewhere() -> None:
    page = Page(html())
    loading = {"script", "link", "img", "iframe", "object", "embed", "base", "video", "audio"}
    assert not loading & set(page.tags)
    assert not [value for name, value in page.attributes if "://" in (value or "")]
    assert not re.search(r"url\(|@import|@font-face", html())


def test_html_says_not_assessed_and_never_zero_for_what_was_not_reached() -> None:
    text = " ".join("".join(Page(html()).texts).split())
    title = rubric().step(UNREACHED).title
    assert f"{title}: not assessed" in text
    assert f"{title} not assessed" in text
    assert f"{title} 0" not in text


def test_html_tells_ungraded_from_not_assessed() -> None:
    article = html().split(f'id="c-{UNGRADED}"')[1].split("</article>")[0]
    assert "not graded" in article


@pytest.mark.parametrize("text", ["a\x1b[31mb", "a\x00b", "a\u202eb", "a\ud800b"])
def test_html_shows_control_characters_as_replaced(text: str) -> None:
    assert "a\ufffd" in html(answered(text))


def test_html_of_an_interview_without_any_score_has_no_number_for_it() -> None:
    empty = record(
        percent=None,
        unprompted_percent=None,
        coverage=0.0,
        decision=None,
        decision_reason="No decision: nothing could be graded.",
        margin=Margin(above_floor=None, to_next=None, next=None),
        strengths=(),
        gaps=(),
        flags=(),
        ledger=(),
        facts=(),
    )
    assert "Score not given." in html(empty)
    assert "Score not given." in markdown(empty)


def test_overlapping_quotes_are_cut_without_losing_a_character() -> None:
    turn = record().transcript[1]
    quotes = find_quotes(record()).in_turn(turn.index)
    parts = cut(turn.text, quotes)
    assert "".join(part.text for part in parts) == turn.text
    for quote in quotes:
        assert "".join(part.text for part in parts if quote in part.inside) == quote.text


def test_the_radar_has_no_point_for_what_was_not_assessed() -> None:
    spokes = [Spoke("A", 50, 50), Spoke("B", None, None), Spoke("C", 0, 0), Spoke("D", 9, 1)]
    svg = radar_svg(spokes)
    assert svg.count("<circle") == 2 * 3
    assert "B: not assessed" in svg


def test_the_radar_escapes_its_labels() -> None:
    assert "<b>" not in radar_svg([Spoke("<b>", 1, 1)] * 3)


@pytest.mark.parametrize(
    "text",
    [
        "# Injected",
        "fine\n# Injected",
        "fine\n\nInjected\n========",
        "```\nInjected",
        "</details><h1>Injected</h1>",
        "<!-- Injected",
        "[Injected](javascript:alert(1))",
        "![Injected](https://example.org/x.png)",
        "1. Injected\n- Injected\n    Injected",
        "fine\u2028# Injected\r# Injected\x0b# Injected",
        "| Injected |\n|---|",
    ],
)
def test_a_markdown_answer_cannot_break_out_of_its_quote(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse("\n".join(quoted(text)))
    inline = [child.type for token in tokens for child in token.children or ()]
    assert {token.type for token in tokens} == {
        "blockquote_open",
        "blockquote_close",
        "paragraph_open",
        "paragraph_close",
        "inline",
    }
    assert set(inline) <= {"text", "text_special", "hardbreak", "softbreak"}


def test_markdown_shows_an_answer_as_it_was_written() -> None:
    rendered = MarkdownIt("commonmark").render("\n".join(quoted("a < b & c_d_e\n\\ 2*3*4 @x")))
    assert "a &lt; b &amp; c_d_e<br />\n\\ 2*3*4 @x" in rendered


def test_markdown_holds_the_same_sections_as_the_html() -> None:
    headings = re.findall(r"^## (.+)$", markdown(), flags=re.MULTILINE)
    assert headings[0] == "Decision: Lean hire"
    assert headings[-3:] == ["Private notes", "Transcript", "Provenance"]
    assert "| MLOps | not assessed | - |" in markdown()


def test_the_panel_fits_80_columns_and_about_70_lines() -> None:
    lines = panel().splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert len(lines) <= 75


def test_the_panel_shows_markup_of_the_candidate_and_does_not_obey_it() -> None:
    flag = FlagNote(id="x", title="[red]T[/]", why="W", turn=1, quote="[bold]\x1b[31mq[/nope]")
    console = Console(width=80, color_system=None)
    with console.capture() as captured:
        console.print(scorecard_panel(record(flags=(flag,)), rubric()))
    assert "[red]T[/]" in captured.get()
    assert "[bold]\ufffd[31mq[/nope]" in captured.get()


def test_the_panel_says_not_assessed_for_a_step_that_was_not_reached() -> None:
    assert re.search(r"MLOps +not assessed", panel())


@pytest.mark.parametrize(
    ("step", "command"),
    [
        ("serving", "sevenstep practice card_fraud --steps serving"),
        ("communication", "sevenstep practice card_fraud"),
    ],
)
def test_a_drill_names_a_step_only_if_it_can_be_practised_alone(step: str, command: str) -> None:
    assert words.drill(record(), step, rubric()) == command


def test_a_percentage_is_not_rounded_into_a_band_that_was_not_reached() -> None:
    assert words.percent(56.6) == "56.6%"
    assert words.percent(None) == "not assessed"


def test_the_margin_names_the_bands_of_the_percentage() -> None:
    said = words.margin(Margin(above_floor=11.6, to_next=0.4, next=Decision.hire))
    assert said == "11.6 points above where lean hire begins, 0.4 points short of hire"


def test_every_report_tells_of_the_calibration() -> None:
    said = "abc123, linear, learned from 40 answers of Class 7b"
    before = record()
    made = before.scorecard.provenance.model_copy(update={"calibration": said})
    shown = record(provenance=made)
    by = (rubric(), scenario())
    for source in (render_html(shown, *by), render_markdown(shown, *by), panel(provenance=made)):
        assert said in " ".join(source.split())
    for source in (render_html(before, *by), render_markdown(before, *by), panel()):
        assert "Calibration" not in source
