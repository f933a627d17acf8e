"""At a real terminal, a model that cannot be used is a question to the person, not an end."""

from collections.abc import Iterator

import pytest

from evals.fakellm.faults import Fault
from evals.fakellm.scripts import each, first
from tests.plain_model import is_grading, is_note, is_speech, plain_model
from tests.terminal import CTRL_C, ENTER, READY, SENDS, Open, Terminal

ASKED = "The model cannot be used"
ANSWER = "We measure NDCG at ten, because the order counts."
REFUSED = Fault("http_401")


@pytest.fixture
def broken(at_terminal: Open, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """A drill whose model has the faults that the test names."""
    with plain_model(request.param) as server:
        yield at_terminal(
            "practice", "netflix_recs", "--steps", "metrics", "--base-url", server.url
        )


@pytest.mark.parametrize("broken", [first(1, REFUSED, only=is_note)], indirect=True)
def test_enter_tries_again_and_no_turn_is_lost(broken: Terminal) -> None:
    broken.sees(SENDS)
    broken.sees(READY)
    broken.types(ANSWER + ENTER)
    broken.sees(ASKED)
    broken.sees(READY)
    broken.types(ENTER)
    broken.sees("Let us see.")
    broken.sees(READY)
    broken.types("/time" + ENTER)
    broken.sees("1 turn")


@pytest.mark.parametrize("broken", [each(REFUSED, only=is_note)], indirect=True)
def test_the_offline_engine_takes_over_if_it_is_wished_for(broken: Terminal) -> None:
    broken.sees(READY)
    broken.types(ANSWER + ENTER)
    broken.sees(ASKED)
    broken.sees(READY)
    broken.types("o" + ENTER)
    broken.sees("Interviewer")
    broken.sees(READY)
    broken.types("/quit" + ENTER)
    broken.sees("Enter)?")
    broken.types("g" + ENTER)
    broken.sees("from turn 2 on offline")
    assert broken.ends() == 0


@pytest.mark.parametrize("broken", [each(REFUSED, only=is_note)], indirect=True)
def test_the_interview_is_kept_if_that_is_wished_for(broken: Terminal) -> None:
    broken.sees(READY)
    broken.types(ANSWER + ENTER)
    broken.sees(ASKED)
    broken.sees(READY)
    broken.types("k" + ENTER)
    broken.sees("Go on with: sevenstep resume")
    assert broken.ends() == 0


@pytest.mark.parametrize("broken", [each(REFUSED, only=is_speech)], indirect=True)
def test_a_model_that_never_speaks_is_asked_about_before_the_first_question(
    broken: Terminal,
) -> None:
    broken.sees(ASKED)
    broken.sees(READY)
    broken.types("o" + ENTER)
    broken.sees("Netflix")
    broken.sees(SENDS)


@pytest.mark.parametrize("broken", [first(1, REFUSED, only=is_grading)], indirect=True)
def test_the_grading_is_tried_again(broken: Terminal) -> None:
    broken.sees(READY)
    broken.types(ANSWER + ENTER)
    broken.sees(READY)
    broken.types("/quit" + ENTER)
    broken.sees("Enter)?")
    broken.types("g" + ENTER)
    broken.sees(ASKED)
    broken.sees(READY)
    broken.types(ENTER)
    broken.sees("Report saved")
    assert broken.ends() == 0


@pytest.mark.parametrize("broken", [each(REFUSED, only=is_note)], indirect=True)
def test_ctrl_c_at_that_question_keeps_the_interview(broken: Terminal) -> None:
    broken.sees(READY)
    broken.types(ANSWER + ENTER)
    broken.sees(ASKED)
    broken.sees(READY)
    broken.types(CTRL_C)
    broken.sees("Go on with: sevenstep resume")
    assert broken.ends() == 0
