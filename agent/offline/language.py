"""Whether a text is English, which is all that the offline engine can read.

A judgement by the commonest words of a few languages and by script; not a language detector.
"""

from agent.diagram import prose
from agent.offline.drawn import drawn
from agent.offline.text import FUNCTION_WORDS, sentences

_MANY_WORDS = 8
_MIN_FOREIGN = 2
_AMBIGUOUS = frozenset(
    """i to as no do is in per con met van come most men son den pour sur plus par que fin sin pas
    me on he mes ten""".split()
)
_FOREIGN = (
    frozenset(
        """
    der die das und ist nicht ein eine einen wir ich mit für auf den dem des werden würde sich auch
    oder wenn wie als von zu bei nach über haben kann was mir mich dir du sie er es bitte welche
    welcher welches warum wo sind habe hast keine kein ja nein werde wird zeig gib sag mein meine
    dein deine ihre weiß weiss gibt nur noch sehr schon aber würden könnte sollte einfach
    le la les et est pas une nous je avec pour sur dans qui que des du au aux serait ou comme par
    ne sais quelle quel quels quelles moi toi vous tu votre vos ma mon c'est qu'est bonne ce cette
    sont il elle comment pourquoi où plaît réponse donne donnez montre
    el los las y es no una nosotros yo con para en que del al sería o como por se más pero lo sé
    cuál cuáles qué cómo dónde mi tu su dame muéstrame respuesta favor sobre está son
    il gli e è non una noi io con per su nel che della del sarebbe come più ma qual quale mi dammi
    o os as e é não uma nós eu com para em que da do seria ou como por mais mas qual você sei
    de het een en is niet wij ik met voor op van zou als ook maar naar weet
    och är inte vi jag med för på av som det ett att vet
    nie jest się na że do i w z to jak oraz wiem
    """.split()
    )
    - FUNCTION_WORDS
    - _AMBIGUOUS
)


def is_unreadable(text: str) -> bool:
    """True if the text is not English, as far as its length lets one tell.

    Lists of English terms, which hold few function words, pass as English; so does a single
    word, whatever it is, if it is in Latin letters. Diagrams are looked at where there is no prose.
    """
    words = [word for sentence in sentences(text) for word in sentence.words]
    if not words:
        words = [word for term in drawn(text) for word in term.words]
        text = " ".join(words) or text
    text = prose(text)
    if _share_of_other_scripts(text) > 0.5:
        return True
    english = sum(word in FUNCTION_WORDS for word in words)
    foreign = sum(word in _FOREIGN for word in words)
    if len(words) < _MANY_WORDS:
        return foreign >= _MIN_FOREIGN and foreign > english
    return foreign > english and foreign / len(words) > 0.12


def _share_of_other_scripts(text: str) -> float:
    """The share of letters beyond Latin; Greek letters in a formula do not count."""
    letters = [char for char in text if char.isalpha()]
    greek = sum("\u0370" <= char <= "\u03ff" for char in letters)
    others = sum(ord(char) > 0x24F for char in letters) - (greek if greek < _MANY_WORDS else 0)
    return others / len(letters) if letters else 0.0
