"""How an interviewer praises or judges, in the wordings of several languages.

An interviewer who says whether an answer was right decides the rest of the interview by it.
The patterns look at a sentence; who may say what is decided in `agent.llm.guard`.
"""

import re

_GOOD_OR_BAD = (
    "right correct wrong incorrect mistaken good great better fine excellent perfect solid strong "
    "weak thorough sensible reasonable smart clever impressive insightful thoughtful valid fair "
    "true false poor bad interesting nice helpful useful crucial brilliant fantastic wonderful "
    "convincing promising flawed problematic incomplete insufficient vague shallow"
).split()
_DEGREES = (
    "a an the one such all very really quite so too also not still just only partly indeed exactly "
    "pretty fairly rather bit little more absolutely completely perfectly mostly definitely clearly"
).split()
_NOUNS = (
    "answer point question job work thinking idea choice start catch call stuff approach "
    "observation insight summary plan instinct intuition reasoning explanation decision direction "
    "track"
).split()
_PRAISING = (
    "good great nice excellent fantastic brilliant wonderful strong solid fair valid interesting "
    "smart clever sensible reasonable thoughtful thorough right wrong weak bad"
).split()
_EXCLAIMED = (
    "right correct exactly precisely absolutely indeed perfect excellent great good nice wonderful "
    "fantastic brilliant awesome amazing impressive bravo wrong incorrect agreed interesting "
    "superb terrific definitely totally true fair clever lovely "
    # German, French, Spanish
    "genau richtig stimmt super perfekt toll klasse prima großartig wunderbar ausgezeichnet "
    "hervorragend gut einverstanden korrekt falsch "
    "exactement exact parfait génial faux exacto exactamente correcto perfecto excelente genial "
    "estupendo"
).split()


def _any(words: list[str]) -> str:
    return f"(?:{'|'.join(words)})"


_IS = r"(?:is|are|was|were|isn't|aren't|wasn't|sounds?|looks?|seems?)"
_FILLER = (
    r"^\W*(?:(?:yes|yeah|yep|ok|okay|ah|oh|well|so|and|thanks|thank you|all right|alright"
    r"|ja|oui|sí)\W+)*"
)

# Said to the candidate whatever stands around it.
_OUTRIGHT = (
    # "Exactly, ...", "Okay, great."
    rf"{_FILLER}(?:{_any(_EXCLAIMED)}|well done|not quite|spot[- ]on|makes sense|sehr gut"
    r"|très bien|tout à fait|muy bien)(?=\s*[,.!;:—]|\s+[–-]\s|\s*$)(?!, please)",
    rf"{_FILLER}{_any(_PRAISING)} {_any(_NOUNS)}\b",
    rf"{_FILLER}(?:sounds|looks|seems) (?:{_any(_DEGREES)} )*{_any(_GOOD_OR_BAD)}\b",
    rf"\b(?:your|that|such an?|what an?) (?:{_any(_DEGREES)} )*{_any(_PRAISING)} {_any(_NOUNS)}\b",
    r"\bi (?:really )?(?:like|love|agree|appreciate|admire)\b",
    r"\bi'm (?:very |really )?(?:impressed|pleased|delighted)\b",
    r"\bi'm (?:glad|happy) to (?:hear|see)\b",
    r"(?<!as )\bwell (?:done|put|said|thought)\b|\byou (?:nailed|got it)\b|\bon the right track\b",
    r"\b(?:das gefällt mir|haben sie recht|sie haben recht|hast du recht|gut gemacht)\b",
    r"\b(?:vous avez (?:[\w']+ ){0,3}raison|tu as raison|bien vu|bien joué)\b",
    r"\b(?:tienes? (?:toda la )?razón|bien hecho)\b",
)
# A verdict when it is stated; none when it is asked for or supposed.
_STATED = (
    # "that's a very good point", "your split is correct", "you're right"
    rf"\b(?:(?:that|this|it)(?:'s| {_IS})|you(?:'re| are| were)"
    rf"|(?:your|that|this|these|those)(?: [\w'-]+){{1,4}}? {_IS})"
    rf" (?:{_any(_DEGREES)} )*(?:{_any(_GOOD_OR_BAD)}|spot[- ]on|on track)\b",
    rf"\b{_any(_PRAISING)} {_any(_NOUNS)}\b",
    r"\bmakes (?:a lot of |good |perfect |total )?sense\b",
    r"\byou (?:\w+ )?(?:missed|forgot|overlooked|failed)\b",
    r"\bthat (?:addresses|answers) (?:it|my|the)\b",
    # German
    r"\bsehr gut\b|\bgute[rs]? (?:idee|frage|antwort|wahl|überlegung|punkt|ansatz|gedanke"
    r"|vorschlag|einwand|arbeit|anfang)\b",
    r"\b(?:ist|war|sind|klingt) (?:\w+ ){0,3}(?:richtig|falsch|korrekt|gut|sinnvoll|super"
    r"|überzeugend|vernünftig)\b",
    r"\b(?:macht|ergibt) (?:\w+ )?sinn\b",
    r"\b(?:sie haben|du hast) (?:\w+ ){0,4}(?:vergessen|übersehen)\b",
    # French
    r"\btrès bien\b|\b(?:bon|bonne|excellente?) (?:idée|réponse|question|approche|point|choix"
    r"|remarque|début|travail)\b",
    r"\b(?:c'|votre (?:\w+ ){1,3}|ta (?:\w+ ){1,3})est (?:[\w']+ ){0,3}(?:juste|correcte?"
    r"|exacte?|bien|faux|fausse|bon|bonne|vrai|pertinente?)\b",
    # Spanish
    r"\bmuy bien\b|\bbuen[ao]? (?:idea|pregunta|respuesta|elección|punto|trabajo|enfoque"
    r"|comienzo)\b",
    r"\b(?:es|está|son) (?:\w+ ){0,2}(?:correct[ao]s?|incorrect[ao]s?|buen[ao]s?|mal)\b"
    r"|\btiene (?:mucho |todo el )?sentido\b",
)
_SUPPOSING = (
    r"suppose|imagine|assum\w+|let's say|whether|whatever|wherever|whenever|until|unless|if"
    r"|angenommen|falls|wenn|ob|supposons|imaginons|supongamos"
)
_ASKING = (
    r"how|when|where|why|which|who|whose|what(?! an?\b)"
    r"|(?:do|does|did|would|could|can|will|should|is|are|has|have)"
    r" (?:you|it|that|this|they|we|the|your)"
    r"|you(?:'d| would) (?:say|call|consider)"
    r"|wie|was|wann|wo|woran|wodurch|womit|warum|weshalb|welche\w*|wer"
    r"|comment|quoi|qu'est|quel\w*|quand|où|pourquoi|combien|si"
    r"|cómo|qué|cuándo|dónde|cuál\w*|quién\w*"
)
_REPORTING = (
    r"\byou(?:'d| would|'ve| have)? (?:\w+ )?(?:say|said|call|called|mention\w*|find|found"
    r"|consider\w*|think|thought|describe\w*|expect\w*|argue\w*|claim\w*|want\w*|prefer\w*)\b"
)
_JUDGING = frozenset((*_GOOD_OR_BAD, *_PRAISING))
_OUTRIGHT_RE = re.compile("|".join(_OUTRIGHT), re.IGNORECASE)
_STATED_RE = re.compile("|".join(_STATED), re.IGNORECASE)
_SUPPOSED_BEFORE = re.compile(rf"\b(?:{_SUPPOSING})\b[^;:.!]*$", re.IGNORECASE)
_ASKED_BEFORE = re.compile(rf"\b(?:{_ASKING})\b[^;:.!]*$", re.IGNORECASE)
_REPORTED_BEFORE = re.compile(rf"{_REPORTING}[^;:.!]*$", re.IGNORECASE)


def verdicts_in(sentence: str, heard: str = "") -> list[str]:
    """The words with which a sentence judges or praises.

    What is asked or supposed is no verdict ("How do you know that it is good enough?"), nor is
    what the sentence reports of the candidate, whose words were `heard`.
    """
    text = sentence.replace("\u2019", "'")
    found = [match.group() for match in _OUTRIGHT_RE.finditer(text)]
    asks = "?" in text
    for match in _STATED_RE.finditer(text):
        before = text[: match.start()]
        asked = asks and _ASKED_BEFORE.search(before)
        if asked or _SUPPOSED_BEFORE.search(before):
            continue
        judging = set(match.group().lower().split()) & _JUDGING
        if _REPORTED_BEFORE.search(before) and judging <= set(re.findall(r"\w+", heard.lower())):
            continue
        found.append(match.group())
    return [one.strip(" ,.!;:—–-") for one in found]
