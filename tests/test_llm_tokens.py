"""Tokens are counted without the network, and without the encoding if need be."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.llm import tokens
from agent.llm.tokens import at_most, count, fits

PROSE = "I would split by time, because a random split leaks what comes later. " * 20


@pytest.fixture
def without_encoding(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tokens, "_ENCODING", "no_such_encoding")
    tokens._encoding.cache_clear()
    yield
    tokens._encoding.cache_clear()


def test_a_text_is_counted_in_tokens() -> None:
    assert count("") == 0
    assert count("Hello there.") == 3


@pytest.mark.usefixtures("without_encoding")
def test_without_the_encoding_four_bytes_are_a_token() -> None:
    assert count("") == 0
    assert count("Hello") == 2
    assert count("\ud83d") == 1
    assert 0.5 < count(PROSE) / (20 * 15) < 2


def test_counting_never_reaches_for_the_network() -> None:
    code = (
        "import socket\n"
        "def reach(*_): raise SystemExit('reached for the network')\n"
        "socket.socket.connect = socket.getaddrinfo = reach\n"
        "from agent.llm.tokens import count\n"
        "print(count('Hello there.'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


@given(st.text(alphabet=st.characters()))
def test_any_text_can_be_counted(text: str) -> None:
    assert count(text) <= len(text.encode("utf-8", "replace")) * 3


def test_marks_of_the_tokeniser_are_text_like_any_other() -> None:
    assert count("<|endoftext|>") > 1


def test_a_text_fits_if_it_has_no_more_tokens() -> None:
    assert fits("Hello there.", 3)
    assert not fits("Hello there.", 2)


def test_a_short_text_fits_without_the_encoding_being_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tokens, "_encoding", None)
    assert fits("Hello there.", 12)
    assert at_most("Hello there.", 10) == 4


def test_a_text_hardly_exceeds_the_guess() -> None:
    assert count(PROSE) <= at_most(PROSE, 10_000)


def test_a_guess_that_is_over_the_limit_is_counted() -> None:
    assert at_most(PROSE, 10) == count(PROSE)
