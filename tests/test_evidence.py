"""A quote counts only if it stands in the candidate's own turns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.grading.evidence import locate, verified
from agent.ports import Evidence
from agent.transcript import Party, Transcript, Turn


def said(*texts: str, by: Party = Party.candidate) -> Transcript:
    """A transcript of these turns."""
    return Transcript(
        turns=tuple(
            Turn(index=i, speaker=by, step="model", kind="answer", text=text)
            for i, text in enumerate(texts)
        )
    )


def test_a_quote_in_other_case_spacing_and_quotation_marks_is_found_as_written() -> None:
    text = "We\u2019d  split by\ntime, \u201calways\u201d."
    assert locate('we\'d split BY time, "always"', text) == text[:-1]


@pytest.mark.parametrize("quote", ["we split by day", "split time", "", "   "])
def test_anything_fuzzier_is_not_found(quote: str) -> None:
    assert locate(quote, "We split by time.") is None


def test_a_quote_that_was_never_said_is_thrown_out() -> None:
    assert verified([Evidence(turn=0, quote="shadow mode")], said("I would use a canary.")) == ()


def test_a_quote_of_the_interviewer_is_thrown_out() -> None:
    transcript = said("What is your baseline?", by=Party.interviewer)
    assert verified([Evidence(turn=0, quote="your baseline")], transcript) == ()


def test_a_quote_with_the_wrong_turn_is_moved_to_the_turn_where_it_stands() -> None:
    found = verified([Evidence(turn=0, quote="a canary")], said("Hello.", "I use a canary."))
    assert found == (Evidence(turn=1, quote="a canary"),)


def test_the_same_passage_quoted_twice_counts_once() -> None:
    twice = [Evidence(turn=0, quote="a canary"), Evidence(turn=0, quote="A  canary")]
    assert len(verified(twice, said("I use a canary."))) == 1


@given(st.text(), st.text())
def test_what_is_located_is_always_a_substring_of_the_text(quote: str, text: str) -> None:
    found = locate(quote, text)
    assert found is None or found in text


@given(st.text(min_size=1), st.data())
def test_every_part_of_a_text_that_is_not_blank_is_found_in_it(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    if text[start:end].strip():
        assert locate(text[start:end], text) is not None
