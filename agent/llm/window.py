"""Writes a transcript for a prompt, and makes it fit into a budget of tokens.

What does not fit is condensed by rule, the oldest turns first: what the interviewer said is cut
to its last sentence, what the candidate said to the quotes that the observer found worth
keeping. The candidate's text is data: it stands between tags, and nothing in it can pass for
one of these, nor for a control token of a chat template.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from agent.llm.tokens import count, fits
from agent.ports import TurnNote
from agent.transcript import Party, Transcript, Turn

# Signs between the bracket and the name may be invisible.
_NAMED = (
    r"(?=[^\w<>]{0,8}(?:candidate|interviewer|system|assistant|user|transcript|start_of_turn"
    r"|end_of_turn|s)\b|[|｜])"
)
_TAG = re.compile(f"<{_NAMED}", re.IGNORECASE)
_NOT_A_TAG = "\u2039"
_WAS_A_TAG = re.compile(f"{_NOT_A_TAG}{_NAMED}", re.IGNORECASE)
_AROUND = " \n\"'“”„‘’«».…"
_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+")
_KEPT_WHOLE = 2
"""The last turns, among them the message in question, are cut only if nothing else helps."""
_UNQUOTED_TOKENS = 100
"""For a turn of the candidate from which nothing was quoted."""
_LEAST_TOKENS = 12
_TAG_TOKENS = 24
_LEFT_OUT = "(Earlier turns are left out.)"


class Window(NamedTuple):
    """The conversation as it stands in a prompt, and whether parts of it are condensed."""

    text: str
    condensed: bool


def rendered(transcript: Transcript, notes: Sequence[TurnNote], budget: int) -> Window:
    """The turns as text of about `budget` tokens at most, each between tags with its number."""
    turns = transcript.turns
    whole = [_tagged(turn, turn.text) for turn in turns]
    if fits("\n".join(whole), budget):
        return Window("\n".join(whole), condensed=False)
    shown = _Fitting(whole, budget)
    quotes = {note.turn: note.quotes for note in notes}
    older = len(turns) - _KEPT_WHOLE
    for at in range(older):
        if shown.fit:
            break
        shown[at] = _shortened(turns[at], _inner(turns[at], quotes))
    # Even condensed it is too long: the older turns share what the last ones leave, but at
    # least a quarter, and the last ones are cut to the rest.
    room = max(budget - shown.size(older), budget // 4)
    share = max(_LEAST_TOKENS, room // max(1, older) - _TAG_TOKENS)
    for at in range(older):
        if shown.fit:
            break
        shown[at] = _shortened(turns[at], _cut(_inner(turns[at], quotes), share))
    for at in range(older):
        if shown.fit or shown.size(0, older) <= room:
            break
        shown[at] = _LEFT_OUT if at == 0 else ""
    for at in range(max(0, older), len(turns)):
        if shown.fit:
            break
        left = budget - shown.size(0, older) - _TAG_TOKENS * _KEPT_WHOLE
        most = left // 4 if at < len(turns) - 1 else left - shown.size(older, at)
        shown[at] = _shortened(turns[at], _cut(turns[at].text, max(_LEAST_TOKENS, most)))
    return Window("\n".join(text for text in shown.texts if text), condensed=True)


class _Fitting:
    """Texts with their sizes in tokens, each counted once."""

    def __init__(self, texts: list[str], budget: int) -> None:
        self.texts = texts
        self._sizes = [count(text) + 1 for text in texts]
        self._budget = budget

    def __setitem__(self, at: int, text: str) -> None:
        self.texts[at] = text
        self._sizes[at] = count(text) + 1 if text else 0

    @property
    def fit(self) -> bool:
        """Whether all of them stay within the budget."""
        return sum(self._sizes) <= self._budget

    def size(self, start: int, end: int | None = None) -> int:
        """The tokens of some of them."""
        return sum(self._sizes[max(0, start) : None if end is None else max(0, end)])


def neutralised(text: str) -> str:
    """The text with nothing in it that could pass for one of the prompt's own tags."""
    return _TAG.sub(_NOT_A_TAG, text)


def as_said(quote: str) -> str:
    """A quote from such a text as it stood in the original."""
    return _WAS_A_TAG.sub("<", quote)


def passage(quote: str) -> str:
    """What a model quotes, without the marks that it may have put around it."""
    return as_said(quote).strip(_AROUND)


def _inner(turn: Turn, quotes: Mapping[int, Iterable[str]]) -> str:
    """What stays of a turn: the candidate's quotes, the interviewer's last sentence."""
    if turn.speaker is Party.interviewer:
        return _SENTENCE.split(turn.text.strip())[-1]
    kept = " … ".join(quotes.get(turn.index, ()))
    return kept if kept and len(kept) < len(turn.text) else _cut(turn.text, _UNQUOTED_TOKENS)


def _shortened(turn: Turn, text: str) -> str:
    return _tagged(turn, text, condensed=len(text) < len(turn.text))


def _tagged(turn: Turn, text: str, *, condensed: bool = False) -> str:
    name = turn.speaker.value
    how = ' condensed="yes"' if condensed else ""
    return f'<{name} turn="{turn.index}"{how}>\n{neutralised(text)}\n</{name}>'


def _cut(text: str, tokens: int) -> str:
    """Beginning and end of a text that has too many tokens."""
    kept, length = text, len(text)
    while length and not fits(kept, tokens):
        length = min(length * 9 // 10, length * tokens // count(kept))
        kept = f"{text[: length * 2 // 3]} … {text[len(text) - length // 3 :]}"
    return kept
