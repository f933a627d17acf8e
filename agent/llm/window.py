"""Writes a transcript for a prompt, and makes it fit into a budget of tokens.

What does not fit is condensed by rule, the oldest turns first: what the interviewer said is cut
to its last sentence, what the candidate said to the quotes that the observer found worth
keeping. The candidate's text is data: it stands between tags, and nothing in it can pass for
one of these.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from agent.llm.tokens import fits
from agent.ports import TurnNote
from agent.transcript import Party, Transcript, Turn

_TAG = re.compile(
    r"<(?=\s*/?\s*(?:candidate|interviewer|system|assistant|user|transcript)\b)", re.I
)
_NOT_A_TAG = "\u2039"
_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+")
_KEPT_WHOLE = 2
"""The last turns, among them the message in question, are cut only if nothing else helps."""
_LEAST_CHARACTERS = 400


def rendered(transcript: Transcript, notes: Sequence[TurnNote], budget: int) -> str:
    """The turns as text of about `budget` tokens at most, each between tags with its number."""
    quotes = {note.turn: note.quotes for note in notes}
    shown = [_whole(turn) for turn in transcript.turns]
    if fits("\n".join(shown), budget):
        return "\n".join(shown)
    for at, turn in enumerate(transcript.turns[:-_KEPT_WHOLE]):
        shown[at] = _condensed(turn, quotes)
        if fits("\n".join(shown), budget):
            return "\n".join(shown)
    # Even condensed it is too long: the oldest turns shrink to a word, then the last ones are cut.
    share = max(_LEAST_CHARACTERS, budget * 2 // max(1, len(shown)))
    for at, turn in enumerate(transcript.turns[:-_KEPT_WHOLE]):
        shown[at] = _tagged(turn, _cut(_inner(turn, quotes), share), condensed=True)
    for at in range(max(0, len(shown) - _KEPT_WHOLE), len(shown)):
        if fits("\n".join(shown), budget):
            break
        turn = transcript.turns[at]
        room = max(_LEAST_CHARACTERS, budget if at == len(shown) - 1 else budget // 2)
        kept = "\n".join(quotes.get(turn.index, ()))
        text = _cut(turn.text, room)
        shown[at] = _tagged(turn, f"{text}\n{kept}".strip(), condensed=True)
    return "\n".join(shown)


def neutralised(text: str) -> str:
    """The text with nothing in it that could pass for one of the prompt's own tags."""
    return _TAG.sub(_NOT_A_TAG, text)


def as_said(quote: str) -> str:
    """A quote from such a text as it stood in the original."""
    return quote.replace(_NOT_A_TAG, "<")


def _whole(turn: Turn) -> str:
    return _tagged(turn, turn.text)


def _condensed(turn: Turn, quotes: Mapping[int, Iterable[str]]) -> str:
    text = _inner(turn, quotes)
    return _tagged(turn, text, condensed=len(text) < len(turn.text))


def _inner(turn: Turn, quotes: Mapping[int, Iterable[str]]) -> str:
    """What stays of a turn: the candidate's quotes, the interviewer's last sentence."""
    if turn.speaker is Party.interviewer:
        return _SENTENCE.split(turn.text.strip())[-1]
    kept = " … ".join(quotes.get(turn.index, ()))
    return kept if kept and len(kept) < len(turn.text) else _cut(turn.text, _LEAST_CHARACTERS)


def _tagged(turn: Turn, text: str, *, condensed: bool = False) -> str:
    name = turn.speaker.value
    how = ' condensed="yes"' if condensed else ""
    return f'<{name} turn="{turn.index}"{how}>\n{neutralised(text)}\n</{name}>'


def _cut(text: str, most: int) -> str:
    """Beginning and end of a text of too many characters."""
    if len(text) <= most:
        return text
    return f"{text[: most * 2 // 3]} … {text[-most // 3 :]}"
