"""`sevenstep history` and `sevenstep report`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.interview.clock import ScriptClock
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.store.sql import SqlStore
from tests.cli_support import ANSWER, Ran, refused, run
from tests.support import SCENARIOS, engine

DRILL = ("practice", "netflix_recs", "--steps", "metrics")


class DatedClock(ScriptClock):
    """A clock of another day."""

    def __init__(self, days: int) -> None:
        super().__init__()
        self._day = datetime.now(UTC) + timedelta(days=days)

    def now(self) -> datetime:
        return self._day


async def _live(scenario: str, *turns: str, finished: bool = True, days: int = 0) -> str:
    store = SqlStore()
    try:
        session = await Session.start(store, engine(scenario), Options(), DatedClock(days))
        for turn in turns:
            await session.answer(turn)
        if finished:
            await session.leave()
            await session.finish()
    finally:
        store.close()
    return session.state.interview


def live(scenario: str = "netflix_recs", *, finished: bool = True, days: int = 0) -> str:
    """The id of an interview that a person seems to have had so many days from now."""
    import asyncio

    return asyncio.run(_live(scenario, ANSWER, finished=finished, days=days))


def drilled() -> Ran:
    return run(*DRILL, stdin=ANSWER)


def test_an_empty_history_says_how_to_begin() -> None:
    assert run("history").out == "No interviews yet; `sevenstep practice` begins one.\n"


def test_an_interview_is_one_row_of_at_most_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for scenario in SCENARIOS:
        live(scenario)
    lines = run("history").out.splitlines()
    for scenario in SCENARIOS:
        assert sum(scenario in line.split() for line in lines) == 1
    assert max(map(len, lines)) <= 80
    assert "PF ME DF MO TE SE ML CO" in lines[0]


def test_the_step_columns_are_explained() -> None:
    live()
    assert "PF Problem formulation" in run("history").out


def test_an_unfinished_interview_is_marked() -> None:
    name = live(finished=False)
    assert any(
        line.startswith(name[:6]) and "unfinished" in line
        for line in run("history").out.splitlines()
    )


def test_scripts_are_hidden_unless_asked_for() -> None:
    drilled()
    assert "(1 more that was scripted is shown with --all.)" in run("history").out
    assert "netflix_recs" in run("history", "--all").out


def test_the_trend_needs_two_interviews() -> None:
    live(days=-1)
    assert "from the second graded interview on" in run("history").out
    live()
    assert "+0 points since the one before" in run("history").out


def test_the_ids_that_are_shown_can_be_typed() -> None:
    live()
    shown = run("history").out.splitlines()[1].split()[0]
    assert run("report", shown).code == 0


@pytest.mark.parametrize(
    ("form", "beginning"), [("md", "#"), ("html", "<!"), ("json", "{"), ("text", "┏")]
)
def test_a_report_comes_in_every_form(form: str, beginning: str) -> None:
    drilled()
    report = run("report", "--format", form)
    assert report.code == 0
    assert report.out.lstrip().startswith(beginning)


def test_a_report_can_be_written_to_a_file(tmp_path: Path) -> None:
    drilled()
    out = tmp_path / "report.json"
    assert f"Report written to {out}" in run("report", "--format", "json", "--out", out).out
    assert json.loads(out.read_text())["scenario"] == "netflix_recs"


def test_the_report_of_an_interview_equals_its_json_file(tmp_path: Path) -> None:
    out = tmp_path / "x.json"
    name = run(*DRILL, "--json", out, stdin=ANSWER).id
    assert json.loads(run("report", name, "--format", "json").out) == json.loads(out.read_text())


def test_last_is_the_newest_interview() -> None:
    live(days=-1)
    name = drilled().id
    assert json.loads(run("report", "last", "--format", "json").out)["interview"] == name


def test_the_beginning_of_an_id_is_enough() -> None:
    name = drilled().id
    assert run("report", name[:4]).code == 0


def test_a_beginning_that_fits_several_is_refused() -> None:
    drilled()
    assert "no interview with an id like ''" in refused(run("report", ""))


@pytest.mark.parametrize("command", ["report", "resume"])
def test_an_unknown_id_is_refused(command: str) -> None:
    drilled()
    assert "no interview with an id like 'zzz'" in refused(run(command, "zzz"))


def test_no_graded_interview_is_said() -> None:
    assert "there is no graded interview" in refused(run("report"))


def test_a_report_of_an_unfinished_interview_says_how_to_go_on() -> None:
    name = live(finished=False)
    assert f"sevenstep resume {name}" in refused(run("report", name))


def test_an_interview_about_a_file_of_ones_own_needs_its_folder(tmp_path: Path) -> None:
    run("scenario", "new", "my_shop", "--dir", tmp_path)
    practised = run("practice", tmp_path / "my_shop.yaml", "--steps", "metrics", stdin=ANSWER)
    assert "name their folder with --scenarios" in refused(run("report", practised.id))
    assert run("report", practised.id, "--scenarios", tmp_path).code == 0


def test_resuming_a_graded_interview_shows_its_scorecard() -> None:
    name = drilled().id
    ran = run("resume", name)
    assert "is graded already" in ran.out
    assert ran.code == 0
