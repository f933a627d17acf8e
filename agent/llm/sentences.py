"""Cuts a stream of text into sentences as soon as each is whole."""

import re
from collections.abc import AsyncIterator

# Between scripts without spaces a full stop ends a sentence by itself.
_END = re.compile(r"(?:[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？]+[」』”]*|\n+)")
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|vs|etc|approx|z\.B|d\.h|bzw|p\.ej|ca|Nr|No)|^\d+)\.$")


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
            if _ABBREVIATED.search(sentence):
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


async def sentences_of(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    """The sentences of a stream, each as soon as it is whole."""
    cutter = SentenceCutter()
    async for piece in pieces:
        for sentence in cutter.add(piece):
            yield sentence
    for sentence in cutter.end():
        yield sentence
