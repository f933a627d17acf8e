"""Cuts a stream of text into sentences as soon as each is whole."""

import re
from collections.abc import AsyncGenerator, AsyncIterator

# Between scripts without spaces a full stop ends a sentence by itself. Each end needs the sign
# that follows, so that it does not matter where the stream was cut into pieces.
_END = re.compile(
    r"[.!?…؟]+[\"'”’»)\]]*(?=\s+(?P<next>\S))|[。！？]+[」』”’）]*(?=[^。！？」』”’）])|(?P<line>\n+)"
)
_ABBREVIATED = re.compile(
    r"(?:\b(?:e\.g|i\.e|u\.s|vs|etc|approx|incl|dr|mr|mrs|ms|bzw|inkl|ggf|usw|ca|nr|no|ej|[^\W\d_])"
    r"|^\d+)\.$",
    re.IGNORECASE,
)


class SentenceCutter:
    """Takes pieces of text and gives back the sentences that they complete."""

    def __init__(self) -> None:
        self._rest = ""

    def add(self, piece: str) -> list[str]:
        """The sentences that are whole now."""
        self._rest += piece
        found = []
        start = 0
        for match in _END.finditer(self._rest):
            sentence = self._rest[start : match.end()].strip()
            # What goes on in lower case has not ended: an abbreviation, a quoted question.
            goes_on = (match["next"] or "").islower() or _ABBREVIATED.search(sentence)
            if goes_on and not match["line"]:
                continue
            if sentence:
                found.append(sentence)
            start = match.end()
        self._rest = self._rest[start:]
        return found

    def end(self) -> list[str]:
        """What is left when nothing more comes."""
        rest, self._rest = self._rest.strip(), ""
        return [rest] if rest else []


async def sentences_of(pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
    """The sentences of a stream, each as soon as it is whole."""
    cutter = SentenceCutter()
    async for piece in pieces:
        for sentence in cutter.add(piece):
            yield sentence
    for sentence in cutter.end():
        yield sentence
