"""`sevenstep grade` as it is used: inputs, options, results, exit codes, and no traceback ever."""

import csv
import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from agent.catalog import Catalog
from agent.graded import GradedAnswer
from agent.store.ledger import Ledger
from evals.fakellm.chat import Reply
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.cli_support import ANSWER, COMMAND, Ran, refused, run, script
from tests.grading_support import answers_file, kept, levels, many, rubric_file
from tests.plain_model import plain_model
from tests.terminal import Open

TEXT = "In slow start cwnd doubles every round trip. In congestion avoidance it grows by one."
GERMAN = (
    "Beim langsamen Start verdoppelt sich das Fenster in jeder Runde, weil jede Bestätigung ein "
    "Segment hinzufügt. Danach wächst es linear, bis ein Paket verloren geht."
)


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """One answer in a file."""
    path = tmp_path / "one.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def tcp(tmp_path: Path) -> Path:
    """The rubric."""
    return rubric_file(tmp_path)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three answers in a table with a column that means nothing."""
    path = tmp_path / "answers.csv"
    rows = [("id", "answer", "name"), ("a", TEXT, "Bob"), ("b", "Up and down.", "Ann")]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([*rows, ("c", "", "Eve")])
    return path


def told(ran: Ran) -> str:
    """What a command said that went well, on one line."""
    assert ran.code == 0, ran.err
    return " ".join(ran.out.split())


# One answer.


def test_one_answer_is_shown_with_points_and_reasons_and_no_folder_is_made(
    one: Path, tcp: Path, tmp_path: Path
) -> None:
    said = told(run("grade", one, "--rubric", tcp))
    assert "of 4 points" in said
    assert "Slow start" in said
    assert "Results:" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.md", "tcp.yaml"]


def test_the_same_comes_from_standard_input(one: Path, tcp: Path) -> None:
    piped = run("grade", "-", "--rubric", tcp, "--json", stdin=TEXT)
    named = run("grade", one, "--rubric", tcp, "--json")
    first, second = (GradedAnswer.model_validate_json(ran.out) for ran in (piped, named))
    assert levels(first) == levels(second)


def test_json_is_nothing_but_json_even_when_a_folder_is_written(
    one: Path, tcp: Path, tmp_path: Path
) -> None:
    ran = run("grade", one, "--rubric", tcp, "--json", "--out", tmp_path / "out")
    schema = json.loads(run("schema", "graded_answer").out)
    assert set(json.loads(ran.out)) <= set(schema["properties"])
    assert (tmp_path / "out" / "report.html").is_file()


def test_an_answer_to_a_scenario_is_graded_by_the_seven_steps(one: Path) -> None:
    said = told(run("grade", one, "--scenario", "netflix_recs"))
    assert "Problem formulation" in said
    assert "Netflix" in said


def test_an_answer_to_a_question_of_ones_own_is_graded_by_the_seven_steps(one: Path) -> None:
    said = told(run("grade", one, "--prompt", "How would you rank films?", "--steps", "metrics"))
    assert "How would you rank films?" in said
    assert "Serving not assessed" in said


def test_an_empty_answer_is_level_0_everywhere_without_a_call(tcp: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text(" \n")
    with plain_model() as server:
        ran = run("grade", tmp_path / "empty.md", "--rubric", tcp, "--base-url", server.url)
        assert server.served == 0
    assert "The answer is empty" in told(ran)


def test_german_is_not_graded_offline_and_the_reason_is_said(tcp: Path) -> None:
    ran = run("grade", "-", "--rubric", tcp, "--json", stdin=GERMAN)
    graded = GradedAnswer.model_validate_json(ran.out)
    assert graded.status == "ungraded"
    assert "English only" in graded.scorecard.criteria[0].reason


def test_german_is_graded_by_a_model(tcp: Path) -> None:
    with plain_model() as server:
        ran = run(
            "grade", "-", "--rubric", tcp, "--base-url", server.url, "--json", stdin=GERMAN
        )  # fmt: skip
    assert levels(GradedAnswer.model_validate_json(ran.out)) == (1, 1)


def test_twenty_thousand_words_are_graded(tcp: Path) -> None:
    words = "Slow start doubles the window here. " * 3_400
    with plain_model() as server:
        ran = run("grade", "-", "--rubric", tcp, "--base-url", server.url, "--json", stdin=words)
    assert GradedAnswer.model_validate_json(ran.out).status == "graded"


# Interviews.


@pytest.fixture
def interview(tmp_path: Path) -> Path:
    """An interview, as `practice --json` writes it."""
    path = tmp_path / "interview.json"
    played = script(tmp_path, ANSWER)
    order = ("practice", "netflix_recs", "--steps", "metrics", "--script", played, "--json", path)
    assert run(*order).code == 0
    return path


def test_an_interview_gets_the_scorecard_that_it_had(interview: Path) -> None:
    graded = GradedAnswer.model_validate_json(run("grade", interview, "--json").out)
    before = json.loads(interview.read_text())
    assert graded.scorecard.percent == before["scorecard"]["percent"]
    assert graded.id == before["interview"]


def test_an_interview_keeps_its_own_scenario_beside_that_of_the_others(
    interview: Path, one: Path, tmp_path: Path
) -> None:
    ran = run("grade", interview, one, "--scenario", "card_fraud", "--out", tmp_path / "out")
    assert ran.code == 0, ran.err
    scenarios = [graded.scorecard.provenance.scenario for graded in kept(tmp_path / "out")]
    assert scenarios == ["netflix_recs", "card_fraud"]


def test_an_interview_whose_change_its_scenario_has_lost_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.json"
    turns = script(tmp_path, *[ANSWER] * 40)
    assert run("practice", "netflix_recs", "--script", turns, "--json", whole).code == 0
    change = re.search(r'"curveball": ?"(\w+)"', whole.read_text())
    assert change
    mine = tmp_path / "netflix_recs.yaml"
    text = Catalog().scenario_path("netflix_recs").read_text(encoding="utf-8")
    mine.write_text(text.replace(f"id: {change[1]}", "id: other_change"), encoding="utf-8")
    said = refused(run("grade", whole, "--scenario", mine))
    assert f"the change '{change[1]}', which the scenario 'netflix_recs' does not have" in said


# Many answers.


def test_a_table_is_graded_into_a_folder(table: Path, tcp: Path, tmp_path: Path) -> None:
    ran = run("grade", table, "--rubric", tcp, "--out", tmp_path / "out")
    said = told(ran)
    assert "3 answers: 3 graded" in said
    assert "Cost: $0.0000, 0 model calls" in said
    assert [one.id for one in kept(tmp_path / "out")] == ["a", "b", "c"]
    assert "ignored columns: name" in ran.err


def test_many_answers_go_into_the_folder_grades(
    table: Path, tcp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Results: grades/grades.jsonl" in told(run("grade", table, "--rubric", tcp))
    assert len(kept(tmp_path / "grades")) == 3


def test_a_folder_of_texts_is_graded_by_its_names(tcp: Path, tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    folder.mkdir()
    for name in ("x.md", "y.txt", "z.png"):
        (folder / name).write_text(TEXT)
    ran = run("grade", folder, "--rubric", tcp, "--out", tmp_path / "out")
    assert [one.id for one in kept(tmp_path / "out")] == ["x.md", "y.txt"]
    assert "1 .png" in ran.err


def test_answers_that_come_and_go_are_graded_and_left_out(tcp: Path, tmp_path: Path) -> None:
    order = ("--rubric", tcp, "--out", tmp_path / "out", "--model", "openai:x")
    with plain_model() as server:
        for names in ("ab", "bc"):
            answers = answers_file(tmp_path, {name: f"{name} doubles. Yes." for name in names})
            assert run("grade", answers, *order, "--base-url", server.url).code == 0
        assert server.served == 3
    assert [one.id for one in kept(tmp_path / "out")] == ["b", "c"]


def test_the_price_of_a_server_of_ones_own_is_not_told_as_nothing(
    table: Path, tcp: Path, tmp_path: Path
) -> None:
    with plain_model() as server:
        ran = run(
            "grade", table, "--rubric", tcp, "--base-url", server.url, "--out", tmp_path / "o"
        )
    assert "price not known" in ran.out
    assert "$" not in ran.out


def test_a_panel_is_named_with_its_agreement(one: Path, tcp: Path) -> None:
    panel = ("--panel", "openai:a,openai:b", "--samples", 2)
    with plain_model() as server:
        said = told(run("grade", one, "--rubric", tcp, "--base-url", server.url, *panel))
        assert server.served == 4
    assert "language models openai:a, openai:b" in said
    assert "All raters agree on 100%" in said


def test_a_models_name_is_printed_as_it_is(table: Path, tcp: Path, tmp_path: Path) -> None:
    with plain_model(api_key="right") as server:
        ran = run(
            "grade", table, "--rubric", tcp, "--out", tmp_path / "out",
            "--model", "openai:m", "--base-url", server.url,
        )  # fmt: skip
    assert "openai:m: HTTP 401" in ran.err


# What it would take.


def test_the_estimate_sends_nothing_and_makes_no_folder(
    table: Path, tcp: Path, tmp_path: Path
) -> None:
    with plain_model() as server:
        order = ("grade", table, "--rubric", tcp, "--out", tmp_path / "out", "--dry-run")
        said = told(run(*order, "--base-url", server.url, "--price", "1,2"))
        assert server.served == 0
    assert "Answers: 3 empty, graded without a call: 1" in said
    assert "Calls: 2," in said
    assert "Price: ≈$0.0" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("model", [(), ("--model", "fake-model"), ("--model", "openai:fake-model")])
def test_the_estimate_knows_what_was_paid_for(
    model: tuple[str, ...], table: Path, tcp: Path, tmp_path: Path
) -> None:
    with plain_model() as server:
        order = ("grade", table, "--rubric", tcp, "--out", tmp_path / "out")
        assert run(*order, *model, "--base-url", server.url).code == 0
        said = told(run(*order, *model, "--base-url", server.url, "--dry-run"))
    assert f"paid for already in {tmp_path}/out: 2" in said
    assert "Calls: 0," in said


def test_the_offline_estimate_says_that_it_is_free(table: Path, tcp: Path) -> None:
    assert "no calls, no tokens, no cost" in told(run("grade", table, "--rubric", tcp, "--dry-run"))


# Mistakes: exit code 2 and one line.

MISTAKES = {
    "no such file": (("no.md",), "no such file"),
    "no rubric of this id": (("{one}", "--rubric", "tpc"), "unknown rubric 'tpc'"),
    "no rubric file": (("{one}", "--rubric", "no.yaml"), "no such file"),
    "no scenario": (("{one}", "--scenario", "nope"), "unknown scenario 'nope'"),
    "nothing asked": (("{one}",), "it is not known what was asked"),
    "an empty question": (("{one}", "--prompt", ""), "it is not known what was asked"),
    "scenario and prompt": (
        ("{one}", "--scenario", "netflix_recs", "--prompt", "x"),
        "either a scenario or a prompt",
    ),
    "steps of no rubric": (("{one}", "--rubric", "{tcp}", "--steps", "metrics"), "has no steps"),
    "no step": (("{one}", "--scenario", "netflix_recs", "--steps", "metrcs"), "unknown step"),
    "a panel of one": (("{one}", "--rubric", "{tcp}", "--panel", "openai:a"), "at least two"),
    "panel and model": (
        ("{one}", "--rubric", "{tcp}", "--panel", "openai:a,openai:b", "--model", "x"),
        "either --model or --panel",
    ),
    "samples offline": (("{one}", "--rubric", "{tcp}", "--samples", 3), "--samples needs"),
    "no key": (("{one}", "--rubric", "{tcp}", "--model", "openai:x"), "no OPENAI_API_KEY"),
    "no column": (("{table}", "--rubric", "{tcp}", "--column", "answer=text"), "'text'"),
    "no name of a column": (("{table}", "--rubric", "{tcp}", "--column", "text"), "NAME=COLUMN"),
    "one price": (("{one}", "--rubric", "{tcp}", "--price", "1"), "is not IN,OUT"),
    "a price that is none": (("{one}", "--rubric", "{tcp}", "--price", "nan,1"), "is not IN,OUT"),
    "no end of a price": (("{one}", "--rubric", "{tcp}", "--price", "1,inf"), "is not IN,OUT"),
    "no money": (("{one}", "--rubric", "{tcp}", "--max-cost", 0), "--max-cost 0 allows no call"),
    "out is a file": (("{one}", "--rubric", "{tcp}", "--out", "{one}"), "cannot be made a folder"),
    "json of many": (("{table}", "--rubric", "{tcp}", "--json"), "these are 3"),
    "no input": (("-", "--rubric", "{tcp}"), "standard input"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_one_line(name: str, one: Path, tcp: Path, table: Path) -> None:
    args, said = MISTAKES[name]
    paths = {"one": one, "tcp": tcp, "table": table}
    ran = run("grade", *(str(arg).format(**paths) for arg in args))
    notes = "answers.csv: ignored columns: name\n"
    assert said in refused(Ran(ran.code, ran.out, ran.err.removeprefix(f"{table.parent}/" + notes)))


@pytest.mark.parametrize("option", ["--max-cost=-1", "--samples=0", "--temperature=3", "--level=x"])
def test_a_value_that_is_out_of_range_is_refused(option: str, one: Path, tcp: Path) -> None:
    ran = run("grade", one, "--rubric", tcp, option)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_a_scenario_that_there_is_not_is_found_before_anything_is_graded(tmp_path: Path) -> None:
    rows = [{"id": f"a{n}", "answer": TEXT, "scenario": "netflix_recs"} for n in range(9)]
    rows[6]["scenario"] = "netflix"
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with plain_model() as server:
        ran = run("grade", path, "--base-url", server.url, "--out", tmp_path / "out")
        assert server.served == 0
    assert "line 7" in refused(ran)
    assert "did you mean 'netflix_recs'?" in ran.err


def test_a_limit_in_dollars_needs_a_price(one: Path, tcp: Path) -> None:
    with plain_model() as server:
        ran = run("grade", one, "--rubric", tcp, "--base-url", server.url, "--max-cost", 1)
    assert "give --price IN,OUT" in refused(ran)


def test_a_key_in_the_environment_alone_sends_no_hundred_answers(
    tcp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    ran = run("grade", answers_file(tmp_path, many(100)), "--rubric", tcp, "--out", tmp_path / "o")
    assert "100 answers would be sent to openai:" in refused(ran)


@pytest.mark.parametrize("model", [(), ("--model", "openai:x")])
def test_a_server_that_is_down_is_told_soon(model: tuple[str, ...], one: Path, tcp: Path) -> None:
    began = time.monotonic()
    ran = run("grade", one, "--rubric", tcp, "--base-url", "http://127.0.0.1:9/v1", *model)
    assert "127.0.0.1:9" in refused(ran)
    assert time.monotonic() - began < 20


def test_a_wrong_key_is_told_once(tcp: Path, tmp_path: Path) -> None:
    answers = answers_file(tmp_path, many(30))
    with plain_model(api_key="right") as server:
        order = ("grade", answers, "--rubric", tcp, "--out", tmp_path / "out")
        ran = run(*order, "--model", "openai:x", "--base-url", server.url)
    assert "check the API key" in refused(ran)


def test_two_runs_in_one_folder_do_not_mix(table: Path, tcp: Path, tmp_path: Path) -> None:
    order = ("grade", table, "--rubric", tcp, "--out", tmp_path / "out")
    with Ledger(tmp_path / "out"):
        ran = run(*order)
    assert ran.code == 2
    assert "another sevenstep is at work there" in ran.err


# Stopped early: exit code 3.


def test_a_model_that_is_never_usable_is_not_asked_for_ever(tcp: Path, tmp_path: Path) -> None:
    answers = answers_file(tmp_path, many(60))
    with serving(FakeLLM(Scripted(lambda _: Reply("I like cheese.")))) as server:
        order = ("grade", answers, "--rubric", tcp, "--out", tmp_path / "out", "--at-once", 2)
        ran = run(*order, "--model", "openai:x", "--base-url", server.url)
    assert ran.code == 3
    assert "Stopped: 10 answers in a row could not be graded" in ran.err
    assert "60 of 60 answers are not (wholly) graded" in ran.err
    assert 10 <= len(kept(tmp_path / "out")) < 60


def started(folder: Path, url: str) -> "subprocess.Popen[str]":
    """A run of its own, in the midst of its work."""
    answers, rubric = answers_file(folder, many(2_000)), rubric_file(folder)
    order = ("grade", answers, "--rubric", rubric, "--out", folder / "out", "--base-url", url)
    process = subprocess.Popen(
        [*COMMAND, *map(str, order), "--model", "openai:x"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    grades = folder / "out" / "grades.jsonl"
    while process.poll() is None and not (grades.is_file() and grades.stat().st_size):
        time.sleep(0.05)
    return process


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_brings_home_what_is_in_flight(tmp_path: Path, sign: int) -> None:
    with plain_model(latency=0.3) as server:
        process = started(tmp_path, server.url)
        process.send_signal(sign)
        out, err = process.communicate(timeout=60)
        served = server.served
    assert process.returncode == 3, err
    assert "Stopped: interrupted" in err
    assert len(kept(tmp_path / "out")) == served
    assert "Results:" in out


def test_interrupted_twice_it_ends_at_once_and_loses_nothing(tmp_path: Path) -> None:
    with plain_model(latency=3) as server:
        process = started_at_once(tmp_path, server)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert err.endswith("Interrupted. The same command goes on from here.\n")


def started_at_once(folder: Path, server: FakeLLM) -> "subprocess.Popen[str]":
    """A run of its own whose first calls are on their way."""
    answers, rubric = answers_file(folder, many(50)), rubric_file(folder)
    order = ("grade", answers, "--rubric", rubric, "--out", folder / "out", "--model", "openai:x")
    process = subprocess.Popen(
        [*COMMAND, *map(str, order), "--base-url", server.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not server.peak_in_flight:
        time.sleep(0.05)
    return process


# Around it.


def test_a_reader_that_goes_away_gets_no_complaint(table: Path, tcp: Path, tmp_path: Path) -> None:
    line = f'"$@" grade {table} --rubric {tcp} --out {tmp_path}/out | head -n 1'
    done = subprocess.run(
        ["bash", "-c", line, "bash", *COMMAND],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.stdout == "3 answers: 3 graded\n"
    assert len(kept(tmp_path / "out")) == 3


def test_a_terminal_shows_how_far_it_is(tcp: Path, tmp_path: Path, at_terminal: Open) -> None:
    answers = answers_file(tmp_path, many(20))
    with plain_model(latency=0.2) as server:
        terminal = at_terminal(
            "grade", str(answers), "--rubric", str(tcp), "--out", str(tmp_path / "out"),
            "--model", "openai:x", "--base-url", server.url,
        )  # fmt: skip
        terminal.sees("Grading")
        terminal.sees("20 answers: 20 graded")
        assert terminal.ends() == 0


def test_a_narrow_terminal_holds_a_scorecard(one: Path, tcp: Path, at_terminal: Open) -> None:
    terminal = at_terminal("grade", str(one), "--rubric", str(tcp), columns=30)
    shown = terminal.sees("Coverage")
    assert max(map(len, shown.splitlines())) <= 30


def test_the_report_opens_without_the_network(table: Path, tcp: Path, tmp_path: Path) -> None:
    assert run("grade", table, "--rubric", tcp, "--out", tmp_path / "out").code == 0
    html = (tmp_path / "out" / "report.html").read_text()
    assert "Congestion" in html
    assert not re.search(r"(?:src|href)=.https?:", html)


def test_a_folder_that_may_not_be_written_is_told(one: Path, tcp: Path) -> None:
    # Not even root may make a folder there.
    assert "/proc/x" in refused(run("grade", one, "--rubric", tcp, "--out", "/proc/x"))
