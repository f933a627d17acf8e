"""What the progress page says: the rows of its tables and the lines of its lists."""

from datetime import timedelta

from agent.interview.plan import Options
from agent.progress import Point, ScenarioHistory, attempts, by_scenario, unfinished
from agent.web.shown import figures
from agent.web.shown.tables import anchor, table_html
from tests.test_progress import begun, day, drill, due, entry, shown

TITLES = {"card_fraud": "Card fraud"}
PAYLOAD = "<b>&\"'"


def points(*values: float) -> list[Point]:
    return [Point(day(at), value, str(at)) for at, value in enumerate(values)]


def test_the_problem_practised_least_recently_is_taken() -> None:
    history = by_scenario([entry("a", 0, scenario="old"), entry("b", 1, scenario="new")])
    assert figures.least_recent(["new", "old"], history) == "old"


def test_a_problem_never_practised_comes_first() -> None:
    history = {"old": ScenarioHistory(tries=1, best=None, last=day(0))}
    assert figures.least_recent(["old", "never"], history) == "never"


def test_what_comes_back_on_one_day_stands_together_by_step() -> None:
    one = shown([entry("a", 0, {"labels": 1, "leakage": 2, "loss": 0})])
    assert figures.coming_lines(one.due, day(0)) == [
        ("DATA: Labels; Leakage", "in 1 day, 2026-03-02"),
        ("MODEL: Loss", "in 1 day, 2026-03-02"),
    ]


def test_days_are_counted_to_the_nearest() -> None:
    found = due((0, 1), (1, 3))
    assert found is not None
    now = found.due - timedelta(days=2, hours=14)
    assert figures.coming_lines([found], now)[0][1].startswith("in 3 days,")


def test_what_is_due_now_is_not_coming() -> None:
    found = due((0, 1), now=1)
    assert found is not None
    assert figures.coming_lines([found], day(1)) == []


def test_a_change_is_said_in_points() -> None:
    assert figures.changed(points(50)) == "the first time"
    assert figures.changed(points(90, 50, 54.2)) == "up 4.2 points"
    assert figures.changed(points(50, 49)) == "down 1.0 point"
    assert figures.changed(points(50, 50.04)) == "as the time before"


def test_the_last_scores_are_charted_with_drills_apart() -> None:
    entries = [entry("a", 0), drill("b", 1), entry("c", 2)]
    found = figures.scores(shown(entries), attempts(entries), TITLES, 2)
    assert [(one.label, one.apart, one.href) for one in found] == [
        ("2 Mar", True, "/interviews/b/report"),
        ("3 Mar", False, "/interviews/c/report"),
    ]
    assert found[0].about == "2026-03-02, Card fraud: drill, 50.0%"


def test_the_figures_of_steps_have_an_interview_a_row_the_last_first() -> None:
    one = shown([entry("a", 0), entry("b", 1)])
    head, rows = figures.step_figures(one.steps)
    assert head == ("Date", "DATA", "MODEL")
    assert rows == [("2026-03-02", "50.0", "-"), ("2026-03-01", "50.0", "-")]


def test_a_weak_criterion_has_its_mean_of_the_top_and_its_number_of_judgings() -> None:
    one = shown([entry("a", 0, {"labels": 1}), entry("b", 1, {"labels": 2})])
    assert figures.weakest_rows(one.weakest) == [("Labels", "DATA", "1.5 of 4", "2")]


def test_a_criterion_shows_its_last_levels_and_when_it_comes_back() -> None:
    one = shown([entry(str(at), at, {"labels": at % 3}) for at in range(10)], now=30)
    rows = {str(row[0]): row[2:] for row in figures.criteria_rows(one)}
    assert rows["Labels"] == ("… 2 0 1 2 0 1 2 0", "1.0", "10", "now")
    assert rows["Loss"] == ("-", "-", "0", "-")


def test_interviews_stand_last_first_and_unfinished_ones_can_be_continued() -> None:
    entries = [
        entry("a", 0, card={"coverage": 80.0}),
        (begun("b", 1, options=Options(steps=("data",))), None),
    ]
    rows = figures.interview_rows(attempts(entries), unfinished(entries), TITLES)
    assert rows == [
        (
            "2026-03-02",
            anchor("Continue: Card fraud", "/room/b"),
            *("Drill", "Mid", "-", "-", "Unfinished"),
        ),
        (
            "2026-03-01",
            anchor("Card fraud", "/interviews/a/report", "Card fraud: report of 2026-03-01"),
            *("Whole", "Mid", "50.0%", "80.0%", "Lean no hire"),
        ),
    ]
    assert {len(row) for row in rows} == {len(figures.INTERVIEWS)}


def test_a_problem_whose_file_is_gone_is_called_by_its_id() -> None:
    (row,) = figures.interview_rows(attempts([entry("a", 0)]), (), {})
    assert "card_fraud" in row[1]


def test_what_tables_say_is_never_markup() -> None:
    made = table_html(PAYLOAD, [PAYLOAD], [[PAYLOAD, anchor(PAYLOAD, PAYLOAD, PAYLOAD)]])
    assert "<b>" not in made
    assert made.count("&lt;b&gt;&amp;&#34;&#39;") == 6


def test_the_first_cell_of_a_row_is_its_heading() -> None:
    made = table_html("Levels", ["Criterion", "Mean"], [["Labels", "1.5"]])
    assert '<th scope="row">Labels</th><td>1.5</td>' in made
    assert '<th scope="col">Mean</th>' in made
