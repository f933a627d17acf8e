"""`sevenstep practice` as it is used without a terminal: scripts, pipes, demonstrations."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from agent.record import InterviewRecord
from tests.cli_support import ANSWER, COMMAND, Ran, run, script, spawn

DRILL = ("netflix_recs", "--steps", "metrics")


def drilled(folder: Path, *turns: str, more: tuple[str, ...] = ()) -> InterviewRecord:
    """The record of a drill of the metrics with these turns."""
    out = folder / "out.json"
    ran = run("practice", *DRILL, "--script", script(folder, *turns), "--json", out, *more)
    assert ran.code == 0, ran.err
    return InterviewRecord.model_validate_json(out.read_text())


def said(record: InterviewRecord) -> list[str]:
    return [turn.text for turn in record.transcript if turn.speaker.value == "candidate"]


def test_turns_of_a_text_script_are_separated_by_blank_lines(tmp_path: Path) -> None:
    assert said(drilled(tmp_path, "one\ntwo", ANSWER)) == ["one\ntwo", ANSWER]


def test_turns_of_a_yaml_script_stand_under_candidate_turns(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"author: me\ncandidate_turns:\n  - {ANSWER}\n", encoding="utf-8")
    ran = run("practice", *DRILL, "--script", path)
    assert ran.code == 0
    assert "Candidate\n  Offline I use NDCG" in ran.out


def test_a_byte_order_mark_is_no_part_of_the_first_turn(tmp_path: Path) -> None:
    assert said(drilled(tmp_path, "\ufeffHello there", ANSWER))[0] == "Hello there"


def test_piped_input_is_read_as_turns() -> None:
    ran = run("practice", *DRILL, stdin=f"{ANSWER}\n\nClick-through rate online.")
    assert ran.out.count("\nCandidate\n") == 2
    assert "demonstration" not in ran.out


def test_piped_yaml_is_read_as_turns() -> None:
    ran = run("practice", *DRILL, stdin=f"candidate_turns:\n  - {ANSWER}\n")
    assert ran.out.count("\nCandidate\n") == 1


def test_the_json_file_fits_the_printed_schema(tmp_path: Path) -> None:
    drilled(tmp_path, ANSWER)
    schema = json.loads(run("schema", "interview").out)
    written = json.loads((tmp_path / "out.json").read_text())
    assert set(schema["required"]) <= set(written) <= set(schema["properties"])
    assert InterviewRecord.model_json_schema(by_alias=True) == schema


def test_the_json_file_holds_what_its_readers_look_for(tmp_path: Path) -> None:
    drilled(tmp_path, ANSWER)
    written = json.loads((tmp_path / "out.json").read_text())
    assert {"transcript", "events", "scorecard"} <= set(written)
    assert {"index", "speaker", "step", "kind", "text"} <= set(written["transcript"][0])
    assert {"percent", "decision", "steps", "criteria", "flags", "provenance"} <= set(
        written["scorecard"]
    )


@pytest.mark.parametrize("name", ["interview", "scorecard", "rubric", "scenario"])
def test_each_schema_is_json(name: str) -> None:
    assert json.loads(run("schema", name).out)["type"] == "object"


def test_nothing_piped_in_shows_the_demonstration_and_the_first_line_says_so() -> None:
    ran = run("practice")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "This is a demonstration: a sample candidate answers."


def test_demo_shows_the_demonstration_even_when_turns_are_piped_in() -> None:
    assert "demonstration" in run("practice", "--demo", stdin="Hello").out.splitlines()[0]


def _shell(line: str) -> Ran:
    done = subprocess.run(
        ["bash", "-c", line, "bash", *COMMAND],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_a_closed_standard_input_shows_the_demonstration() -> None:
    ran = _shell('"$@" practice <&-')
    assert (ran.code, ran.err) == (0, "")
    assert "demonstration" in ran.out.splitlines()[0]


def test_a_pipe_that_nobody_writes_to_shows_the_demonstration() -> None:
    read, write = os.pipe()
    try:
        done = spawn("practice", stdin=read)
    finally:
        os.close(read)
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")
    assert "demonstration" in done.stdout.splitlines()[0]


def test_a_reader_that_goes_away_gets_no_complaint() -> None:
    assert _shell('"$@" practice --demo </dev/null | head -n 1').err == ""


def test_a_slow_writer_is_waited_for(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "practice", *DRILL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("First ")
        process.stdin.flush()
        time.sleep(0.3)
        process.stdin.write("turn.\n")
        process.stdin.close()
        assert "  First turn." in process.stdout.read()


def test_only_the_named_steps_are_asked_about(tmp_path: Path) -> None:
    record = drilled(tmp_path, ANSWER, "Revenue.", more=("--steps", "serving , metrics"))
    assert record.options.steps == ("serving", "metrics")
    assert {turn.step for turn in record.transcript} <= {"metrics", "serving", None}


def test_the_relaxed_pace_counts_turns_alone(tmp_path: Path) -> None:
    long = "I would look at the clicks of the members. " * 300
    quick = drilled(tmp_path, *[long] * 3, more=("--pace", "relaxed"))
    assert quick.ended == "left"
    assert len(said(quick)) == 3


def test_the_clock_ends_a_short_interview(tmp_path: Path) -> None:
    long = "I would look at the clicks of the members. " * 50
    record = drilled(tmp_path, *[long] * 9, more=("--minutes", "3"))
    assert record.ended == "time"
    assert record.turns_left_over > 0


def test_turns_left_over_are_reported(tmp_path: Path) -> None:
    long = "I would look at the clicks of the members. " * 50
    path = script(tmp_path, *[long] * 9)
    ran = run("practice", *DRILL, "--minutes", "3", "--script", path)
    assert "turns of the script left over." in ran.out


def test_a_script_may_ask_for_a_hint(tmp_path: Path) -> None:
    record = drilled(tmp_path, "/hint", ANSWER)
    assert record.scorecard.help.hints == 1
    assert said(record)[0] == "/hint"


def test_a_script_may_move_on_and_back(tmp_path: Path) -> None:
    both = ("--steps", "metrics,serving")
    record = drilled(tmp_path, ANSWER, "/next", "/next", "/back metrics", "/back", more=both)
    steps = [turn.step for turn in record.transcript]
    first = steps.index("serving")
    assert "metrics" in steps[first:]


def test_a_step_is_named_by_its_beginning(tmp_path: Path) -> None:
    record = drilled(tmp_path, "/back met", ANSWER)
    assert said(record)[0] == "/back met"


def test_going_back_from_the_first_step_is_declined_and_the_script_goes_on(
    tmp_path: Path,
) -> None:
    assert said(drilled(tmp_path, "/back", ANSWER)) == [ANSWER]


def test_quit_in_a_script_ends_it_and_counts_what_is_left(tmp_path: Path) -> None:
    record = drilled(tmp_path, ANSWER, "/quit", "More", "and more")
    assert said(record) == [ANSWER]
    assert record.turns_left_over == 2


def test_notes_of_a_script_are_kept_and_are_no_turns(tmp_path: Path) -> None:
    record = drilled(tmp_path, "/notes ask about latency", ANSWER)
    assert record.notes == ("ask about latency",)
    assert said(record) == [ANSWER]


def test_two_runs_with_the_same_input_are_the_same(tmp_path: Path) -> None:
    first, second = (drilled(tmp_path, ANSWER, "/hint", "Watch time online.") for _ in range(2))
    assert first.transcript == second.transcript
    assert first.scorecard == second.scorecard


def test_the_least_recently_practised_scenario_is_picked_when_none_is_named() -> None:
    assert "Picked card_fraud for you" in run("practice", "--steps", "metrics", stdin=ANSWER).out


def test_a_scenario_may_be_a_file_of_ones_own(tmp_path: Path) -> None:
    assert run("scenario", "new", "my_shop", "--dir", tmp_path).code == 0
    ran = run("practice", tmp_path / "my_shop.yaml", "--steps", "metrics", stdin=ANSWER)
    assert ran.code == 0, ran.err


def test_output_that_is_piped_has_no_blanks_at_line_ends_in_the_conversation() -> None:
    talk = run("practice", *DRILL, stdin=ANSWER).out.split("┏")[0]
    assert [line for line in talk.splitlines() if line != line.rstrip()] == []


def test_what_would_steer_the_terminal_is_not_printed() -> None:
    assert "\x1b" not in run("practice", *DRILL, stdin="A \x1b[2J\x07 trick").out


def test_a_link_to_a_json_file_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    link.symlink_to(target)
    assert run("practice", *DRILL, "--json", link, stdin=ANSWER).code == 0
    assert link.is_symlink()
    assert json.loads(target.read_text())["scenario"] == "netflix_recs"
