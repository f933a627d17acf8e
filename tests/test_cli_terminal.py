"""The interview at a real terminal: keys, commands, pausing, leaving and coming back."""

import os
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from agent.interview.events import CandidateSaid
from agent.store.sql import SqlStore
from tests.cli_support import COMMAND
from tests.terminal import ALT_ENTER, CTRL_C, ENTER, PROMPT, READY, SENDS, Open, Terminal


@pytest.fixture
def drill(at_terminal: Open) -> Terminal:
    """A drill of the metrics, waiting for the first answer."""
    terminal = at_terminal("practice", "netflix_recs", "--steps", "metrics,serving")
    terminal.sees(SENDS)
    terminal.sees(READY)
    return terminal


async def _said() -> list[str]:
    store = SqlStore()
    try:
        ((started, _),) = await store.interviews()
        events = await store.events(started.interview)
    finally:
        store.close()
    return [event.text for event in events if isinstance(event, CandidateSaid)]


def said() -> list[str]:
    """What the candidate of the only interview has said so far."""
    import asyncio

    return asyncio.run(_said())


def test_the_screen_says_what_begins_and_where_one_is(at_terminal: Open) -> None:
    terminal = at_terminal("practice", "netflix_recs")
    shown = terminal.sees(SENDS)
    assert "mid level, 7 steps, 50 minutes" in shown
    assert "1/7 Problem formulation · 5 min" in shown
    assert "\r\n\r\n\r\n" not in shown


def test_enter_sends_the_answer(drill: Terminal) -> None:
    drill.types("NDCG at ten." + ENTER)
    drill.sees("Interviewer")
    assert said() == ["NDCG at ten."]


def test_alt_enter_and_a_trailing_backslash_make_new_lines(drill: Terminal) -> None:
    drill.types("one" + ALT_ENTER + "two\\" + ENTER + "three" + ENTER)
    drill.sees("Interviewer")
    assert said() == ["one\ntwo\nthree"]


def test_several_pasted_lines_are_one_message(drill: Terminal) -> None:
    drill.types("\x1b[200~first line\r\n\r\nsecond line\x1b[201~")
    drill.sees("second line")
    drill.types(ENTER)
    drill.sees("Interviewer")
    assert said() == ["first line\n\nsecond line"]


def test_an_empty_answer_is_not_sent(drill: Terminal) -> None:
    drill.types("  " + ENTER)
    drill.sees("Nothing was sent")
    assert said() == []


def test_an_unknown_command_is_explained_and_not_sent(drill: Terminal) -> None:
    drill.types("/foo" + ENTER)
    drill.sees("there is no command /foo")
    drill.sees(READY)
    assert said() == []


def test_commands_that_say_nothing_to_the_interviewer(drill: Terminal) -> None:
    for typed, seen in [
        ("/help", "grade now, or keep"),
        ("/time", "Serving"),
        ("/notes cost", "Noted."),
        ("/notes", "· cost"),
    ]:
        drill.types(typed + ENTER)
        drill.sees(seen)
        drill.sees(READY)
    assert said() == []


def test_a_new_step_is_announced(drill: Terminal) -> None:
    drill.types("/next" + ENTER)
    drill.sees("Before we leave")
    drill.sees(READY)
    drill.types("/next" + ENTER)
    drill.sees("2/2 Serving · 10 min")
    drill.sees("Interviewer")


def test_hint_and_back_reach_the_interviewer(drill: Terminal) -> None:
    drill.types("/hint" + ENTER)
    drill.sees("A hint:")
    drill.sees(READY)
    drill.types("/back serv" + ENTER)
    drill.sees("Interviewer")
    assert said() == ["/hint", "/back serv"]


def test_ctrl_c_pauses_and_enter_goes_on_with_what_was_typed(drill: Terminal) -> None:
    drill.types("a long thought" + CTRL_C)
    drill.sees("Paused; the clock stands still.")
    drill.sees("sevenstep resume")
    drill.types(ENTER)
    drill.sees("Interviewer")
    drill.sees("a long thought")
    drill.types(" goes on" + ENTER)
    drill.sees("Interviewer")
    assert said() == ["a long thought goes on"]


def test_the_pause_command_pauses(drill: Terminal) -> None:
    drill.types("/pause" + ENTER)
    drill.sees("Paused; the clock stands still.")


def test_ctrl_c_twice_leaves_and_resume_puts_the_same_question(
    drill: Terminal, at_terminal: Open
) -> None:
    drill.types("Watch time." + ENTER)
    drill.sees("Interviewer")
    question = drill.sees(READY).strip()
    drill.types(CTRL_C)
    drill.sees("goes on later")
    drill.sees(PROMPT)
    drill.types(CTRL_C)
    drill.sees("Kept. Go on with: sevenstep resume")
    assert drill.ends() == 0
    again = at_terminal("resume")
    again.sees("goes on where it stopped")
    again.sees("Interviewer")
    assert again.sees("Enter sends").strip() == question
    assert said() == ["Watch time."]


def test_quit_can_keep_the_interview(drill: Terminal) -> None:
    drill.types("/quit" + ENTER)
    drill.sees("Grade it now (g)")
    drill.types("k" + ENTER)
    drill.sees("Kept. Go on with: sevenstep resume")
    assert drill.ends() == 0


def test_quit_can_go_on(drill: Terminal) -> None:
    drill.types("/quit" + ENTER)
    drill.sees("Grade it now (g)")
    drill.types(ENTER)
    drill.sees("Interviewer")
    drill.sees(READY)


def test_quit_can_grade_at_once(drill: Terminal) -> None:
    drill.types("NDCG at ten." + ENTER)
    drill.sees("Interviewer")
    drill.sees(READY)
    drill.types("/quit" + ENTER)
    drill.sees("Grade it now (g)")
    drill.types("g" + ENTER)
    drill.sees("Netflix home page recommendations, mid level")
    drill.sees("Report saved to")
    assert drill.ends() == 0


def test_a_narrow_terminal_and_a_resize_do_not_break(at_terminal: Open) -> None:
    terminal = at_terminal("practice", "netflix_recs", columns=40)
    shown = terminal.sees("Enter sends")
    assert max(map(len, shown.splitlines())) <= 40
    terminal.sees(READY)
    terminal.widens(100)
    terminal.types("NDCG at ten." + ENTER)
    terminal.sees("Interviewer")
    assert said() == ["NDCG at ten."]


def test_a_terminal_that_goes_away_loses_nothing(drill: Terminal) -> None:
    drill.types("Watch time." + ENTER)
    drill.sees("Interviewer")
    drill.sees(READY)
    drill.close()
    assert said() == ["Watch time."]


def test_a_process_that_starts_at_a_terminal_does_the_same() -> None:
    command, *args = COMMAND
    env = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    args += ["practice", "netflix_recs", "--steps", "metrics"]
    child = pexpect.spawn(command, args, encoding="utf-8", timeout=30, env=env)
    child.expect_exact(SENDS)
    child.expect_exact(READY)
    child.send("NDCG at ten." + ENTER)
    child.expect_exact("Interviewer")
    child.close(force=True)
    assert said() == ["NDCG at ten."]


def test_the_data_folder_is_this_test_s_own(tmp_path: Path) -> None:
    assert os.environ["XDG_DATA_HOME"].startswith(str(tmp_path))
