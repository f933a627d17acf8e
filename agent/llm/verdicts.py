"""How an interviewer praises or judges, in the wordings of several languages.

An interviewer who says whether an answer was right decides the rest of the interview by it.
The patterns look at a sentence; who may say what is decided in `agent.llm.guard`.
"""

import re

_GOOD_OR_BAD = (
    "right correct wrong incorrect mistaken good great fine excellent perfect solid strong weak "
    "thorough sensible reasonable smart clever impressive insightful thoughtful valid fair true "
    "false poor bad interesting nice clear helpful useful crucial".split()
)
_DEGREES = (
    "a an all very really quite so also not partly indeed exactly pretty absolutely completely "
    "perfectly mostly definitely".split()
)
_NOUNS = (
    "answer point question job work thinking idea choice start catch call stuff approach "
    "observation insight summary one example plan".split()
)
_EXCLAIMED = (
    "right correct exactly precisely absolutely indeed perfect excellent great good nice wonderful "
    "fantastic brilliant awesome amazing impressive bravo wrong incorrect agreed".split()
)


def _any(words: list[str]) -> str:
    return f"(?:{'|'.join(words)})"


_PATTERNS = (
    # "That's a very good point", "your split is correct", "you're on the right track"
    rf"\b(?:that(?:'s| is| was| sounds| seems)|this is|it(?:'s| is)|you(?:'re| are)"
    rf"|your \w+ (?:is|are|was|sounds?|looks?|seems?)) (?:{_any(_DEGREES)} )*"
    rf"(?:{_any(_GOOD_OR_BAD)}|spot[- ]on|on track|on the right track)\b",
    # "Exactly, ...", "Great answer."
    rf"^\W*(?:{_any(_EXCLAIMED)}|well done|not quite|spot[- ]on|makes sense)\b"
    rf"(?=\s*[,.!;:–—-]|\s+{_any(_NOUNS)}\b)",
    rf"\b(?:good|great|nice) {_any(_NOUNS)}\b",
    r"\bi (?:really )?(?:like|love|agree|appreciate|admire)\b|\bi'm (?:impressed|glad|happy)\b",
    r"\bwell (?:done|put|said|thought)\b|\bmakes (?:a lot of |good |perfect )?sense\b",
    r"\byou (?:missed|forgot|overlooked|failed|nailed|got it)\b",
    r"\bthat (?:covers|addresses|answers)\b",
    # German
    r"\bsehr gut\b|\bgute (?:idee|frage|antwort|wahl|überlegung)\b",
    r"\bguter (?:punkt|ansatz|gedanke)\b|\bgut gemacht\b|\b(?:ausgezeichnet|hervorragend|prima)\b",
    r"\b(?:ist|war|stimmt|klingt) (?:\w+ )?(?:richtig|falsch|korrekt|gut|genau|sinnvoll|super)\b",
    r"^\W*(?:genau|richtig|stimmt|super|perfekt)\b",
    # French
    r"\btrès bien\b|\bbonne (?:idée|réponse|question|approche)\b|\bbien vu\b",
    r"\bc'est (?:\w+ )?(?:juste|correct|exact|bien|faux|bon)\b|^\W*(?:exactement|exact|parfait)\b",
    # Spanish
    r"\bmuy bien\b|\bbuena (?:idea|pregunta|respuesta|elección)\b|\bbuen (?:punto|trabajo)\b",
    r"\bes (?:\w+ )?(?:correcto|incorrecto)\b|^\W*(?:exacto|correcto|perfecto|excelente)\b",
)
_VERDICT = re.compile("|".join(_PATTERNS), re.IGNORECASE)


def verdict_in(sentence: str) -> str | None:
    """The words with which a sentence judges or praises, or None."""
    found = _VERDICT.search(sentence.replace("\u2019", "'"))
    return found.group().strip(" ,.!") if found else None
