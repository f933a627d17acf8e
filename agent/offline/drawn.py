"""What is written in the diagrams of a message, as the matcher sees it: bare terms.

A diagram names things and says nothing of them, as a list of terms does. What that is worth is
decided in `agent.offline.levels` and `agent.offline.gauges`.
"""

from functools import cached_property

from agent.diagram import drawing, fences
from agent.offline.text import Sentence, spelt


class Term(Sentence):
    """A label of a diagram: `text` is the line in which it stands, to quote; `words` are its own.

    So each is read alone, and what is quoted of it can be found in the message.
    """

    @cached_property
    def enumerated(self) -> frozenset[int]:
        """All positions: it is listed and not said."""
        return frozenset(range(len(self.words)))

    @cached_property
    def is_question(self) -> bool:
        """No: the question mark of a decision in a flow asks nobody."""
        return False


def drawn(text: str) -> tuple[Term, ...]:
    """The labels of a message's diagrams that hold a word, in their order."""
    found = []
    for fence in fences(text):
        for label in drawing(fence.source).labels:
            start, end = (fence.at + place for place in label.line)
            words = list(spelt(label.text))
            if words:
                at = fence.at + label.start
                found.append(
                    Term(
                        text=text[start:end],
                        start=start,
                        words=tuple(word for word, _, _ in words),
                        spans=tuple((at + first, at + last) for _, first, last in words),
                    )
                )
    return tuple(found)
