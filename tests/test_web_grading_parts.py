"""The pure parts of the grading pages: forms and orders, addresses, neighbours, tables, words."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from agent.catalog import Catalog
from agent.errors import InputError
from agent.ports import EngineChoice
from agent.web.shown.drafts import OWN, Draft, draft_of, order_of
from agent.web.shown.grading_links import Neighbours, Place, answer_url, neighbours, place_of
from agent.web.shown.grading_words import FIELDS, next_step, progress_of, state_of, title_of
from agent.web.shown.order_faults import order_fault
from agent.web.shown.results_table import results_table
from agent.web.work.grades import ResultLevel, ResultRow
from agent.web.work.jobs import GradingJob
from agent.web.work.messages import Estimated, Outcome, Progressed
from agent.web.work.orders import GradingOrder
from agent.web.work.records import WorkState

MODEL = EngineChoice(model="openai:m", base_url="http://127.0.0.1:1/v1")
XSS = "<img src=x>"


def row(name: str, criteria: int = 1) -> ResultRow:
    levels = tuple(
        ResultLevel(
            criterion=f"c{at}", title=XSS, level=at % 3, top=2, points=None, reviewed=at == 1
        )
        for at in range(criteria)
    )
    return ResultRow(
        id=name,
        source="",
        status="graded",
        percent=50.0,
        points=None,
        max_points=None,
        decision=None,
        flags=(XSS, "b", "c", "d"),
        reviewed=False,
        levels=levels,
    )


def job(state: WorkState, **changes: object) -> GradingJob:
    kept = GradingJob(
        id="1",
        owner="",
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        state=state,
        estimate=Estimated(models=("offline",), files=1, answers=1),
    )
    return kept.model_copy(update=changes)


@pytest.mark.parametrize(
    "draft",
    [
        Draft(),
        Draft(rubric="tcp.yaml", asked=OWN, question="Why?", columns={"answer": "essay"}),
        Draft(asked="card_fraud", seniority="staff", reference="So."),
        Draft(choice=MODEL, samples="3", max_cost="0.1", max_tokens="1000000", price="0.15, 0.6"),
    ],
)
def test_a_form_and_its_order_are_the_same(draft: Draft) -> None:
    assert draft_of(order_of(draft, Catalog())) == draft


def test_figures_may_be_written_as_people_do() -> None:
    draft = Draft(choice=MODEL, max_cost=" $2.50", max_tokens="1,000 000", price="$0.15 0.6")
    order = order_of(draft, Catalog())
    assert (order.max_cost, order.max_tokens, order.price) == (2.5, 1_000_000, (0.15, 0.6))


def test_what_belongs_to_models_is_left_out_without_one() -> None:
    order = order_of(Draft(samples="5", max_cost="x"), Catalog())
    assert (order.samples, order.max_cost) == (1, None)


@pytest.mark.parametrize(
    ("draft", "told"),
    [
        (Draft(asked=OWN, question=" "), "The question: is empty"),
        (
            Draft(choice=MODEL, max_cost="0,5"),
            "Most dollars: '0,5' is not accepted; write a number such as 2.50",
        ),
        (Draft(choice=MODEL, price="1, y"), "Price: 'y'"),
        (Draft(choice=MODEL, samples="0"), "Grades for each answer: "),
        (
            Draft(choice=MODEL, samples="two"),
            "Grades for each answer: 'two' is not accepted; write a whole number",
        ),
    ],
)
def test_a_fault_is_told_by_the_name_of_its_field(draft: Draft, told: str) -> None:
    with pytest.raises(InputError) as caught:
        order_of(draft, Catalog())
    assert order_fault(caught.value, FIELDS).startswith(told)


@pytest.mark.parametrize("name", ["..", "a/b?c=d&e#f", "ö %2F", XSS])
def test_an_answer_of_any_name_has_an_address(name: str) -> None:
    place = Place(at=7, named="a&b", status="partly")
    parts = urlsplit(answer_url("1f", name, place))
    assert parts.path == "/grade/1f/answer"
    assert parse_qs(parts.query)["answer"] == [name]
    given = {key: values[0] for key, values in parse_qs(parts.query).items()}
    assert place_of(given["at"], given["named"], given["status"]) == place


def test_what_is_no_place_is_left_out() -> None:
    assert place_of("-1", "", "x") == Place()
    assert place_of("9" * 30, "", "") == Place()


def test_neighbours_are_those_in_the_table() -> None:
    rows = (row("a"), row("b"), row("c"))
    assert neighbours("b", 5, 4, rows) == Neighbours(before=("a", 4), after=("c", 6))
    assert neighbours("a", 0, 0, rows[:2]) == Neighbours(after=("b", 1))


def test_the_next_answer_takes_the_place_of_one_that_left_the_filter() -> None:
    rows = (row("a"), row("c"))
    assert neighbours("b", 5, 4, rows) == Neighbours(before=("a", 4), after=("c", 5))


def test_a_table_names_the_file_of_an_interview_whose_id_names_nobody() -> None:
    interview = row("38420d024d").model_copy(update={"source": f"{XSS}.json"})
    line = row("1").model_copy(update={"source": "table.csv, row 2"})
    table = results_table("1f", (interview, line), 0, Place())
    assert "&lt;img src=x&gt;.json" in table
    assert "table.csv" not in table


def test_a_table_shows_markup_as_text_and_not_all_of_many_criteria() -> None:
    table = results_table("1f", (row(XSS, criteria=20),), 50, Place(named="i"))
    assert XSS not in table
    assert table.count("(0 to 2)") == 8
    assert "1 (set)" in table
    assert "; 2 more" in table
    assert "at=50&amp;named=i" in table


@pytest.mark.parametrize(
    ("state", "button"),
    [
        (WorkState.collecting, ""),
        (WorkState.ready, "Start grading"),
        (WorkState.running, ""),
        (WorkState.stopped, "Go on"),
        (WorkState.failed, "Try again"),
        (WorkState.done, ""),
    ],
)
def test_what_can_be_begun_is_as_the_job_stands(state: WorkState, button: str) -> None:
    assert next_step(job(state)) == button


def test_what_is_not_graded_may_be_tried_again() -> None:
    outcome = Outcome(
        answers=2, graded=1, partly=0, ungraded=1, mean_percent=None, flagged=0, reviewed=0
    )
    assert next_step(job(WorkState.done, outcome=outcome)) == "Grade again what is missing"


def test_a_job_without_a_title_is_called_by_what_it_is_graded_against() -> None:
    order = GradingOrder(scenario="card_fraud")
    assert title_of(job(WorkState.ready, order=order)) == "Grading: card_fraud (mid)"
    assert title_of(job(WorkState.ready, title="Course")) == "Course"


def test_a_state_is_told_with_its_message() -> None:
    assert state_of(job(WorkState.failed, message="a.csv: is empty")) == "Failed: a.csv: is empty"
    assert state_of(job(WorkState.stopped, message="stopped by you")).startswith("Stopped by you")


def test_progress_is_told_with_what_it_has_taken() -> None:
    one = Progressed(total=1200, done=3, ungraded=1, active=2, tokens=1500, cost=0.25)
    assert progress_of(one) == (
        "3 of 1,200 answers; 1 not graded; 2 at work; 1,500 tokens and $0.2500 spent in this run"
    )
