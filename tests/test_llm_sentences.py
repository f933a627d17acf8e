"""A stream is cut into sentences, and it does not matter how it came in pieces."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.llm.sentences import SentenceCutter, sentences_of


def cut(*pieces: str) -> list[str]:
    """The sentences of a text that comes in these pieces."""
    cutter = SentenceCutter()
    found = [sentence for piece in pieces for sentence in cutter.add(piece)]
    return found + cutter.end()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I see. How do you split?", ["I see.", "How do you split?"]),
        ("Really?! Go on.", ["Really?!", "Go on."]),
        ("Take e.g. the label. Go on.", ["Take e.g. the label.", "Go on."]),
        ("Batch vs. Online, i.e. both. Why?", ["Batch vs. Online, i.e. both.", "Why?"]),
        ("Approx. 5 rows. Why?", ["Approx. 5 rows.", "Why?"]),
        ("Das ist z. B. Kafka. Warum?", ["Das ist z. B. Kafka.", "Warum?"]),
        ("With 0.5 and p99.9 it holds. Why?", ["With 0.5 and p99.9 it holds.", "Why?"]),
        ("Well… how would you split? Go on.", ["Well… how would you split?", "Go on."]),
        ("Hm... Why?", ["Hm...", "Why?"]),
        ('He asked "why?" and left. Go on.', ['He asked "why?" and left.', "Go on."]),
        ("You said “by time.” How?", ["You said “by time.”", "How?"]),
        ("(By time.) How?", ["(By time.)", "How?"]),
        ("我明白了。你怎么划分数据？请继续。", ["我明白了。", "你怎么划分数据？", "请继续。"]),
        ("「時間で。」次は？", ["「時間で。」", "次は？"]),
        ("كيف تقسم البيانات؟ تابع.", ["كيف تقسم البيانات؟", "تابع."]),
        ("Sie teilen auf. Wofür genau?", ["Sie teilen auf.", "Wofür genau?"]),
        ("One\nTwo, etc.\n\nThree", ["One", "Two, etc.", "Three"]),
        ("1. Split the data. 2. Train.", ["1. Split the data.", "2. Train."]),
        ("no end", ["no end"]),
        (" \n ", []),
    ],
)
def test_sentences_are_cut_where_they_end(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_a_sentence_is_given_as_soon_as_the_next_begins() -> None:
    cutter = SentenceCutter()
    assert cutter.add("I see. ") == []
    assert cutter.add("H") == ["I see."]


def test_a_line_that_ends_is_given_at_once() -> None:
    assert SentenceCutter().add("- a list\n") == ["- a list"]


_LIKELY = st.text(alphabet='aBé中。？「」?!.…"”’) \n1e.g', max_size=40)


@given(_LIKELY, st.lists(st.integers(0, 40)))
def test_every_split_gives_the_same_sentences(text: str, places: list[int]) -> None:
    ends = sorted({min(place, len(text)) for place in places} | {len(text)})
    pieces = [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    assert cut(*pieces) == cut(text)


@given(_LIKELY)
def test_nothing_is_lost(text: str) -> None:
    assert "".join("".join(cut(text)).split()) == "".join(text.split())


def test_a_stream_of_pieces_becomes_a_stream_of_sentences() -> None:
    async def pieces() -> AsyncIterator[str]:
        for piece in ("I s", "ee. W", "hy?"):
            yield piece

    async def heard() -> Iterable[str]:
        return [sentence async for sentence in sentences_of(pieces())]

    assert asyncio.run(heard()) == ["I see.", "Why?"]
