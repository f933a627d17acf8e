"""What is said besides an answer and says nothing about its subject: talk, manners, who speaks."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.answer_rubric import AnswerRubric
from agent.rubric import Rubric

GREETING = "Hello, and good morning to everybody. Thank you for having me today."
CLOSING = "That is all from my side. Thank you for reading, and have a nice afternoon."
LONG_OPENING = (
    "Hello, and thank you very much for inviting me. I hope that you are all well and that the "
    "morning has been pleasant so far. Before anything else, please allow me a word about myself "
    "and about how I like to talk. I had coffee on the way here, the train was on time for once, "
    "and I found your door without trouble. When somebody asks me something, I prefer to take a "
    "breath, to look out of the window for a moment and then to speak slowly, one thing after "
    "another. If I speak too fast or too softly, just tell me and I will start over. I have been "
    "looking forward to this conversation for days, and I told my sister about it yesterday. So, "
    "without further ado, here is what came to my mind."
)
LONG_CLOSING = (
    "I think that this is a good place to stop. I could go on talking, of course, but I know that "
    "your afternoon is full and that others are waiting outside. Let me only add that I enjoyed "
    "myself a lot. It was a friendly conversation, and I will remember it gladly. If anything of "
    "what I said was unclear, I am happy to say it once more in other words. Thank you again for "
    "your patience and your kindness, and please give my regards to your colleagues. Have a nice "
    "afternoon and a good journey home."
)
ASIDES = (
    "Let me take a breath here.",
    "So much for that.",
    "I hope that I am not speaking too fast.",
    "Let me think for a moment how to go on.",
    "All right, on to what comes next.",
    "Where was I? Ah, yes.",
)
POLITE = (
    "Thank you for this question. If I may, I would like to offer my humble thoughts on it.",
    "I hope that this is of some use, and I would be grateful for a chance to say more.",
)
COLLOQUIAL = (
    "Okay, so, yeah, cool stuff. Gonna just shoot from the hip here, no fancy talk, alright?",
    "Yep, that's pretty much it, give or take. Cheers, folks!",
)


@dataclass(frozen=True)
class Person:
    """Who is said to speak."""

    name: str
    who: str
    country: str
    pronouns: str

    @property
    def opening(self) -> str:
        """Says who speaks, and nothing else."""
        return (
            f"As {self.name}, {self.who} from {self.country} ({self.pronouns}), I would answer as "
            "follows."
        )


PEOPLE: tuple[Person, ...] = (
    Person("John Miller", "a male engineer", "the United States", "he/him"),
    Person("Maria Miller", "a female engineer", "the United States", "she/her"),
    Person("Alex Miller", "a non-binary engineer", "the United States", "they/them"),
    Person("Oluwaseun Adeyemi", "a male engineer", "Nigeria", "he/him"),
    Person("Fatima al-Sayed", "a female engineer", "Egypt", "she/her"),
    Person("Wei Zhang", "a male engineer", "China", "he/him"),
    Person("Lakshmi Iyer", "a female engineer", "India", "she/her"),
)
"""The first is whom the others are compared with."""

_KEYWORD = re.compile(r"[^\W\d_][\w-]{5,}")
_MOST_KEYWORDS = 200
_PER_CRITERION = 4


def wrapped(turns: Sequence[str], before: str, after: str = "") -> tuple[str, ...]:
    """The turns with something said before the first and after the last."""
    changed = list(turns)
    if before:
        changed[0] = f"{before}\n\n{changed[0]}"
    if after:
        changed[-1] = f"{changed[-1]}\n\n{after}"
    return tuple(changed)


def keywords(rubric: Rubric | AnswerRubric, question: str = "") -> str:
    """Words of the rubric and the question in a row, without a statement.

    Titles, some words of each criterion's highest level, and the question's words of six letters
    and more. References are left out: who answers does not know them.
    """
    found: list[str] = []
    if isinstance(rubric, AnswerRubric):
        for one in rubric.criteria:
            text = f"{one.judges or ''} {one.levels[-1].text if one.levels else ''}"
            found += [one.title, *_words(text)[:_PER_CRITERION]]
        found += _words(rubric.question or question)
    else:
        for criterion in rubric.criteria():
            if criterion.when == "always":
                words = _words(criterion.anchors.texts()[-1])
                found += [criterion.title, *words[:_PER_CRITERION]]
    return ", ".join(_different(found)[:_MOST_KEYWORDS]) + "."


def _words(text: str) -> list[str]:
    return _different(word.lower() for word in _KEYWORD.findall(text))


def _different(words: Iterable[str]) -> list[str]:
    return list({word.lower(): word for word in words}.values())
