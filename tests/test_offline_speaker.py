"""How moves are said: always civil, never praising, never the same bridge twice in a row."""

import re

import pytest

from agent.move import Decline, DeclineReason, Floor, Move, Open, Probe, Reveal
from agent.offline.speaker import in_sentence, words_for
from agent.ports import Speaking, Style
from agent.rubric import ProbeKind, Seniority
from agent.transcript import Party, Transcript, Turn
from tests.support import rubric

PRAISE = re.compile(
    r"\b(?:great|good|excellent|perfect|nice|well done|right answer|correct|exactly|impressive"
    r"|all right|wrong|bad)\b",
    re.IGNORECASE,
)
QUESTION = "How would you split the data?"
PROBE = Probe(criterion="data_split", probe=ProbeKind.open, question=QUESTION)


def speaking(
    move: Move, turn: int = 4, style: Style = Style.neutral, said: str = "", facts: int = 0
) -> Speaking:
    turns = [
        Turn(index=2, speaker=Party.interviewer, step="metrics", kind="probe", text="Why AUC?"),
        Turn(index=3, speaker=Party.candidate, step="metrics", kind="answer", text=said or "x"),
    ]
    return Speaking(
        move=move,
        turn=turn,
        style=style,
        seniority=Seniority.mid,
        prompt="Design it.",
        facts=tuple(f"Fact {number}." for number in range(facts)),
        step="metrics",
        titles={step.id: step.title for step in rubric().steps},
        recent=Transcript(turns=tuple(turns)),
    )


def declined(reason: DeclineReason, said: str = "", turn: int = 4) -> str:
    return words_for(speaking(Move(reply=Decline(reason=reason), lead=Floor()), turn, said=said))


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("MLOps", "MLOps"),
        ("Data and features", "data and features"),
        ("A/B testing", "A/B testing"),
        ("Training and MLOps", "training and MLOps"),
    ],
)
def test_a_title_keeps_its_inner_capitals(title: str, said: str) -> None:
    assert in_sentence(title) == said


@pytest.mark.parametrize("style", list(Style))
def test_no_two_neighbouring_answers_are_acknowledged_alike(style: Style) -> None:
    said = [words_for(speaking(Move(lead=PROBE), turn, style)) for turn in range(0, 40, 2)]
    assert all(one != other for one, other in zip(said, said[1:], strict=False))


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("turn", range(0, 16, 2))
def test_no_bridge_praises_or_blames(style: Style, turn: int) -> None:
    moves = [
        Move(lead=PROBE),
        *(
            Move(lead=Open(step="mlops", cause=cause, question=QUESTION))
            for cause in ("covered", "budget", "candidate", "return", "skipped")
        ),
    ]
    assert not [m for m in moves if PRAISE.search(words_for(speaking(m, turn, style)))]


def test_a_step_is_named_as_the_rubric_writes_it() -> None:
    move = Move(lead=Open(step="mlops", cause="covered", question=QUESTION))
    assert "MLOps" in words_for(speaking(move))


def test_a_step_that_its_question_names_is_not_named_twice() -> None:
    move = Move(lead=Open(step="model", cause="candidate", question="Let's turn to modelling."))
    assert words_for(speaking(move)) == "Let's turn to modelling."


def test_a_refusal_says_that_the_question_stays_open() -> None:
    assert declined("fishing").endswith("the question that I put stays open.")


def test_a_refusal_that_comes_with_a_new_question_does_not() -> None:
    lead = Open(step="mlops", cause="budget", question=QUESTION)
    words = words_for(speaking(Move(reply=Decline(reason="fishing"), lead=lead)))
    assert "stays open" not in words
    assert words.endswith(QUESTION)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("let me think", "Of course, take your time."),
        ("Could you repeat the question?", "My question was: Why AUC?"),
        ("shall I continue?", "Go on as you think best."),
        ("hello", "Hello. Begin wherever you like."),
    ],
)
def test_a_courtesy_is_returned(said: str, words: str) -> None:
    assert declined("nothing_said", said) == words


def test_many_facts_stand_on_lines_of_their_own() -> None:
    words = words_for(speaking(Move(reply=Reveal(facts=("a", "b", "c")), lead=Floor()), facts=3))
    assert words.splitlines()[:3] == ["Fact 0.", "Fact 1.", "Fact 2."]
